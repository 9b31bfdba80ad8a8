"""Where the broker is, how to log in, and what a connection is for; paho is not needed to say that."""

import random
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from wire.errors import InvalidSetting
from wire.settings import read_secret_text


class MqttSettings(Protocol):
    """The part of the settings that is about the broker (`hub.config.MqttSettings`)."""

    @property
    def url(self) -> str: ...  # noqa: D102 - the settings describe each
    @property
    def ca_file(self) -> Path | None: ...  # noqa: D102
    @property
    def cert_file(self) -> Path | None: ...  # noqa: D102
    @property
    def key_file(self) -> Path | None: ...  # noqa: D102
    @property
    def username(self) -> str | None: ...  # noqa: D102
    @property
    def password_file(self) -> Path | None: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Broker:
    """A broker's address.

    Args:
        host, port: where it listens.
        tls: context for `mqtts://`, or None for a plain connection.
        username, password: when it asks for them.
        keepalive_s: after this long without a word it is asked whether it is there.
    """

    host: str
    port: int
    tls: ssl.SSLContext | None = None
    username: str = ""
    password: str = field(default="", repr=False)
    keepalive_s: int = 60


@dataclass(frozen=True, slots=True)
class Will:
    """A retained message for each state of a connection; all three share their topic.

    Args:
        lost: what the broker says when the connection breaks.
    """

    topic: str
    birth: bytes
    farewell: bytes
    lost: bytes


@dataclass(frozen=True, slots=True)
class Role:
    """What a connection is for.

    Args:
        client_id: of its own on the broker; with a session it must stay the same over restarts.
        filters: what it subscribes to.
        session_expiry_s: how long the broker keeps its session; 0 begins anew each time, and old messages do not come.
        receive_maximum: how many messages the broker may send before the first is acknowledged; bounds our memory.
        group: how many messages are handed over at once at most.
    """

    client_id: str
    filters: tuple[str, ...] = ()
    session_expiry_s: int = 0
    receive_maximum: int = 1000
    group: int = 1000


@dataclass(frozen=True, slots=True)
class BackOff:
    """Full jitter: each wait is random between nothing and a limit that doubles.

    Args:
        base_s, cap_s: first and last limit.
    """

    base_s: float = 0.5
    cap_s: float = 30.0

    def delay_s(self, attempt: int) -> float:
        """Return how long to wait before an attempt, counted from 0."""
        limit_s = min(self.cap_s, self.base_s * 2.0 ** min(attempt, 30))
        return random.uniform(0.0, limit_s)  # noqa: S311 - spreads load, guards nothing


def read_broker(settings: MqttSettings) -> Broker:
    """Return the broker that the settings name; certificates and password are read now.

    Raises:
        InvalidSetting: when the address can't be used, or a certificate, key or password can't be read.
    """
    scheme, host, port, user = broker_address(settings.url)
    if scheme == "mqtt" and (settings.ca_file or settings.cert_file):
        raise InvalidSetting(
            f"mqtt.url {settings.url!r} is not encrypted, but certificates are set: use mqtts://"
        )
    password = "" if settings.password_file is None else read_secret_text(settings.password_file)
    return Broker(
        host,
        port or (8883 if scheme == "mqtts" else 1883),
        _tls(settings) if scheme == "mqtts" else None,
        settings.username or user,
        password,
    )


def broker_address(text: str) -> tuple[str, str, int | None, str]:
    """Return scheme, host, port and user of the broker's address.

    Raises:
        InvalidSetting: when it is none, or holds a password.
    """
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        raise InvalidSetting(f"mqtt.url {text!r} can't be read: use mqtt://host:1883") from None
    if url.password is not None:
        raise InvalidSetting("mqtt.url holds a password, which every log would show: use mqtt.password_file")
    if url.scheme not in ("mqtt", "mqtts") or not url.hostname or url.path.strip("/") or url.query:
        raise InvalidSetting(f"mqtt.url {text!r} is not usable: use mqtt://host:1883 or mqtts://host:8883")
    return url.scheme, url.hostname, port, url.username or ""


def _tls(settings: MqttSettings) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=settings.ca_file)
        if settings.cert_file is not None:
            context.load_cert_chain(settings.cert_file, settings.key_file)
    except (OSError, ssl.SSLError) as error:
        raise InvalidSetting(
            f"mqtt: certificates can't be used ({error}): check ca_file, cert_file and key_file"
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
