"""The figures as a table, on the terminal and as a page of the documentation."""

from pathlib import Path
from typing import Any

Rows = list[tuple[str, str, str]]
"""What was measured, the figure, and what it is to be compared with."""

_PAGE = """# Performance

`make bench` measures this and writes this page, `bench/results.json` and the charts. Each figure stands
beside a floor or a limit; machines differ, so look at the ratios. Measured {measured_at} on {system},
{cpus} cores, Python {python}. **No Raspberry Pi was measured**: expect an SD card to take longer for every
commit, and quote none of this as a Pi's.

{table}

![Events a second into SQLite](../images/bench-ingest.svg)

![From a sensor's edge to the page](../images/bench-live.svg)

## How it is measured

- **Ingest.** Real Mosquitto, SQLite with `synchronous=FULL`. The load waits in the broker before either
  side starts. The *bare loop* is a program with paho that decodes each message, inserts its events, commits
  and acknowledges, and does nothing else: no duplicates, no marks, no live pictures, no quarantine. With
  one event a message the hub is faster than that, because it commits all messages that are waiting at once.
- **Edge to frame.** A real agent in whose queue an edge is put; spool, Mosquitto, ingest, web; viewers in
  another process note when the frame with that change arrives. With 500 viewers every one of them counts,
  so p99 is over all frames of all viewers.
- **Agent.** `ankerort-device run` with a PC/SC reader, eight sensors and a broker, left alone for
  {idle_s:.0f} s. Draining: {drained:,.0f} events spooled while there was no broker, then the broker and the
  real hub are started; the time includes the device's own start.
- **Start.** From the start of the process until its answer; median of several.
"""


def rows(results: dict[str, Any]) -> Rows:
    """Return the table's rows."""
    made: Rows = []
    for name, label in (("batches", "device batches of 200"), ("singles", "single-event messages")):
        row = results["ingest"][name]
        made.append(
            (
                f"Ingest, {label}",
                f"{row['events_per_s']:,.0f} events/s",
                f"{row['ratio_to_floor']:.2f} × the bare loop ({row['floor_events_per_s']:,.0f})",
            )
        )
    for name, label in (("edge_to_frame", "1 viewer"), ("viewers", "500 viewers, 5 changes/s")):
        row = results[name]
        figure = f"p50 {row['p50_ms']:.1f} ms, p99 {row['p99_ms']:.1f} ms"
        made.append(
            (f"Sensor edge to frame, {label}", figure, f"{row['p99_ms'] / 250:.2f} × the limit (p99 250 ms)")
        )
    viewers, device = results["viewers"], results["agent"]
    made += [
        (
            "Hub with 500 viewers",
            f"{viewers['hub_rss_mb']:.0f} MB",
            f"{viewers['rss_per_viewer_kb']:.0f} kB a viewer",
        ),
        ("Agent, memory", f"{device['rss_mb']:.0f} MB", f"{device['rss_mb'] / 64:.2f} × the limit (64 MB)"),
        (
            "Agent, idle",
            f"{device['idle_cpu_percent']:.2f} % of a core",
            f"{device['idle_cpu_percent']:.2f} × the limit (1 %)",
        ),
        (
            f"{device['drained_events']:,.0f} spooled events drained",
            f"{device['drain_s']:.1f} s",
            f"{device['drain_events_per_s']:,.0f} events/s",
        ),
    ]
    floor_s = results["startup"]["python_s"]
    for name, label in (
        ("device_help_s", "`ankerort-device --help`"),
        ("hub_help_s", "`ankerort-hub --help`"),
        ("hub_serve_ready_s", "`ankerort-hub serve` until ready"),
        ("demo_page_s", "`ankerort-hub demo` until its page"),
    ):
        value_s = results["startup"][name]
        made.append((f"Start: {label}", f"{value_s:.2f} s", f"{value_s / floor_s:.0f} × a bare interpreter"))
    return made


def write_page(results: dict[str, Any], page: Path) -> None:
    """Write the page of the documentation.

    Args:
        results: as in `bench/results.json`.
        page: file to write.
    """
    lines = [
        "| what | measured | beside |",
        "| --- | --- | --- |",
        *(f"| {a} | {b} | {c} |" for a, b, c in rows(results)),
    ]
    text = _PAGE.format(
        measured_at=results["measured_at"][:10],
        table="\n".join(lines),
        idle_s=results["agent"]["idle_s"],
        drained=results["agent"]["drained_events"],
        **results["machine"],
    )
    page.write_text(text, encoding="utf-8")
