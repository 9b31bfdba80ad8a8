"""A real SMTP server on loopback that keeps what it gets and answers as a test wants."""

import asyncio
import ssl
from collections import deque
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from tests.parts.ports import LOOPBACK, free_port


@dataclass(frozen=True, slots=True)
class Received:
    """A mail as the server got it."""

    sender: str
    to: list[str]
    data: bytes

    @property
    def message(self) -> EmailMessage:
        """The mail, parsed."""
        return message_from_bytes(self.data, policy=default)

    @property
    def text(self) -> str:
        """Its plain text."""
        body = self.message.get_body(("plain",))
        assert body is not None
        return str(body.get_content()).replace("\r\n", "\n")


class _Controller(Controller):
    """A controller that leaves no connection to the garbage collector."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._sessions: list[SMTP] = []

    def factory(self) -> SMTP:
        made: SMTP = super().factory()  # type: ignore[no-untyped-call]
        self._sessions.append(made)
        return made

    def stop(self, no_assert: bool = False) -> None:  # noqa: FBT002 - as it is there
        if self.loop.is_running():
            asyncio.run_coroutine_threadsafe(self._break(), self.loop).result(10)
        super().stop(no_assert)

    async def _break(self) -> None:
        """Listen no more, break all connections, and wait until their sockets are closed.

        Whoever was accepted a moment ago has a task, and no transport yet.
        """
        assert self.server is not None
        self.server.close()
        while asyncio.all_tasks() - {asyncio.current_task()} or self._transports():
            for transport in self._transports():
                transport.abort()
            await asyncio.sleep(0.005)

    def _transports(self) -> list[asyncio.WriteTransport]:
        return [one.transport for one in self._sessions if isinstance(one.transport, asyncio.WriteTransport)]


@dataclass
class SmtpServer:
    """A server; `start` and `stop` may be called again, the port stays.

    Args:
        tls: offers STARTTLS with this certificate, and asks for it.
        user, password: asks for them.
    """

    tls: ssl.SSLContext | None = None
    user: str = ""
    password: str = ""
    received: list[Received] = field(default_factory=list)
    answers: deque[str] = field(default_factory=deque)
    """What it says to the next mails after their data; then it takes them."""
    refuses: dict[str, str] = field(default_factory=dict)
    """What it says to recipients."""

    def __post_init__(self) -> None:
        self.host, self.port = LOOPBACK, free_port()
        self._controller: _Controller | None = None

    def start(self) -> None:
        """Listen."""
        self._controller = _Controller(
            self,
            hostname=self.host,
            port=self.port,
            tls_context=self.tls,
            require_starttls=self.tls is not None,
            authenticator=self._knows if self.user else None,
            auth_required=bool(self.user),
        )
        self._controller.start()

    def stop(self) -> None:
        """Listen no more; connections break."""
        controller, self._controller = self._controller, None
        if controller is not None:
            controller.stop()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Take a recipient, or not."""
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Take a mail, or not."""
        if self.answers:
            return self.answers.popleft()
        self.received.append(Received(envelope.mail_from, list(envelope.rcpt_tos), envelope.content))
        return "250 OK"

    def _knows(self, server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (
            self.user.encode(),
            self.password.encode(),
        )
        return AuthResult(success=is_right, handled=is_right)
