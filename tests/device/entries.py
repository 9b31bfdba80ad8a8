"""Events for spools, told apart by their number, and what batches hold of them."""

from collections.abc import Iterable

from device.spool import Spool
from device.spool_records import Entry
from wire.codec import batch_seqs, decode_batch, decode_event, encode_event
from wire.events import CardRead, DeskState
from wire.identifiers import CredentialId
from wire.messages import BatchHeader

BOOT = "b007" * 4
OTHER_BOOT = "b008" * 4
OWNER = "town/door"


def access(number: int, day: int | None = None) -> Entry:
    """An entry that is dropped last: a tap of card `number`."""
    event = CardRead(
        reader="r1",
        credential=CredentialId(f"{number:064x}"),
        boot=BOOT,
        mono_us=number,
        wall_us=0,
        synced=False,
    )
    return Entry(encode_event(event), presence=False, day=day)


def presence(number: int, day: int | None = None) -> Entry:
    """An entry that is dropped first; its time since boot is `number`."""
    event = DeskState(desk="d1", state="occupied", boot=BOOT, mono_us=number, wall_us=0, synced=False)
    return Entry(encode_event(event), presence=True, day=day)


def number_of(payload: bytes) -> int:
    """The number that an entry was made with."""
    return decode_event(payload).mono_us


def batches(spool: Spool, first: int = 1) -> Iterable[tuple[BatchHeader, dict[int, int]]]:
    """Read a spool to its end as the uplink does: each header, and number by seq."""
    while (batch := spool.take_batch(first)) is not None:
        header, lines = decode_batch(batch.payload)
        assert (header.first, header.last) == (batch.first, batch.last)
        yield header, dict(zip(batch_seqs(header), map(number_of, lines), strict=True))
        first = batch.last + 1


def held(spool: Spool) -> dict[int, int]:
    """Every event that a spool gives: number by seq."""
    return {seq: number for _, events in batches(spool) for seq, number in events.items()}


def lost(spool: Spool) -> list[int]:
    """Every seq that a spool tells as lost."""
    return [seq for header, _ in batches(spool) for r in header.lost for seq in range(r.first, r.last + 1)]


def rows(spool: Spool) -> list[int]:
    """The number of every row that is there, above and below the mark."""
    return [seq for (seq,) in spool._db.execute("SELECT seq FROM event ORDER BY seq")]
