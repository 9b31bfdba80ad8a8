"""Certificates as they are made: an authority's own, one for each client, one for the broker, and the list of revoked.

Pure: keys and instants in, certificates out (RFC 5280).
"""

import ipaddress
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from wire.errors import InvalidSetting

MAX_COMMON_NAME: Final = 64
"""Characters of a common name (RFC 5280, ub-common-name)."""

AUTHORITY_DAYS: Final = 20 * 365
"""As long as a Pi in a wall may last, and a second generation beside it."""


class Use(Enum):
    """What a certificate is good for; one for another use is refused by whoever checks it."""

    CLIENT = "client"
    SERVER = "server"


def client_name(space: str, device: str) -> str:
    """Return the common name of a device: the two levels of its topics, which Mosquitto's `%u` stands for.

    A device's id is its own in its space only, so the id alone would let two spaces read each other.

    Raises:
        InvalidSetting: when both ids together do not fit into a common name.
    """
    name = f"{space}/{device}"
    if len(name) > MAX_COMMON_NAME:
        raise InvalidSetting(
            f"{name} has {len(name)} characters, and a certificate's name takes {MAX_COMMON_NAME}: "
            "give the device a shorter id in the site file"
        )
    return name


def new_key() -> ec.EllipticCurvePrivateKey:
    """Return a new key: P-256, which every broker, and every Pi, does in a millisecond."""
    return ec.generate_private_key(ec.SECP256R1())


def make_authority(key: ec.EllipticCurvePrivateKey, name: str, now: datetime) -> x509.Certificate:
    """Return an authority's certificate, signed by itself; it can make no further authorities."""
    subject = _name(name)
    return (
        _builder(subject, subject, key.public_key(), now - timedelta(days=1), now + timedelta(AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def make_certificate(
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    public_key: ec.EllipticCurvePublicKey,
    name: str,
    use: Use,
    now: datetime,
    *,
    days: int,
    addresses: Sequence[str] = (),
) -> x509.Certificate:
    """Return a certificate; it never outlasts its authority.

    It is valid from the authority's first day on: a Pi whose clock was stopped with its current, and is behind until
    the network has told it the time, must not take the broker's newest certificate for one of the future.

    Args:
        authority, authority_key: who signs.
        public_key: whose it is.
        name: the common name.
        use: what it is good for.
        now: aware UTC.
        days: for how long.
        addresses: host names and IP addresses of a server.

    Raises:
        InvalidSetting: when an address is neither.
    """
    end = min(now + timedelta(days=days), authority.not_valid_after_utc)
    builder = (
        _builder(_name(name), authority.subject, public_key, authority.not_valid_before_utc, end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([_USES[use]]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(_key_of(authority_key), critical=False)
    )
    if addresses:
        names = [_general_name(address) for address in addresses]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(authority_key, hashes.SHA256())


def make_revocation_list(
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    revoked: Iterable[tuple[int, datetime]],
    now: datetime,
) -> x509.CertificateRevocationList:
    """Return the list of the certificates of an authority that are good no more.

    It holds until the authority ends. A list that ran out would have the broker refuse everybody, and who reads it is
    on the same machine as who writes it: nothing is won by a date.

    Args:
        authority, authority_key: whose certificates.
        revoked: serial number, and since when.
        now: aware UTC.
    """
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.subject)
        .last_update(max(authority.not_valid_before_utc, now - timedelta(days=1)))
        .next_update(authority.not_valid_after_utc)
        .add_extension(_key_of(authority_key), critical=False)
        .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
    )
    for serial, since in revoked:
        one = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since).build()
        builder = builder.add_revoked_certificate(one)
    return builder.sign(authority_key, hashes.SHA256())


def as_pem(thing: x509.Certificate | x509.CertificateRevocationList) -> bytes:
    """Return a certificate or list as PEM."""
    return thing.public_bytes(serialization.Encoding.PEM)


def key_as_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a private key as PEM, not encrypted: whoever writes it lets its owner alone read it."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def to_time(at_us: int) -> datetime:
    """Return an instant in integer UTC microseconds as certificates have it: aware, in whole seconds."""
    return datetime.fromtimestamp(at_us // 1_000_000, UTC)


_USES: Final = {Use.CLIENT: ExtendedKeyUsageOID.CLIENT_AUTH, Use.SERVER: ExtendedKeyUsageOID.SERVER_AUTH}


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    start: datetime,
    end: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _key_of(authority_key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())


def _general_name(address: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(address))
    except ValueError:
        pass
    try:
        return x509.DNSName(address.encode("idna").decode("ascii"))
    except ValueError:
        raise InvalidSetting(
            f"{address!r} is neither a host name nor an IP address: write it as devices have it in mqtt.url"
        ) from None
