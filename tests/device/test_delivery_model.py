"""Any interleaving of loss, repetition, reordering and restarts delivers what was spooled, and then it is quiet.

A real spool and the delivery machine on one side, a hub by the rules D2 and D3 on the other, and between them a network
that may do anything but invent. The hub may also be set back to an older backup (D5), and the spool may overflow (D6).
"""

import shutil
from pathlib import Path
from tempfile import mkdtemp

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from device.core.delivery import BeginEpoch, Delivery, Pace, Phase, SendFrom
from device.spool import Spool
from device.spool_records import Limits
from tests.device.entries import OTHER_BOOT, OWNER, access, number_of, presence
from wire.codec import batch_seqs, decode_batch

S = 1_000_000
QUIET_S = 3_600


class ModelHub:
    """A hub by the rules: a key counts once, the mark is the end of the gap-free run that is committed."""

    def __init__(self) -> None:
        self.events: dict[tuple[str, int], int] = {}
        self.lost: set[tuple[str, int]] = set()
        self.marks: dict[str, int] = {}

    def backup(self) -> "ModelHub":
        """A copy of all it knows."""
        copy = ModelHub()
        copy.events, copy.lost, copy.marks = dict(self.events), set(self.lost), dict(self.marks)
        return copy

    def take(self, payload: bytes) -> tuple[str, int]:
        """Commit what a batch adds to the run; answer with the mark, also to a duplicate (D3)."""
        header, lines = decode_batch(payload)
        mark = self.marks.get(header.epoch, 0)
        if header.first <= max(mark + 1, header.floor):
            for seq, line in zip(batch_seqs(header), lines, strict=True):
                number = number_of(line)
                assert self.events.setdefault((header.epoch, seq), number) == number, (
                    "a key came with other content"
                )
            self.lost |= {(header.epoch, seq) for r in header.lost for seq in range(r.first, r.last + 1)}
            self.marks[header.epoch] = max(mark, header.last)
        return header.epoch, self.marks.get(header.epoch, 0)


