"""Who may write and read what at a real broker with our configuration: a table of (who, topic, verb)."""

import itertools
import uuid
from collections.abc import Iterator

import pytest

from hub.authority.broker_files import access_rules
from hub.authority.folder import Issued
from tests.hub.authority.site import NOT_AUTHORISED, Caller, Site, now_us
from tests.parts.waiting import wait_until

WHO = ("werkstatt/pi-1", "werkstatt/pi-12", "klubheim/pi-1", "hub")
"""Two neighbours of whom one's id begins like the other's, one of the same id elsewhere, and the hub."""

TABLE = [
    # topic, who may write it, who hears it
    ("ankerort/v1/werkstatt/pi-1/status", {"werkstatt/pi-1"}, {"hub"}),
    ("ankerort/v1/werkstatt/pi-1/meta", {"werkstatt/pi-1"}, {"hub"}),
    ("ankerort/v1/werkstatt/pi-1/health", {"werkstatt/pi-1"}, {"hub"}),
    ("ankerort/v1/werkstatt/pi-1/event", {"werkstatt/pi-1"}, {"hub"}),
    ("ankerort/v1/werkstatt/pi-1/mark", {"hub"}, {"hub", "werkstatt/pi-1"}),
    ("ankerort/v1/werkstatt/pi-1/access", {"hub"}, {"hub", "werkstatt/pi-1"}),
    ("ankerort/v1/werkstatt/pi-1/command", {"hub"}, {"hub", "werkstatt/pi-1"}),
    ("ankerort/v1/werkstatt/pi-12/event", {"werkstatt/pi-12"}, {"hub"}),
    ("ankerort/v1/werkstatt/pi-12/command", {"hub"}, {"hub", "werkstatt/pi-12"}),
    ("ankerort/v1/klubheim/pi-1/status", {"klubheim/pi-1"}, {"hub"}),
    ("ankerort/v1/klubheim/pi-1/mark", {"hub"}, {"hub", "klubheim/pi-1"}),
    ("ankerort/v1/werkstatt/occupancy", {"hub"}, {"hub", "werkstatt/pi-1", "werkstatt/pi-12"}),
    ("ankerort/v1/klubheim/occupancy", {"hub"}, {"hub", "klubheim/pi-1"}),
    ("ankerort/v1/hub/status", {"hub"}, set(WHO)),
    # What is in no table, nobody may use, not the hub either.
    ("ankerort/v1/werkstatt/pi-1", set(), set()),
    ("ankerort/v1/werkstatt/pi-1/event/more", set(), set()),
    ("ankerort/v2/werkstatt/pi-1/event", set(), set()),
    ("homeassistant/status", set(), set()),
    ("$SYS/broker/version", set(), set()),
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = Site(tmp_path_factory.mktemp("site"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def guest(site: Site) -> Issued:
    """The login of one more device, which is not connected."""
    return site.device("klubheim/pi-66")


@pytest.fixture(scope="module")
def callers(site: Site, guest: Issued) -> Iterator[dict[str, Caller]]:
    logins = {name: site.hub() if name == "hub" else site.device(name) for name in WHO}
    site.files.write_rules(now_us())
    site.start()
    connected = {name: Caller(site, name, login) for name, login in logins.items()}
    for caller in connected.values():
        # Everybody asks for everything, and for each topic by name.
        caller.subscribe("#", "$SYS/#", *(topic for topic, _, _ in TABLE))
    yield connected
    for caller in connected.values():
        caller.close()


def everyone_has_heard(callers: dict[str, Caller]) -> None:
    """Return when all that was published before has been delivered: what comes after it has come, too."""
    fence = uuid.uuid4().hex.encode()
    assert callers["hub"].publish("ankerort/v1/hub/status", fence) == 0
    for caller in callers.values():
        caller.wait_for(fence)


@pytest.mark.xdist_group("access-rules")
@pytest.mark.parametrize(
    ("who", "topic", "writers", "readers"),
    [(who, *row) for who, row in itertools.product(WHO, TABLE)],
    ids=[f"{who} writes {row[0]}" for who, row in itertools.product(WHO, TABLE)],
)
def test_who_may_write_and_who_hears_it(
    callers: dict[str, Caller], who: str, topic: str, writers: set[str], readers: set[str]
) -> None:
    payload = uuid.uuid4().hex.encode()
    answer = callers[who].publish(topic, payload)
    everyone_has_heard(callers)
    heard = {name for name, caller in callers.items() if payload in caller.heard}
    assert (answer, heard) == ((0, readers) if who in writers else (NOT_AUTHORISED, set()))


@pytest.mark.xdist_group("access-rules")
def test_a_subscription_to_everything_brings_what_is_ones_own_and_nothing_of_the_broker(
    callers: dict[str, Caller],
) -> None:
    everyone_has_heard(callers)
    for name in WHO[:3]:
        space = name.partition("/")[0]
        own = (f"ankerort/v1/{name}/", f"ankerort/v1/{space}/occupancy", "ankerort/v1/hub/status")
        assert [topic for topic in callers[name].heard.values() if not topic.startswith(own)] == []


@pytest.mark.xdist_group("access-rules")
def test_nobody_throws_another_out_by_its_client_id(
    site: Site, callers: dict[str, Caller], guest: Issued
) -> None:
    thief = Caller(site, "klubheim/pi-66", guest, client_id="werkstatt/pi-1")
    everyone_has_heard(callers)
    assert callers["werkstatt/pi-1"].publish("ankerort/v1/werkstatt/pi-1/event", b"still here") == 0
    thief.close()


@pytest.mark.xdist_group("access-rules")
@pytest.mark.parametrize(
    ("of", "heard_by"), [("klubheim/pi-66", ["hub"]), ("werkstatt/pi-1", []), ("klubheim/pi-1", [])]
)
def test_a_last_will_obeys_the_rules_too(
    site: Site, callers: dict[str, Caller], guest: Issued, of: str, heard_by: list[str]
) -> None:
    payload = uuid.uuid4().hex.encode()
    ended = site.log().count("Client klubheim/pi-66 closed its connection")
    dying = Caller(site, "klubheim/pi-66", guest, will=(f"ankerort/v1/{of}/status", payload))
    dying.drop()
    wait_until(lambda: site.log().count("Client klubheim/pi-66 closed its connection") > ended, 10, "its end")
    everyone_has_heard(callers)
    assert [name for name, caller in callers.items() if payload in caller.heard] == heard_by


def test_rules_are_written_for_each_device_and_for_nobody_else() -> None:
    rules = access_rules(["werkstatt/pi-1"])
    assert [line for line in rules.splitlines() if line.startswith("user")] == [
        "user hub",
        "user werkstatt/pi-1",
    ]
    # A pattern would hold for every device at once.
    assert "pattern" not in rules
    assert "#" not in "".join(line for line in rules.splitlines() if not line.startswith("#"))
