"""Certificates for a broker and its clients, good ones and bad ones."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import trustme
from cryptography.hazmat.primitives import serialization


@dataclass(frozen=True, slots=True)
class Files:
    """Certificates: of the authority that the broker trusts, of another one, and of a client."""

    ca: Path
    other_ca: Path
    client: Path
    client_key: Path
    stranger: Path
    stranger_key: Path
    locked_key: Path
    server: Path


KEY_PASSWORD = "open sesame"  # noqa: S105 -- of a key that lives as long as the tests


def write_certificates(folder: Path, user: str) -> Files:
    """Write certificates into a folder; the client's are of this user."""
    authority, other = trustme.CA(), trustme.CA()
    client, stranger = (ca.issue_cert("watch@example.org", common_name=user) for ca in (authority, other))
    server = authority.issue_cert("127.0.0.1")

    def write(name: str, *blobs: bytes) -> Path:
        file = folder / name
        file.write_bytes(b"".join(blobs))
        return file

    return Files(
        ca=write("ca.pem", authority.cert_pem.bytes()),
        other_ca=write("other-ca.pem", other.cert_pem.bytes()),
        client=write("client.pem", *(pem.bytes() for pem in client.cert_chain_pems)),
        client_key=write("client.key", client.private_key_pem.bytes()),
        stranger=write("stranger.pem", *(pem.bytes() for pem in stranger.cert_chain_pems)),
        stranger_key=write("stranger.key", stranger.private_key_pem.bytes()),
        locked_key=write("locked.key", locked(client.private_key_pem.bytes())),
        server=write(
            "server.pem",
            pkcs8(server.private_key_pem.bytes()),
            *(pem.bytes() for pem in server.cert_chain_pems),
        ),
    )


def pkcs8(pem: bytes, lock: serialization.KeySerializationEncryption | None = None) -> bytes:
    """Write a key in the one form that Java reads."""
    key = serialization.load_pem_private_key(pem, None)
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, lock or serialization.NoEncryption())


def locked(pem: bytes) -> bytes:
    """Lock a key with a password."""
    return pkcs8(pem, serialization.BestAvailableEncryption(KEY_PASSWORD.encode()))
