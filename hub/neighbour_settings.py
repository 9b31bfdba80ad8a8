"""Settings of what tells others of spaces: SpaceAPI and Home Assistant. All is off until somebody writes it down."""

from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from hub.broker import broker_address
from wire.errors import InvalidSetting
from wire.identifiers import Id


class HomeAssistantSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Home Assistant, at its own broker; see docs/how-to/show-a-space-elsewhere.md.

    Args:
        url: its broker, `mqtt://host:port` or `mqtts://host:port`; empty for none.
        ca_file: certificates that the broker's is checked against; None for the system's.
        cert_file, key_file: a certificate and key for it, when it asks for them.
        username: a name, when the broker asks for one.
        password_file: file that holds the password.
        spaces: ids of spaces that it is told of; one that is taken away is taken back there, too.
        doors, alarms: whether it is told whether doors stand open, and whether one raises an alarm; what everyone sees
            of a space tells neither.
        prefix: of its discovery.
        base_topic: of what this hub tells; another one for each hub at the same broker.
    """

    url: str = ""
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    username: str | None = None
    password_file: Path | None = None
    spaces: tuple[Id, ...] = ()
    doors: bool = False
    alarms: bool = False
    prefix: Annotated[str, Meta(pattern="^[A-Za-z0-9_/-]+$")] = "homeassistant"
    base_topic: Annotated[str, Meta(pattern="^[A-Za-z0-9_-]+$")] = "ankerort-ha"


class SpaceApiSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a space is, for directories that read SpaceAPI; see docs/how-to/show-a-space-elsewhere.md.

    Args:
        space: its id.
        latitude, longitude: in degrees (WGS 84), as in `52.9937` and `11.7511`.
        contact_mail: of the space, not of a person; everyone can read it.
    """

    space: Id
    latitude: Annotated[float, Meta(ge=-90, le=90)]
    longitude: Annotated[float, Meta(ge=-180, le=180)]
    contact_mail: str = ""


def check_home_assistant(settings: HomeAssistantSettings) -> None:
    """Refuse a broker that can't be used.

    Raises:
        InvalidSetting: naming the setting.
    """
    if settings.url:
        try:
            broker_address(settings.url)
        except InvalidSetting as error:
            raise InvalidSetting(str(error).replace("mqtt.", "home_assistant.", 1)) from error
