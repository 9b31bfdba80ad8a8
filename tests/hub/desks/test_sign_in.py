"""Links, second factor and passkeys on a real database: once each, logged, and told to their owner."""

import threading
from dataclasses import replace

import pytest

from hub.domain.accounts import LINK_US, LINKS_PER_HOUR, LinkPurpose
from hub.domain.errors import RuleRefused
from hub.domain.letters import AccountChange, LetterKind, read_letter
from hub.storage.outbox import SqlOutbox
from hub.storage.passkey_rows import MAX_PASSKEYS, SqlPasskeys
from hub.storage.second_factors import SqlSecondFactors
from hub.storage.sign_in_links import HOUR_US, SqlSignInLinks
from tests.hub.desks.world import CLI, S, World

HOST = 1
MAIL = " Hanna@Example.org "
SIGN_IN, RESET, INVITATION = LinkPurpose


def tokens(world: World) -> list[str]:
    """Return what the links in waiting letters carry, oldest first."""
    found = world.rows("SELECT kind, letter FROM outbox WHERE kind <> 'account_changed' ORDER BY pk")
    return [read_letter(LetterKind(kind), letter).path.rpartition("/")[2] for kind, letter in found]  # type: ignore[union-attr]


def told(world: World) -> list[str]:
    """Return what owners are told of their accounts."""
    rows = world.rows("SELECT letter FROM outbox WHERE kind = 'account_changed' ORDER BY pk")
    return [change for change in AccountChange for (letter,) in rows if f'"{change.value}"' in letter]


def test_a_link_goes_to_the_account_s_own_address_and_signs_in_once(world: World) -> None:
    links = SqlSignInLinks(world.engine)
    links.send(MAIL, SIGN_IN, "en", world.now_us)
    (token,) = tokens(world)
    mail = SqlOutbox(world.engine).take(1, world.now_us)
    assert mail is not None
    assert mail.addressee is not None
    assert (mail.addressee.address, mail.addressee.language) == ("hanna@example.org", "en")
    for _ in range(2):
        found = links.look(token, [SIGN_IN], world.now_us)
        assert found is not None
        assert found.pk == HOST
    assert links.use(token, world.now_us) == found
    assert links.use(token, world.now_us) is links.look(token, [SIGN_IN], world.now_us) is None


def test_the_database_holds_no_token_but_in_the_waiting_letter(world: World) -> None:
    SqlSignInLinks(world.engine).send(MAIL, SIGN_IN, "de", world.now_us)
    (token,) = tokens(world)
    assert token not in str(world.rows("SELECT * FROM sign_in_link"))
    assert token not in str(world.rows("SELECT key FROM outbox"))


@pytest.mark.parametrize("purpose", LinkPurpose)
def test_a_link_holds_for_its_time_and_its_purpose(world: World, purpose: LinkPurpose) -> None:
    links = SqlSignInLinks(world.engine)
    links.send(MAIL, purpose, "de", world.now_us)
    (token,) = tokens(world)
    for other in LinkPurpose:
        assert (links.look(token, [other], world.now_us) is not None) is (other is purpose)
    assert links.look(token, [purpose], world.now_us + LINK_US[purpose] - 1) is not None
    assert links.look(token, [purpose], world.now_us + LINK_US[purpose]) is None
    if purpose is not SIGN_IN:
        assert links.use(token, world.now_us) is None
        return
    assert links.choose_password(token, "hash", world.now_us) is None


def test_of_two_who_use_a_link_at_once_one_gets_in(world: World) -> None:
    links, got = SqlSignInLinks(world.engine), list[object]()
    links.send(MAIL, SIGN_IN, "de", world.now_us)
    (token,) = tokens(world)
    gate = threading.Barrier(4)

    def use() -> None:
        gate.wait()
        got.append(links.use(token, world.now_us))

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([one for one in got if one is not None]) == 1


def test_three_links_an_hour_are_sent_and_none_to_who_is_not_there_or_off(sqlite_world: World) -> None:
    world, links = sqlite_world, SqlSignInLinks(sqlite_world.engine)
    for _ in range(LINKS_PER_HOUR + 2):
        links.send(MAIL, SIGN_IN, "de", world.now_us)
    links.send("nobody@example.org", SIGN_IN, "de", world.now_us)
    assert len(tokens(world)) == LINKS_PER_HOUR
    links.send(MAIL, SIGN_IN, "de", world.now_us + HOUR_US + 1)
    assert len(tokens(world)) == LINKS_PER_HOUR + 1
    with world.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE account SET is_active = 0")
    links.send("mara@example.org", SIGN_IN, "de", world.now_us)
    assert len(tokens(world)) == LINKS_PER_HOUR + 1
    assert links.use(tokens(world)[0], world.now_us) is None, "switched off meanwhile"


@pytest.mark.parametrize("purpose", [RESET, INVITATION])
def test_a_new_password_ends_sessions_and_other_links_and_is_told(world: World, purpose: LinkPurpose) -> None:
    links, before = SqlSignInLinks(world.engine), world.accounts.by_pk(HOST)
    assert before is not None
    links.send(MAIL, SIGN_IN, "de", world.now_us)
    if purpose is RESET:
        links.send(MAIL, RESET, "de", world.now_us)
    else:
        links.invite(HOST, world.now_us)
    other, token = tokens(world)
    after = links.choose_password(token, "hash", world.now_us)
    assert after is not None
    assert after.password_hash == "hash"
    assert after.uniquifier != before.uniquifier
    assert links.choose_password(token, "again", world.now_us) is None
    assert links.use(other, world.now_us) is None
    assert told(world) == [AccountChange.PASSWORD]
    assert world.chain() == [{"what": "account_password", "account": HOST, "by": HOST}]


