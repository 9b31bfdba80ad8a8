"""The delivery machine: when to send, when again, when to begin anew (D4, D5, D9, D10)."""

from device.core.delivery import BeginEpoch, Delivery, Pace, Phase, SendFrom

EPOCH = "e" * 16
OTHER = "f" * 16
S = 1_000_000


def machine(*, mark: int = 0, published: int = 0, jitter: float = 0.0, pace: Pace | None = None) -> Delivery:
    """A machine whose jitter is fixed."""
    return Delivery(EPOCH, mark, published, random=lambda: jitter, pace=pace)


def connected(*, mark: int = 0, published: int = 0, window: int = 8) -> Delivery:
    """A machine whose connection stands since time 0 and which has heard its mark."""
    delivery = machine(mark=mark, published=published, pace=Pace(window=window))
    delivery.link_up(0)
    delivery.mark_arrived(EPOCH, mark, 0)
    return delivery


def send_all(
    delivery: Delivery, highest: int, now_us: int, size: int = 10, lowest: int = 1
) -> list[tuple[int, int]]:
    """Do as the loop does, in batches of `size`; return what was sent."""
    sent = []
    while isinstance(step := delivery.next_step(lowest, highest, now_us), SendFrom):
        last = min(step.first + size - 1, highest)
        delivery.sent(step.first, last, now_us)
        sent.append((step.first, last))
    return sent


def test_nothing_is_sent_without_a_connection() -> None:
    delivery = machine()
    assert delivery.next_step(1, 100, 0) is None
    assert delivery.deadline_us() is None


def test_d10_nothing_is_sent_before_the_mark_was_heard() -> None:
    delivery = machine()
    delivery.link_up(0)
    assert delivery.next_step(1, 100, 5 * S - 1) is None
    assert delivery.deadline_us() == 5 * S
    delivery.mark_arrived(EPOCH, 0, S)
    assert delivery.next_step(1, 100, S) == SendFrom(1)


def test_d10_after_five_seconds_without_a_mark_it_sends_all_the_same() -> None:
    delivery = machine(mark=40, published=60)
    delivery.link_up(0)
    assert delivery.next_step(1, 100, 5 * S) == SendFrom(41), "from the last mark it knows"


def test_d10_a_mark_of_an_unknown_epoch_opens_nothing() -> None:
    delivery = machine()
    delivery.link_up(0)
    delivery.mark_arrived(OTHER, 70, 0)
    assert delivery.phase is Phase.AWAITING_MARK
    assert delivery.next_step(1, 100, S) is None


def test_d4_what_lies_above_the_mark_is_sent_in_order() -> None:
    delivery = connected(mark=20, published=20)
    assert send_all(delivery, 45, 0) == [(21, 30), (31, 40), (41, 45)]


def test_d4_the_window_is_bounded_and_slides_with_the_mark() -> None:
    delivery = connected(window=3)
    assert send_all(delivery, 100, 0) == [(1, 10), (11, 20), (21, 30)]
    delivery.mark_arrived(EPOCH, 9, S)
    assert send_all(delivery, 100, S) == [], "the first batch is not acknowledged as a whole"
    delivery.mark_arrived(EPOCH, 20, S)
    assert send_all(delivery, 100, S) == [(31, 40), (41, 50)]


def test_d4_without_a_mark_it_sends_again_from_the_mark_one_batch_at_a_time() -> None:
    delivery = connected()
    send_all(delivery, 100, 0)
    assert delivery.deadline_us() == 10 * S
    assert send_all(delivery, 100, 10 * S - 1) == []
    assert send_all(delivery, 100, 10 * S) == [(1, 10)]


