"""Measure everything, print the table, write `bench/results.json` and the charts."""

import json
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from bench import agent, charts, ingest, live, startup

HERE = Path(__file__).parent
IMAGES = HERE.parent / "docs" / "images"

Rows = list[tuple[str, str, str]]
"""What was measured, the figure, and what it is to be compared with."""


def measure(console: Console) -> dict[str, Any]:
    """Run every measurement, one after the other."""
    results: dict[str, Any] = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {
            "cpus": psutil.cpu_count(),
            "python": platform.python_version(),
            "system": f"{platform.system()} {platform.machine()}",
        },
    }
    steps = [
        ("ingest", ingest.measure),
        ("edge_to_frame", lambda: live.measure(viewers=1, seconds=30)),
        ("viewers", lambda: live.measure(viewers=500, seconds=30)),
        ("agent", agent.measure),
        ("startup", startup.measure),
    ]
    for name, step in steps:
        with console.status(f"measuring: {name}"):
            results[name] = step()
        console.print(f"measured: {name}")
    return results


def rows(results: dict[str, Any]) -> Rows:
    """Return the table's rows."""
    made: Rows = []
    for name, label in (("batches", "device batches of 200"), ("singles", "single-event messages")):
        row = results["ingest"][name]
        made.append(
            (
                f"ingest, {label}",
                f"{row['events_per_s']:,.0f} events/s",
                f"{row['ratio_to_floor']:.2f} of the bare loop's {row['floor_events_per_s']:,.0f}",
            )
        )
    for name, label in (("edge_to_frame", "1 viewer"), ("viewers", "500 viewers, 5 changes/s")):
        row = results[name]
        made.append(
            (
                f"sensor edge to frame, {label}",
                f"p50 {row['p50_ms']:.1f} ms, p99 {row['p99_ms']:.1f} ms",
                "p99 250 ms",
            )
        )
    made.append(
        (
            "hub with 500 viewers",
            f"{results['viewers']['hub_rss_mb']:.0f} MB",
            f"{results['viewers']['rss_per_viewer_kb']:.0f} kB a viewer",
        )
    )
    device = results["agent"]
    made += [
        ("agent, memory", f"{device['rss_mb']:.0f} MB", "64 MB"),
        ("agent, idle", f"{device['idle_cpu_percent']:.2f} % of a core", "1 %"),
        (
            "100,000 spooled events drained",
            f"{device['drain_s']:.1f} s",
            f"{device['drain_events_per_s']:,.0f} events/s",
        ),
    ]
    floor_s = results["startup"]["python_s"]
    for name, label in (
        ("device_help_s", "ankerort-device --help"),
        ("hub_help_s", "ankerort-hub --help"),
        ("hub_serve_ready_s", "ankerort-hub serve until ready"),
        ("demo_page_s", "ankerort-hub demo until its page"),
    ):
        value_s = results["startup"][name]
        made.append((f"start: {label}", f"{value_s:.2f} s", f"{value_s / floor_s:.0f} × a bare interpreter"))
    return made


def main() -> int:
    """Measure, print and write."""
    console = Console()
    results = measure(console)
    table = Table(
        "what",
        "measured",
        "beside",
        title=f"{results['machine']['cpus']} cores, Python {results['machine']['python']}",
    )
    for row in rows(results):
        table.add_row(*row)
    console.print(table)
    (HERE / "results.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    charts.draw(results, IMAGES)
    return 0


if __name__ == "__main__":
    sys.exit(main())
