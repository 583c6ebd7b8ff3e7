"""Java trusts what Python is told to trust."""

from __future__ import annotations

from pathlib import Path

import certificates as own
from pyspark.sql import SparkSession

from launch.truststore import trust_options

certificates = own.certificates


def test_java_reads_the_store_and_trusts_what_is_in_it(
    spark: SparkSession, certificates: Path, tmp_path: Path
) -> None:
    options = dict(
        option.removeprefix("-Djavax.net.ssl.").split("=", 1)
        for option in trust_options(tmp_path, {"SSL_CERT_FILE": str(certificates)})
    )
    gateway = spark.sparkContext._gateway
    java = gateway.jvm.java
    password = gateway.new_array(gateway.jvm.char, len(options["trustStorePassword"]))
    for place, letter in enumerate(options["trustStorePassword"]):
        password[place] = letter
    store = java.security.KeyStore.getInstance(options["trustStoreType"])
    store.load(java.io.FileInputStream(options["trustStore"]), password)
    names = list(java.util.Collections.list(store.aliases()))
    assert [
        (
            store.isCertificateEntry(name),
            store.getCertificate(name).getSubjectX500Principal().getName(),
        )
        for name in names
    ] == [(True, "CN=proxy of the house")]
