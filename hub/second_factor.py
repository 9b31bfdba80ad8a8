"""Second factors: codes of an app (TOTP, RFC 6238) and recovery codes. The one place that knows them.

The secret is stored sealed under a key that is made from that of the sessions (`web.secret_file`): a copy of the
database alone gives nobody a code.
"""

import hashlib
import hmac
import secrets
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from hub.domain.accounts import RECOVERY_CODES, STEP_S
from hub.passwords import new_password

ISSUER: Final = "Ankerort"
SECRET_BYTES: Final = 20
DIGITS: Final = 6
_NONCE_BYTES: Final = 12
# A phone's clock may be half a minute wrong, and reading takes a while (RFC 6238, 5.2).
_AROUND: Final = (0, -1, 1)


class Sealer:
    """Seals the secrets of apps.

    Args:
        session_key: signs the sessions, and stays the same over restarts.
    """

    def __init__(self, session_key: bytes) -> None:
        key = HKDF(SHA256(), 32, salt=None, info=b"ankerort/second-factor").derive(session_key)
        self._cipher = AESGCM(key)

    def seal(self, secret: bytes, account: int) -> bytes:
        """Return a secret as it is stored, for this account alone."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, _bound(account))

    def open(self, sealed: bytes, account: int) -> bytes | None:
        """Return a secret; None when the key of the sessions is another one by now."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _bound(account))
        except (InvalidTag, ValueError):
            return None


def new_secret() -> bytes:
    """Return a secret for an app."""
    return secrets.token_bytes(SECRET_BYTES)


def app_address(secret: bytes, mail: str) -> str:
    """Return what the QR code for an app says."""
    return _totp(secret).get_provisioning_uri(mail, ISSUER)


def step_of(secret: bytes, code: str, now_s: int, last_step: int) -> int | None:
    """Return the step that a code is of; None when it is wrong, too old, or was used.

    Args:
        code: as it was typed; blanks in it do no harm.
        last_step: of the last code that was used.
    """
    typed = "".join(code.split()).encode("utf-8")
    totp, now = _totp(secret), now_s // STEP_S
    for step in (now + around for around in _AROUND):
        if step > last_step and hmac.compare_digest(totp.generate(step * STEP_S), typed):
            return step
    return None


def new_recovery_codes() -> list[str]:
    """Return codes to be kept on paper, that nobody guesses and that can be read out."""
    return [new_password() for _ in range(RECOVERY_CODES)]


def recovery_digest(account: int, code: str) -> bytes:
    """Return what is stored of a recovery code: it has 80 random bits, so a digest keeps it as well as argon2 would."""
    same = "".join(letter for letter in code.casefold() if letter.isalnum())
    return hashlib.sha256(f"ankerort/recovery\x00{account}\x00{same}".encode()).digest()


def _totp(secret: bytes) -> TOTP:
    # What apps know: most of them ignore other hashes, lengths and steps.
    return TOTP(secret, DIGITS, SHA1(), STEP_S)  # noqa: S303 - HMAC-SHA-1, of RFC 6238


def _bound(account: int) -> bytes:
    return f"ankerort/second-factor/{account}".encode()
