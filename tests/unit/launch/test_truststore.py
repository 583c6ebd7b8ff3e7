"""Java is handed what Python is told to trust; tests/spark has Java read it."""

from __future__ import annotations

from pathlib import Path

import certificates as own
import pytest
from cryptography.hazmat.primitives.serialization import pkcs12

from launch.truststore import trust_options

certificates = own.certificates


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_the_store_holds_every_certificate_that_can_be_read(
    certificates: Path, tmp_path: Path, variable: str
) -> None:
    options = dict(
        option.removeprefix("-Djavax.net.ssl.").split("=", 1)
        for option in trust_options(tmp_path, {variable: str(certificates)})
    )
    assert options["trustStoreType"] == "PKCS12"
    store = pkcs12.load_pkcs12(
        Path(options["trustStore"]).read_bytes(), options["trustStorePassword"].encode()
    )
    subjects = [entry.certificate.subject.rfc4514_string() for entry in store.additional_certs]
    assert subjects == ["CN=proxy of the house"]


def test_without_certificates_java_keeps_its_own(certificates: Path, tmp_path: Path) -> None:
    assert trust_options(tmp_path, {}) == []
    assert trust_options(tmp_path, {"SSL_CERT_FILE": str(tmp_path / "none.pem")}) == []
    certificates.write_text("no certificates")
    assert trust_options(tmp_path, {"SSL_CERT_FILE": str(certificates)}) == []
    assert not (tmp_path / "trusted.p12").exists()
