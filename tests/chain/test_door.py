"""From the host's command line to the lock: a card with real cryptography opens the door, and nothing else does."""

import contextlib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.chain.doorway import SOON_S, Doorway, new_uid, running
from tests.parts.card_attacks import ReplayedCard
from tests.parts.card_frames import Exchange
from tests.parts.mosquitto import Mosquitto
from tests.parts.pcscd import Pcscd
from tests.parts.tcp_proxy import TcpProxy
from tests.parts.virtual_card import CardPulled, VirtualCard
from tests.parts.virtual_desfire import VirtualDesfire
from tests.parts.waiting import wait_until


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_card_opens_until_it_is_blocked_and_no_copy_of_it_ever_does(
    mosquitto: Mosquitto, pcscd: Pcscd, tmp_path: Path
) -> None:
    with running(Doorway(tmp_path, mosquitto.url, pcscd)) as doorway:
        card = VirtualDesfire(new_uid())
        number = doorway.enrol(card, doorway.add_member())
        assert card.default_keys() == []
        doorway.wait_until_applied()

        genuine = doorway.put(card)
        recorded = card.record()
        assert doorway.tap(genuine) == (True, "granted")
        assert doorway.lock_rose() == 1
        wait_until(doorway.is_locked, 5.0, "the lock to hold again")

        attacks = {
            "a clone of its UID": doorway.put(card.clone_uid()),
            "a card with the wrong key": doorway.put(card.with_wrong_key()),
            "a replayed session": _put_replay(pcscd, card, recorded),
        }
        for name, attack in attacks.items():
            assert doorway.tap(attack) == (False, "not_authentic"), name
            assert doorway.lock_rose() == 1, name

        assert doorway.tap(doorway.put(VirtualDesfire(new_uid()))) == (False, "unknown_card")
        assert doorway.tap(genuine) == (True, "granted")
        assert doorway.lock_rose() == 2

        doorway.hub.call("card", "block", str(number), "--reason", "verloren")
        doorway.wait_until_applied()
        assert doorway.tap(genuine) == (False, "blocked")
        assert doorway.lock_rose() == 2
        assert "whole" in doorway.hub.call("audit", "verify")


def _put_replay(pcscd: Pcscd, card: VirtualDesfire, recorded: Sequence[Exchange]) -> VirtualCard:
    replay = ReplayedCard(card.uid, recorded)
    return VirtualCard(pcscd, replay.uid, handler=replay.handle, on_reset=replay.power_off)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_card_pulled_away_at_any_moment_opens_nothing_and_the_reader_works_on(
    mosquitto: Mosquitto, pcscd: Pcscd, tmp_path: Path
) -> None:
    with running(Doorway(tmp_path, mosquitto.url, pcscd)) as doorway:
        card = VirtualDesfire(new_uid())
        doorway.enrol(card, doorway.add_member())
        doorway.wait_until_applied()
        recorded = card.record()
        assert doorway.tap(doorway.put(card)) == (True, "granted")
        whole = len([exchange for exchange in recorded if exchange.apdu[:1] != b"\xff"])
        assert whole == 4  # select, two of the authentication, read
        opened = doorway.lock_rose()
        for apdus in range(1, whole + 1):
            card.pull_after(apdus)
            pulled = doorway.put(card)
            pulled.insert()
            wait_until(lambda one=pulled: not one.is_inserted, 10.0, "the card to be pulled away")  # type: ignore[misc]
            with contextlib.suppress(CardPulled):
                pulled.remove()
            doorway.wait_until_empty()
            assert doorway.lock_rose() == opened, f"pulled away before the answer to APDU {apdus}"
        assert all(not granted for granted, _ in doorway.decisions()[1:])
        assert doorway.tap(doorway.put(card)) == (True, "granted")
        assert doorway.lock_rose() == opened + 1


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_block_that_can_t_reach_the_door_is_there_as_soon_as_the_link_is_back(
    mosquitto: Mosquitto, tcp_proxy: Callable[[int], TcpProxy], pcscd: Pcscd, tmp_path: Path
) -> None:
    network = tcp_proxy(mosquitto.port)
    pi_url = f"mqtt://127.0.0.1:{network.port}"
    with running(Doorway(tmp_path, mosquitto.url, pcscd, pi_url)) as doorway:
        card = VirtualDesfire(new_uid())
        number = doorway.enrol(card, doorway.add_member())
        doorway.wait_until_applied()
        genuine = doorway.put(card)
        network.refuse()
        network.cut()
        wait_until(lambda: not doorway.is_online(), SOON_S, "the hub to miss the Pi")
        doorway.hub.call("card", "block", str(number), "--reason", "verloren")
        assert "pending" in doorway.hub.call("device", "list")
        with genuine:
            wait_until(lambda: doorway.lock_rose() == 1, SOON_S, "the door to decide by the list that it has")
        doorway.wait_until_empty()
        network.restore()
        doorway.wait_until_applied()
        wait_until(lambda: doorway.decisions() == [(True, "granted")], SOON_S, "what the door decided alone")
        assert doorway.tap(genuine) == (False, "blocked")
        assert [granted for granted, _ in doorway.decisions()] == [True, False]
        assert doorway.lock_rose() == 1
