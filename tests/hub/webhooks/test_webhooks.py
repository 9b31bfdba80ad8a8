"""From a booking to a real HTTP server: signed, once, tried again, dead and revived; never into the own network."""

import base64
import hashlib
import hmac
import json
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, text

from hub.booking_ports import Change
from hub.cli import main
from hub.desks import webhook_desk
from hub.domain.booking import CheckInWay
from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.mail import MAX_TRIES
from hub.domain.time import Interval
from hub.domain.webhooks import (
    MAX_HOOKS,
    DeliveryState,
    Happening,
    Webhook,
    check_url,
    instant_text,
    is_outside,
)
from hub.services.person_desk import PersonService
from hub.services.send_webhooks import SendWebhooks
from hub.storage.access_unit import SqlUnits
from hub.storage.person_rows import PersonRows
from hub.storage.unit_of_work import UnitFactory
from hub.storage.webhook_rows import SqlHookOutbox
from hub.web.parts import WebConfig
from hub.webhook_ports import HookFailed
from hub.webhooks import HookSealer, HttpHookPost, new_secret
from tests.hub.bookings.world import BARE, A, B, BookingWorld, span
from tests.hub.desks.world import CLI, LOOKUPS, OTHER, SPACE, DoorSpool
from tests.hub.ingest.spool import WALL_US
from tests.hub.web.booking_site import Site
from tests.hub.webhooks.listener import Listener, listening

KEY = b"k" * 32
HOUR_US = 3_600_000_000


class Hooks:
    """A world with webhooks, and what sends."""

    def __init__(self, world: BookingWorld) -> None:
        self.world = world
        self.desk = webhook_desk(UnitFactory(world.engine))
        self.post = HttpHookPost(KEY, allow_private=True)
        self.send = SendWebhooks(SqlHookOutbox(world.engine), self.post, share=lambda: 0.5)
        self.secret = new_secret()

    def add(self, url: str, *kinds: Happening, id_: str = "a" * 16, **more: Any) -> str:
        hook = Webhook(
            id_, more.pop("space", SPACE), url, frozenset(kinds or Happening), more.pop("with_names", False),
            self.world.now_us,
        )  # fmt: skip
        self.desk.add(hook, HookSealer(KEY).seal(self.secret, id_), more.pop("actor", CLI), self.world.now_us)
        return id_

    def run(self) -> int:
        return self.send.run(self.world.now_us)

    def states(self) -> list[tuple[str, int]]:
        return list(self.world.rows("SELECT state, tries FROM webhook_event ORDER BY pk"))


@pytest.fixture
def hooks(engine: Engine) -> Hooks:
    world = BookingWorld(engine)
    world.set_up()
    return Hooks(world)


@pytest.fixture
def sqlite_hooks(sqlite_engine: Engine) -> Hooks:
    world = BookingWorld(sqlite_engine)
    world.set_up()
    return Hooks(world)


@pytest.fixture
def listener() -> Iterator[Listener]:
    with listening() as found:
        yield found


def told(listener: Listener) -> list[tuple[str, dict[str, Any]]]:
    bodies = [json.loads(one.body) for one in listener.got]
    return [(body["type"], body["data"]) for body in bodies]


def test_what_happens_is_told_once_signed_and_without_names(hooks: Hooks, listener: Listener) -> None:
    world = hooks.world
    hooks.add(listener.url)
    made = world.book(span("09:00", "12:00"), note="vertraulich")
    late = world.book(span("13:00", "15:00"), BARE)
    world.bookings.change(made.id, Change(B), 1, world.me(world.jo), world.now_us)
    world.bookings.cancel(made.id, world.me(world.jo), world.now_us)
    world.at("2026-11-19T13:30")
    world.release.run(world.now_us)
    world.bookings.check_in(late.id, CLI, world.now_us, CheckInWay.HOST)
    assert hooks.run() == 6
    assert [(kind, data["booking"]) for kind, data in told(listener)] == [
        ("booking.made", made.id), ("booking.made", late.id), ("booking.changed", made.id),
        ("booking.cancelled", made.id), ("booking.released", late.id), ("check_in", late.id),
    ]  # fmt: skip
    assert told(listener)[0][1] == {
        "booking": made.id, "kind": "desk", "desks": [A], "start": "2026-11-19T08:00:00Z",
        "end": "2026-11-19T11:00:00Z", "state": "booked", "version": 1, "member": world.jo,
    }  # fmt: skip
    for one in listener.got:
        assert one.path == "/hook?a=b"
        assert b"Jo" not in one.body
        assert b"vertraulich" not in one.body
        message, at_s = one.headers["webhook-id"], one.headers["webhook-timestamp"]
        assert int(at_s) == world.now_us // 1_000_000
        key = base64.b64decode(hooks.secret.removeprefix("whsec_"))
        wanted = hmac.new(key, f"{message}.{at_s}.".encode() + one.body, hashlib.sha256).digest()
        assert one.headers["webhook-signature"] == "v1," + base64.b64encode(wanted).decode()
    assert len({one.headers["webhook-id"] for one in listener.got}) == 6
    assert hooks.run() == 0, "once"


