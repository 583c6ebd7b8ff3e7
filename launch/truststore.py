"""Let Java trust the certificates that Python is told to trust.

Behind a proxy that opens TLS, SSL_CERT_FILE or REQUESTS_CA_BUNDLE name its certificate to Python;
Java looks into a store of its own, and a Java that came as a wheel has never heard of it.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----", re.DOTALL)
# A store of public certificates; Java asks for some password.
_PASSWORD = "changeit"


def trust_options(folder: Path, environment: Mapping[str, str] = os.environ) -> list[str]:
    """Return options for java that trust the environment's certificates; none where it has none.

    The store is written into ``folder``. A certificate that cannot be read is left out.
    """
    files = [Path(environment[name]) for name in _VARIABLES if environment.get(name)]
    bundle = next((file for file in files if file.is_file()), None)
    if bundle is None:
        return []
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

    entries = [
        pkcs12.PKCS12Certificate(certificate, f"certificate-{number}".encode())
        for number, certificate in enumerate(_certificates(bundle.read_bytes()))
    ]
    if not entries:
        return []
    store = folder / "trusted.p12"
    encryption = BestAvailableEncryption(_PASSWORD.encode())
    store.write_bytes(pkcs12.serialize_java_truststore(entries, encryption))
    return [
        f"-Djavax.net.ssl.trustStore={store}",
        f"-Djavax.net.ssl.trustStorePassword={_PASSWORD}",
        "-Djavax.net.ssl.trustStoreType=PKCS12",
    ]


def _certificates(text: bytes) -> Iterator[Any]:
    from cryptography import x509

    for found in _PEM.findall(text):
        with warnings.catch_warnings():
            # Old roots break rules of today.
            warnings.simplefilter("ignore")
            try:
                yield x509.load_pem_x509_certificate(found)
            except ValueError:
                continue
