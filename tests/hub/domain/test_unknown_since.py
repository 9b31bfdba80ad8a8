"""Since when a desk's state is not known: from the device that fell silent, or from the sensor that said so."""

import pytest

from hub.domain.occupancy import DeskFact, DeskState, DeviceFact, DeviceStatus, Trouble, desk_view
from hub.domain.space import Desk

NOW_US = 1_794_906_930_000_000
HEARD_US = NOW_US - 60_000_000
SINCE_US = NOW_US - 500_000_000
DESK = Desk("d", "Platz 1", sensor="pir", device="pi")

STALE_US = NOW_US - 200_000_000


def device(status: DeviceStatus = DeviceStatus.ONLINE, heard_us: int = HEARD_US) -> DeviceFact:
    return DeviceFact("pi", status, heard_us)


@pytest.mark.parametrize(
    ("fact", "of", "trouble", "since_us"),
    [
        (DeskFact("d", "vacant", "", SINCE_US), device(DeviceStatus.LOST), Trouble.DEVICE_LOST, HEARD_US),
        (
            DeskFact("d", "vacant", "", SINCE_US),
            device(DeviceStatus.OFFLINE),
            Trouble.DEVICE_OFFLINE,
            HEARD_US,
        ),
        (DeskFact("d", "occupied", "", SINCE_US), device(heard_us=STALE_US), Trouble.STALE, STALE_US),
        (DeskFact("d", "unknown", "stuck", SINCE_US), device(), Trouble.STUCK, SINCE_US),
        (None, device(DeviceStatus.LOST, 0), Trouble.DEVICE_LOST, None),
        (None, device(), Trouble.NO_DATA, None),
        (None, None, Trouble.NO_DATA, None),
    ],
    ids=["lost", "offline", "stale", "stuck", "lost and never heard", "nothing said", "no device"],
)
def test_an_unknown_desk_says_since_when(
    fact: DeskFact | None, of: DeviceFact | None, trouble: Trouble, since_us: int | None
) -> None:
    view = desk_view(DESK, fact, of, NOW_US)
    assert (view.state, view.trouble, view.since_us) == (DeskState.UNKNOWN, trouble, since_us)
