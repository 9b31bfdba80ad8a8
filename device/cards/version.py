"""What a card says of itself: its kind, generation and UID (GetVersion).

Nothing of this is proven. It serves to say in words why a card can't be used.
"""

from dataclasses import dataclass, field
from typing import Final, Literal

from device.cards.apdu import Transmit, native
from device.cards.errors import CardError, ProtocolViolation
from wire.card_keys import UID_BYTES

Model = Literal["desfire_ev1", "desfire_ev2", "desfire_ev3", "ntag424", "other"]

_GET_VERSION: Final = 0x60
# Hardware 7, software 7, then UID 7, batch 5, week and year; later cards add a byte or more.
_BYTES: Final = range(28, 36)
_TYPE, _MAJOR = 1, 3
_UID_AT: Final = 14
_DESFIRE, _NTAG = 0x01, 0x04
_NTAG424_MAJOR: Final = 0x30


@dataclass(frozen=True, slots=True)
class Version:
    """What GetVersion says.

    Args:
        model: kind and generation; the original DESFire counts as EV1.
        uid: 7 bytes; zeros on a card with random ids.
    """

    model: Model
    uid: bytes = field(repr=False)


def get_version(transmit: Transmit) -> Version:
    """Ask a card what it is (DESFire EV2 data sheet 11.5.2, NTAG 424 DNA data sheet 11.5.2).

    Raises:
        CardRefuses: when it does not know the question.
        ProtocolViolation: when the answer is none.
    """
    answer = native(transmit, _GET_VERSION)
    if len(answer) not in _BYTES:
        raise ProtocolViolation(f"a version of {len(answer)} bytes is none")
    return Version(_model(answer[_TYPE], answer[_MAJOR]), answer[_UID_AT : _UID_AT + UID_BYTES])


def kind_of(transmit: Transmit) -> Literal["uid", "desfire", "ntag424"]:
    """Return what a card can do: `desfire` for EV2 and EV3, and `uid` for all that can't have a key of ours.

    Args:
        transmit: to the card; what it raises passes through.
    """
    try:
        model = get_version(transmit).model
    except CardError:
        return "uid"
    if model in {"desfire_ev2", "desfire_ev3"}:
        return "desfire"
    return "ntag424" if model == "ntag424" else "uid"


def _model(kind: int, major: int) -> Model:
    # The high digit of the type tells chips from applets, that of the major version tells variants.
    if kind & 0x0F == _NTAG and major == _NTAG424_MAJOR:
        return "ntag424"
    if kind & 0x0F == _DESFIRE:
        if major in {0x00, 0x01}:
            return "desfire_ev1"
        if major & 0x0F == 0x02:
            return "desfire_ev2"
        if major & 0x0F == 0x03:
            return "desfire_ev3"
    return "other"
