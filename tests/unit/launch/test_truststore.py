"""Java trusts what Python is told to trust."""

from __future__ import annotations

import datetime
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from launch.java import java_home
from launch.truststore import trust_options


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A file with one certificate, one that is damaged, and words around them."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "proxy of the house")])
    day = datetime.datetime(2026, 1, 1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(day)
        .not_valid_after(day + datetime.timedelta(days=9999))
        .sign(key, hashes.SHA256())
    )
    damaged = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    path = tmp_path / "ca.pem"
    path.write_bytes(b"# ours\n" + damaged + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_java_reads_the_store(bundle: Path, tmp_path: Path, variable: str) -> None:
    options = trust_options(tmp_path, {variable: str(bundle)})
    program = tmp_path / "Names.java"
    program.write_text(
        "import java.io.*; import java.security.*; import java.security.cert.*;\n"
        "public class Names { public static void main(String[] a) throws Exception {\n"
        "  KeyStore s = KeyStore.getInstance("
        "System.getProperty(\"javax.net.ssl.trustStoreType\"));\n"
        "  String p = System.getProperty(\"javax.net.ssl.trustStorePassword\");\n"
        "  s.load(new FileInputStream(System.getProperty(\"javax.net.ssl.trustStore\")),"
        " p.toCharArray());\n"
        "  for (var n : java.util.Collections.list(s.aliases()))\n"
        "    System.out.println(s.isCertificateEntry(n) + \" \" +"
        " ((X509Certificate) s.getCertificate(n)).getSubjectX500Principal()); } }\n"
    )  # fmt: skip
    java = java_home() / "bin" / "java"
    modules = subprocess.run([java, "--list-modules"], capture_output=True, text=True).stdout
    if "jdk.compiler" not in modules:
        pytest.skip("this Java cannot run a source file")
    done = subprocess.run([java, *options, program], capture_output=True, text=True)
    assert done.stdout == "true CN=proxy of the house\n", done.stderr


def test_without_certificates_java_keeps_its_own(bundle: Path, tmp_path: Path) -> None:
    assert trust_options(tmp_path, {}) == []
    assert trust_options(tmp_path, {"SSL_CERT_FILE": str(tmp_path / "none.pem")}) == []
    bundle.write_text("no certificates")
    assert trust_options(tmp_path, {"SSL_CERT_FILE": str(bundle)}) == []
    assert not (tmp_path / "trusted.p12").exists()
