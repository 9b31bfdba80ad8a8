"""The drill: a hub destroyed in mid-load, its ledgers too, is restored from yesterday and refilled by its devices."""

from dataclasses import replace

from sqlalchemy import Engine

from hub.custody import keeping
from hub.desks import person_desk
from hub.domain.audit import HOST_CHAIN, Head
from hub.domain.people import Actor
from hub.domain.space import Desk
from hub.mail_ledger import FileSentMails
from hub.services.audit import verify_log
from hub.storage.chain_log import SqlChainLog, differing
from hub.storage.unit_of_work import UnitFactory
from tests.hub.backup.site import DAY_US, NOW_US, Site
from tests.hub.custody.test_publish_access import find
from tests.hub.custody.world import DEVICES, SPACE, TOWN, World
from tests.hub.ingest.hub import Hub
from tests.hub.ingest.spool import Spool
from wire.access import BLOCKED

UID = bytes.fromhex("04a1b2c3d4e5f6")
OTHER_UID = bytes.fromhex("04a1b2c3d4e5f7")
CLI = Actor(None, "command line")
YESTERDAY, TODAY, DRILL = NOW_US, NOW_US + DAY_US, NOW_US + DAY_US + 60_000_000


def heads(site: Site) -> list[tuple[str, Head]]:
    """Return every head of the hosts' log that some device may have been told of."""
    with SqlChainLog(site.engine).looking() as look:
        entries = list(look.entries(HOST_CHAIN))
    return [(HOST_CHAIN, Head(one.number, one.hash, TODAY, "werkstatt/pi-1")) for one in entries]


def test_a_hub_destroyed_in_mid_load_is_whole_again_after_restore_and_refill(site: Site) -> None:
    world = World(site.engine, site.settings.keys.file.parent, site.keys)
    desk = Desk("t1", "Tisch 1", device=DEVICES[0], sensor="mat")
    world.set_up(replace(TOWN.spaces[0], desks=(desk,)))
    card, person = world.card(world.member(), UID), world.member()
    world.card(person, OTHER_UID)
    hub, spool = Hub(site.engine, YESTERDAY), Spool(space=SPACE)
    spool.many(90, ("t1",))
    hub.take(spool.batch(1, 40))
    world.run(YESTERDAY)
    world.apply(1)
    yesterday = site.back_up(YESTERDAY)

    # A day goes on: events, a lost card, somebody who asks to be erased, a letter.
    hub.take(spool.batch(41, 80))
    world.block(card, TODAY)
    person_desk(UnitFactory(site.engine)).erase(person, CLI, TODAY)
    keeping(site.settings, UnitFactory(site.engine)).run(TODAY)
    world.run(TODAY)
    world.apply(2)
    FileSentMails(site.settings.mail.sent_file).add("a letter", TODAY)
    assert site.copy_ledgers() == 2
    told = heads(site)
    site.destroy()

    done = site.restore(yesterday.file, DRILL)
    assert (done.erased_again, done.ledger_lines) == (1, 4)
    with site.anew() as engine:
        # Nothing that devices still keep is missing: the mark went back, and they send again from there (D5).
        restored = Hub(engine, DRILL)
        assert restored.mark() == 40
        restored.take(spool.batch(41, 80), spool.batch(81))
        assert restored.payloads() == {("pi-1", spool.epoch, seq): line for seq, line in spool.lines.items()}
        assert (restored.mark(), restored.quarantine()) == (90, [])

        # The device has list 2, of which the hub knows nothing; it takes the next one, in which the block holds.
        after = World(engine, world.folder, site.keys)
        after.secrets = world.secrets
        after.publish.reconcile_all(DRILL)
        after.apply(2)
        after.run(DRILL)
        header, body = after.list_of()
        assert header.version == 3
        lost = find(body, UID)
        assert lost is not None
        assert lost.flags == BLOCKED
        assert find(body, OTHER_UID) is None, "the card of whoever was erased"
        assert site.rows(f"SELECT count(*) FROM member WHERE pk = {person}", engine) == [(0,)]
        assert FileSentMails(site.settings.mail.sent_file).has("a letter"), "it is not sent twice (D9)"

        check_log(site, engine, yesterday.file, told)
        assert site.rows("SELECT state FROM backup_run", engine) == [("restored",)]


def check_log(site: Site, engine: Engine, backup: str, told: list[tuple[str, Head]]) -> None:
    """Check that the log is whole, and says of the restore what was done."""
    assert (
        verify_log(SqlChainLog(engine), lambda anchor: site.keys.is_signed(anchor.signed(), anchor.signature))
        == []
    )
    with engine.connect() as connection:
        assert differing(connection, told) == [], "what devices were told of the lost entries is excused"
    with SqlChainLog(engine).looking() as look:
        anchors = [one for one in look.anchors(HOST_CHAIN) if one.kind == "restore"]
        words = b"".join(bytes(entry.payload or b"") for entry in look.entries(HOST_CHAIN))
    assert len(anchors) == 2, "as it came back, and with what was added"
    assert f"restored {backup}: Platte ersetzt".encode() in words
