"""The outbox: written with what caused it, once for each key, for whoever is reached when it is sent."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from hub.domain.errors import RuleRefused, UnknownSpace
from hub.domain.letters import Alarm, Letter, SignInLink
from hub.domain.mail import Addressee, Draft, MailState, Reader, Tone, Topic, end_token
from hub.mail_ports import MailChoice
from hub.storage.access_unit import AccessUnit, SqlUnits
from hub.storage.mail_desk import SqlMailDesk
from hub.storage.outbox import TAKEN_US, SqlOutbox
from tests.hub.desks.world import SPACE, S, World
from tests.hub.mail.letters import LETTERS

HOST, MEMBER = 1, 4


def draft(world: World, key: str = "k", letter: str = "booked", **more: object) -> Draft:
    values = {"reader": Reader(account=HOST), "until_us": world.now_us + 3600 * S, "space": SPACE, **more}
    return Draft(key, letter=LETTERS[letter], **values)  # type: ignore[arg-type]


def add(world: World, *drafts: Draft, commit: bool = True, language: str | None = None) -> list[bool]:
    with SqlUnits(world.engine, AccessUnit).writing() as unit:
        new = [unit.mail(one, world.now_us, language) for one in drafts]
        if commit:
            unit.commit()
    return new


def addressee(world: World, pk: int = 1) -> Addressee:
    mail = SqlOutbox(world.engine).take(pk, world.now_us)
    assert mail is not None
    assert mail.addressee is not None, mail.problem
    return mail.addressee


def test_what_is_rolled_back_sends_no_mail(world: World) -> None:
    add(world, draft(world), commit=False)
    assert SqlOutbox(world.engine).due(world.now_us, 9) == []


def test_D9_a_mail_of_the_same_key_is_written_once(world: World) -> None:  # noqa: N802
    assert add(world, draft(world), draft(world), draft(world, "other")) == [True, False, True]
    assert add(world, draft(world)) == [False]
    assert len(SqlOutbox(world.engine).due(world.now_us, 9)) == 2


def test_a_mail_about_a_space_that_is_not_there_is_refused(sqlite_world: World) -> None:
    with pytest.raises(UnknownSpace):
        add(sqlite_world, draft(sqlite_world, space="kiel"))


def test_a_mail_is_for_one_reader(sqlite_world: World) -> None:
    for account, member in ((None, None), (1, 1)):
        with pytest.raises(ValueError, match="not for both"):
            Reader(account, member)
    with sqlite_world.engine.begin() as connection, pytest.raises(IntegrityError):
        connection.execute(
            text(
                "INSERT INTO outbox (key, kind, state, created_us, due_us, until_us, tries, reason)"
                " VALUES ('x', 'alarm', 'waiting', 1, 1, 1, 0, '')"
            )
        )


def test_a_taken_mail_is_nobody_else_s_for_five_minutes(world: World) -> None:
    add(world, draft(world))
    one, other = SqlOutbox(world.engine), SqlOutbox(world.engine)
    taken = one.take(1, world.now_us)
    assert taken is not None
    assert (taken.key, taken.tries, taken.letter) == ("k", 1, LETTERS["booked"])
    assert other.take(1, world.now_us) is None
    assert other.due(world.now_us + TAKEN_US - 1, 9) == []
    again = other.take(1, world.now_us + TAKEN_US)
    assert again is not None
    assert again.tries == 2


def test_a_mail_goes_where_its_reader_is_reached_when_it_is_sent(world: World) -> None:
    add(world, draft(world))
    with world.engine.begin() as connection:
        connection.execute(text("UPDATE account SET mail = 'neu@example.org', name = 'Neu' WHERE pk = 1"))
    assert addressee(world) == Addressee(
        "neu@example.org", "Neu", choice=1, secret=addressee_secret(world), off=frozenset()
    )
    stored = world.rows("SELECT * FROM outbox")
    assert "example.org" not in str(stored).replace("booking-7@plaetze.example.org", "")
    assert "Hanna" not in str(stored)


def addressee_secret(world: World) -> str:
    ((secret,),) = world.rows("SELECT secret FROM mail_choice")
    return str(secret)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("UPDATE account SET is_active = false WHERE pk = 1", "the account is switched off"),
        ("UPDATE account SET mail = '' WHERE pk = 1", "there is no mail address"),
    ],
)
def test_who_can_not_be_reached_is_said(sqlite_world: World, change: str, problem: str) -> None:
    world = sqlite_world
    add(world, draft(world))
    with world.engine.begin() as connection:
        connection.execute(text(change))
    taken = SqlOutbox(world.engine).take(1, world.now_us)
    assert taken is not None
    assert taken.addressee is None
    assert problem in taken.problem


def test_letters_sound_as_the_reader_has_chosen_else_as_the_space(world: World) -> None:
    desk = SqlMailDesk(world.engine)
    add(
        world, draft(world, "a"), draft(world, "b"), draft(world, "c"), draft(world, "d", "sign in", space="")
    )
    assert (addressee(world, 1).tone, addressee(world, 2).language) == (Tone.SIE, "de")
    desk.set_tone(SPACE, Tone.DU, " club@example.org ")
    third = addressee(world, 3)
    assert (third.tone, third.reply_to) == (Tone.DU, "club@example.org")
    assert addressee(world, 4).tone is Tone.SIE
    desk.choose(HOST, MailChoice("en", Tone.SIE))
    add(world, draft(world, "e"))
    fifth = addressee(world, 5)
    assert (fifth.language, fifth.tone) == ("en", Tone.SIE)


def test_a_letter_speaks_the_language_in_which_it_was_asked_for(sqlite_world: World) -> None:
    world = sqlite_world
    add(world, draft(world, "a", "sign in"), language="en")
    assert addressee(world).language == "en"
    SqlMailDesk(world.engine).choose(HOST, MailChoice("de"))
    add(world, draft(world, "b", "sign in"), language="en")
    assert addressee(world, 2).language == "de"


def test_a_member_s_choice_holds_for_the_member_and_the_account(world: World) -> None:
    member = world.member("Mika")
    with world.engine.begin() as connection:
        connection.execute(text("UPDATE account SET member_pk = :m WHERE pk = 4"), {"m": member})
        connection.execute(text("UPDATE member SET mail = 'mika@club.example'"))
    desk = SqlMailDesk(world.engine)
    desk.choose(MEMBER, MailChoice("en", Tone.DU, frozenset({Topic.BOOKINGS})))
    add(
        world,
        draft(world, "a", reader=Reader(member=member)),
        draft(world, "b", reader=Reader(account=MEMBER)),
    )
    for pk, address in ((1, "mika@club.example"), (2, "mika@example.org")):
        found = addressee(world, pk)
        assert (found.address, found.language, found.tone) == (address, "en", Tone.DU)
        assert found.off == {Topic.BOOKINGS}
    assert desk.choice(MEMBER) == MailChoice("en", Tone.DU, frozenset({Topic.BOOKINGS}))
    assert world.rows("SELECT count(*) FROM mail_choice") == [(1,)]


def test_a_link_ends_its_topic_for_its_reader_alone(world: World) -> None:
    desk = SqlMailDesk(world.engine)
    add(world, draft(world, "a"), draft(world, "b", reader=Reader(account=2)))
    first, second = addressee(world, 1), addressee(world, 2)
    token = end_token(first.choice, Topic.BOOKINGS, first.secret)
    assert desk.topic_of(token) is desk.end_topic(token) is desk.end_topic(token) is Topic.BOOKINGS
    assert desk.choice(1).off == {Topic.BOOKINGS}
    assert desk.choice(2).off == frozenset()
    for forged in (
        end_token(second.choice, Topic.BOOKINGS, first.secret),
        end_token(99, Topic.BOOKINGS, first.secret),
        token.replace("bookings", "passes"),
        token[:-1],
        "x",
    ):
        assert desk.topic_of(forged) is desk.end_topic(forged) is None
    assert desk.choice(2).off == frozenset()
    assert desk.end_topic(token, undo=True) is Topic.BOOKINGS
    assert desk.choice(1).off == frozenset()


def test_of_what_was_sent_no_text_is_kept_and_of_links_that_let_in_never(world: World) -> None:
    outbox = SqlOutbox(world.engine)
    letters: list[tuple[str, MailState, bool]] = [
        ("booked", MailState.SENT, False),
        ("booked", MailState.DEAD, True),
        ("booked", MailState.UNWANTED, False),
        ("sign in", MailState.DEAD, False),
        ("invitation", MailState.DEAD, False),
    ]
    for pk, (letter, state, is_kept) in enumerate(letters, 1):
        add(world, draft(world, str(pk), letter))
        outbox.end(pk, state, "so", world.now_us)
        assert world.rows("SELECT letter IS NOT NULL FROM outbox WHERE pk = :pk", pk=pk) == [(is_kept,)]


def test_what_ended_long_ago_is_deleted_and_what_waits_is_not(world: World) -> None:
    outbox = SqlOutbox(world.engine)
    add(world, draft(world, "a"), draft(world, "b"), draft(world, "c"))
    outbox.end(1, MailState.SENT, "", world.now_us)
    outbox.end(2, MailState.SENT, "", world.now_us + 1)
    assert outbox.purge(world.now_us + 1) == 1
    assert world.rows("SELECT key FROM outbox ORDER BY pk") == [("b",), ("c",)]


def test_a_dead_mail_is_tried_again_when_somebody_says_so(world: World) -> None:
    outbox, desk = SqlOutbox(world.engine), SqlMailDesk(world.engine)
    add(world, draft(world, "a"), draft(world, "b", "sign in"), draft(world, "c"), draft(world, "d"))
    for pk in (1, 2, 4):
        outbox.end(pk, MailState.DEAD, "550 no", world.now_us)
    desk.retry(1, world.now_us)
    assert outbox.due(world.now_us, 9) == [1, 3]
    for pk, said in ((2, "lets somebody in"), (3, "is waiting"), (99, "no mail 99")):
        with pytest.raises(RuleRefused, match=said):
            desk.retry(pk, world.now_us)
    with pytest.raises(RuleRefused, match="no use any more"):
        desk.retry(4, world.now_us + 3600 * S)
    views = desk.mails(MailState.DEAD, 9)
    assert [(view.pk, view.reason, view.reader) for view in views] == [
        (4, "550 no", Reader(1)),
        (2, "550 no", Reader(1)),
    ]


def test_the_letter_of_an_alarm_and_of_a_link_are_read_back(sqlite_world: World) -> None:
    world = sqlite_world
    add(world, draft(world, "a", "first call"), draft(world, "b", "sign in"))
    kinds: list[type[Letter]] = [Alarm, SignInLink]
    for pk, kind in enumerate(kinds, 1):
        taken = SqlOutbox(world.engine).take(pk, world.now_us)
        assert taken is not None
        assert isinstance(taken.letter, kind)
