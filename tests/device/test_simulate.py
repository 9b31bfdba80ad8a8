"""The command `simulate` in a process of its own, on a real broker."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from device.fleet import invented_uids
from tests.device.sealed import access_list, credential, sealed_list, write_trust_file
from tests.device.small_hub import SmallHub
from tests.parts.mosquitto import Mosquitto
from tests.parts.waiting import wait_until
from wire.topics import ACCESS, Topic

COMMAND = [sys.executable, "-m", "device.cli", "simulate"]

Simulate = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def simulate(mosquitto: Mosquitto) -> Iterator[Simulate]:
    """A function that starts the command; what still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start(*options: str, config: Path | None = None) -> "subprocess.Popen[str]":
        address = f"mqtt://127.0.0.1:{mosquitto.port}"
        where = ["--mqtt", address] if config is None else ["--config", str(config)]
        process = subprocess.Popen(
            [*COMMAND, *where, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "ANKERORT_MQTT_URL": address},
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def kinds(hub: SmallHub) -> Counter[str]:
    return Counter(json.loads(payload)["type"] for payload in hub.payloads)


def finish(process: "subprocess.Popen[str]", timeout_s: float = 40.0) -> str:
    output, _ = process.communicate(timeout=timeout_s)
    return output


def test_each_device_makes_exactly_its_count_and_the_command_ends_when_the_hub_has_them(
    mosquitto: Mosquitto, simulate: Simulate, tmp_path: Path
) -> None:
    with SmallHub(mosquitto.port) as hub:
        process = simulate("--fleet", "3", "--rate", "200", "--count", "100", "--spool-dir", str(tmp_path))
        output = finish(process)
    assert process.returncode == 0, output
    assert sorted(len(events) for events in hub.events.values()) == [100, 100, 100]
    assert kinds(hub)["card_read"] > 50
    assert kinds(hub)["desk_state"] > 50
    assert output.splitlines()[-1].endswith("3 of 3 connected, 300 events, 300 with the hub")


def test_a_count_survives_kills_and_is_never_exceeded(
    mosquitto: Mosquitto, simulate: Simulate, tmp_path: Path
) -> None:
    options = ["--fleet", "2", "--rate", "100", "--count", "250", "--seed", "7", "--spool-dir", str(tmp_path)]
    with SmallHub(mosquitto.port) as hub:
        for number in range(4):
            process = simulate(*options)
            had = len(hub.payloads)
            wait_until(lambda had=had: len(hub.payloads) > had, 15.0, f"events after start {number}")  # type: ignore[misc]
            process.kill()
            finish(process)
        assert len(hub.payloads) < 500
        # The last of these starts finds everything done, and must add nothing, not even that it started.
        for _ in range(2):
            process = simulate(*options)
            output = finish(process)
            assert process.returncode == 0, output
    assert sorted(len(events) for events in hub.events.values()) == [250, 250]
    assert hub.conflicts == []
    assert kinds(hub)["device_started"] >= 8


def test_a_count_that_no_hub_acknowledges_ends_with_status_1(simulate: Simulate, tmp_path: Path) -> None:
    process = simulate(
        "--fleet", "1", "--rate", "50", "--count", "20", "--minutes", "0.04", "--spool-dir", str(tmp_path)
    )
    output = finish(process)
    assert process.returncode == 1, output
    assert output.splitlines()[-1].endswith("20 events, 0 with the hub")


def test_people_come_within_a_few_seconds_when_they_are_fast(
    mosquitto: Mosquitto, simulate: Simulate
) -> None:
    with SmallHub(mosquitto.port) as hub:
        process = simulate("--fleet", "2", "--speed", "20", "--seed", "1")
        wait_until(lambda: kinds(hub)["card_read"] >= 3, 20.0, "three taps")
        wait_until(lambda: b'"occupied"' in b"".join(hub.payloads), 20.0, "an occupied desk")
        process.send_signal(signal.SIGTERM)
        output = finish(process)
    assert process.returncode == 0, output
    assert kinds(hub)["reader_state"] == 2
    assert any(status.state == "offline" for status in hub.statuses)


def test_it_ends_when_standard_input_is_closed(simulate: Simulate) -> None:
    process = simulate("--fleet", "1", "--until-stdin-closes")
    assert process.stdin is not None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(2.0)
    process.stdin.close()
    process.stdin = None
    finish(process, 10.0)
    assert process.returncode == 0


def test_it_ends_when_whoever_started_it_is_killed(mosquitto: Mosquitto, tmp_path: Path) -> None:
    parent_code = """
import subprocess, sys, time
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE)
print(child.pid, flush=True)
time.sleep(60)
"""
    address = f"mqtt://127.0.0.1:{mosquitto.port}"
    options = ["--fleet", "1", "--mqtt", address, "--until-stdin-closes", "--spool-dir", str(tmp_path)]
    parent = subprocess.Popen(
        [sys.executable, "-c", parent_code, *COMMAND, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    wait_until(lambda: list(tmp_path.rglob("*.db")), 10.0, "the child to work")
    parent.kill()
    parent.wait()
    parent.stdout.close()
    wait_until(
        lambda: not Path(f"/proc/{child}/cmdline").exists() or _is_zombie(child), 10.0, "the child to end"
    )


def _is_zombie(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    return True


def test_it_ends_after_its_minutes(simulate: Simulate) -> None:
    began = time.monotonic()
    process = simulate("--fleet", "1", "--minutes", "0.03")
    output = finish(process)
    assert process.returncode == 0, output
    assert time.monotonic() - began > 1.8


def test_clocks_that_jump_leave_numbers_and_order_as_they_are(
    mosquitto: Mosquitto, simulate: Simulate, tmp_path: Path
) -> None:
    with SmallHub(mosquitto.port) as hub:
        process = simulate(
            "--fleet",
            "4",
            "--rate",
            "40",
            "--count",
            "200",
            "--clock-jumps",
            "--seed",
            "3",
            "--spool-dir",
            str(tmp_path),
        )
        output = finish(process)
    assert process.returncode == 0, output
    jumps = 0
    for events in hub.events.values():
        told = [json.loads(events[seq]) for seq in sorted(events)]
        assert [event["mono_us"] for event in told] == sorted(event["mono_us"] for event in told)
        offsets = {round((event["wall_us"] - event["mono_us"]) / 60e6) for event in told}
        jumps += len(offsets) - 1
    assert jumps >= 1


def test_a_device_of_a_settings_file_is_played_whatever_its_hardware(
    mosquitto: Mosquitto, simulate: Simulate, tmp_path: Path
) -> None:
    key = tmp_path / "card.key"
    key.write_text("ab" * 32)
    key.chmod(0o600)
    config = tmp_path / "device.toml"
    config.write_text(
        f"""
        device = "pi-1"
        space = "mill"
        spool.path = "{tmp_path / "spool" / "spool.db"}"
        card.key_file = "{key}"
        [[reader]]
        id = "front"
        door = "front-door"
        match = "ACR122U"
        [[sensor]]
        id = "s1"
        desk = "desk-1"
        kind = "mat"
        pin = 17
        """
    )
    with SmallHub(mosquitto.port) as hub:
        process = simulate("--speed", "20", config=config)
        wait_until(lambda: kinds(hub)["card_read"] >= 1, 20.0, "a tap")
        wait_until(lambda: b'"occupied"' in b"".join(hub.payloads), 20.0, "an occupied desk")
        process.send_signal(signal.SIGTERM)
        assert finish(process).count("pi-1") == 0
    assert process.returncode == 0
    readers = {json.loads(p)["reader"] for p in hub.payloads if b'"card_read"' in p}
    assert readers == {"front"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param([], "give either --config FILE, or --fleet N", id="neither"),
        pytest.param(
            ["--fleet", "1", "--space", "No Space"], "--space: space 'No Space' is not usable", id="a bad id"
        ),
        pytest.param(
            ["--fleet", "1", "--mqtt", "http://x"], "mqtt.url 'http://x' is not usable", id="a bad address"
        ),
        pytest.param(
            ["--fleet", "1", "--rate", "1", "--desks", "9"],
            "9 is not in the range 0<=x<=8",
            id="too many desks",
        ),
    ],
)
def test_what_can_not_be_played_is_refused_with_the_remedy(options: list[str], message: str) -> None:
    done = subprocess.run([*COMMAND, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())


def test_a_second_player_of_the_same_spools_is_refused(simulate: Simulate, tmp_path: Path) -> None:
    first = simulate("--fleet", "1", "--spool-dir", str(tmp_path))
    wait_until(lambda: list(tmp_path.rglob("*.db")), 10.0, "the first player's spool")
    second = simulate("--fleet", "1", "--spool-dir", str(tmp_path))
    output = finish(second, 20.0)
    assert second.returncode != 0
    assert "pi-1.db" in output
    assert "Traceback" not in output
    assert first.poll() is None


DOOR = """
device = "door"
space = "town"
spool.path = "{folder}/spool.db"
access.trust_file = "{folder}/trust.json"
access.list_file = "{folder}/access.list"
[[door]]
id = "front"
backend = "simulated"
[[reader]]
id = "r1"
door = "front"
backend = "simulated"
"""


def test_a_simulated_door_lives_from_the_hubs_list(
    mosquitto: Mosquitto, simulate: Simulate, tmp_path: Path
) -> None:
    write_trust_file(tmp_path)
    config = tmp_path / "device.toml"
    config.write_text(DOOR.replace("{folder}", str(tmp_path)))
    body = access_list(*(credential(uid) for uid in invented_uids("town", 6)))
    with SmallHub(mosquitto.port) as hub:
        topic = str(Topic(ACCESS, "town", "door"))
        hub._client.publish(topic, sealed_list(4, body), qos=1, retain=True).wait_for_publish(10)
        process = simulate("--speed", "100", "--seed", "3", "--until-stdin-closes", config=config)

        def told(kind: str, name: str, value: object) -> bool:
            events = [json.loads(payload) for payload in hub.payloads]
            return any(event["type"] == kind and event[name] == value for event in events)

        for kind, name, value in (
            ("access_decided", "reason", "granted"),
            ("access_decided", "list_version", 4),
            ("door_changed", "what", "taken"),
            ("door_changed", "what", "closed"),
        ):
            wait_until(lambda k=kind, n=name, v=value: told(k, n, v), 40.0, f"{kind} {name} {value}")  # type: ignore[misc]
        finish(process)
        assert process.returncode == 0
    assert hub.conflicts == []
