"""The floor: a bare pyscard loop that waits for a card, sends it given APDUs, lets it go, and nothing else.

No look-up, no keys, no proof, no lock. Run as a program of its own, so that it has its own interpreter lock, as the
agent has. It prints a line for each card: monotonic nanoseconds when the card was let go.
"""

import argparse
import time
from typing import Any

from smartcard import scard


def serve(reader: str, apdus: list[bytes]) -> None:
    """Serve cards until the program is ended."""
    context = _done(scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM))
    state = scard.SCARD_STATE_UNAWARE
    while True:
        code, answer = scard.SCardGetStatusChange(context, 1_000, [(reader, state)])
        if code & 0xFFFFFFFF == scard.SCARD_E_TIMEOUT & 0xFFFFFFFF:
            continue
        ((_, now, _),) = _done([code, answer])
        is_new = now & scard.SCARD_STATE_PRESENT and not state & scard.SCARD_STATE_PRESENT
        state = now & ~scard.SCARD_STATE_CHANGED
        if is_new:
            _talk(context, reader, apdus)
            print(time.monotonic_ns(), flush=True)


def _talk(context: Any, reader: str, apdus: list[bytes]) -> None:
    protocols = scard.SCARD_PROTOCOL_T0 | scard.SCARD_PROTOCOL_T1
    handle, protocol = _done(scard.SCardConnect(context, reader, scard.SCARD_SHARE_SHARED, protocols))
    for apdu in apdus:
        answer = _done(scard.SCardTransmit(handle, protocol, list(apdu)))
        if answer[-2:-1] not in ([0x90], [0x91]) or answer[-1] not in {0x00, 0xAF}:
            raise SystemExit(f"the card answered {bytes(answer).hex()}")
    scard.SCardDisconnect(handle, scard.SCARD_LEAVE_CARD)


def _done(answer: Any) -> Any:
    code, *values = answer
    if code != scard.SCARD_S_SUCCESS:
        raise SystemExit(scard.SCardGetErrorMessage(code))
    return values[0] if len(values) == 1 else values


def main() -> None:
    """Serve the cards of one reader."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reader")
    parser.add_argument("apdus", nargs="+", type=bytes.fromhex)
    arguments = parser.parse_args()
    serve(arguments.reader, arguments.apdus)


if __name__ == "__main__":
    main()
