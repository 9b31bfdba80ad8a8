"""Settings of the hub: one TOML file, `ANKERORT_…` variables on top; `show-config` prints each and its origin."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from hub.broker import broker_address
from hub.domain.duties import BACKUP_DAYS
from hub.neighbour_settings import HomeAssistantSettings, SpaceApiSettings, check_home_assistant
from wire.errors import InvalidSetting
from wire.identifiers import Id
from wire.settings import Loaded, load

CONTRIBUTORS: Final = "http://dcat-ap.de/def/contributors/"
"""What the ids of those begin with who give data to GovData."""

DEFAULT_FILE: Final = Path("/etc/ankerort/hub.toml")
"""Read when it is there and no other file is named."""

Port = Annotated[int, Meta(ge=1, le=65535)]
Days = Annotated[int, Meta(ge=1, le=3660)]


class MqttSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The broker.

    Args:
        url: `mqtt://host:port` or, with TLS, `mqtts://host:port`.
        ca_file: certificates that the broker's is checked against; None for the system's.
        cert_file, key_file: the hub's own certificate and key.
        username: a name, when the broker asks for one.
        password_file: file that holds the password.
    """

    url: str = "mqtt://127.0.0.1:1883"
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    username: str | None = None
    password_file: Path | None = None


class WebSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The pages.

    Args:
        host, port: where they are served; on loopback unless a reverse proxy is elsewhere.
        threads: how many requests are answered at once; live viewers do not count.
        max_viewers: how many live pages may stay connected at once; further ones reload instead.
        public_url: address that people use, for QR codes and links of the API; empty for that of the request.
        trusted_proxies: how many reverse proxies stand in front and set `X-Forwarded-…`; with 0 none is believed.
        secret_file: file that holds the secret which signs sessions, 32 random characters or more, the same for all
            processes that serve pages; None for a new one each time, which signs everybody out.
    """

    host: str = "127.0.0.1"
    port: Port = 8080
    threads: Annotated[int, Meta(ge=1, le=256)] = 8
    max_viewers: Annotated[int, Meta(ge=0, le=10_000)] = 500
    public_url: str = ""
    trusted_proxies: Annotated[int, Meta(ge=0, le=8)] = 0
    secret_file: Path | None = None


class IngestSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The intake of events.

    Args:
        worker: name of this process among several; each keeps its own session at the broker.
        group_messages: how many waiting messages are taken into one transaction at most.
        receive_maximum: how many messages the broker may send before the first is acknowledged (MQTT 5).
    """

    worker: Id = "1"
    group_messages: Annotated[int, Meta(ge=1, le=10_000)] = 1000
    receive_maximum: Annotated[int, Meta(ge=1, le=65535)] = 1000


class KeySettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The keys of cards and lists; see docs/how-to/keep-the-keys.md.

    Args:
        file: file that holds the hub's keys, made by `ankerort-hub keys init`; only `jobs` and `serve` read it.
        ledger_file: list of blocked cards and erased persons that no restored backup of the database may forget.
    """

    file: Path = Path("/var/lib/ankerort/keys.json")
    ledger_file: Path = Path("/var/lib/ankerort/ledger.jsonl")


class ProvisioningSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Certificates of broker, hub and devices; see docs/how-to/add-a-device.md.

    Args:
        broker_url: the broker's address as devices know it, `mqtts://host:port`; empty until devices are added.
        broker_names: further host names and IP addresses under which the broker is reached.
        authority_folder: where the authority is that `ankerort-hub ca init` made; it belongs into no backup of the
            database.
        broker_folder: where Mosquitto finds certificates and access rules.
        hub_folder: where the hub's own certificate is.
        bundle_folder: where what a new device needs waits until it is on a card.
        device_days: how long a device's certificate holds.
        bundle_days: within how many days a device must have been set up with what was made for it.
    """

    broker_url: str = ""
    broker_names: tuple[str, ...] = ()
    authority_folder: Path = Path("/var/lib/ankerort-provisioning/authority")
    broker_folder: Path = Path("/etc/mosquitto/ankerort")
    hub_folder: Path = Path("/etc/ankerort/mqtt")
    bundle_folder: Path = Path("/var/lib/ankerort-provisioning/bundles")
    device_days: Days = 1826
    bundle_days: Annotated[int, Meta(ge=1, le=90)] = 7