def test_d4_each_time_out_is_longer_up_to_a_limit() -> None:
    delivery = connected()
    send_all(delivery, 10, 0)
    now, waits = 0, []
    for _ in range(5):
        deadline = delivery.deadline_us()
        assert deadline is not None
        waits.append((deadline - now) // S)
        now = deadline
        assert send_all(delivery, 10, now) == [(1, 10)]
    assert waits == [10, 20, 40, 60, 60]


def test_d4_time_outs_have_jitter() -> None:
    deadlines = []
    for jitter in (0.0, 0.5, 1.0):
        delivery = machine(jitter=jitter)
        delivery.link_up(0)
        delivery.mark_arrived(EPOCH, 0, 0)
        send_all(delivery, 10, 0)
        deadlines.append(delivery.deadline_us())
    assert deadlines == [10 * S, 11_250_000, 12_500_000]


def test_d4_progress_gives_more_time_and_opens_the_window_again() -> None:
    delivery = connected()
    send_all(delivery, 100, 0)
    send_all(delivery, 100, 10 * S)
    delivery.mark_arrived(EPOCH, 10, 11 * S)
    assert len(send_all(delivery, 100, 11 * S)) == 8
    assert delivery.deadline_us() == 21 * S


def test_d4_a_hub_that_is_back_need_not_wait_out_a_long_back_off() -> None:
    delivery = connected()
    for now in (0, 10 * S, 30 * S):
        send_all(delivery, 10, now)
    assert delivery.deadline_us() == 70 * S
    delivery.mark_arrived(EPOCH, 0, 31 * S)
    assert delivery.deadline_us() == 41 * S


def test_d4_a_new_connection_sends_what_was_under_way_again() -> None:
    delivery = connected()
    send_all(delivery, 30, 0)
    delivery.link_down()
    assert delivery.deadline_us() is None
    delivery.link_up(S)
    delivery.mark_arrived(EPOCH, 10, S)
    assert send_all(delivery, 30, S) == [(11, 20), (21, 30)]


def test_d4_what_the_broker_did_not_take_is_offered_again_in_a_second() -> None:
    delivery = connected()
    assert delivery.next_step(1, 10, 0) == SendFrom(1)
    delivery.refused(0)
    assert delivery.next_step(1, 10, S - 1) is None
    assert delivery.deadline_us() == S
    assert delivery.next_step(1, 10, S) == SendFrom(1)


def test_a_refusal_that_no_longer_matters_wakes_nobody() -> None:
    delivery = connected()
    send_all(delivery, 10, 0)
    delivery.refused(0)
    delivery.mark_arrived(EPOCH, 10, S // 2)
    assert delivery.next_step(1, 10, S) is None
    assert delivery.deadline_us() is None


def test_when_all_is_acknowledged_the_machine_is_quiet() -> None:
    delivery = connected()
    send_all(delivery, 30, 0)
    delivery.mark_arrived(EPOCH, 30, S)
    assert delivery.next_step(1, 30, 1_000 * S) is None
    assert delivery.deadline_us() is None
    assert delivery.in_flight == 0


def test_d5_a_mark_that_goes_back_is_believed_after_ten_seconds() -> None:
    delivery = connected(mark=50, published=50)
    delivery.mark_arrived(EPOCH, 20, 0)
    assert delivery.next_step(1, 50, 10 * S - 1) is None
    assert delivery.deadline_us() == 10 * S
    assert send_all(delivery, 50, 10 * S) == [(21, 30), (31, 40), (41, 50)]
    assert delivery.mark == 20


def test_d5_d9_an_old_mark_between_new_ones_changes_nothing() -> None:
    delivery = connected(mark=50, published=50)
    delivery.mark_arrived(EPOCH, 20, 0)
    delivery.mark_arrived(EPOCH, 50, 9 * S)
    assert delivery.next_step(1, 50, 100 * S) is None
    assert delivery.deadline_us() is None


def test_d5_the_latest_mark_counts_and_the_time_from_the_first() -> None:
    delivery = connected(mark=50, published=50)
    delivery.mark_arrived(EPOCH, 20, 0)
    delivery.mark_arrived(EPOCH, 30, 8 * S)
    assert send_all(delivery, 50, 10 * S)[0] == (31, 40)


def test_d5_new_events_go_on_while_the_mark_is_in_doubt() -> None:
    delivery = connected(mark=50, published=50)
    delivery.mark_arrived(EPOCH, 20, 0)
    assert send_all(delivery, 55, S) == [(51, 55)]


def test_d5_what_was_purged_is_not_asked_for() -> None:
    delivery = connected(mark=50, published=50)
    delivery.mark_arrived(EPOCH, 20, 0)
    assert send_all(delivery, 50, 10 * S, lowest=41) == [(41, 50)]
    delivery.mark_arrived(EPOCH, 50, 11 * S)
    assert delivery.deadline_us() is None


def test_d5_with_everything_purged_it_goes_quiet() -> None:
    delivery = connected(mark=50, published=50)
    delivery.mark_arrived(EPOCH, 20, 0)
    assert delivery.next_step(51, 50, 10 * S) is None
    assert delivery.deadline_us() is None


def test_d10_a_mark_of_an_unknown_epoch_that_stays_counts_as_zero() -> None:
    delivery = connected(mark=50, published=50)
    delivery.mark_arrived(OTHER, 99, 0)
    assert delivery.next_step(1, 50, 9 * S) is None
    assert delivery.next_step(1, 50, 10 * S) == SendFrom(1)


def test_d9_a_retained_mark_of_an_old_epoch_before_the_right_one_is_harmless() -> None:
    delivery = machine(mark=50, published=50)
    delivery.link_up(0)
    delivery.mark_arrived(OTHER, 99, 0)
    delivery.mark_arrived(EPOCH, 50, S)
    assert delivery.next_step(1, 50, 100 * S) is None


def test_d9_the_same_mark_again_is_harmless() -> None:
    delivery = connected()
    send_all(delivery, 30, 0)
    for _ in range(3):
        delivery.mark_arrived(EPOCH, 30, S)
    assert delivery.next_step(1, 30, 100 * S) is None


def test_d10_a_mark_above_everything_sent_from_here_begins_a_new_epoch() -> None:
    delivery = machine(mark=40, published=60)
    delivery.link_up(0)
    delivery.mark_arrived(EPOCH, 61, 0)
    assert delivery.next_step(1, 100, 0) == BeginEpoch(61)
    delivery.begin(OTHER)
    assert send_all(delivery, 5, 0) == [(1, 5)], "nobody can have a mark for a random epoch: no waiting"


def test_d10_a_mark_of_what_was_sent_before_the_restart_is_ours() -> None:
    delivery = machine(mark=40, published=60)
    delivery.link_up(0)
    delivery.mark_arrived(EPOCH, 60, 0)
    assert delivery.next_step(1, 100, 0) == SendFrom(61)


def test_d10_what_this_connection_sent_is_ours_too() -> None:
    delivery = connected()
    send_all(delivery, 80, 0)
    delivery.mark_arrived(EPOCH, 80, S)
    assert delivery.next_step(1, 100, S) == SendFrom(81)


def test_d10_a_copy_is_noticed_even_when_it_has_more_events_than_the_mark() -> None:
    # It recorded up to 100 offline; the original went on to 70. Numbers alone do not tell; what was published does.
    delivery = machine(mark=60, published=60)
    delivery.link_up(0)
    delivery.mark_arrived(EPOCH, 70, 0)
    assert delivery.next_step(1, 100, 0) == BeginEpoch(70)


def test_d10_the_finding_survives_a_lost_connection() -> None:
    delivery = machine(mark=0, published=10)
    delivery.link_up(0)
    delivery.mark_arrived(EPOCH, 20, 0)
    delivery.link_down()
    assert delivery.next_step(1, 12, S) is None
    delivery.link_up(2 * S)
    assert delivery.next_step(1, 12, 2 * S) == BeginEpoch(20)
