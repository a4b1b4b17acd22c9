"""Writes the certificates of a PEM bundle as a trust store for Java: `trust_store.py BUNDLE STORE PASSWORD`."""

from __future__ import annotations

import sys
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption
from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12Certificate, serialize_java_truststore


def main(bundle: str, store: str, password: str) -> None:
    """Each certificate gets its number for a name, since names may repeat within a bundle."""
    certificates = x509.load_pem_x509_certificates(Path(bundle).read_bytes())
    entries = [PKCS12Certificate(one, str(number).encode()) for number, one in enumerate(certificates)]
    Path(store).write_bytes(serialize_java_truststore(entries, BestAvailableEncryption(password.encode())))


if __name__ == "__main__":
    main(*sys.argv[1:4])
