"""The card reader at the hub's own machine: `ankerort-device card-station` as a child, asked over pipes.

Device and hub never import each other. Card numbers and keys are plain on these pipes, which are this process's and its
child's alone; nothing of them is logged or shown.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from hub.domain.cards import CardKind
from hub.domain.errors import RuleRefused

PROGRAM: Final = "ankerort-device"
END_S: Final = 40.0
"""How long the child may take to end: a card that is being written is finished first."""

_REMEDIES: Final = {
    "nobody_came": "no card came to the reader in time: try again",
    "unusable": "this card has another number each time, or can't be read: take another one",
    "no_reader": "no reader with {reader!r} in its name is there: plug it in, see that pcscd runs "
    "(systemctl status pcscd.socket), or name another reader with --local",
    "bad_question": "the reader's program is of another version: install the same one of both",
}


class CardStation:
    """A reader at this machine.

    Args:
        ask: sends one question and returns its answer.
        reader: what its name holds, for whoever has to find it.
    """

    def __init__(self, ask: Callable[[Mapping[str, Any]], Mapping[str, Any]], reader: str) -> None:
        self._ask, self._reader = ask, reader

    def check_ready(self) -> None:
        """Check that the reader is there.

        Raises:
            RuleRefused: when it is not; the text says what to do.
        """
        self._answer({"ask": "ready"})

    def read(self, wait_s: int) -> tuple[CardKind, bytes]:
        """Return kind and number of the next card.

        Raises:
            RuleRefused: when none came, or none that can be used; the text says what to do.
        """
        found = self._answer({"ask": "read", "wait_s": wait_s})
        return CardKind(found["kind"]), bytes.fromhex(found["uid"])

    def write(
        self,
        uid: bytes,
        kind: CardKind,
        credential_id: bytes,
        generations: Sequence[tuple[bytes, Sequence[bytes]]],
        wait_s: int,
    ) -> str:
        """Write keys and id to a card; return why not, empty when it is done.

        Args:
            uid: number of the only card that is meant.
            generations: the card's own key and ours, of all generations, newest first.

        Raises:
            RuleRefused: when the card did not come.
        """
        new, *old = ({"picc": picc.hex(), "keys": [key.hex() for key in keys]} for picc, keys in generations)
        question = {
            "ask": "write",
            "uid": uid.hex(),
            "kind": kind.value,
            "credential_id": credential_id.hex(),
            "new": new,
            "old": old,
            "wait_s": wait_s,
        }
        found = self._answer(question)
        return "" if found["done"] else str(found["reason"])

    def _answer(self, question: Mapping[str, Any]) -> Mapping[str, Any]:
        found = self._ask(question)
        if "error" in found:
            problem = str(found["error"])
            remedy = _REMEDIES.get(problem, f"the reader says {problem}").replace(
                "{reader!r}", repr(self._reader)
            )
            raise RuleRefused(remedy, code=problem)
        return found


@contextmanager
def card_station(match: str, program: Sequence[str] = ()) -> Iterator[CardStation]:
    """Give the reader whose name holds a text; its program runs as long as this does.

    Args:
        match: a part of the name that PC/SC gives the reader.
        program: what is started; the installed `ankerort-device card-station` when empty.

    Raises:
        RuleRefused: when the program is not installed.
    """
    command = [*(program or (_installed(), "card-station")), "--reader", match]
    # In a session of its own: Ctrl-C is for us, who then close its input; a card is never left half written.
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as child:
        try:
            yield CardStation(lambda question: _ask(child, question), match)
        finally:
            assert child.stdin is not None
            with suppress(BrokenPipeError):
                child.stdin.close()
            try:
                child.wait(END_S)
            except subprocess.TimeoutExpired:
                child.kill()


def _ask(child: "subprocess.Popen[bytes]", question: Mapping[str, Any]) -> Mapping[str, Any]:
    assert child.stdin is not None
    assert child.stdout is not None
    line = b""
    with suppress(BrokenPipeError):
        child.stdin.write(json.dumps(question).encode() + b"\n")
        child.stdin.flush()
        line = child.stdout.readline()
    if not line:
        raise RuleRefused("the reader's program ended: see what it says above", code="no_reader")
    answer: Mapping[str, Any] = json.loads(line)
    return answer


def _installed() -> str:
    beside = Path(sys.executable).with_name(PROGRAM)
    found = str(beside) if beside.exists() else shutil.which(PROGRAM)
    if found is None:
        raise RuleRefused(
            f"{PROGRAM} is not installed here: install ankerort[device,reader], or use a device's reader with --at",
            code="not_installed",
        )
    return found
