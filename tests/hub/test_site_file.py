"""Site files: what is read, and that every mistake is told at once with its line."""

from datetime import date, time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import hub
from hub.domain.errors import InvalidSite
from hub.domain.space import (
    Desk,
    Device,
    Door,
    Granularity,
    OpeningPeriod,
    Phase,
    PublicDetail,
    Space,
    SpaceKind,
    Town,
    Zone,
)
from hub.site_file.fields import mend
from hub.site_file.towns import read_site

DEMO = Path(hub.__file__).parent / "demo" / "site.toml"

SMALL = """
[[town]]
id = "moelln"
ags = "01053090"
name = "Mölln"
land = "SH"
inhabitants = 19000
inhabitants_on = 2023-12-31

[[town.space]]
id = "clubheim"
name = "Clubheim"
kind = "club"
phase = "test"
valid_from = 2026-01-01
valid_to = 2026-06-30
time_zone = "Europe/Berlin"
address = "Am Sportplatz 5"
controller = "SV Mölln"
granularity = "half-day"
public_detail = "count"
public_detail_reason = "Alle Mitglieder haben zugestimmt."
plan = [800, 500]
closed_on = [2026-05-01, 2026-04-03]
opening.mon-tue = ["08:00-12:00", "13:00-24:00"]
opening.sun = ["10:00-12:30"]
zone = [{ id = "saal", name = "Saal" }]
device = [{ id = "pi", name = "Pi" }]
door = [{ id = "vorn", name = "Vorn", device = "pi" }]

[[town.space.desk]]
id = "t1"
name = "Tisch 1"
zone = "saal"
at = [100, 200]
size = [160, 80]
angle = 90
sensor = "pir"
device = "pi"

[[town.space.desk]]
id = "t2"
name = "Tisch 2"
at = [400, 200]
in_service = false
"""


def problems(text: str) -> list[str]:
    """Return everything that is wrong with a site file."""
    with pytest.raises(InvalidSite) as caught:
        read_site(text.encode(), "site.toml")
    return str(caught.value).split("\n")


def change(old: str, new: str) -> str:
    """Return the small site file with one thing changed."""
    assert SMALL.count(old) == 1, f"{old!r} must be there once"
    return SMALL.replace(old, new)


