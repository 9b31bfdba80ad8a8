"""Doors without hub and broker for a fortnight: over restarts, over both changes of the clock, until the list is dead.

The device is whole, from its files to its uplink; only its clock and its locks are simulated. Every expected time is
reckoned here with `zoneinfo` alone. `Station.quiet` asserts at each restart, loss and return of the link and jump of a
clock, and while time passes, that no lock was released.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.chain.installation import Hub
from tests.chain.offline_door import FRONT, HOUR_US, MINUTE_US, OPEN_US, SECOND_US, STUDIO, HubsHand, Station
from tests.chain.offline_site import (
    AUTUMN,
    BUCHT,
    EMPFANG,
    ENDET,
    FLAGGED,
    FREMD,
    GESPERRT,
    IMMER,
    JO,
    KOMMT,
    NOTDIENST,
    SITE,
    SPRING,
    UIDS,
    UNFLAGGED,
    Fortnight,
    Site,
)
from tests.parts.mosquitto import Mosquitto
from tests.parts.tcp_proxy import TcpProxy
from tests.parts.waiting import wait_until

MakeSite = Callable[..., AbstractContextManager[Site]]
BOTH_CHANGES = pytest.mark.parametrize(
    "days", [pytest.param(AUTUMN, id="autumn"), pytest.param(SPRING, id="spring")]
)
LONG_AGO_US = 1_600_000_000 * SECOND_US
"""What a clock without a battery says after a power cut."""


@pytest.fixture
def make_site(mosquitto: Mosquitto, tcp_proxy: Callable[[int], TcpProxy], tmp_path: Path) -> MakeSite:
    """A function that gives a site whose station has its first list, at 12:00 on day 0."""

    @contextmanager
    def make(days: Fortnight, *, battery: bool) -> Iterator[Site]:
        network = tcp_proxy(mosquitto.port)
        hand = HubsHand({pk: uid for pk, uid in UIDS.items() if pk != FREMD}, mosquitto.port)
        url = f"mqtt://127.0.0.1:{network.port}"
        station = Station(tmp_path / "pi", url, hand, UIDS, days.at(0, "12:00"), battery=battery)
        with Hub(tmp_path, mosquitto.url) as hub:
            hub.set_up(SITE)
            hub.start("ingest")
            site = Site(hub, network, hand, station)
            try:
                station.start()
                station.wait_linked()
                assert station.tap(JO) == "no_list"
                site.learn(days, 1)
                yield site
            finally:
                station.stop()

    return make


@BOTH_CHANGES
@pytest.mark.slow
@pytest.mark.timeout(240)
def test_with_a_battery_clock_schedules_and_bookings_hold_to_the_minute_for_13_days_and_only_flagged_cards_on_day_15(
    make_site: MakeSite, days: Fortnight
) -> None:
    with make_site(days, battery=True) as site:
        station = site.station
        check_first_days(site, days)

        check_cut_while_held_open(station, days.at(2, "16:00"), off_us=HOUR_US, crash=False)
        assert station.tap(JO) == "granted"
        check_office(station, days.at(2, "17:10"), days.at(2, "18:00"))
        check_opening_hours(station, days, 3)
        check_change_of_the_clock(station, days)

        check_cut_while_held_open(station, days.at(8, "10:00"), off_us=20 * HOUR_US, crash=True)
        check_opening_hours(station, days, 9)
        station.jump_about(days.at(10, "09:00"), days.at(1, "09:00"), days.dead_us + 1)
        check_boundary(station, days.at(12, "00:00"), KOMMT, "outside_window", "granted")
        check_opening_hours(station, days, 13)
        check_list_dies(station, days)

        station.pass_to(days.at(15, "10:00"))
        check_only_flagged(station)
        check_return(site)
        check_only_flagged(station)
        check_normal_again(site, days)
        site.check_all_arrived_once()


@BOTH_CHANGES
@pytest.mark.slow
@pytest.mark.timeout(240)
def test_without_a_battery_clock_a_restart_leaves_a_lower_bound_of_the_time_and_only_what_holds_from_it_on(
    make_site: MakeSite, days: Fortnight
) -> None:
    with make_site(days, battery=False) as site:
        station = site.station
        check_first_days(site, days)

        check_cut_while_held_open(station, days.at(2, "16:00"), off_us=HOUR_US, crash=False)
        assert station.not_before_us() == station.true_us - HOUR_US
        check_without_time(station)
        station.pass_to(days.at(3, "03:00"))
        check_without_time(station)
        # The wall clock is somebody's word: it neither opens nor closes anything.
        station.jump_about(days.at(3, "09:00"), days.dead_us + 365 * 24 * HOUR_US, 0)
        for wall_us in (days.at(3, "09:00"), days.dead_us, days.dead_us + 365 * 24 * HOUR_US):
            station.set_wall(wall_us)
            check_without_time(station)

        station.pass_to(days.at(3, "07:00"))
        station.synchronise()
        check_opening_hours(station, days, 3)
        check_change_of_the_clock(station, days)
        check_office(station, days.at(6, "17:00"), days.at(6, "18:00"))

        check_cut_while_held_open(station, days.at(8, "10:00"), off_us=20 * HOUR_US, crash=True)
        missing_us = station.true_us - station.not_before_us()
        assert 20 * HOUR_US <= missing_us < 20 * HOUR_US + MINUTE_US, (
            "the last event of before the cut is known"
        )
        check_without_time(station)
        # From here on the device's lower bound goes with its monotonic clock, as far behind as the power was away.
        check_boundary(station, days.at(12, "00:00") + missing_us, KOMMT, "time_not_trusted", "granted")
        check_boundary(station, days.dead_us + missing_us, IMMER, "granted", "list_expired")
        check_restarts_revive_nothing(station)

        station.pass_to(days.at(15, "12:00"))
        check_only_flagged(station)
        check_return(site)
        with station.quiet("what is asked from afar without trusted time"):
            assert site.open_from_afar() == "time_not_trusted"
            assert site.set_mode("office", STUDIO) == "time_not_trusted"
            assert site.set_mode("evacuate", STUDIO) == "time_not_trusted"
        station.synchronise()
        check_only_flagged(station)
        check_normal_again(site, days)
        site.check_all_arrived_once()


@pytest.mark.parametrize("battery", [pytest.param(True, id="battery"), pytest.param(False, id="no-battery")])
@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_lockdown_outlives_restarts_without_the_hub_and_evacuation_does_not(
    make_site: MakeSite, *, battery: bool
) -> None:
    days = AUTUMN
    with make_site(days, battery=battery) as site:
        station = site.station
        assert station.tap(JO) == "granted"
        assert site.set_mode("lockdown", FRONT) == "done"
        assert site.set_mode("evacuate", STUDIO) == "done"
        assert station.is_held_open(STUDIO)
        station.expected_releases += 1
        site.go_offline()
        assert station.is_held_open(STUDIO), "nobody is shut in by a network that fails"
        station.pass_to(days.at(1, "10:00"))

        for crash in (True, False):
            station.reboot(HOUR_US, LONG_AGO_US, crash=crash)
            assert not station.is_held_open(STUDIO)
            assert [station.tap(card) for card in (JO, IMMER, NOTDIENST)] == ["lockdown"] * 3
            assert station.tap(EMPFANG) == "granted"
            assert station.tap(IMMER, "hinten") == "granted"
            assert station.is_held_open(STUDIO) == battery, "office needs the time"

        check_return(site)
        assert station.tap(IMMER) == "lockdown"
        assert site.open_from_afar() == ("lockdown" if battery else "time_not_trusted")
        if not battery:
            assert site.set_mode("normal", FRONT) == "time_not_trusted"
            station.synchronise()
        assert site.set_mode("normal", FRONT) == "done"
        assert station.tap(JO) == "granted"
        assert len(station.releases) == station.expected_releases
        site.check_all_arrived_once()


# -- parts of the fortnight ----------------------------------------------------


def check_boundary(station: Station, at_us: int, card: int, before: str, after: str) -> None:
    """Assert what a card is told a minute before a moment, at it, and a minute after it: windows are half-open."""
    for offset_us, reason in ((-MINUTE_US, before), (0, after), (MINUTE_US, after)):
        station.pass_to(at_us + offset_us)
        assert station.tap(card) == reason, f"card {card}, {offset_us // MINUTE_US} min"


def check_restarts_revive_nothing(station: Station) -> None:
    """Assert that a list stays dead over a restart of the agent, a power cut and a reboot: nobody gains time by one."""
    station.stop()
    station.start()
    check_only_flagged(station)
    for crash in (True, False):
        station.reboot(0, LONG_AGO_US, crash=crash)
        check_only_flagged(station)


def check_opening_hours(station: Station, days: Fortnight, day: int) -> None:
    """Assert a day's opening hours to the minute, for whom they count and for whom they don't."""
    check_boundary(station, days.at(day, "08:00"), JO, "outside_window", "granted")
    assert [station.tap(card) for card in (IMMER, EMPFANG, NOTDIENST)] == ["granted"] * 3
    assert [station.tap(card) for card in (BUCHT, GESPERRT, FREMD)] == [
        "outside_window",
        "blocked",
        "unknown_card",
    ]
    check_boundary(station, days.at(day, "18:00"), JO, "granted", "outside_window")
    assert [station.tap(card) for card in (IMMER, EMPFANG, NOTDIENST)] == [
        "granted",
        "granted",
        "outside_window",
    ]


def check_change_of_the_clock(station: Station, days: Fortnight) -> None:
    """Assert the days around the change, and the booking in its very night: one hour in spring, three in autumn."""
    begins_us, ends_us = days.at(4, "01:30"), days.at(4, "03:30")
    assert (ends_us - begins_us) // HOUR_US == (3 if days is AUTUMN else 1)
    check_boundary(station, begins_us, BUCHT, "outside_window", "granted")
    if days is AUTUMN:
        for fold in (0, 1):
            station.pass_to(days.at(4, "02:30", fold=fold))
            assert station.tap(BUCHT) == "granted", fold
    check_boundary(station, ends_us, BUCHT, "granted", "outside_window")
    check_opening_hours(station, days, 4)
    check_opening_hours(station, days, 5)
    check_boundary(station, days.at(6, "00:00"), ENDET, "granted", "outside_window")


def check_office(station: Station, at_us: int, closes_us: int) -> None:
    """Assert that the first card holds the studio open until the space closes, to the minute."""
    station.pass_to(at_us)
    assert not station.is_held_open()
    assert station.tap(JO, "hinten") == "granted"
    assert station.is_held_open()
    station.pass_to(closes_us - MINUTE_US)
    assert station.is_held_open()
    station.pass_to(closes_us)
    assert not station.is_held_open()


def check_no_office(station: Station) -> None:
    """Assert that a card opens the studio once and does not hold it open."""
    assert station.tap(EMPFANG, "hinten") == "granted"
    assert not station.is_held_open()


def check_only_flagged(station: Station) -> None:
    """Assert that a dead list opens to flagged cards alone, to those at both doors, and holds none open."""
    assert [station.tap(card) for card in FLAGGED] == ["granted"] * len(FLAGGED)
    assert [station.tap(card) for card in UNFLAGGED] == ["list_expired"] * len(UNFLAGGED)
    assert [station.tap(card) for card in (ENDET, GESPERRT, FREMD)] == [
        "list_expired",
        "blocked",
        "unknown_card",
    ]
    check_no_office(station)


def check_first_days(site: Site, days: Fortnight) -> None:
    """Assert that all is well with the hub, let hub and broker go, and assert that all is as well without them."""
    station = site.station
    assert [station.tap(card) for card in (JO, GESPERRT, FREMD, KOMMT)] == [
        "granted", "blocked", "unknown_card", "outside_window",
    ]  # fmt: skip
    site.go_offline()
    check_boundary(station, days.at(0, "18:00"), JO, "granted", "outside_window")
    check_opening_hours(station, days, 1)
    check_boundary(station, days.at(1, "19:30"), BUCHT, "outside_window", "granted")
    check_boundary(station, days.at(1, "21:00"), BUCHT, "granted", "outside_window")
    station.jump_about(days.at(1, "09:00"), days.at(2, "09:00"))


def check_cut_while_held_open(station: Station, at_us: int, *, off_us: int, crash: bool) -> None:
    """Cut the power while the first card of the hours holds the studio open; assert that it holds since."""
    station.pass_to(at_us)
    assert station.tap(JO, "hinten") == "granted"
    assert station.is_held_open()
    # What is decided at the last moment is on disk too.
    assert [station.tap(card) for card in (FREMD, GESPERRT, FREMD)] == [
        "unknown_card",
        "blocked",
        "unknown_card",
    ]
    station.reboot(off_us, LONG_AGO_US, crash=crash)
    assert not station.is_held_open()


def check_without_time(station: Station) -> None:
    """Assert the rule for time that is not trusted: flagged cards, and windows that hold to the list's end."""
    granted = (EMPFANG, NOTDIENST, IMMER)
    assert [station.tap(card) for card in granted] == ["granted"] * len(granted)
    refused = (JO, BUCHT, ENDET, KOMMT)
    assert [station.tap(card) for card in refused] == ["time_not_trusted"] * len(refused)
    assert [station.tap(card) for card in (GESPERRT, FREMD)] == ["blocked", "unknown_card"]
    check_no_office(station)


