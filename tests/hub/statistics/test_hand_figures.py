"""Counts by hand, targets and settings: what may be written down, by whom, and a file that is taken whole or not."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import Engine, text

from hub.cli import main
from hub.desks import figure_desk, way_desk
from hub.domain.decoding import Decoded
from hub.domain.errors import NotAllowed, RuleRefused
from hub.domain.people import Actor, Role
from hub.domain.statistics.findings import Flag, Place, PlaceLevel
from hub.domain.statistics.hand_file import HandFile, number
from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.printed import Target
from hub.domain.statistics.written import (
    Distance,
    EmissionFactor,
    HandFigure,
    Mode,
    TownStatistics,
    Way,
    WayCount,
)
from hub.domain.statistics.written_rules import (
    checked_entry,
    checked_settings,
    checked_target,
    may_write,
    place_named,
    where,
)
from hub.services.figure_desk import FigureService
from hub.services.import_site import import_site
from hub.services.work_out import WorkOut
from hub.storage.figure_rows import SqlWritten
from hub.storage.unit_of_work import UnitFactory
from tests.hub.statistics.places import (
    AGS,
    CLUB,
    EMPTY,
    EMPTY_AGS,
    LAB,
    MARCH,
    NETWORK_OF_THREE,
    OTHER,
    TOWN,
    YEAR,
)

CLI = Actor(None, "command line")
OF_CLUB = Actor(7, "Club", frozenset({(Role.STATISTICS, "club")}))
OF_TOWN = Actor(8, "Stadt", frozenset({(Role.STATISTICS, "town:moelln"), (Role.STATISTICS, "club")}))
HOST = Actor(9, "Host", frozenset({(Role.HOST, "club"), (Role.MANAGER, "club")}))
TODAY, NOW_US = date(2026, 12, 1), 1_796_100_000_000_000
FIRST, LAST = date(2026, 3, 2), date(2026, 3, 6)


def entry(place: Place = CLUB, figure: str = "hand_count", value: str = "12", **more: Any) -> HandFigure:
    told = {"first": FIRST, "last": LAST, "source": "Strichliste", "noted_by": "Empfang", **more}
    return HandFigure(0, place, figure, value=Decimal(value), **told)


@pytest.fixture
def desk(sqlite_engine: Engine) -> FigureService:
    return made(sqlite_engine)


def made(engine: Engine) -> FigureService:
    import_site(UnitFactory(engine), NETWORK_OF_THREE, NOW_US)
    return figure_desk(UnitFactory(engine))


def test_what_is_written_down_is_read_back_corrected_with_a_flag_and_removed(engine: Engine) -> None:
    desk = made(engine)
    stored = desk.add(entry(flags=frozenset({Flag.ESTIMATED})), OF_CLUB, TODAY, NOW_US)
    money = desk.add(entry(TOWN, "revenue", "12.50"), CLI, TODAY, NOW_US)
    assert set(made_again(engine).entries(TOWN, CLI)) == {stored, money}
    assert stored.noted_us == NOW_US
    with pytest.raises(RuleRefused) as twice:
        desk.add(entry(value="13", source="STRICHLISTE"), CLI, TODAY, NOW_US)
    assert twice.value.code == "figure_twice"
    changed = desk.correct(HandFigure(
        stored.pk, CLUB, "hand_count", FIRST, LAST, Decimal(13), "Strichliste", "Rathaus"
    ), CLI, TODAY, NOW_US + 1)  # fmt: skip
    assert changed.flags == {Flag.REVISED}
    assert [one.value for one in desk.entries(CLUB, OF_CLUB)] == [13]
    desk.remove(CLUB, stored.pk, OF_CLUB, NOW_US)
    assert list(made_again(engine).entries(TOWN, CLI)) == [money]
    with pytest.raises(RuleRefused) as gone:
        desk.remove(CLUB, stored.pk, OF_CLUB, NOW_US)
    assert gone.value.code == "unknown_entry"


def made_again(engine: Engine) -> FigureService:
    return figure_desk(UnitFactory(engine))


@pytest.mark.parametrize(
    ("told", "code"),
    [
        (entry(first=LAST, last=FIRST), "days_reversed"),
        (entry(first=TODAY, last=date(2026, 12, 2)), "figure_to_come"),
        (entry(first=date(2026, 2, 27), last=date(2026, 2, 28)), "before_first_desk"),
        (entry(last=date(2026, 4, 1)), "figure_by_month"),
        (entry(TOWN, "revenue", first=date(2025, 12, 1)), "figure_by_year"),
        (entry(Place(PlaceLevel.TOWN, "99999999")), "unknown_town"),
        (entry(Place(PlaceLevel.SPACE, "nirgends")), "unknown_space"),
        (entry(figure="visits"), "figure_not_by_hand"),
        (entry(figure="besuche"), "unknown_figure"),
        (entry(value="1.5"), "no_figure_value"),
        (entry(value="-1"), "no_figure_value"),
        (entry(value="NaN"), "no_figure_value"),
        (entry(value="10000001"), "no_figure_value"),
        (entry(source=""), "short_text"),
        (entry(noted_by=""), "short_text"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_can_not_be_written_down_says_why(told: HandFigure, code: str) -> None:
    with pytest.raises(RuleRefused) as refused:
        checked_entry(told, where(NETWORK_OF_THREE, told.place), TODAY)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("actor", "place", "may"),
    [
        (CLI, EMPTY, True),
        (OF_CLUB, CLUB, True),
        (OF_CLUB, LAB, False),
        (OF_CLUB, TOWN, False),
        (OF_TOWN, TOWN, True),
        (OF_TOWN, LAB, True),
        (OF_TOWN, OTHER, False),
        (HOST, CLUB, False),
    ],
)
def test_figures_are_written_down_by_the_role_statistics_of_the_place(
    actor: Actor, place: Place, *, may: bool
) -> None:
    assert may_write(actor, where(NETWORK_OF_THREE, place)) is may


def test_nobody_without_the_role_writes_anything_down(desk: FigureService) -> None:
    for place in (CLUB, LAB, TOWN):
        with pytest.raises(NotAllowed):
            desk.add(entry(place), HOST, TODAY, NOW_US)
    with pytest.raises(NotAllowed):
        desk.set_target(Target(TOWN, "visits", MARCH, Decimal(1), source="Bescheid"), OF_CLUB, NOW_US)
    assert desk.entries(TOWN, CLI) == []


def test_who_has_the_role_for_one_space_reads_the_entries_of_that_one_alone(desk: FigureService) -> None:
    for place in (CLUB, LAB, TOWN):
        desk.add(entry(place), CLI, TODAY, NOW_US)
    assert {one.place for one in desk.entries(TOWN, OF_CLUB)} == {CLUB}
    assert {one.place for one in desk.entries(TOWN, OF_TOWN)} == {CLUB, LAB, TOWN}
    with pytest.raises(NotAllowed):
        desk.entries(TOWN, HOST)


Import = Callable[..., Result]


@pytest.fixture
def take(sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Import:
    monkeypatch.setattr("hub.config.DEFAULT_FILE", tmp_path / "none.toml")
    monkeypatch.delenv("ANKERORT_CONFIG", raising=False)
    monkeypatch.setattr("hub.bootstrap.SystemClock.now_us", lambda _: NOW_US)
    environ = {"ANKERORT_DATABASE_URL": str(sqlite_engine.url)}

    def call(data: str | bytes, *options: str) -> Result:
        file = tmp_path / "zaehlung.csv"
        file.write_bytes(data.encode() if isinstance(data, str) else data)
        return CliRunner().invoke(main, ["hand-count", "import", str(file), *options], env=environ)

    return call


GOOD = (
    "Ort;Kennzahl;Von;Bis;Wert;Quelle;Wer;Vermerk\r\n"
    "club;hand_count;02.03.2026;06.03.2026;1.012;Strichliste;Empfang;s\r\n"
    "01053090;enquiries;2026-03-05;;7;Telefon;Rathaus;\r\n"
    "leer;revenue;01.01.2026;30.06.2026;1.250,50;Kassenbuch;Kämmerei;p\r\n"
)


def test_a_file_is_tried_then_taken_whole_and_a_second_time_changes_nothing(
    desk: FigureService, take: Import
) -> None:
    tried = take(GOOD, "--dry-run")
    assert (tried.exit_code, tried.stderr) == (0, "3 added; nothing is written, as asked\n")
    assert desk.entries(TOWN, CLI) == []
    assert take(GOOD).stderr == "3 added; written\n"
    assert {(one.place, one.value) for one in desk.entries(TOWN, CLI)} == {
        (CLUB, Decimal(1012)),
        (TOWN, Decimal(7)),
    }
    assert [one.value for one in desk.entries(EMPTY, CLI)] == [Decimal("1250.50")]
    assert take(GOOD).stderr == "3 same; written\n"
    corrected = take(GOOD.replace(";7;", ";8;"))
    assert corrected.stderr == "1 corrected, 2 same; written\n"
    (of_town,) = [one for one in desk.entries(TOWN, CLI) if one.place == TOWN]
    assert (of_town.value, of_town.flags) == (Decimal(8), frozenset({Flag.REVISED}))


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("club;hand_count;06.03.2026;02.03.2026;1;Liste;Amt;", "ends (2026-03-02) before it begins"),
        ("club;hand_count;02.03.2027;;1;Liste;Amt;", "is still to come"),
        ("club;hand_count;27.02.2026;;1;Liste;Amt;", "first desk since 2026-03-01"),
        ("99999999;hand_count;02.03.2026;;1;Liste;Amt;", "no town with the AGS"),
        ("clup;hand_count;02.03.2026;;1;Liste;Amt;", 'no space "clup"'),
        ("club;hand_count;02.03.2026;;viele;Liste;Amt;", "is no number"),
        ("club;hand_count;31.02.2026;;1;Liste;Amt;", "is no day"),
        ("club;hand_count;02.03.2026;;1;Liste;Amt;q", "are no flags"),
        ("club;hand_count;02.03.2026;;1;Liste", "has 6 fields, the header has 8"),
        ("club;hand_count;02.03.2026;06.03.2026;1012;Strichliste;Empfang;", "is in the file twice: see line 2"),
        ("club;hand_count;02.03.2026;;1;ZÃ¤hlung;Amt;", "was decoded wrongly before"),
    ],
)  # fmt: skip
def test_a_row_that_can_not_be_taken_says_why(row: str, why: str) -> None:
    rows = HandFile(Decoded(f"{GOOD}{row}\r\n", "UTF-8")).rows(NETWORK_OF_THREE, [], TODAY)
    assert [one.fate for one in rows] == ["added", "added", "added", "refused"]
    assert rows[3].line == 5
    assert why in rows[3].why


def test_a_file_of_which_one_row_is_refused_is_not_taken_in_half(desk: FigureService, take: Import) -> None:
    result = take(f"{GOOD}clup;hand_count;02.03.2026;;1;Liste;Amt;\r\n")
    assert result.exit_code == 1
    assert (
        'line 5: clup hand_count 02.03.2026 1 Liste Amt: refused: there is no space "clup"' in result.stdout
    )
    assert result.stderr == "3 added, 1 refused; nothing is written\n"
    assert desk.entries(TOWN, CLI) == []
    empty = take("")
    assert (empty.exit_code, "the file is empty" in empty.stderr) == (2, True)


@pytest.mark.parametrize(
    ("file", "why"),
    [
        ("", "the file is empty"),
        ("Ort;Farbe\n", 'no column is called "Farbe"'),
        ("Ort;Stadt\n", "two columns are place"),
        ("Ort;Kennzahl;Von;Wert;Quelle\n", "a column who is missing"),
        ('Ort;Kennzahl;Von;Wert;Quelle;Wer\n"club;x\n', "is no CSV"),
    ],
)
def test_a_file_that_can_not_be_read_says_so(file: str, why: str) -> None:
    with pytest.raises(RuleRefused, match=why):
        HandFile(Decoded(file, "UTF-8"))


def test_rows_of_places_that_somebody_has_no_role_for_are_refused(desk: FigureService) -> None:
    rows = desk.take_in(HandFile(Decoded(GOOD, "UTF-8")), OF_CLUB, TODAY, NOW_US, dry_run=False)
    assert [row.fate for row in rows] == ["added", "refused", "refused"]
    rows = desk.take_in(HandFile(Decoded(GOOD, "UTF-8")), CLI, TODAY, NOW_US, dry_run=False, only=TOWN)
    assert [row.fate for row in rows] == ["added", "added", "refused"]
    assert desk.entries(TOWN, CLI) == []


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("12", "12"),
        ("1.234", "1234"),
        ("1.234,5", "1234.5"),
        ("1234.50", "1234.50"),
        ("0,5", "0.5"),
        ("1 000", "1000"),
    ],
)
def test_a_number_is_read_as_germans_and_as_machines_write_it(written: str, wanted: str) -> None:
    assert number(written) == Decimal(wanted)


@pytest.mark.parametrize("written", ["", "-1", "1e5", "NaN", "12 Leute", "1,2,3", "٣٤x"])
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(RuleRefused):
        number(written)


@pytest.mark.parametrize(
    ("told", "place"), [("club", CLUB), (AGS, TOWN), ("moelln", TOWN), (EMPTY_AGS, EMPTY)]
)
def test_a_place_is_named_by_its_id_or_its_municipality_key(told: str, place: Place) -> None:
    assert place_named(NETWORK_OF_THREE, told) == place


def test_K9_a_target_is_set_replaced_and_removed(engine: Engine) -> None:  # noqa: N802
    desk = made(engine)
    target = Target(CLUB, "occupancy", YEAR, Decimal("32.5"), Decimal(20), date(2025, 12, 31), "Bescheid")
    desk.set_target(target, OF_CLUB, NOW_US)
    desk.set_target(Target(TOWN, "visits", MARCH, Decimal(100), source="Bescheid"), OF_TOWN, NOW_US)
    kept = desk.targets(TOWN, OF_TOWN)
    assert {one.target for one in kept} >= {target}
    again = Target(CLUB, "occupancy", YEAR, Decimal(40), source="Bescheid")
    desk.set_target(again, OF_CLUB, NOW_US)
    assert [one.target for one in desk.targets(CLUB, OF_CLUB)] == [again]
    source = WorkOut(SqlWritten(engine))
    assert [one.figure for one in source.targets(TOWN, YEAR, NETWORK_OF_THREE)] == ["visits", "occupancy"]
    assert [one.figure for one in source.targets(CLUB, YEAR, NETWORK_OF_THREE)] == ["occupancy"]
    assert [one.figure for one in source.targets(TOWN, MARCH, NETWORK_OF_THREE)] == ["visits"]
    desk.remove_target(CLUB, desk.targets(CLUB, CLI)[0].pk, OF_CLUB, NOW_US)
    assert desk.targets(CLUB, CLI) == []


@pytest.mark.parametrize(
    ("target", "code"),
    [
        (Target(TOWN, "peak", YEAR, Decimal(1), source="Bescheid"), "no_target_here"),
        (Target(CLUB, "visits_monthly", YEAR, Decimal(1), source="Bescheid"), "no_target_here"),
        (Target(CLUB, "users", MARCH, Decimal(1), source="Bescheid"), "figure_by_year"),
        (Target(CLUB, "visits", MARCH, Decimal(1), Decimal(1), None, "Bescheid"), "half_baseline"),
        (Target(CLUB, "visits", MARCH, Decimal("1.5"), source="Bescheid"), "no_figure_value"),
        (Target(CLUB, "visits", MARCH, Decimal(1)), "short_text"),
    ],
)
def test_a_target_that_can_not_be_reported_is_refused(target: Target, code: str) -> None:
    with pytest.raises(RuleRefused) as refused:
        checked_target(target, where(NETWORK_OF_THREE, target.place))
    assert refused.value.code == code


def test_a_town_sets_its_report_date_and_its_emission_factor(engine: Engine) -> None:
    desk = made(engine)
    assert desk.settings(AGS, CLI) == TownStatistics(AGS)
    wanted = TownStatistics(AGS, date(2027, 2, 15), YEAR, EmissionFactor(142, "Umweltbundesamt", 2024))
    desk.set_settings(wanted, OF_TOWN, NOW_US)
    assert made_again(engine).settings(AGS, OF_CLUB) == wanted
    desk.set_settings(TownStatistics(AGS), OF_TOWN, NOW_US)
    assert desk.settings(AGS, CLI) == TownStatistics(AGS)
    with pytest.raises(NotAllowed):
        desk.set_settings(wanted, OF_CLUB, NOW_US)


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        (TownStatistics(AGS, date(2027, 2, 15)), "half_report_date"),
        (TownStatistics(AGS, date(2026, 12, 31), YEAR), "report_too_early"),
        (TownStatistics(AGS, factor=EmissionFactor(0, "Quelle", 2024)), "no_emission_factor"),
        (TownStatistics(AGS, factor=EmissionFactor(150, "", 2024)), "short_text"),
        (TownStatistics(AGS, factor=EmissionFactor(150, "Quelle", 24)), "no_factor_year"),
    ],
)
def test_settings_that_can_not_be_are_refused(settings: TownStatistics, code: str) -> None:
    with pytest.raises(RuleRefused) as refused:
        checked_settings(settings)
    assert refused.value.code == code


def test_K5_answers_are_counted_by_month_and_of_nobody(engine: Engine) -> None:  # noqa: N802
    made(engine)
    ways = way_desk(UnitFactory(engine))
    bus = Way(would_drive=True, distance=Distance.FROM_10, mode=Mode.TRANSIT)
    for way in (bus, bus, Way(would_drive=False, distance=Distance.FROM_40)):
        ways.answer("club", way, date(2026, 3, 17))
    march = date(2026, 3, 1)
    store = SqlWritten(engine)
    assert store.ways(["club", "lab"], Span(Month(2026, 1), Month(2026, 3))) == [
        WayCount("club", march, Way(would_drive=False), 1), WayCount("club", march, bus, 2),
    ]  # fmt: skip
    assert store.ways(["club"], Span.of_month(Month(2026, 4))) == []
    with pytest.raises(RuleRefused):
        ways.answer("nirgends", bus, march)


def test_the_log_says_which_account_wrote_and_the_figure_does_not(
    desk: FigureService, sqlite_engine: Engine
) -> None:
    desk.add(entry(), OF_CLUB, TODAY, NOW_US)
    with sqlite_engine.connect() as connection:
        logged = (
            connection.execute(text("SELECT payload FROM chain_entry ORDER BY number DESC")).scalars().first()
        )
    assert b'"by":7' in bytes(logged or b"").replace(b" ", b"")


def test_commands_write_down_one_number_and_show_figures(
    desk: FigureService, take: Import, sqlite_engine: Engine
) -> None:
    environ = {"ANKERORT_DATABASE_URL": str(sqlite_engine.url)}
    words = ["hand-count", "add", EMPTY_AGS, "enquiries", "7", "--from", "2026-03-01", "--source", "Telefon"]
    done = CliRunner().invoke(main, [*words, "--who", "Rathaus", "--flag", "estimated"], env=environ)
    assert (done.exit_code, done.output) == (
        0,
        "enquiries 7 of 14628060, 2026-03-01 to 2026-03-01: written\n",
    )
    assert [(one.value, one.flags) for one in desk.entries(EMPTY, CLI)] == [
        (Decimal(7), frozenset({Flag.ESTIMATED}))
    ]
    again = CliRunner().invoke(main, [*words, "--who", "Rathaus"], env=environ)
    assert again.exit_code == 2
    assert "stands there already" in again.output
    listed = CliRunner().invoke(main, ["figures", "list", "--level", "impact"])
    assert "noon_occupancy" in listed.output
    assert "visits " not in listed.output
    shown = CliRunner().invoke(main, ["figures", "show", "occupancy"])
    assert "desk time in use / known desk time" in shown.output
    none = CliRunner().invoke(main, ["figures", "show", "nothing"])
    assert (none.exit_code, "there is no key figure" in none.output) == (2, True)