def test_everything_a_file_can_say_is_read() -> None:
    site = read_site(SMALL.encode(), "site.toml")
    hours = [(time(8), time(12)), (time(13), time(0))]
    assert site.warnings == ()
    assert site.towns == (
        Town("moelln", "01053090", "Mölln", "SH", inhabitants=19000, inhabitants_on=date(2023, 12, 31), spaces=(
            Space(
                "clubheim", "moelln", "Clubheim", SpaceKind.CLUB, Phase.TEST, date(2026, 1, 1),
                valid_to=date(2026, 6, 30), address="Am Sportplatz 5", controller="SV Mölln",
                granularity=Granularity.HALF_DAY, public_detail=PublicDetail.COUNT,
                public_detail_reason="Alle Mitglieder haben zugestimmt.", plan_width=800, plan_depth=500,
                closed_on=(date(2026, 4, 3), date(2026, 5, 1)),
                opening=(
                    *(OpeningPeriod(day, *span) for day in (0, 1) for span in hours),
                    OpeningPeriod(6, time(10), time(12, 30)),
                ),
                zones=(Zone("saal", "Saal"),), devices=(Device("pi", "Pi"),), doors=(Door("vorn", "Vorn", "pi"),),
                desks=(
                    Desk("t1", "Tisch 1", "saal", 100, 200, 160, 80, 90, "pir", "pi"),
                    Desk("t2", "Tisch 2", "", 400, 200, in_service=False),
                ),
            ),
        )),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "line", "expected"),
    [
        pytest.param(change('"01053090"', '"1053090"'), 4, 'ags: "1053090" is no Amtlicher', id="AGS of seven digits"),
        pytest.param(change('"01053090"', "1053090"), 4, "ags: 1053090 is no text", id="AGS as a number"),
        pytest.param(change('"01053090"', '"09053090"'), 4, 'is BY, but land is "SH"', id="AGS of another Land"),
        pytest.param(change('"01053090"', '"17053090"'), 4, "is no Land at all", id="AGS of no Land"),
        pytest.param(change('land = "SH"', 'land = "XX"'), 6, '"XX" is no Land: use one of', id="no such Land"),
        pytest.param(change("inhabitants = 19000", ""), 8, "inhabitants_on: goes together", id="a day, no number"),
        pytest.param(change('id = "clubheim"', 'id = "Club Heim"'), 11, "use 1 to 40 of a-z", id="an id with a blank"),
        pytest.param(change('id = "clubheim"', 'id = "hub"'), 11, "reserved for the hub", id="the hub's id"),
        pytest.param(change('kind = "club"', 'kind = "pub"'), 13, '"pub" is unknown: use one of', id="unknown kind"),
        pytest.param(change('kind = "club"', ""), 10, "kind: is missing: add it", id="no kind"),
        pytest.param(change("valid_from = 2026-01-01", 'valid_from = "2026"'), 15, "is no date", id="a date in quotes"),
        pytest.param(change("valid_to = 2026-06-30", "valid_to = 2025-06-30"), 16, "lies before", id="over too early"),
        pytest.param(change("valid_to = 2026-06-30", "valid_to = 9999-12-31"), 16, "years 2000 to 2199", id="no end"),
        pytest.param(change("2026-05-01, ", "0001-01-01, "), 24, "years 2000 to 2199", id="a day before all"),
        pytest.param(change("Europe/Berlin", "Europe/Moelln"), 17, "is no IANA time zone", id="no such zone"),
        pytest.param(change("[800, 500]", "[800]"), 23, "is not two whole numbers", id="a plan without depth"),
        pytest.param(change("[800, 500]", "[800, 90000]"), 23, "is not two whole numbers", id="an endless plan"),
        pytest.param(change("2026-05-01, ", '"1. Mai", '), 24, "is no list of dates", id="a closing day in words"),
        pytest.param(change("mon-tue", "mo-di"), 25, "mo-di: is no weekday", id="a German weekday"),
        pytest.param(change("mon-tue", "tue-mon"), 25, "tue-mon: is no weekday", id="a week that runs backwards"),
        pytest.param(change("08:00-12:00", "8-12"), 25, '"8-12" are no hours', id="hours without minutes"),
        pytest.param(change("08:00-12:00", "12:00-08:00"), 25, "ends before it begins", id="past midnight"),
        pytest.param(change("08:00-12:00", "08:00-08:00"), 25, "ends before it begins", id="no time at all"),
        pytest.param(change("08:00-12:00", "08:00-13:01"), 25, "on mon 08:00-13:01 and 13:00-24:00", id="overlap"),
        pytest.param(change('id = "saal"', 'id = "-saal"'), 27, "use 1 to 40 of a-z", id="an id that begins with -"),
        pytest.param(change('"Vorn", device = "pi"', '"Vorn", device = "p"'), 29, "known are pi", id="unknown device"),
        pytest.param(change('zone = "saal"', 'zone = "keller"'), 34, "known are saal", id="unknown zone"),
        pytest.param(change("at = [100, 200]", "at = [39, 200]"), 35, "outside of the plan", id="through the wall"),
        pytest.param(change("at = [100, 200]", "at = [100.5, 2]"), 35, "is not two whole", id="half a centimetre"),
        pytest.param(change("angle = 90", "angle = 360"), 37, "from 0 to 359", id="a full turn"),
        pytest.param(change('sensor = "pir"', 'sensor = "camera"'), 38, '"camera" is unknown', id="a camera"),
        pytest.param(change('device = "pi"\n\n', "\n"), 31, "which device reads the pir sensor", id="a lonely sensor"),
        pytest.param(change('id = "t2"', 'id = "t1"'), 42, '"t1" is there twice', id="two desks with one id"),
        pytest.param(change("in_service = false", "in_service = 0"), 45, "neither true nor false", id="zero for false"),
        pytest.param(change("in_service", "in_servcie"), 45, "is unknown here; known are", id="a misspelt key"),
        pytest.param(change('"SV Mölln"', '"SV MĂ¶lln"'), 19, 'did you mean "SV Mölln"', id="broken encoding"),
        pytest.param(change('"SV Mölln"', '"SV M\ufffdlln"'), 19, "unreadable character", id="a lost character"),
        pytest.param(change('"SV Mölln"', '"SV\\u0000"'), 19, "unreadable character", id="a control character"),
        pytest.param(change('name = "Clubheim"', 'name = "  "'), 12, "name: is empty", id="a blank name"),
        pytest.param(change('name = "Clubheim"', f'name = "{"x" * 201}"'), 12, "200 at most", id="an endless name"),
        pytest.param(SMALL + "[[town.space.desk]]\nname = 3", 46, "id: is missing", id="a desk without id"),
        pytest.param(SMALL + "[[twon]]\n", 46, "twon: is unknown here", id="a misspelt table"),
        pytest.param("", 1, "town: is missing: begin with [[town]]", id="an empty file"),
        pytest.param("town = 3", 1, "is no list of tables", id="a town that is a number"),
        pytest.param("town = [3]", 1, "3 is no table", id="a list of numbers"),
        pytest.param(change("[800, 500]", "[800, 500"), 24, "not TOML", id="a bracket is open"),
        pytest.param(SMALL + 'x = "', 46, "not TOML", id="a quote is open at the end"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line_field_and_remedy(text: str, line: int, expected: str) -> None:
    found = problems(text)
    assert any(problem.startswith(f"site.toml line {line}: ") and expected in problem for problem in found), (
        found
    )


def test_all_mistakes_of_a_file_are_told_at_once_in_the_order_of_their_lines() -> None:
    text = SMALL.replace('"club"', '"pub"').replace("angle = 90", "angle = 400").replace('"01053090"', '"x"')
    assert [problem.split(":")[0] for problem in problems(text)] == [
        "site.toml line 4", "site.toml line 13", "site.toml line 37",
    ]  # fmt: skip


def test_an_id_used_twice_is_told_for_towns_keys_and_spaces() -> None:
    text = SMALL + SMALL
    second = SMALL.count("\n")
    assert [(problem.split(": ")[0], problem.split(": ")[2]) for problem in problems(text)] == [
        (f"site.toml line {second + 3}", "id"),
        (f"site.toml line {second + 4}", "ags"),
        (f"site.toml line {second + 11}", "id"),
    ]


@pytest.mark.parametrize(
    ("neighbours", "expected"),
    [
        pytest.param(
            '["luebeck"]', '"luebeck" is no town of this file: use one of moelln', id="not in the file"
        ),
        pytest.param('["moelln"]', "is the town itself", id="itself"),
        pytest.param('"luebeck"', "is no list of texts", id="no list"),
    ],
)
def test_neighbours_are_towns_of_the_file(neighbours: str, expected: str) -> None:
    (problem,) = problems(change('land = "SH"', f'land = "SH"\nneighbours = {neighbours}'))
    assert expected in problem
    assert problem.startswith("site.toml line 7: ")


def test_a_file_that_is_not_utf_8_is_told_with_the_line_of_the_byte() -> None:
    with pytest.raises(
        InvalidSite, match=r"site\.toml line 5: byte 0xf6 is not UTF-8: save the file as UTF-8"
    ):
        read_site(SMALL.encode("latin-1"), "site.toml")


def test_a_byte_order_mark_and_windows_line_ends_change_nothing() -> None:
    windows = b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode()
    assert read_site(windows, "site.toml") == read_site(SMALL.encode(), "site.toml")
    broken = windows.replace(b'"club"', b'"pub"')
    with pytest.raises(InvalidSite, match=r"line 13: "):
        read_site(broken, "site.toml")


def test_a_file_nested_without_end_is_refused() -> None:
    with pytest.raises(InvalidSite, match=r"not TOML|nested too deeply"):
        read_site(b"x = " + b"[" * 100_000, "site.toml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            change('public_detail_reason = "Alle Mitglieder haben zugestimmt."\n', ""),
            'site.toml line 21: space "clubheim": public_detail: "count" with 2 desks tells when single persons are in',
            id="a small space that shows more than state",
        ),
        pytest.param(
            change("at = [400, 200]", "at = [120, 250]"),
            '"t1" and "t2" cover common ground',
            id="desks in each other's place",
        ),
        pytest.param(
            SMALL.replace('kind = "club"', 'kind = "pop-up"').replace("valid_to = 2026-06-30\n", ""),
            "valid_to: is missing: a pop-up usually has a last day",
            id="a pop-up without end",
        ),
    ],
)
def test_what_is_probably_not_meant_is_a_warning(text: str, expected: str) -> None:
    (warning,) = read_site(text.encode(), "site.toml").warnings
    assert expected in warning


