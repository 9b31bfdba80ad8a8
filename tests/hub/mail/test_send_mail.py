"""Mail over a real server: it arrives once, umlauts and all, whatever breaks in between."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from hub.domain.errors import StoreUnavailable
from hub.domain.mail import MAX_TRIES, SENT_KEPT_US, MailState, Reader, Tone, Topic, end_token, retry_at_us
from hub.mail_ledger import FileSentMails
from hub.mail_ports import MailChoice
from hub.storage.mail_desk import SqlMailDesk
from hub.storage.outbox import TAKEN_US, SqlOutbox
from tests.hub.desks.world import SPACE, S, World
from tests.hub.mail.conftest import BASE, PostOffice
from tests.hub.mail.test_outbox import add, draft
from tests.parts.smtp_server import SmtpServer

MakePost = Callable[..., PostOffice]


def states(world: World) -> list[tuple[str, str]]:
    return [(state, reason) for state, reason in world.rows("SELECT state, reason FROM outbox ORDER BY pk")]


def test_a_mail_arrives_once_with_umlauts_and_calendar(
    world: World, smtp: SmtpServer, make_post: MakePost
) -> None:
    add(world, draft(world, "a"), draft(world, "b", "first call"))
    post = make_post(world, smtp)
    assert post.run() == 2
    assert post.run() == 0
    first, second = smtp.received
    assert (first.sender, first.to) == ("plaetze@example.org", ["hanna@example.org"])
    assert first.message["From"].addresses[0].display_name == "Plätze"
    assert first.message["Subject"] == "Gebucht: Fenster 1, Sonntag, 29. März 2026"
    assert "Am Sportplatz 3, 23879 Mölln" in first.text
    assert [part.get_content_type() for part in first.message.iter_attachments()] == ["text/calendar"]
    assert second.message["Subject"].startswith("Alarm: Haupteingang, Mölln – ohne Karte")
    assert states(world) == [("sent", ""), ("sent", "")]


def test_what_is_not_committed_is_not_sent(
    sqlite_world: World, smtp: SmtpServer, make_post: MakePost
) -> None:
    add(sqlite_world, draft(sqlite_world), commit=False)
    assert make_post(sqlite_world, smtp).run() == 0
    assert smtp.received == []


def test_a_server_that_says_later_gets_it_later_and_then_once(
    sqlite_world: World, smtp: SmtpServer, make_post: MakePost
) -> None:
    world, post = sqlite_world, make_post(sqlite_world, smtp)
    add(world, draft(world))
    smtp.answers.append("451 4.7.1 hanna@example.org: greylisted, come back later")
    assert post.run() == 0
    assert states(world) == [("waiting", "451 4.7.1 … greylisted, come back later")]
    assert post.run() == 0, "not before its time"
    world.now_us += 30 * S
    assert post.run() == 1
    assert len(smtp.received) == 1


def test_the_waits_grow_and_end() -> None:
    waits = [retry_at_us(tries, 0, 0.5) for tries in range(1, MAX_TRIES + 1)]
    seconds = [None if wait is None else wait // S for wait in waits]
    assert seconds == [30, 120, 600, 1800, 3600, 7200, 14400, 28800, 28800, None]
    assert retry_at_us(1, 0, 0.0) == 24 * S
    assert retry_at_us(1, 0, 1.0) == 36 * S


def test_after_enough_tries_a_mail_is_dead_with_the_last_reason(
    sqlite_world: World, smtp: SmtpServer, make_post: MakePost
) -> None:
    world, post = sqlite_world, make_post(sqlite_world, smtp)
    add(world, draft(world, until_us=world.now_us + 10**13))
    for _ in range(MAX_TRIES):
        smtp.answers.append("452 4.2.2 mailbox full")
        post.run()
        world.now_us += 40_000 * S
    assert states(world) == [("dead", f"after {MAX_TRIES} tries: 452 4.2.2 mailbox full")]
    post.run()
    assert smtp.received == []


def test_an_address_that_the_server_refuses_is_dead_at_once_and_others_go_on(
    sqlite_world: World, smtp: SmtpServer, make_post: MakePost
) -> None:
    world = sqlite_world
    add(world, draft(world, "a"), draft(world, "b", reader=Reader(account=2)))
    smtp.refuses["hanna@example.org"] = "550 5.1.1 <hanna@example.org>: no such user"
    assert make_post(world, smtp).run() == 1
    assert states(world) == [("dead", "550 5.1.1 <…>: no such user"), ("sent", "")]
    assert [one.to for one in smtp.received] == [["mara@example.org"]]


def test_without_the_server_mail_waits_and_no_try_is_counted(
    sqlite_world: World, smtp: SmtpServer, make_post: MakePost, caplog: pytest.LogCaptureFixture
) -> None:
    world, post = sqlite_world, make_post(sqlite_world, smtp)
    smtp.stop()
    add(world, draft(world, until_us=world.now_us + 10**13))
    for _ in range(MAX_TRIES + 2):
        assert post.run() == 0
        world.now_us += 60 * S
    assert world.rows("SELECT state, tries FROM outbox") == [("waiting", 0)]
    assert "can't be reached" in states(world)[0][1]
    told = [record for record in caplog.records if "can't be reached" in record.message]
    assert len(told) == 1, "said once, not each minute"
    smtp.start()
    assert post.run() == 1


def test_what_is_of_no_use_any_more_is_not_sent(
    sqlite_world: World, smtp: SmtpServer, make_post: MakePost
) -> None:
    world = sqlite_world
    add(world, draft(world))
    world.now_us += 3600 * S
    assert make_post(world, smtp).run() == 0
    assert smtp.received == []
    assert states(world) == [("dead", "it was of no use any more")]


def test_without_a_server_in_the_settings_mail_waits_until_it_is_of_no_use(
    sqlite_world: World, make_post: MakePost
) -> None:
    world, post = sqlite_world, make_post(sqlite_world, None)
    add(world, draft(world))
    post.run()
    assert states(world) == [("waiting", "")]
    world.now_us += 3600 * S
    post.run()
    assert states(world) == [("dead", "it was of no use any more")]


@pytest.mark.parametrize("crash", ["before the database knows", "before the ledger knows"])
def test_D9_a_crash_while_sending_has_nothing_sent_twice_that_the_ledger_knows(  # noqa: N802
    sqlite_world: World, smtp: SmtpServer, make_post: MakePost, monkeypatch: pytest.MonkeyPatch, crash: str
) -> None:
    world, post = sqlite_world, make_post(sqlite_world, smtp)
    add(world, draft(world))

    def die(*_: object) -> None:
        raise StoreUnavailable("power cut")

    with monkeypatch.context() as patched:
        patched.setattr(SqlOutbox, "end", die)
        if crash == "before the ledger knows":
            patched.setattr(FileSentMails, "add", die)
        with pytest.raises(StoreUnavailable):
            post.run()
    restarted = make_post(world, smtp)
    assert restarted.run() == 0, "taken for five minutes"
    world.now_us += TAKEN_US
    restarted.run()
    assert states(world) == [("sent", "")]
    ids = [one.message["Message-ID"] for one in smtp.received]
    # Only in the instant between the server's word and the ledger is a second one possible: with the same id.
    assert len(ids) == (1 if crash == "before the database knows" else 2)
    assert len(set(ids)) == 1


def test_D9_a_restored_backup_sends_nothing_again(  # noqa: N802
    sqlite_world: World, smtp: SmtpServer, make_post: MakePost, tmp_path: Path
) -> None:
    world = sqlite_world
    add(world, draft(world))
    file = Path(str(world.engine.url.database))
    world.engine.dispose()
    shutil.copy(file, tmp_path / "backup.db")
    assert make_post(world, smtp).run() == 1
    add(world, draft(world, "later"))
    assert make_post(world, smtp).run() == 1
    world.engine.dispose()
    for left in file.parent.glob("hub.db-*"):
        left.unlink()
    shutil.copy(tmp_path / "backup.db", file)
    # What the devices refill is told again, too.
    assert add(world, draft(world, "later"), draft(world, "new")) == [True, True]
    assert make_post(world, smtp).run() == 1
    assert len(smtp.received) == 3
    assert [state for state, _ in states(world)] == ["sent"] * 3


def test_whoever_ended_a_topic_gets_no_more_of_it_but_what_is_necessary(
    sqlite_world: World, smtp: SmtpServer, make_post: MakePost
) -> None:
    world, desk, post = sqlite_world, SqlMailDesk(sqlite_world.engine), make_post(sqlite_world, smtp)
    add(world, draft(world, "a"))
    post.run()
    link = smtp.received[0].message["List-Unsubscribe"]
    token = link.removeprefix(f"<{BASE}/mail/end/").removesuffix(">")
    assert desk.end_topic(token) is Topic.BOOKINGS
    add(world, draft(world, "b"), draft(world, "c", "pass with days"), draft(world, "d", "first call"))
    assert post.run() == 2
    assert [state for state, _ in states(world)] == ["sent", "unwanted", "sent", "sent"]
    ((choice, secret),) = world.rows("SELECT pk, secret FROM mail_choice")
    assert token == end_token(choice, Topic.BOOKINGS, secret)


def test_the_tone_of_a_club_and_the_language_of_a_reader(
    sqlite_world: World, smtp: SmtpServer, make_post: MakePost
) -> None:
    world, desk = sqlite_world, SqlMailDesk(sqlite_world.engine)
    desk.set_tone(SPACE, Tone.DU, "club@example.org")
    desk.choose(2, MailChoice("en"))
    add(world, draft(world, "a"), draft(world, "b", reader=Reader(account=2)))
    make_post(world, smtp).run()
    assert "deine Buchung steht" in smtp.received[0].text
    assert str(smtp.received[0].message["Reply-To"]) == "club@example.org"
    assert "your booking is made" in smtp.received[1].text


def test_the_ledger_forgets_what_no_backup_can_bring_back(
    sqlite_world: World, smtp: SmtpServer, make_post: MakePost, tmp_path: Path
) -> None:
    world, post = sqlite_world, make_post(sqlite_world, smtp)
    add(world, draft(world, "old"))
    post.run()
    world.now_us += SENT_KEPT_US
    add(world, draft(world, "young"))
    post.run()
    world.now_us += 1
    assert post.send.purge() == 1
    fresh = FileSentMails(tmp_path / "sent.jsonl")
    assert (fresh.has("old"), fresh.has("young")) == (False, True)
    assert len((tmp_path / "sent.jsonl").read_text().splitlines()) == 1
    assert (tmp_path / "sent.jsonl").stat().st_mode & 0o777 == 0o600


def test_a_ledger_with_a_torn_line_keeps_the_others_and_names_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "sent.jsonl"
    FileSentMails(file).add("alarm/moelln/vorn/1", 5)
    with file.open("ab") as lines:
        lines.write(b'{"v":1,"sent":"abc')
    ledger = FileSentMails(file)
    assert ledger.has("alarm/moelln/vorn/1")
    ledger.add("second", 6)
    assert FileSentMails(file).has("second")
    assert "line 2 can't be read" in caplog.text
    assert "moelln" not in file.read_text()


def test_a_ledger_that_can_not_be_written_does_not_hold_the_mail_back(
    sqlite_world: World, smtp: SmtpServer, make_post: MakePost
) -> None:
    world = sqlite_world
    post = make_post(world, smtp, "no/such/folder/sent.jsonl")
    add(world, draft(world))
    with pytest.raises(OSError, match="No such file"):
        post.run()
    assert states(world) == [("sent", "")]
    assert len(smtp.received) == 1


def test_a_letter_that_can_not_be_read_is_dead_and_stops_no_other(
    sqlite_world: World, smtp: SmtpServer, make_post: MakePost
) -> None:
    world = sqlite_world
    add(world, draft(world, "a"), draft(world, "b"))
    with world.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE outbox SET letter = 'torn' WHERE pk = 1")
    assert make_post(world, smtp).run() == 1
    assert states(world)[0][0] == MailState.DEAD.value
    assert "no letter of kind" in states(world)[0][1]