def test_what_is_rolled_back_is_not_told_and_other_spaces_hear_nothing(
    sqlite_hooks: Hooks, listener: Listener
) -> None:
    hooks, world = sqlite_hooks, sqlite_hooks.world
    hooks.add(listener.url, space=OTHER)
    hooks.add(listener.url, Happening.BOOKING_CANCELLED, id_="b" * 16)
    world.book(span("09:00", "12:00"))
    with pytest.raises(RuleRefused):
        world.book(span("09:00", "12:00"), member=world.mia)
    assert hooks.states() == []


def test_names_go_along_where_the_space_says_so_and_as_they_are_now(
    sqlite_hooks: Hooks, listener: Listener
) -> None:
    hooks, world = sqlite_hooks, sqlite_hooks.world
    hooks.add(listener.url, with_names=True)
    world.book(span("09:00", "12:00"))
    world.book(span("09:00", "12:00"), B, world.mia)
    PersonService(SqlUnits(world.engine, PersonRows)).erase(world.mia, CLI, world.now_us)
    hooks.run()
    found = told(listener)
    assert [(kind, data["member"], data["name"]) for kind, data in found] == [
        ("booking.made", world.jo, "Jo"), ("booking.cancelled", None, ""),
    ], "an erasure takes what was not sent, and frees the desk"  # fmt: skip


def test_what_is_not_taken_is_tried_again_under_the_same_id_then_dead_then_revived(
    hooks: Hooks, listener: Listener
) -> None:
    world = hooks.world
    hook = hooks.add(listener.url)
    world.book(span("09:00", "12:00"))
    listener.answers = [500, 307] + [503] * (MAX_TRIES - 2)
    assert hooks.run() == 0
    assert hooks.run() == 0, "not at once"
    assert len(listener.got) == 1
    for _ in range(MAX_TRIES - 1):
        world.now_us += 12 * HOUR_US
        hooks.run()
    assert hooks.states() == [("dead", MAX_TRIES)]
    assert len({one.headers["webhook-id"] for one in listener.got}) == 1
    assert len(listener.got) == MAX_TRIES, "a redirect is not followed"
    (dead,) = hooks.desk.deliveries(SPACE, DeliveryState.DEAD, 10, CLI)
    assert (dead.webhook, dead.kind, dead.reason) == (hook, Happening.BOOKING_MADE, "answered 503")
    assert hooks.desk.retry(OTHER, None, CLI, world.now_us) == 0
    assert hooks.desk.retry(SPACE, [dead.pk], CLI, world.now_us) == 1
    assert hooks.run() == 1
    assert hooks.states() == [("sent", 1)]
    world.now_us += 31 * 24 * HOUR_US
    hooks.run()
    assert hooks.states() == []


def test_who_is_gone_for_good_is_not_asked_again(sqlite_hooks: Hooks, listener: Listener) -> None:
    sqlite_hooks.add(listener.url)
    sqlite_hooks.world.book(span("09:00", "12:00"))
    listener.answers = [410]
    sqlite_hooks.run()
    assert sqlite_hooks.states() == [("dead", 1)]


def test_one_that_does_not_answer_holds_up_no_other(sqlite_hooks: Hooks, listener: Listener) -> None:
    hooks, world = sqlite_hooks, sqlite_hooks.world
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        hooks.add(f"http://127.0.0.1:{closed.getsockname()[1]}/")
    hooks.add(listener.url, id_="b" * 16)
    for hour in range(9, 12):
        world.book(span(f"{hour:02}:00", f"{hour + 1:02}:00"))
    assert hooks.run() == 3
    assert sorted(hooks.states()) == [("sent", 1)] * 3 + [("waiting", 0)] * 2 + [("waiting", 1)]