def test_public_detail_is_state_unless_the_file_says_otherwise() -> None:
    text = SMALL.replace('public_detail = "count"\n', "")
    assert read_site(text.encode(), "x").towns[0].spaces[0].public_detail is PublicDetail.STATE


def test_too_many_desks_are_told() -> None:
    desks = "".join(f'[[town.space.desk]]\nid = "d{n}"\nname = "{n}"\nat = [400, 300]\n' for n in range(199))
    assert any("201 desks are too many: 200 at most" in problem for problem in problems(SMALL + desks))


GERMAN = st.text(st.sampled_from("aeiou xyz.-ÄÖÜäöüßéèçàñ„“–…€’§°½"), max_size=30)


@given(GERMAN, st.sampled_from(["cp1252", "latin-1", "mac_roman"]))
def test_a_text_read_in_another_encoding_is_mended(text: str, code_page: str) -> None:
    try:
        broken = text.encode("utf-8").decode(code_page)
    except UnicodeDecodeError:
        return
    assert mend(broken) == text or broken == text


@given(GERMAN)
def test_a_sound_text_is_left_alone(text: str) -> None:
    assert mend(text) == text


@pytest.mark.parametrize(
    "sound", ["Größe", "Fußgängerzone", "„Spaß“", "Ünal", "Żółć", "Ελλάδα", "Кафе", "12 €", "日本"]
)
def test_words_of_other_languages_are_sound(sound: str) -> None:
    assert mend(sound) == sound


def test_the_five_towns_of_the_demo_are_sound_and_show_their_desks() -> None:
    site = read_site(DEMO.read_bytes(), DEMO.name)
    assert site.warnings == ()
    assert {town.id: (town.ags, town.land, town.catholic, len(town.spaces)) for town in site.towns} == {
        "wittenberge": ("12070424", "BB", False, 1),
        "oestrich-winkel": ("06439012", "HE", False, 1),
        "moelln": ("01053090", "SH", False, 1),
        "dippoldiswalde": ("14628060", "SN", False, 0),
        "diessen": ("09181114", "BY", True, 1),
    }
    spaces = [space for town in site.towns for space in town.spaces]
    desks = [desk for space in spaces for desk in space.desks]
    assert {space.public_detail for space in spaces} == {PublicDetail.DESKS}
    assert all(4 <= len(space.desks) <= 20 for space in spaces)
    assert sum(not desk.sensor for desk in desks) == 1
    assert sum(not desk.in_service for desk in desks) == 1
    assert site.towns[3].note_de
    assert site.towns[3].note_en
    assert site.towns[3].neighbours