def test_a_code_s_step_counts_once_also_at_once(world: World) -> None:
    factors, got, gate = SqlSecondFactors(world.engine), list[bool](), threading.Barrier(4)
    assert factors.get(HOST) is None
    factors.turn_on(HOST, b"sealed", 7, [b"a" * 32, b"b" * 32], world.now_us)

    def use() -> None:
        gate.wait()
        got.append(factors.use_step(HOST, 9))

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [False, False, False, True]
    assert [factors.use_step(HOST, step) for step in (7, 8, 9, 10)] == [False, False, False, True]


def test_recovery_codes_count_once_and_are_void_with_new_ones(world: World) -> None:
    factors = SqlSecondFactors(world.engine)
    factors.turn_on(HOST, b"sealed", 7, [b"a" * 32, b"b" * 32], world.now_us)
    assert [factors.use_code(HOST, b"a" * 32, world.now_us) for _ in range(2)] == [True, False]
    assert not factors.use_code(2, b"b" * 32, world.now_us)
    found = factors.get(HOST)
    assert found is not None
    assert (found.sealed, found.last_step, found.codes_left) == (b"sealed", 7, 1)
    factors.renew_codes(HOST, [b"c" * 32], world.now_us)
    assert not factors.use_code(HOST, b"b" * 32, world.now_us)
    assert factors.use_code(HOST, b"c" * 32, world.now_us)
    factors.turn_on(HOST, b"another", 8, [b"d" * 32], world.now_us + 1)
    again = factors.get(HOST)
    assert again is not None
    assert (again.sealed, again.codes_left) == (b"another", 1)
    factors.turn_off(HOST, world.now_us)
    assert factors.get(HOST) is None
    assert world.rows("SELECT * FROM recovery_code") == []


def test_every_change_of_a_second_factor_is_logged_and_told(sqlite_world: World) -> None:
    world, factors, passkeys = (
        sqlite_world,
        SqlSecondFactors(sqlite_world.engine),
        SqlPasskeys(sqlite_world.engine),
    )
    factors.turn_on(HOST, b"sealed", 7, [b"a" * 32], world.now_us)
    factors.use_code(HOST, b"a" * 32, world.now_us)
    factors.turn_off(HOST, world.now_us)
    passkeys.add(HOST, b"id", b"key", 0, "Telefon", world.now_us)
    factors.take_away(HOST, CLI, world.now_us + S)
    assert passkeys.of(HOST) == []
    assert [(entry["what"], entry["by"]) for entry in world.chain()] == [
        ("account_second_factor_on", HOST),
        ("account_recovery_code_used", HOST),
        ("account_second_factor_off", HOST),
        ("account_passkey_added", HOST),
        ("account_second_factor_off", None),
    ]
    assert len(told(world)) == 5
    assert "hanna" not in str(world.chain()).lower()


def test_a_passkey_is_one_account_s_and_notes_its_use(world: World) -> None:
    passkeys = SqlPasskeys(world.engine)
    passkeys.add(HOST, b"\x00id", b"key", 3, "Telefon", world.now_us)
    with pytest.raises(RuleRefused, match="known already"):
        passkeys.add(2, b"\x00id", b"other", 0, "Ring", world.now_us)
    found = passkeys.find(b"\x00id")
    assert found is not None
    assert (found.account, found.public_key, found.sign_count, found.name) == (HOST, b"key", 3, "Telefon")
    assert passkeys.find(b"other") is None
    passkeys.note_use(found.pk, 4, world.now_us + S)
    (used,) = passkeys.of(HOST)
    assert (used.sign_count, used.used_us) == (4, world.now_us + S)
    with pytest.raises(RuleRefused, match="removed meanwhile"):
        passkeys.remove(2, found.pk, world.now_us)
    passkeys.remove(HOST, found.pk, world.now_us)
    assert passkeys.of(HOST) == []


def test_an_account_has_so_many_passkeys_at_most(sqlite_world: World) -> None:
    passkeys = SqlPasskeys(sqlite_world.engine)
    for number in range(MAX_PASSKEYS):
        passkeys.add(HOST, bytes([number]), b"key", 0, "x", sqlite_world.now_us + number)
    with pytest.raises(RuleRefused, match=f"{MAX_PASSKEYS} passkeys at most"):
        passkeys.add(HOST, b"one more", b"key", 0, "x", sqlite_world.now_us)


def test_a_password_that_was_changed_on_its_page_is_told_too(sqlite_world: World) -> None:
    account = sqlite_world.accounts.by_pk(HOST)
    assert account is not None
    sqlite_world.accounts.save(replace(account, name="Hanna H."), CLI, sqlite_world.now_us)
    assert told(sqlite_world) == []
    sqlite_world.accounts.save(replace(account, password_hash="new"), CLI, sqlite_world.now_us)
    assert told(sqlite_world) == [AccountChange.PASSWORD]