def test_an_answer_byte_by_byte_is_cut_off(sqlite_hooks: Hooks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.webhooks.TOTAL_S", 0.3)
    hooks, stop = sqlite_hooks, threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                while not stop.wait(0.02):
                    try:
                        connection.sendall(b"H")
                    except OSError:
                        return

        thread = threading.Thread(target=drip)
        thread.start()
        hooks.add(f"http://127.0.0.1:{server.getsockname()[1]}/")
        hooks.world.book(span("09:00", "12:00"))
        hooks.run()
        stop.set()
        thread.join()
    assert hooks.states() == [("waiting", 1)]


def test_another_key_signs_nothing(sqlite_hooks: Hooks, listener: Listener) -> None:
    world = sqlite_hooks.world
    sqlite_hooks.add(listener.url)
    world.book(span("09:00", "12:00"))
    for key in (None, b"x" * 32):
        outbox = SqlHookOutbox(world.engine)
        (delivery,) = outbox.due(world.now_us, 10)
        with pytest.raises(HookFailed, match="secret_file"):
            HttpHookPost(key, allow_private=True)(delivery, b"{}", world.now_us)
    assert listener.got == []
    assert sqlite_hooks.secret not in str(world.rows("SELECT * FROM webhook"))


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://example.org/", "no_hook_address"),
        ("https://", "no_hook_address"),
        ("https://user:pass@example.org/", "no_hook_address"),
        ("https://example.org/#x", "no_hook_address"),
        ("https://example.org:0/", "no_hook_address"),
        ("https://example.org:99999/", "no_hook_address"),
        ("https://[::1", "no_hook_address"),
        ("https://exa mple.org/", "no_hook_address"),
        ("https://example.org/" + "x" * 500, "no_hook_address"),
        ("file:///etc/passwd", "no_hook_address"),
        ("https://localhost/", "inside_address"),
        ("https://127.0.0.1/", "inside_address"),
        ("https://127.1/", "inside_address"),
        ("https://2130706433/", "inside_address"),
        ("https://0x7f.1/", "inside_address"),
        ("https://127.0.0.1./", "inside_address"),
        ("https://localhost./", "inside_address"),
        ("https://[::1]:8443/", "inside_address"),
        ("https://192.168.1.1/", "inside_address"),
        ("https://169.254.169.254/latest", "inside_address"),
        ("https://[::ffff:10.0.0.1]/", "inside_address"),
    ],
)
def test_addresses_that_are_refused(url: str, code: str) -> None:
    with pytest.raises(RuleRefused) as refused:
        check_url(url, allow_private=False)
    assert refused.value.code == code


def test_addresses_that_are_taken() -> None:
    assert check_url(" https://example.org:8443/hook?x=1 ", allow_private=False).endswith("hook?x=1")
    assert check_url("http://192.168.1.1/", allow_private=True)


@pytest.mark.parametrize(
    ("address", "outside"),
    [
        ("93.184.216.34", True), ("2606:4700::1111", True), ("10.0.0.1", False), ("100.64.0.1", False),
        ("0.0.0.0", False), ("224.0.0.1", False), ("fe80::1", False), ("fd00::1", False), ("::", False),
        ("64:ff9b::7f00:1", False), ("2002:7f00:1::", False), ("::ffff:127.0.0.1", False),
    ],
)  # fmt: skip
def test_what_lies_outside(address: str, outside: bool) -> None:
    assert is_outside(address) is outside


