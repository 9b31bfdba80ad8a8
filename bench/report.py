"""The figures as a table, on the terminal and as a page of the documentation."""

from pathlib import Path
from typing import Any

_STATISTICS = "\n![A year of a network from facts, and from raw events](../images/bench-statistics.svg)\n"
Rows = list[tuple[str, str, str]]
"""What was measured, the figure, and what it is to be compared with."""

_PAGE = """# Performance

`make bench` measures this and writes this page, `bench/results.json` and the charts. Each figure stands
beside a floor or a limit; machines differ, so look at the ratios. Measured {measured} on {system},
{cpus} cores, Python {python}. **No Raspberry Pi was measured**: expect an SD card to take longer for every
commit, and quote none of this as a Pi's.

{table}

![Events a second into SQLite](../images/bench-ingest.svg)

![From a sensor's edge to the page](../images/bench-live.svg)

![From a card on the reader to the lock](../images/bench-doors.svg)
{statistics}
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
- **Card to lock.** A real pcscd with the virtual reader `vpcd` and virtual DESFire cards, {taps} taps in turns of
  several cards, so p99 is the slowest. The time begins when the reader finds the card, since `vpcd` looks only
  every 400 ms, and ends when `ankerort-device run`, with a full list loaded from its disk, sets the lock's pin.
  The *bare loop* is a program with pyscard that sends the same five APDUs (number, application, proof,
  credential id) to a like card on the same daemon's other slot, between our taps, and does nothing else. *Our
  share* is each tap less the bare loop's median, so what the machine does meanwhile counts as ours. The limits are
  300 ms as a whole and 20 ms for our share; a real card's radio and chip come on top, and were not measured. The
  memory is that of this process after its taps.
- **Decision.** {decisions:,.0f} cards, one after the other, through the device's core in memory: decision, lock,
  lamp and event, before anything is written.
- **Access list.** {cards:,.0f} cards with a key each, {schedules:.0f} schedules with {windows:,.0f} windows,
  {list_kb:.0f} kB sealed: read from the disk, signature checked, opened, decoded, checked and made ready to decide.
  The *bare steps* are Ed25519, HPKE, zlib and MessagePack on the same bytes, without types and checks.
- **Block to door.** A host signs in and blocks {blocks:.0f} of {blockable:,.0f} cards, one after the other, with the
  form of the page: hub (`serve`), Mosquitto and a real agent. The time begins when the request leaves and ends when the
  hub knows that the agent applies the list, so the way back counts as well.
- **Bookings.** A million half-days of 20 spaces with 200 desks each, six of ten half-days booked. A month of one
  space is asked of the API by a member's token, as JSON and without a network in between; the *bare query* is the
  driver's, for the same claims and nothing else. Bookings are posted one after the other; the *bare rows* are the same
  booking and claim inserted by the driver, a commit for each, under the same constraints and triggers, without rules,
  limits, the member, and the order for door lists. SQLite with `synchronous=FULL`; PostgreSQL here has no `fsync`.
- **Booking under load.** `web`, `ingest` and `jobs` as three processes on one SQLite file, Mosquitto, batches of 200
  events that never run out, and four programs that post bookings through the web server. The measurement fails when one
  is answered with anything but 201, or when a process says that the database is locked. `make load` does it for two
  minutes.
- **Purge.** A process deletes old events as `jobs` do each night, while another counts batches of 200, each in a
  transaction that is on the disk before the next begins.
- **Statistics.** Five years of five towns with five spaces of 20 desks each are made up (`hub.demo_data`), every event
  of every device, and turned into facts at once; the raw events are counted and not kept in the hub's database, which
  would have let go of all but the last days. A year's report is what `ankerort-hub export` computes, in a process of
  its own: facts read from SQLite, all figures of the network, its towns and spaces, disclosure control, and the audit
  with nothing printed before. *DuckDB* answers one of its questions, the occupancy of each space and month in opening
  hours, from the raw events of the same five years in a file of its own, as columns of numbers, on all cores; that both
  tell the same is checked. The hub reads it from sums by month, which are stored with the days. Facts of a night, and
  of a month from nothing, are made from rows as devices tell them, with 31 days of the same network in the database.
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
    made += _doors(results["doors"])
    block = results["revocation"]
    made.append(
        (
            f"Block in the browser to door, {block['cards']:,.0f} cards",
            f"p50 {block['p50_ms']:.0f} ms, p99 {block['p99_ms']:.0f} ms",
            f"{block['p99_ms'] / 1000:.2f} × the limit (p99 1 s)",
        )
    )
    made += _bookings(results)
    if "statistics" in results:
        made += _statistics(results["statistics"])
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


def _bookings(results: dict[str, Any]) -> Rows:
    made: Rows = []
    for name, label in (("sqlite", "SQLite"), ("postgresql", "PostgreSQL")):
        if "bookings" not in results:
            break
        row = results["bookings"][name]
        p95_ms, floor_ms = row["availability_p95_ms"], row["floor_availability_p95_ms"]
        made += [
            (
                f"Month of {row['desks']:,.0f} desks, {row['on_file']:,.0f} bookings on file, {label}",
                f"p50 {row['availability_p50_ms']:.1f} ms, p95 {p95_ms:.1f} ms",
                (
                    f"{p95_ms / floor_ms:.1f} × the bare query (p95 {floor_ms:.1f} ms), "
                    f"{p95_ms / 50:.2f} × the limit (p95 50 ms)"
                ),
            ),
            (
                f"Booking, {row['on_file']:,.0f} on file, {label}",
                f"{row['bookings_per_s']:.0f} bookings/s",
                (
                    f"{row['bookings_per_s'] / row['floor_bookings_per_s']:.2f} × the bare rows "
                    f"({row['floor_bookings_per_s']:.0f})"
                ),
            ),
        ]
    if "full_load" in results:
        row = results["full_load"]
        made.append(
            (
                f"Booking while ingest takes {row['events_per_s']:,.0f} events/s, SQLite",
                f"p50 {row['p50_ms']:.0f} ms, p99 {row['p99_ms']:.0f} ms",
                f"{row['p99_ms'] / 500:.2f} × the limit (p99 500 ms)",
            )
        )
    if "purge" in results:
        row = results["purge"]
        made.append(
            (
                f"Ingest while {row['events']:,.0f} old events are deleted, SQLite",
                f"p50 {row['p50_ms']:.0f} ms, p99 {row['p99_ms']:.0f} ms a commit",
                f"{row['p99_ms'] / 250:.2f} × the limit (p99 250 ms); alone p99 {row['alone_p99_ms']:.0f} ms",
            )
        )
    return made


def _statistics(row: dict[str, float]) -> Rows:
    p95_ms, ours_ms, duck_ms = row["network_year_p95_ms"], row["facts_query_ms"], row["duckdb_query_ms"]
    size = (
        f"{row['raw_events']:,.0f} raw events in {row['years']:.0f} years, {row['desk_days']:,.0f} desk-days"
    )
    figures_ms, disclosure_ms = row["network_year_figures_ms"], row["network_year_disclosure_ms"]
    return [
        (
            f"Report on a year of the network, {row['network_year_rows']:,.0f} rows; {size}",
            f"p50 {row['network_year_p50_ms']:.0f} ms, p95 {p95_ms:.0f} ms",
            f"{p95_ms / 300:.2f} × the aim (p95 300 ms); the first {row['network_year_first_ms']:.0f} ms",
        ),
        (
            "Of that",
            f"figures {figures_ms:.0f} ms, disclosure control and audit {disclosure_ms:.0f} ms",
            f"{row['network_year_p50_ms'] - figures_ms - disclosure_ms:.0f} ms for all else: facts, site, ledger",
        ),
        (
            "Report on a year of one town",
            f"p50 {row['town_year_p50_ms']:.0f} ms, p95 {row['town_year_p95_ms']:.0f} ms",
            f"{row['report_mb']:.0f} MB memory for all reports, {row['report_more_mb']:.0f} MB of it for their making",
        ),
        (
            "Occupancy by space and month, from facts",
            f"{ours_ms:.0f} ms",
            f"{duck_ms / ours_ms:.1f} × as quick as DuckDB from raw events ({duck_ms:.0f} ms; aim 10 ×)",
        ),
        ("Facts after one day", f"{row['night_s']:.2f} s", "all spaces of the network"),
        (
            "Facts of a month, from nothing",
            f"{row['rebuild_month_s']:.1f} s",
            f"{row['written_events']:,.0f} events; {row['nights_mb']:.0f} MB",
        ),
        (
            "Made-up rows written",
            f"{row['written_events_per_s']:,.0f} events/s",
            f"{row['written_events_per_s'] / 20_000:.1f} × the aim (20,000)",
        ),
    ]


def _doors(doors: dict[str, Any]) -> Rows:
    tap, decision, ready = doors["card_to_lock"], doors["decision"], doors["list"]
    memory_mb = doors["memory"]["rss_mb"]
    return [
        (
            "Card found to lock, virtual card",
            f"p50 {tap['p50_ms']:.1f} ms, p95 {tap['p95_ms']:.1f} ms, p99 {tap['p99_ms']:.1f} ms",
            (
                f"{tap['ratio_to_floor']:.2f} × the bare loop (p50 {tap['floor_p50_ms']:.1f} ms, "
                f"p99 {tap['floor_p99_ms']:.1f} ms), {tap['p95_ms'] / 300:.2f} × the limit (p95 300 ms)"
            ),
        ),
        (
            "Card found to lock, our share",
            f"p50 {tap['share_p50_ms']:.1f} ms, p99 {tap['share_p99_ms']:.1f} ms",
            f"{tap['share_p99_ms'] / 20:.2f} × the limit (p99 20 ms)",
        ),
        (
            f"Decision with {decision['cards']:,.0f} cards",
            f"p50 {decision['p50_ms']:.3f} ms, p99 {decision['p99_ms']:.3f} ms",
            f"{decision['p99_ms']:.2f} × the limit (p99 1 ms)",
        ),
        (
            f"Access list of {ready['cards']:,.0f} cards made ready",
            f"{1000 * ready['ready_s']:.1f} ms",
            (
                f"{ready['ratio_to_floor']:.1f} × the bare steps ({1000 * ready['floor_s']:.1f} ms), "
                f"{ready['ready_s'] / 0.5:.2f} × the limit (500 ms)"
            ),
        ),
        (
            "Agent with that list, memory",
            f"{memory_mb:.0f} MB",
            f"{memory_mb / 64:.2f} × the limit (64 MB)",
        ),
    ]


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
        measured=_dates(results["measured_at"]),
        table="\n".join(lines),
        statistics=_STATISTICS if "statistics" in results else "",
        idle_s=results["agent"]["idle_s"],
        drained=results["agent"]["drained_events"],
        taps=results["doors"]["card_to_lock"]["taps"],
        decisions=results["doors"]["decision"]["decisions"],
        cards=results["doors"]["list"]["cards"],
        schedules=results["doors"]["list"]["schedules"],
        windows=results["doors"]["list"]["windows"],
        blocks=results["revocation"]["blocks"],
        blockable=results["revocation"]["cards"],
        list_kb=results["doors"]["list"]["bytes"] / 1e3,
        **results["machine"],
    )
    page.write_text(text, encoding="utf-8")


def _dates(measured_at: dict[str, str]) -> str:
    """Return when it was measured: a day, or the first and the last one."""
    days = sorted({at[:10] for at in measured_at.values()})
    return days[0] if len(days) == 1 else f"{days[0]} to {days[-1]}"