class AnyInterleaving(RuleBasedStateMachine):
    """One device, one hub, one lossy network."""

    @initialize(window=st.integers(1, 4), room=st.sampled_from([15, 500]), ends_with_birth=st.booleans())
    def begin(self, window: int, room: int, ends_with_birth: bool) -> None:
        """Start both ends with nothing."""
        self.ends_with_birth = ends_with_birth
        self.is_busy = False
        self.folder = Path(mkdtemp())
        self.limits = Limits(max_events=room)
        self.pace = Pace(window=window)
        self.hub = ModelHub()
        # The oldest backup is from before this device.
        self.backups = [ModelHub()]
        self.to_hub: list[bytes] = []
        self.to_device: list[tuple[str, int]] = []
        self.now = 0
        self.recorded = 0
        self.dropped = 0
        self.boot()

    def boot(self) -> None:
        """Open the spool and begin the machine with what it remembers."""
        self.spool = Spool(self.folder / "spool.db", owner=OWNER, boot=OTHER_BOOT, limits=self.limits)
        state = self.spool.state
        self.machine = Delivery(state.epoch, state.mark, state.published, random=lambda: 0.5, pace=self.pace)

    def pump(self) -> int:
        """Do what the machine says; return how much it was."""
        done = 0
        while step := self.machine.next_step(self.spool.lowest, self.spool.state.highest, self.now):
            done += 1
            assert done < 1_000, "it never ends"
            match step:
                case BeginEpoch():
                    raise AssertionError("nobody copied this spool: D10 must not see a copy")
                case SendFrom(first):
                    batch = self.spool.take_batch(first)
                    assert batch is not None
                    if self.is_busy:
                        self.machine.refused(self.now)
                        break
                    self.to_hub.append(batch.payload)
                    self.machine.sent(batch.first, batch.last, self.now)
        self.spool.set_mark(self.machine.mark)
        deadline = self.machine.deadline_us()
        assert deadline is None or deadline > self.now, "a deadline that has passed would spin the loop"
        return done

    @rule(count=st.integers(1, 12), is_presence=st.booleans())
    def record(self, count: int, is_presence: bool) -> None:
        """Events happen."""
        make = presence if is_presence else access
        numbers = range(self.recorded + 1, self.recorded + count + 1)
        self.spool.append([make(n) for n in numbers], publishing=self.machine.phase is Phase.OPEN)
        self.recorded += count
        self.pump()

    @rule()
    def link_up(self) -> None:
        """A connection begins; the hub answers the birth, or its answer is lost later."""
        self.machine.link_up(self.now)
        epoch = self.spool.state.epoch
        self.to_device.append((epoch, self.hub.marks.get(epoch, 0)))
        self.pump()

    @rule()
    def link_down(self) -> None:
        """A connection ends; what the broker has already may still arrive."""
        self.machine.link_down()
        self.pump()

    @rule()
    def broker_gets_busy_or_free(self) -> None:
        """The uplink refuses what it is given, until it does not."""
        self.is_busy = not self.is_busy

    @rule(seconds=st.sampled_from([1, 4, 9, 30, 300]))
    def time_passes(self, seconds: int) -> None:
        """Time-outs come."""
        self.now += seconds * S
        self.pump()

    @precondition(lambda self: self.to_hub)
    @rule(data=st.data(), again=st.booleans())
    def batch_arrives(self, data: st.DataObject, again: bool) -> None:
        """Any batch under way reaches the hub, now or once more later."""
        at = data.draw(st.integers(0, len(self.to_hub) - 1))
        payload = self.to_hub[at] if again else self.to_hub.pop(at)
        self.to_device.append(self.hub.take(payload))

    @precondition(lambda self: self.to_device)
    @rule(data=st.data(), again=st.booleans())
    def mark_arrives(self, data: st.DataObject, again: bool) -> None:
        """Any mark under way reaches the device, now or once more later."""
        at = data.draw(st.integers(0, len(self.to_device) - 1))
        epoch, upto = self.to_device[at] if again else self.to_device.pop(at)
        if self.machine.phase is not Phase.DOWN:
            self.machine.mark_arrived(epoch, upto, self.now)
            self.pump()

    @rule()
    def everything_arrives(self) -> None:
        """The network works for a while."""
        while self.to_hub or self.to_device:
            while self.to_hub:
                self.to_device.append(self.hub.take(self.to_hub.pop(0)))
            while self.to_device:
                epoch, upto = self.to_device.pop(0)
                if self.machine.phase is not Phase.DOWN:
                    self.machine.mark_arrived(epoch, upto, self.now)
                    self.pump()

    @precondition(lambda self: self.to_hub or self.to_device)
    @rule(data=st.data())
    def something_is_lost(self, data: st.DataObject) -> None:
        """The network or the broker drops a message it had acknowledged."""
        at = data.draw(st.integers(0, len(self.to_hub) + len(self.to_device) - 1))
        if at < len(self.to_hub):
            self.to_hub.pop(at)
        else:
            self.to_device.pop(at - len(self.to_hub))

    @rule(is_orderly=st.booleans())
    def device_restarts(self, is_orderly: bool) -> None:
        """The agent ends, with or without having written the mark it learnt, and begins again."""
        if is_orderly:
            self.spool.save()
        self.spool.close()
        self.boot()

    @rule()
    def hub_is_backed_up(self) -> None:
        """Somebody makes a backup of the hub."""
        self.backups.append(self.hub.backup())

    # What a full spool dropped because the hub had it can't be given again.
    @precondition(lambda self: self.limits.max_events > 100)
    @rule(data=st.data())
    def hub_is_restored(self, data: st.DataObject) -> None:
        """The hub becomes what it was at a backup; marks from before are still under way (D5)."""
        self.hub = data.draw(st.sampled_from(self.backups)).backup()

    @invariant()
    def the_mark_is_never_above_what_exists(self) -> None:
        """No end believes more than the other has."""
        if hasattr(self, "machine"):
            assert self.machine.mark <= self.spool.state.highest

    def teardown(self) -> None:
        """Let the network behave: everything arrives, and both ends go quiet."""
        if not hasattr(self, "machine"):
            return
        self.settle()
        state = self.spool.state
        keys = {(state.epoch, seq) for seq in range(1, state.highest + 1)}
        assert set(self.hub.events) | self.hub.lost >= keys, "every number is an event or told as lost"
        assert set(self.hub.events) <= keys, "nothing was invented"
        numbers = sorted(self.hub.events.values())
        assert numbers == sorted(set(numbers)), "each event under one key"
        if state.dropped == 0:
            assert numbers == list(range(1, self.recorded + 1))
        self.spool.close()
        shutil.rmtree(self.folder)

    def settle(self) -> None:
        """Let the network work from now on, with or without a new connection, and wait."""
        self.is_busy = False
        self.to_hub.clear()
        self.to_device.clear()
        if self.ends_with_birth or self.machine.phase is Phase.DOWN:
            self.machine.link_down()
            self.link_up()
        else:
            # All that was under way is lost, and the hub tells its mark, as it does when it starts.
            epoch = self.spool.state.epoch
            self.to_device.append((epoch, self.hub.marks.get(epoch, 0)))
        for _ in range(1_000):
            self.everything_arrives()
            deadline = self.machine.deadline_us()
            if deadline is None:
                break
            self.now = max(self.now, deadline)
            self.pump()
        self.now += QUIET_S * S
        assert self.pump() == 0, "an hour later there is nothing to send"
        assert self.machine.deadline_us() is None
        assert self.hub.marks.get(self.spool.state.epoch, 0) == self.spool.state.highest
        assert self.spool.depth() == 0


AnyInterleaving.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
test_any_interleaving_delivers_exactly_what_was_spooled = AnyInterleaving.TestCase