def test_a_name_that_leads_inside_is_not_connected_to(
    sqlite_hooks: Hooks, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks = sqlite_hooks
    hooks.add(f"https://rebind.example.org:{listener.port}/")
    hooks.world.book(span("09:00", "12:00"))
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", listener.port))]
    monkeypatch.setattr("hub.webhooks.socket.getaddrinfo", lambda *_, **__: found)
    SendWebhooks(SqlHookOutbox(hooks.world.engine), HttpHookPost(KEY)).run(hooks.world.now_us)
    ((reason,),) = hooks.world.rows("SELECT reason FROM webhook_event")
    assert reason == "rebind.example.org leads into the own network"
    assert listener.got == []


def test_managers_alone_have_webhooks_and_ten_at_most(sqlite_hooks: Hooks) -> None:
    hooks, world = sqlite_hooks, sqlite_hooks.world
    url = "https://example.org/"
    with pytest.raises(NotAllowed):
        hooks.add(url, actor=world.actor(1))
    assert hooks.add(url, Happening.ALARM, actor=world.actor(2))
    (kept,) = hooks.desk.webhooks(SPACE, CLI)
    assert (kept.url, kept.kinds) == (url, frozenset({Happening.ALARM}))
    for number in range(1, MAX_HOOKS):
        hooks.add(url, id_=f"{number:016}")
    with pytest.raises(RuleRefused, match="10 webhooks"):
        hooks.add(url, id_="f" * 16)
    world.book(span("09:00", "12:00"))
    with pytest.raises(RuleRefused, match="no webhook"):
        hooks.desk.remove(OTHER, "a" * 16, CLI, world.now_us)
    for one in hooks.desk.webhooks(SPACE, CLI):
        hooks.desk.remove(SPACE, one.id, CLI, world.now_us)
    assert world.rows("SELECT * FROM webhook_event") == []


def test_a_card_and_a_door_are_told_of_once_however_often_their_events_come(
    sqlite_hooks: Hooks, listener: Listener
) -> None:
    hooks, world = sqlite_hooks, sqlite_hooks.world
    assert world.card(member=world.jo) == 1
    world.now_us = WALL_US
    for device in ("pi-1", "pi-2"):
        world.say(device)
    begin_us = WALL_US - WALL_US % HOUR_US
    made = world.book(Interval(begin_us, begin_us + 3 * HOUR_US))
    hooks.add(listener.url, Happening.CHECK_IN, Happening.ALARM)
    spool = DoorSpool()
    spool.access(LOOKUPS[1], 5)
    spool.door("forced", 10, contact="open")
    for _ in range(2):
        world.take(spool.batch(1))
    assert hooks.run() == 2
    assert told(listener) == [
        ("alarm", {"door": "haupt", "alarm": "forced", "began": instant_text(WALL_US + 10_000_000), "member": None}),
        ("check_in", {"booking": made.id, "at": instant_text(WALL_US + 5_000_000), "how": "door", "member": world.jo}),
    ]  # fmt: skip


def test_the_commands(sqlite_hooks: Hooks, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    hooks, world = sqlite_hooks, sqlite_hooks.world
    key = tmp_path / "key"
    key.write_text("k" * 64, "utf-8")
    key.chmod(0o600)
    monkeypatch.setattr("hub.config.DEFAULT_FILE", tmp_path / "none.toml")
    monkeypatch.delenv("ANKERORT_CONFIG", raising=False)
    environ = {"ANKERORT_DATABASE_URL": str(world.engine.url)}

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(main, ["webhook", *arguments], env=environ)

    url = "https://example.org/hook"
    assert "secret_file is not set" in run("add", SPACE, url).stderr
    environ["ANKERORT_WEB_SECRET_FILE"] = str(key)
    assert "own network" in run("add", SPACE, "https://127.0.0.1/").stderr
    added = run("add", SPACE, url, "--event", "booking.made")
    assert added.exit_code == 0, added.stderr
    secret = added.stdout.strip()
    ((id_, sealed),) = world.rows("SELECT id, sealed FROM webhook")
    assert HookSealer(b"k" * 64).open(bytes(sealed), id_) == secret
    world.book(span("09:00", "12:00"))
    with world.engine.begin() as connection:
        connection.execute(
            text("UPDATE webhook_event SET state = 'dead', ended_us = 1, tries = 10, reason = 'answered 500'")
        )
    listed = run("list", SPACE).output
    assert f"{id_}  {url}: booking.made\n" in listed
    assert f"     1  booking.made  to {id_}  dead  10 tries  answered 500\n" in listed
    assert run("retry", SPACE, "1").output == "1 deliveries are tried again\n"
    assert hooks.states() == [("waiting", 0)]
    assert run("remove", SPACE, id_).output == f"webhook {id_} is removed\n"
    assert run("remove", SPACE, id_).exit_code == 2
    assert f"{SPACE} has no webhook" in run("list", SPACE).output


def test_a_manager_adds_one_in_the_browser_and_sees_its_secret_once(sqlite_hooks: Hooks) -> None:
    world = sqlite_hooks.world
    site = Site(world, WebConfig(session_key=KEY, is_key_kept=True))
    manager = site.person("mara@example.org")
    page = f"/spaces/{SPACE}/host/webhooks"
    fields = {"url": "https://example.org/hook", "kinds": ["alarm", "check_in"], "with_names": "y"}
    assert "eigenen Netz" in manager.post(page, {**fields, "url": "https://10.0.0.1/"}).text
    answer = manager.post(page, fields)
    (secret,) = re.findall(r"<code>(whsec_[^<]+)</code>", answer.text)
    ((id_, sealed, kinds, with_names),) = world.rows("SELECT id, sealed, kinds, with_names FROM webhook")
    assert HookSealer(KEY).open(bytes(sealed), id_) == secret
    assert (kinds, with_names) == ("alarm check_in", True)
    assert "whsec_" not in manager.get(page).text
    assert manager.press(f"{page}/{id_}/remove", page).status_code == 303
    assert world.rows("SELECT * FROM webhook") == []