def check_list_dies(station: Station, days: Fortnight) -> None:
    """Assert the list's last minute, which lies in the opening hours: the mode that it allows ends with it."""
    station.pass_to(days.at(14, "09:00"))
    assert station.tap(JO, "hinten") == "granted"
    station.pass_to(days.dead_us - MINUTE_US)
    assert [station.tap(card) for card in (JO, IMMER)] == ["granted"] * 2
    assert station.is_held_open()
    station.pass_to(days.dead_us)
    assert not station.is_held_open()
    for _ in range(2):
        check_only_flagged(station)
        station.pass_to(station.true_us + MINUTE_US)


def check_return(site: Site) -> None:
    """Let hub and broker come back, with orders from afar that were given meanwhile: nothing opens."""
    station = site.station
    kept_for_the_session, retained = site.opening(), site.opening()
    site.hand.publish_command(kept_for_the_session, station.true_us)
    site.hand.publish_command(retained, station.true_us, retain=True)
    site.come_back()
    with station.quiet("orders of an older connection"):
        both = {kept_for_the_session.command, retained.command}
        wait_until(lambda: both <= station.ear.commands, 10.0, "both orders")
    assert station.answers() == []


def check_normal_again(site: Site, days: Fortnight) -> None:
    """Assert that a new list, and an order of a host, do what they always do."""
    station = site.station
    site.learn(days, 2)
    assert [station.tap(card) for card in (JO, IMMER, EMPFANG, KOMMT)] == ["granted"] * 4
    refused = ["outside_window", "blocked", "unknown_card"]
    assert [station.tap(card) for card in (BUCHT, GESPERRT, ENDET)] == refused, (
        "whose membership is over is not listed"
    )
    assert site.open_from_afar() == "done"
    assert station.locks[FRONT].released
    station.expected_releases += 1
    station.pass_to(station.true_us + OPEN_US)
    assert not station.locks[FRONT].released
    check_office(station, days.at(15, "17:00"), days.at(15, "18:00"))
    check_opening_hours(station, days, 16)
    assert len(station.releases) == station.expected_releases
