"""The measurements as pictures for the documentation."""

from pathlib import Path
from typing import Any

import altair as alt

INK, HUB, FLOOR = "#263238", "#0072b2", "#b0bec5"


def draw(results: dict[str, Any], folder: Path) -> None:
    """Write `bench-ingest.svg`, `bench-live.svg`, `bench-doors.svg` and, once it was measured, `bench-statistics.svg`.

    Args:
        results: as in `bench/results.json`.
        folder: where to write.
    """
    ingest = results["ingest"]
    rows = []
    for name, label in (("batches", "Batches of 200"), ("singles", "One event a message")):
        rows.append({"load": label, "who": "Ankerort", "value": round(ingest[name]["events_per_s"])})
        rows.append({"load": label, "who": "Bare loop", "value": round(ingest[name]["floor_events_per_s"])})
    _bars(rows, "Events a second into SQLite, fully durable", ["Ankerort", "Bare loop"]).save(
        folder / "bench-ingest.svg"
    )
    rows = []
    for name, label in (("edge_to_frame", "1 viewer"), ("viewers", "500 viewers")):
        rows.append({"load": label, "who": "p50", "value": round(results[name]["p50_ms"], 1)})
        rows.append({"load": label, "who": "p99", "value": round(results[name]["p99_ms"], 1)})
    _bars(rows, "Milliseconds from a sensor's edge to the frame on the page", ["p50", "p99"]).save(
        folder / "bench-live.svg"
    )
    row, rows = results["doors"]["card_to_lock"], []
    for label in ("p50", "p99"):
        rows.append({"load": label, "who": "Ankerort", "value": round(row[f"{label}_ms"], 1)})
        rows.append({"load": label, "who": "Bare loop", "value": round(row[f"floor_{label}_ms"], 1)})
    title = "Milliseconds from a card on the reader to the lock"
    _bars(rows, title, ["Ankerort", "Bare loop"], numbers=",.1f").save(folder / "bench-doors.svg")
    if "statistics" in results:
        row, label = results["statistics"], "Occupancy, a year"
        rows = [
            {"load": label, "who": "Ankerort", "value": round(row["facts_query_ms"], 1)},
            {"load": label, "who": "DuckDB", "value": round(row["duckdb_query_ms"], 1)},
        ]
        title = "Milliseconds for each space's months: from facts, and from raw events"
        _bars(rows, title, ["Ankerort", "DuckDB"], numbers=",.1f").save(folder / "bench-statistics.svg")


def _bars(rows: list[dict[str, Any]], title: str, order: list[str], numbers: str = ",.0f") -> alt.FacetChart:
    bars = (
        alt.Chart()
        .mark_bar(cornerRadiusEnd=3)
        .encode(
            x=alt.X("value:Q", title=None, axis=None),
            y=alt.Y("who:N", title=None, sort=order),
            color=alt.Color("who:N", sort=order, scale=alt.Scale(range=[HUB, FLOOR]), legend=None),
        )
    )
    values = bars.mark_text(align="left", dx=4, color=INK).encode(
        text=alt.Text("value:Q", format=numbers), color=alt.value(INK)
    )
    layers = alt.layer(bars, values, data=alt.InlineData(values=rows)).properties(width=560, height=56)
    chart: alt.FacetChart = (
        layers.facet(row=alt.Row("load:N", title=None, header=alt.Header(labelAngle=0, labelAlign="left")))
        .properties(title=title)
        .configure_view(stroke=None)
        .configure_axis(labelFontSize=12)
        .configure_header(labelFontSize=12)
    )
    return chart