class MailSecurity(StrEnum):
    """How the connection to the mail server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class MailSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The mail server; see docs/how-to/send-mail.md.

    Args:
        host: name of the server; empty while the hub sends no mail.
        port: 587 for `starttls`, 465 for `tls`.
        security: `starttls`, `tls`, or `none` for a server on this machine.
        ca_file: certificates that the server's is checked against; None for the system's.
        user: a name, when the server asks for one.
        password_file: file that holds its password.
        sender: address that mail comes from, as `plaetze@example.org` or `Coworking <plaetze@example.org>`.
        sent_file: list of what was sent, so that no crash and no restored backup has it sent again.
    """

    host: str = ""
    port: Port = 587
    security: MailSecurity = MailSecurity.STARTTLS
    ca_file: Path | None = None
    user: str | None = None
    password_file: Path | None = None
    sender: str = ""
    sent_file: Path = Path("/var/lib/ankerort/mail-sent.jsonl")


class WebhookSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Webhooks; see docs/how-to/tell-other-programs.md.

    Args:
        allow_private: whether they may go to plain http and into the own network, such as to a server in the house.
    """

    allow_private: bool = False


class RoleName(StrEnum):
    """Roles, as `ankerort-hub user` has them."""

    MEMBER = "member"
    HOST = "host"
    MANAGER = "manager"
    STATISTICS = "statistics"
    TECHNICIAN = "technician"
    RESEARCH = "research"


class OidcGroup(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A role that everyone in a group has: in spaces, in towns, or in every space.

    Args:
        name: of the group, as the provider writes it.
        role: what its people may do.
        spaces, towns: ids of where.
        everywhere: in every space, also later ones.
    """

    name: str
    role: RoleName
    spaces: list[Id] = []
    towns: list[Id] = []
    everywhere: bool = False


class OidcSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Single sign-on by OpenID Connect; see docs/how-to/let-people-sign-in.md.

    Args:
        issuer: address of the provider; empty for none.
        client_id: as the provider calls the hub.
        client_secret_file: file that holds the secret that the provider gave the hub.
        name: on the button of the sign-in page.
        scopes: what the hub asks for.
        groups_claim: where the provider names somebody's groups.
        trusts_mail: whether every mail address that the provider tells is believed, proved or not.
        controller: for whom people work who come this way, when their spaces have several controllers.
        group: groups and the roles of their people.
    """

    issuer: str = ""
    client_id: str = ""
    client_secret_file: Path | None = None
    name: str = ""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    groups_claim: str = "groups"
    trusts_mail: bool = False
    controller: str = ""
    group: list[OidcGroup] = []


class RetentionSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long data is kept.

    Args:
        event_days: events, and the pieces of use made of them; the last word on each desk stays.
        quarantine_days: payloads that were refused.
        door_log_days: the hosts' log of doors, alarms that are over, and commands.
        booking_days: whose a booking was, after its end, with check-ins and visits; the booking stays as nobody's.
        closed_space_days: members of a space that closed who have no other one, after its last day.
    """

    event_days: Days = 7
    quarantine_days: Days = 30
    door_log_days: Days = 30
    booking_days: Days = 90
    closed_space_days: Days = 90


class BackupSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Backups; see docs/how-to/back-up-and-restore.md.

    Args:
        enabled: whether `jobs` makes one each night, once there are keys to encrypt it with.
        folder: where they are kept, with copies of the ledgers: on another disk than the database's, such as a stick.
        keep_days: how long each is kept; then it is deleted whole. What is kept longer tells of people who were erased.
    """

    enabled: bool = True
    folder: Path = Path("/var/lib/ankerort/backups")
    keep_days: Annotated[int, Meta(ge=1, le=BACKUP_DAYS)] = BACKUP_DAYS


class ControllerSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who answers for spaces, for the papers that the law asks for; see docs/how-to/say-what-is-kept.md.

    Args:
        name: as `controller` of its spaces in the site file.
        address: by post.
        contact: mail and telephone.
        officer: the data protection officer, with contact.
        authority: the supervisory authority for complaints.
        basis_access, basis_bookings, basis_occupancy, basis_statistics: the legal basis of each processing.
        recipients: who else receives data, such as a computing centre; empty for nobody.
        accessibility_contact: where barriers are told of, without signing in.
        enforcement: the body for arbitration.
        gaps: what is not accessible yet, each with its reason and what there is instead.
        checked_by, checked_on: who tested the pages, and on which day.
        easy_checked_by, easy_checked_on: the same of the page in Leichte Sprache.
    """

    name: str
    address: str = ""
    contact: str = ""
    officer: str = ""
    authority: str = ""
    basis_access: str = ""
    basis_bookings: str = ""
    basis_occupancy: str = ""
    basis_statistics: str = ""
    recipients: str = ""
    accessibility_contact: str = ""
    enforcement: str = ""
    gaps: tuple[str, ...] = ()
    checked_by: str = ""
    checked_on: date | None = None
    easy_checked_by: str = ""
    easy_checked_on: date | None = None


class StatisticsSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who publishes reports and open data.

    Args:
        publisher: who answers for reports, as they name it: a town, an association.
        contact_mail: where questions on open data go; empty for none.
        contributor: the Datenbereitsteller-ID that GovData has given, an address that begins with
            `http://dcat-ap.de/def/contributors/`; empty for none yet.
    """

    publisher: str = ""
    contact_mail: str = ""
    contributor: str = ""


class HubSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings of the hub.

    Args:
        database_url: `sqlite:////absolute/path.db` or `postgresql://user@host/database`.
        database_password_file: file that holds PostgreSQL's password.
        metrics_token_file: file that holds the token which `/metrics` asks for; None to answer on loopback only.
    """

    database_url: str = "sqlite:////var/lib/ankerort/hub.db"
    database_password_file: Path | None = None
    metrics_token_file: Path | None = None
    mqtt: MqttSettings = MqttSettings()
    web: WebSettings = WebSettings()
    ingest: IngestSettings = IngestSettings()
    retention: RetentionSettings = RetentionSettings()
    keys: KeySettings = KeySettings()
    provisioning: ProvisioningSettings = ProvisioningSettings()
    mail: MailSettings = MailSettings()
    oidc: OidcSettings = OidcSettings()
    webhooks: WebhookSettings = WebhookSettings()
    backup: BackupSettings = BackupSettings()
    controller: list[ControllerSettings] = []
    statistics: StatisticsSettings = StatisticsSettings()
    space_api: list[SpaceApiSettings] = []
    home_assistant: HomeAssistantSettings = HomeAssistantSettings()


def load_settings(file: Path | None, environ: Mapping[str, str]) -> Loaded[HubSettings]:
    """Return the hub's settings.

    Args:
        file: the settings file, or None for `DEFAULT_FILE` when that is there.
        environ: the variables of the process.

    Raises:
        InvalidSetting: when a setting can't be used; the text names file or variable, key and remedy.
    """
    if file is None and DEFAULT_FILE.exists():
        file = DEFAULT_FILE
    loaded = load(HubSettings, file, environ)
    broker_address(loaded.settings.mqtt.url)
    check_home_assistant(loaded.settings.home_assistant)
    _check_public_url(loaded.settings.web.public_url)
    _check_contributor(loaded.settings.statistics.contributor)
    return loaded


def _check_contributor(text: str) -> None:
    if text and not text.startswith(CONTRIBUTORS):
        raise InvalidSetting(
            f"statistics.contributor {text!r} is no Datenbereitsteller-ID: it begins with {CONTRIBUTORS}; "
            "write the one that GovData has given, or leave it empty"
        )


def _check_public_url(text: str) -> None:
    try:
        url = urlsplit(text)
        is_usable = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        is_usable = False
    if text and (not is_usable or url.username is not None or url.query or url.fragment):
        raise InvalidSetting(
            f"web.public_url {text!r} is not usable: write https://name.example, as people have it in the browser"
        )
