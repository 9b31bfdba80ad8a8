"""What was published stays as it was, whatever becomes of all else (F2); all that was printed is in the ledger (S5)."""

import json
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from hub.domain.errors import NotTrue, RuleRefused
from hub.domain.statistics.findings import NETWORK, Place, PlaceLevel
from hub.domain.statistics.frozen import to_text
from hub.domain.statistics.periods import Span
from hub.domain.statistics.printed import Audience, Report
from hub.services.draw_charts import DrawCharts
from hub.statistics_ports import Picture
from hub.storage.report_store import SqlReports
from hub.storage.schema import metadata, missing
from tests.hub.statistics.reports import WITTENBERGE, YEAR, report
from tests.hub.storage.rows import NOW_US, fill


@pytest.fixture
def store(engine: Engine) -> SqlReports:
    return SqlReports(engine)


def test_S5_each_version_stays_and_every_row_is_in_the_ledger(store: SqlReports) -> None:  # noqa: N802
    first = store.publish(report(), NOW_US)
    corrected = replace(report(version=2), rows=report().rows[:-1])
    second = store.publish(corrected, NOW_US + 1)
    network = store.publish(report(NETWORK), NOW_US + 2)
    assert store.published(WITTENBERGE, YEAR, Audience.PUBLIC) == second
    assert store.published(WITTENBERGE, YEAR, Audience.INTERNAL) is None
    assert store.published(WITTENBERGE, Span.of_year(2025), Audience.PUBLIC) is None
    assert list(store.versions()) == [network, second, first]
    assert list(store.versions(WITTENBERGE)) == [second, first]
    assert tuple(store.ledger()) == first.rows + second.rows + network.rows
    assert store.ledger_size() == len(store.ledger())
    assert [(one.subject, one.version, one.checksum) for one in store.releases()] == [
        (NETWORK, 1, network.checksum), (WITTENBERGE, 2, second.checksum), (WITTENBERGE, 1, first.checksum),
    ]  # fmt: skip
    assert store.read(first.checksum) == first
    assert store.read("0" * 64) is None
    assert store.read("\0") is None
    assert store.published(Place(PlaceLevel.TOWN, "\0"), YEAR, Audience.PUBLIC) is None


def test_a_version_is_published_once_and_none_is_left_out(store: SqlReports) -> None:
    store.publish(report(), NOW_US)
    with pytest.raises(RuleRefused, match="a correction is a new version") as refused:
        store.publish(report(made_on=date(2027, 2, 1)), NOW_US)
    assert refused.value.code == "version_published"
    with pytest.raises(RuleRefused, match="version 3 can't follow version 1"):
        store.publish(report(version=3), NOW_US)
    assert store.ledger_size() == len(report().rows)


def test_S5_what_was_checked_without_the_last_release_is_not_published(store: SqlReports) -> None:  # noqa: N802
    seen = store.ledger_size()
    store.publish(report(NETWORK), NOW_US)
    with pytest.raises(RuleRefused, match="look at it again") as refused:
        store.release(report(), 1, seen, NOW_US)
    assert refused.value.code == "printed_meanwhile"
    assert store.published(WITTENBERGE, YEAR, Audience.PUBLIC) is None
    store.release(report(), 1, store.ledger_size(), NOW_US)


def test_the_log_of_actions_says_who_published_what(store: SqlReports, engine: Engine) -> None:
    frozen = store.release(report(), 7, 0, NOW_US)
    with engine.connect() as connection:
        payload = connection.execute(text("SELECT payload FROM chain_entry ORDER BY number DESC")).scalar()
    assert payload is not None
    entry = json.loads(bytes(payload))
    assert (entry["what"], entry["checksum"], entry["by"]) == ("report_published", frozen.checksum, 7)


@pytest.mark.parametrize("table", ["report", "report_row"])
@pytest.mark.parametrize("doing", ["UPDATE {} SET level = 'space'", "DELETE FROM {}"])
def test_F2_the_database_refuses_to_change_or_delete(engine: Engine, table: str, doing: str) -> None:  # noqa: N802
    fill(engine)
    with pytest.raises(DBAPIError, match="never changed and never deleted"), engine.begin() as connection:
        connection.execute(text(doing.format(table)))


def test_F2_a_missing_trigger_is_said(engine: Engine) -> None:  # noqa: N802
    on = "" if engine.dialect.name == "sqlite" else " ON report_row"
    with engine.begin() as connection:
        connection.execute(text(f"DROP TRIGGER report_row_delete{on}"))
    (line,) = missing(engine)
    assert "report_row_delete is missing, published numbers could be changed" in line


def test_F2_without_any_raw_data_the_report_is_byte_for_byte_the_same(engine: Engine) -> None:  # noqa: N802
    fill_without_reports(engine)
    store = SqlReports(engine)
    before = to_text(store.publish(report(), NOW_US))
    keep = {"report", "report_row", "report_picture"}
    with engine.begin() as connection:
        for table in reversed(metadata().sorted_tables):
            if table.name not in keep:
                connection.execute(table.delete())
    found = store.published(WITTENBERGE, YEAR, Audience.PUBLIC)
    assert found is not None
    assert to_text(found) == before
    assert tuple(store.ledger()) == found.rows


def test_F2_a_report_that_a_hand_has_changed_is_not_shown(sqlite_engine: Engine) -> None:  # noqa: N802
    store = SqlReports(sqlite_engine)
    store.publish(report(), NOW_US)
    with sqlite_engine.begin() as connection:
        connection.execute(text("DROP TRIGGER report_update"))
        connection.execute(text("""UPDATE report SET body = replace(body, '"950"', '"9500"')"""))
    with pytest.raises(NotTrue, match="does not have its checksum"):
        store.published(WITTENBERGE, YEAR, Audience.PUBLIC)


def test_charts_are_drawn_once_and_a_broken_report_keeps_no_other_from_it(sqlite_engine: Engine) -> None:
    store = SqlReports(sqlite_engine)
    fill(sqlite_engine)  # its report has no true text
    with sqlite_engine.begin() as connection:
        connection.execute(text("DELETE FROM report_picture"))
    town, network = (store.publish(report(one), NOW_US) for one in (WITTENBERGE, NETWORK))
    drawn = list[Report]()

    def draw(one: Report) -> list[Picture]:
        drawn.append(one)
        return [Picture("visits-wide-de", f"<svg>{one.version}</svg>")] if one.subject == WITTENBERGE else []

    charts = DrawCharts(store, draw)
    assert charts.run(NOW_US) == 2
    assert drawn == [town, network]
    assert charts.run(NOW_US) == 0
    assert store.picture(town.checksum, "visits-wide-de") == "<svg>1</svg>"
    assert store.picture_names(town.checksum) == {"visits-wide-de"}
    assert store.picture(town.checksum, "nothing") is None
    assert store.picture(town.checksum, "\0") is None


def fill_without_reports(engine: Engine) -> None:
    """Write a row into every table, but none into those that nothing can be deleted from."""
    from tests.hub.storage import rows

    kept = {name: values for name, values in rows.ROWS.items() if not name.startswith("report")}
    with engine.begin() as connection:
        for table in metadata().sorted_tables:
            if table.name in kept:
                connection.execute(table.insert(), kept[table.name])
            if table.name == "town":
                connection.execute(table.insert(), rows.SECOND_TOWN)
