"""Secrets, signatures and sending of webhooks: the one place that knows them.

A secret is stored sealed under a key that is made from that of the sessions (`web.secret_file`). Signed is as Standard
Webhooks says: HMAC-SHA256 over id, timestamp and body. A name is looked up once, and connected to is the very address
that was checked, so that no name leads into the own network; redirects are not followed.
"""

import base64
import hashlib
import hmac
import http.client
import secrets
import socket
import ssl
import threading
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hub.domain.errors import RuleRefused
from hub.domain.webhooks import check_url, is_outside
from hub.webhook_ports import Delivery, HookFailed

SECRET_BYTES: Final = 32
PREFIX: Final = "whsec_"
TIMEOUT_S: Final = 8.0
"""For a connection, and for each piece of an answer."""

TOTAL_S: Final = 15.0
"""For all of it: who answers byte by byte holds nobody up."""

MAX_ANSWER: Final = 1024
_NONCE_BYTES: Final = 12
_GONE: Final = 410


class HookSealer:
    """Seals the secrets of webhooks.

    Args:
        session_key: signs the sessions, and stays the same over restarts.
    """

    def __init__(self, session_key: bytes) -> None:
        self._cipher = AESGCM(HKDF(SHA256(), 32, salt=None, info=b"ankerort/webhook").derive(session_key))

    def seal(self, secret: str, webhook: str) -> bytes:
        """Return a secret as it is stored, for this webhook alone."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), webhook.encode())

    def open(self, sealed: bytes, webhook: str) -> str | None:
        """Return a secret; None when the key of the sessions is another one by now."""
        try:
            return self._cipher.decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], webhook.encode()
            ).decode()
        except (InvalidTag, ValueError):
            return None


def new_secret() -> str:
    """Return a secret as it is shown, once."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature(secret: str, message: str, at_s: int, body: bytes) -> str:
    """Return what stands in `webhook-signature`."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    mac = hmac.new(key, f"{message}.{at_s}.".encode() + body, hashlib.sha256)
    return "v1," + base64.b64encode(mac.digest()).decode()


class HttpHookPost:
    """Signs and sends (`hub.webhook_ports.HookPost`).

    Args:
        session_key: as of `HookSealer`; None where none is kept: then nothing can be signed.
        allow_private: whether plain http and addresses of the own network are allowed.
        context: of TLS; the system's certificates when None.
    """

    def __init__(
        self, session_key: bytes | None, *, allow_private: bool = False, context: ssl.SSLContext | None = None
    ) -> None:
        self._sealer = None if session_key is None else HookSealer(session_key)
        self._allow_private = allow_private
        self._context = context or ssl.create_default_context()

    def __call__(self, delivery: Delivery, body: bytes, now_us: int) -> None:
        """Send.

        Raises:
            HookFailed: when it was not taken.
        """
        secret = None if self._sealer is None else self._sealer.open(delivery.sealed, delivery.webhook)
        if secret is None:
            raise HookFailed("web.secret_file is another one by now: remove the webhook and add it again")
        at_s = now_us // 1_000_000
        headers = {
            "content-type": "application/json",
            "user-agent": "Ankerort",
            "webhook-id": delivery.message,
            "webhook-timestamp": str(at_s),
            "webhook-signature": signature(secret, delivery.message, at_s, body),
        }
        try:
            status = self._post(check_url(delivery.url, allow_private=self._allow_private), body, headers)
        except RuleRefused as error:
            raise HookFailed(str(error)) from error
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            raise HookFailed(f"not reached: {_shown(error)}") from error
        if status == _GONE:
            raise HookFailed("answered 410: it is gone for good", is_final=True)
        if not 200 <= status < 300:
            more = "; redirects are not followed" if 300 <= status < 400 else ""
            raise HookFailed(f"answered {status}{more}")

    def _post(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        plain = socket.create_connection((self._address(host, port), port), TIMEOUT_S)
        # Shut down and not closed: whoever waits in it then wakes up.
        watch = threading.Timer(TOTAL_S, _shut, (plain,))
        watch.start()
        connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)
        try:
            is_tls = parts.scheme == "https"
            connection.sock = self._context.wrap_socket(plain, server_hostname=host) if is_tls else plain
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            answer.read(MAX_ANSWER)
            return answer.status
        finally:
            watch.cancel()
            watch.join()
            connection.close()
            plain.close()

    def _address(self, host: str, port: int) -> str:
        """Return an address of a host that may be connected to.

        Raises:
            HookFailed: when one of its addresses lies inside of the own network.
        """
        found = [str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        if not self._allow_private and not all(is_outside(one.partition("%")[0]) for one in found):
            raise HookFailed(f"{host} leads into the own network")
        return found[0]


def _shut(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _shown(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
