"""The web server as a part of a process."""

import logging

from hub.config import WebSettings
from hub.liveness import Pulse, Pulses, answers
from hub.web.server import WebServer
from wire.errors import InvalidSetting

_log = logging.getLogger(__name__)


class Pages:
    """The web server as a part; a port that can't be had is a setting to change.

    Args:
        server: not started yet.
        web: its settings.
        pulses: have it asked whether it answers.
    """

    def __init__(self, server: WebServer, web: WebSettings, pulses: Pulses) -> None:
        self.server, self._web, self._pulses = server, web, pulses
        self._pulse: Pulse | None = None

    def start(self) -> None:
        """Listen and serve.

        Raises:
            InvalidSetting: when the address is taken, or not this machine's.
        """
        try:
            self.server.start()
        except OSError as error:
            raise InvalidSetting(
                f"web.host {self._web.host!r}, web.port {self._web.port}: can't listen there ({error}); "
                "end what does, or choose another port"
            ) from error
        _log.info("pages at %s", self.server.address)
        self._pulse = self._pulses.ask("pages", lambda: answers(self.server.address))

    def stop(self) -> None:
        """End all streams and requests."""
        if self._pulse is not None:
            self._pulse.rest()
        self.server.stop()
