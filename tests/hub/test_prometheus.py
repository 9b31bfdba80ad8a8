"""Alert rules and dashboard name only what the hub exports, and Prometheus' own tool accepts all three."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Engine

from hub.bootstrap import _registry
from hub.domain.errors import StoreUnavailable
from hub.domain.faults import DeviceLook, Fault
from hub.domain.occupancy import DeviceStatus
from hub.fleet_metrics import Fleet
from hub.metrics import IntakeMetrics
from hub.storage.doctor_look import SqlDoctorLook
from hub.storage.unit_of_work import UnitFactory
from hub.web.app import close_streams, create_app
from tests.hub.desks.world import SPACE, DoorSpool, World
from tests.hub.ingest.hub import NOW_US, Hub
from tests.hub.web.fakes import FakeLive, FakeWakeups, SetClock
from tests.parts.requirement import require_program

FOLDER: Final = Path(__file__).parents[2] / "docs" / "prometheus"
RULES: Final = FOLDER / "ankerort.rules.yml"
DASHBOARD: Final = FOLDER / "ankerort-dashboard.json"
NAME: Final = re.compile(r"\bankerort_\w+")
FAULT: Final = re.compile(r'fault(?:=|!=|=~|!~)"([^"]+)"')


class Look:
    """Two devices, one of them lost, and an alarm at a door."""

    def __init__(self) -> None:
        self.is_away = False

    def devices(self) -> list[DeviceLook]:
        if self.is_away:
            raise StoreUnavailable("gone")
        health = {"spool_depth": 1200, "readers": {"r": False}}
        return [
            DeviceLook("moelln/pi-1", True, True, DeviceStatus.ONLINE, NOW_US, None, health),
            DeviceLook("moelln/pi-2", False, False, DeviceStatus.NEVER, 0, None, {}),
        ]

    def door_alarms(self) -> dict[tuple[str, str], int]:
        return {("moelln", "forced"): 2}


@pytest.fixture
def registry(sqlite_engine: Engine) -> Iterator[CollectorRegistry]:
    """All that the processes of a hub export together."""
    Hub(sqlite_engine).import_site()
    registry = _registry(UnitFactory(sqlite_engine))
    IntakeMetrics(registry)
    app = create_app(live=FakeLive(), wakeups=FakeWakeups(), clock=SetClock(), registry=registry)
    app.test_client().get("/healthz")
    yield registry
    close_streams(app)


def exported(registry: CollectorRegistry) -> set[str]:
    """Return the names of all series; of what has none just now, the name it would have."""
    families = list(text_string_to_metric_families(generate_latest(registry).decode()))
    return {sample.name for family in families for sample in family.samples} | {one.name for one in families}


def expressions() -> dict[str, str]:
    """Return every expression of rules and dashboard, by alert or panel."""
    rules: Any = yaml.safe_load(RULES.read_text("utf-8"))
    found = {rule["alert"]: rule["expr"] for group in rules["groups"] for rule in group["rules"]}
    for panel in json.loads(DASHBOARD.read_text("utf-8"))["panels"]:
        for target in panel["targets"]:
            found[f"panel {panel['title']}"] = target["expr"]
    return found


def test_rules_and_panels_name_only_what_the_hub_exports(registry: CollectorRegistry) -> None:
    there = exported(registry)
    lacking = {
        where: sorted(set(NAME.findall(text)) - there)
        for where, text in expressions().items()
        if set(NAME.findall(text)) - there
    }
    assert lacking == {}
    assert len(expressions()) > 20


def test_each_metric_is_looked_at_by_a_rule_or_a_panel(registry: CollectorRegistry) -> None:
    looked_at = {name for text in expressions().values() for name in NAME.findall(text)}
    families = {one.name for one in text_string_to_metric_families(generate_latest(registry).decode())}
    ignored = {name for name in families if name.endswith("_created")}
    assert {
        name for name in families - ignored if not any(one.startswith(name) for one in looked_at)
    } == set()


def test_rules_name_faults_as_doctor_does() -> None:
    named = {
        name for text in expressions().values() for group in FAULT.findall(text) for name in group.split("|")
    }
    assert named
    assert named <= {fault.value for fault in Fault}


def test_each_rule_says_what_to_do() -> None:
    rules: Any = yaml.safe_load(RULES.read_text("utf-8"))
    for rule in (rule for group in rules["groups"] for rule in group["rules"]):
        assert set(rule["annotations"]) == {"summary", "remedy"}, rule["alert"]
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert rule["for"]


def test_devices_and_doors_are_told_with_what_doctor_finds() -> None:
    registry, look = CollectorRegistry(), Look()
    registry.register(Fleet(look, SetClock(NOW_US)))

    def told(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"ankerort_{name}", labels)

    lost = {"space": "moelln", "device": "pi-2"}
    here = {"space": "moelln", "device": "pi-1"}
    assert told("device_fault", **lost, fault="device-lost") == 1
    assert told("device_fault", **here, fault="device-lost") is None
    assert told("device_fault", **here, fault="reader-silent") == 1
    assert told("device_spool_events", **here) == 1200
    assert told("device_heard_timestamp_seconds", **here) == NOW_US / 1_000_000
    assert told("device_heard_timestamp_seconds", **lost) == 0
    assert told("door_alarms", space="moelln", kind="forced") == 2
    look.is_away = True
    assert told("device_fault", **lost, fault="device-lost") is None


def test_alarms_of_doors_are_counted_until_somebody_takes_them_on(sqlite_engine: Engine) -> None:
    world, spool, look = World(sqlite_engine), DoorSpool(), SqlDoctorLook(sqlite_engine)
    world.set_up()
    assert look.door_alarms() == {}
    spool.door("forced", 3_590, contact="open")
    world.take(*spool.batches(100))
    assert look.door_alarms() == {(SPACE, "forced"): 1}
    ((alarm,),) = world.rows("SELECT pk FROM door_alarm")
    world.doors.take_on(alarm, world.actor(1), world.now_us)
    assert look.door_alarms() == {}


def test_promtool_accepts_rules_and_metrics(registry: CollectorRegistry) -> None:
    promtool = require_program("promtool", "prometheus")
    checked = subprocess.run(
        [promtool, "check", "rules", str(RULES)], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"{len(yaml.safe_load(RULES.read_text())['groups'][0]['rules'])} rules found" in checked.stdout
    metrics = subprocess.run(
        [promtool, "check", "metrics"], input=generate_latest(registry), capture_output=True, check=False
    )
    # 3 are complaints about style, such as a name that is no base unit; 1 is a format that can't be read.
    assert metrics.returncode in (0, 3), metrics.stderr.decode()
    assert b"error while linting" not in metrics.stderr
