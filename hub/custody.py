"""Chooses the real parts of what needs the hub's keys: custodian, its connection, key file, trusted devices."""

from collections.abc import Callable

from hub.broker import Role, read_broker
from hub.config import HubSettings, KeySettings
from hub.custody_ports import DeviceTrusts, Sealing
from hub.key_file import KeyFile
from hub.keys import Keys
from hub.ledger import FileLedger
from hub.ports import Clock, Pulse
from hub.sealing import Sealer
from hub.services.audit import KeepChains
from hub.services.custodian import Bell, Custodian
from hub.services.keep_erasures import KeepErasures
from hub.services.open_offers import OpenOffers
from hub.services.publish_access import PublishAccess
from hub.services.send_commands import SendCommands
from hub.storage.access_state import SqlAccessLists
from hub.storage.access_unit import SqlUnits
from hub.storage.booked_times import SqlBookedTimes
from hub.storage.chain_log import SqlChainLog
from hub.storage.command_queue import SqlCommandQueue
from hub.storage.device_trust import SqlDeviceTrusts
from hub.storage.engine import forget_deleted
from hub.storage.offered_cards import SqlOffers
from hub.storage.person_rows import ErasureRows
from hub.storage.unit_of_work import UnitFactory
from wire.identifiers import new_hex16


def device_trusts(database: UnitFactory) -> DeviceTrusts:
    """Return which devices are trusted."""
    return SqlDeviceTrusts(database.engine)


def sealing_of(keys: KeySettings) -> Callable[[], Sealing | None]:
    """Return what gives the sealing of the key file, anew when the file has changed; None without a file."""
    file, made = KeyFile(keys.file), dict[int, tuple[Keys, Sealing]]()

    def load() -> Sealing | None:
        found = file.load()
        if found is None:
            return None
        if id(found) not in made:
            made.clear()
            made[id(found)] = found, Sealer(found)
        return made[id(found)][1]

    return load


def keeping(settings: HubSettings, database: UnitFactory) -> KeepErasures:
    """Return what keeps erased persons erased."""
    engine = database.engine
    ledger = FileLedger(settings.keys.ledger_file)
    return KeepErasures(SqlUnits(engine, ErasureRows), ledger, lambda: forget_deleted(engine))


class Custody:
    """The custodian with a connection of its own; made anew for each lease of `jobs`.

    Args:
        settings: of the hub.
        database: it must have the schema of this version.
        clock: the hub's clock.
        bell: of whatever changes rights in the same process.
        pulse: the custodian's.
    """

    def __init__(
        self,
        settings: HubSettings,
        database: UnitFactory,
        clock: Clock,
        bell: Bell,
        pulse: Pulse | None = None,
    ) -> None:
        from hub.mqtt import Link
        from hub.outbound import MqttDeviceMail

        engine = database.engine
        role = Role(f"ankerort-custody-{new_hex16()}")
        self._link = Link(read_broker(settings.mqtt), role)
        mail, lists = MqttDeviceMail(self._link), SqlAccessLists(engine)
        ledger = FileLedger(settings.keys.ledger_file)
        self._custodian = Custodian(
            load=sealing_of(settings.keys),
            look=lists,
            publish=PublishAccess(lists, ledger, mail, SqlBookedTimes(engine)),
            commands=SendCommands(SqlCommandQueue(engine), mail),
            offers=OpenOffers(SqlOffers(engine)),
            chains=KeepChains(SqlChainLog(engine), door_days=settings.retention.door_log_days),
            erasures=keeping(settings, database),
            clock=clock,
            bell=bell,
            pulse=pulse,
        )
        self._link.on_up = self._custodian.publish_again

    def start(self) -> None:
        """Begin to look, and to connect."""
        self._link.start()
        self._custodian.start()

    def stop(self) -> None:
        """End; what is stored and was not published is published at the next start."""
        self._custodian.stop()
        self._link.stop()
