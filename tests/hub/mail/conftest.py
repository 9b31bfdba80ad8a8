"""A real mail server, and a hub whose outbox goes to it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from hub.config import MailSecurity, MailSettings
from hub.letters.messages import LetterWriter
from hub.mail import SmtpMailer
from hub.mail_ledger import FileSentMails
from hub.services.send_mail import SendMail
from hub.storage.outbox import SqlOutbox
from tests.hub.desks.world import World
from tests.parts.smtp_server import SmtpServer

BASE = "https://plaetze.example.org"
SENDER = "Plätze <plaetze@example.org>"


@pytest.fixture
def world(engine: Engine) -> World:
    """Two spaces, on each kind of database in turn."""
    made = World(engine)
    made.set_up()
    return made


@pytest.fixture
def sqlite_world(sqlite_engine: Engine) -> World:
    """Two spaces, on SQLite."""
    made = World(sqlite_engine)
    made.set_up()
    return made


@pytest.fixture
def make_smtp() -> Iterator[Callable[..., SmtpServer]]:
    """A function that starts mail servers: `make_smtp(user="hub", password="…")`."""
    servers: list[SmtpServer] = []

    def make(**options: Any) -> SmtpServer:
        server = SmtpServer(**options)
        servers.append(server)
        server.start()
        return server

    yield make
    for server in servers:
        server.stop()


@pytest.fixture
def smtp(make_smtp: Callable[..., SmtpServer]) -> SmtpServer:
    """A mail server that takes everything."""
    return make_smtp()


class PostOffice:
    """What `jobs` does with mail, step by step and by a test's clock; another one on the same file is a restart."""

    def __init__(self, world: World, settings: MailSettings, file: Path) -> None:
        self.outbox, self.sent = SqlOutbox(world.engine), FileSentMails(file)
        self._clock = world
        mailer = SmtpMailer(settings) if settings.host else None
        self.send = SendMail(
            self.outbox, self.sent, mailer, LetterWriter(SENDER, BASE), _WorldClock(world), lambda: 0.5
        )

    def run(self) -> int:
        """Send what is due."""
        return self.send.run()


class _WorldClock:
    def __init__(self, world: World) -> None:
        self._world = world

    def now_us(self) -> int:
        return self._world.now_us


@pytest.fixture
def make_post(tmp_path: Path) -> Callable[..., PostOffice]:
    """A function that gives what sends mail: `make_post(world, smtp)`."""

    def make(world: World, smtp: SmtpServer | None, file: str = "sent.jsonl") -> PostOffice:
        settings = MailSettings() if smtp is None else settings_of(smtp)
        return PostOffice(world, settings, tmp_path / file)

    return make


def settings_of(smtp: SmtpServer, **more: Any) -> MailSettings:
    """Return the settings for a server."""
    more.setdefault("security", MailSecurity.NONE)
    return MailSettings(host=smtp.host, port=smtp.port, sender=SENDER, **more)
