"""From the host's command line to the lock: a card with real cryptography opens the door, and nothing else does."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.chain.doorway import Doorway, new_uid, running
from tests.parts.card_attacks import ReplayedCard
from tests.parts.card_frames import Exchange
from tests.parts.mosquitto import Mosquitto
from tests.parts.pcscd import Pcscd
from tests.parts.virtual_card import VirtualCard
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
