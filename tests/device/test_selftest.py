"""The command `selftest`: with a person played by the test, on virtual cards and simulated hardware."""

import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from gpiozero.pins.mock import MockFactory, MockPWMPin

from device import selftest_doors
from device.backends import gpio
from device.selftest import selftest
from tests.device.sealed import DEVICE, SPACE, write_trust_file
from tests.parts.pcscd import Pcscd
from tests.parts.virtual_card import PAUSE_S, VirtualCard
from tests.parts.waiting import wait_until

COMMAND = [sys.executable, "-m", "device.cli", "selftest"]
UID = bytes.fromhex("04A1B2C3D4E5F6")

MakeCard = Callable[..., VirtualCard]
WriteConfig = Callable[[str], Path]


@pytest.fixture
def write_config(tmp_path: Path) -> WriteConfig:
    """A function that writes a device's settings file around its parts."""

    def write(parts: str) -> Path:
        key = tmp_path / "card.key"
        key.write_text("ab" * 32)
        key.chmod(0o600)
        config = tmp_path / "device.toml"
        config.write_text(f'device = "pi-1"\nspace = "mill"\ncard.key_file = "{key}"\n{parts}\n')
        return config

    return write


READER = '[[reader]]\nid = "front"\ndoor = "front-door"\nmatch = "Virtual PCD 00 00"\n'
SECOND = '[[reader]]\nid = "back"\ndoor = "back-door"\nmatch = "Virtual PCD 00 01"\n'
SIMULATED = """
[[reader]]
id = "front"
door = "front-door"
backend = "simulated"
[[sensor]]
id = "s1"
desk = "desk-1"
kind = "mat"
backend = "simulated"
"""


class Running:
    """The command at work, and what it has said so far."""

    def __init__(self, tmp_path: Path, config: Path, *options: str) -> None:
        self._file = tmp_path / "said"
        with self._file.open("wb") as said:
            self.process = subprocess.Popen(
                [*COMMAND, "--config", str(config), *options],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )

    @property
    def said(self) -> str:
        return self._file.read_text()

    def wait_for(self, text: str) -> None:
        wait_until(lambda: text in self.said or self.process.poll() is not None, 15.0, f"it to say {text!r}")
        assert text in self.said, self.said

    def end(self) -> int:
        return self.process.wait(40.0)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def start(config: Path, *options: str) -> Running:
        started.append(Running(tmp_path, config, *options))
        return started[-1]

    yield start
    for running in started:
        running.process.kill()
        running.process.wait()


Run = Callable[..., Running]


def test_a_card_held_to_a_reader_when_it_says_so_is_seen(
    pcscd: Pcscd, virtual_card: MakeCard, write_config: WriteConfig, run: Run
) -> None:
    running = run(write_config(READER))
    running.wait_for("Hold a card to reader front …")
    with virtual_card(UID):
        assert running.end() == 0, running.said
    assert "Hold a card to reader front … seen" in running.said
    assert "reader front  ok           card seen" in running.said
    assert "1 checked, 0 failed" in running.said


def test_each_reader_has_its_turn_and_a_card_at_the_wrong_one_is_told(
    pcscd: Pcscd, virtual_card: MakeCard, write_config: WriteConfig, run: Run
) -> None:
    running = run(write_config(READER + SECOND))
    running.wait_for("Hold a card to reader front …")
    with virtual_card(UID):
        running.wait_for("Hold a card to reader back …")
    # The virtual reader looks every 400 ms: a shorter absence is none.
    time.sleep(PAUSE_S)
    with virtual_card(UID):
        assert running.end() == 1, running.said
    assert "reader front  ok           card seen" in running.said
    assert "reader back   FAILED       a card was seen at reader front instead" in running.said


@pytest.mark.parametrize(
    ("uid", "detail"),
    [
        pytest.param(bytes.fromhex("08112233"), "this card makes a new id each time", id="random id"),
        pytest.param(b"", "the card's id can't be read", id="no id"),
    ],
)
def test_a_card_that_can_not_be_used_is_told_with_its_reason(
    pcscd: Pcscd, virtual_card: MakeCard, write_config: WriteConfig, run: Run, uid: bytes, detail: str
) -> None:
    running = run(write_config(READER))
    running.wait_for("Hold a card to reader front …")
    with virtual_card(uid):
        assert running.end() == 1, running.said
    assert detail in running.said
    assert "08112233" not in running.said


def test_nobody_with_a_card_is_a_failure_after_the_time_out(
    pcscd: Pcscd, write_config: WriteConfig, run: Run
) -> None:
    running = run(write_config(READER), "--timeout", "0.5")
    assert running.end() == 1
    assert "no card seen within 0.5 s" in running.said


def test_a_reader_that_is_not_there_is_told_at_once(
    pcscd: Pcscd, write_config: WriteConfig, run: Run
) -> None:
    running = run(write_config(READER.replace("Virtual PCD 00 00", "ACR122U")), "--timeout", "3600")
    assert running.end() == 1
    assert "no reader fits match = 'ACR122U'" in running.said
    assert "Hold a card" not in running.said


def test_without_a_person_a_connected_reader_is_enough(
    pcscd: Pcscd, write_config: WriteConfig, run: Run
) -> None:
    running = run(write_config(READER), "--non-interactive")
    assert running.end() == 0, running.said
    assert "reader front  ok           connected" in running.said
    assert "Hold a card" not in running.said


def test_simulated_people_pass_it_by_themselves(write_config: WriteConfig, run: Run) -> None:
    running = run(write_config(SIMULATED), "--timeout", "60")
    assert running.end() == 0, running.said
    assert "Hold a card to reader front … seen" in running.said
    assert "desk desk-1 (sensor s1) … seen" in running.said
    assert "2 checked, 0 failed" in running.said


def test_without_a_person_simulated_hardware_is_there(write_config: WriteConfig) -> None:
    done = CliRunner().invoke(selftest, ["--config", str(write_config(SIMULATED)), "--non-interactive"])
    assert done.exit_code == 0, done.output
    assert "sensor s1     ok           nobody there" in done.output


@pytest.fixture
def mock_pins(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockFactory]:
    """gpiozero's mock pins instead of lgpio, for the command in this process."""
    factory = MockFactory(pin_class=MockPWMPin)
    board = gpio.GpioBoard
    monkeypatch.setattr(gpio, "GpioBoard", lambda: board(lambda: factory))
    yield factory
    factory.close()


LIGHT = "[signal]\nred = 5\ngreen = 6\nblue = 13\nbuzzer = 18\n"


def with_answers(config: Path, answers: str, *options: str) -> Result:
    return CliRunner().invoke(selftest, ["--config", str(config), *options], input=answers)


def test_each_light_is_asked_about(mock_pins: object, write_config: WriteConfig) -> None:
    done = with_answers(write_config(LIGHT), "y\ny\nn\ny\n")
    assert done.exit_code == 1, done.output
    assert "light ready          ok           seen" in done.output
    assert "light card_unusable  FAILED       not seen: check the pins in [signal]" in done.output
    assert "4 checked, 1 failed" in done.output


def test_a_sensor_whose_level_never_changes_fails(mock_pins: object, write_config: WriteConfig) -> None:
    sensor = '[[sensor]]\nid = "s1"\ndesk = "desk-1"\nkind = "mat"\npin = 17\n'
    done = with_answers(write_config(sensor), "", "--timeout", "0.5")
    assert done.exit_code == 1, done.output
    assert "Sit down and move at desk desk-1 (sensor s1) … no" in done.output
    assert "no change within 0.5 s: check its wires, its place, and active_high" in done.output


def test_a_sensor_on_a_machine_without_pins_fails_with_what_to_look_at(
    write_config: WriteConfig, run: Run
) -> None:
    if list(Path("/dev").glob("gpiochip*")):
        pytest.skip("this machine has pins")
    sensor = '[[sensor]]\nid = "s1"\ndesk = "desk-1"\nkind = "mat"\npin = 17\n'
    running = run(write_config(sensor), "--non-interactive")
    assert running.end() == 1
    assert "sensor s1  FAILED       GPIO17 can't be read" in running.said


DOOR = """
access.trust_file = "{trust}"
[[door]]
id = "front"
lock_pin = 17
contact_pin = 22
exit_pin = 23
button_pin = 25
tamper_pin = 24
"""


@pytest.fixture
def door_config(tmp_path: Path) -> Path:
    """Settings of the device whose trust file tests have, with one door."""
    config = tmp_path / "device.toml"
    door = DOOR.replace("{trust}", str(write_trust_file(tmp_path)))
    config.write_text(f'device = "{DEVICE}"\nspace = "{SPACE}"\n{door}')
    return config


def test_a_door_clicks_for_a_second_and_each_line_is_tried(mock_pins: MockFactory, door_config: Path) -> None:
    levels: list[tuple[float, bool]] = []
    said: list[str] = []

    def is_told(text: str) -> bool:
        return any(text in line for line in said)

    def at_the_door() -> None:
        lock = mock_pins.pin(17)
        while not over.wait(0.01):
            level = bool(lock.state) if lock.function == "output" else False
            if not levels or levels[-1][1] is not level:
                levels.append((time.monotonic(), level))
            high = {
                22: is_told("Open door front"),
                23: not is_told("Press the exit button"),
                25: not is_told("Press the button outside"),
                24: False,
            }
            for pin, is_high in high.items():
                if mock_pins.pin(pin).function == "input":
                    (mock_pins.pin(pin).drive_high if is_high else mock_pins.pin(pin).drive_low)()

    over = threading.Event()
    person = threading.Thread(target=at_the_door)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(selftest_doors, "say", said.append)
        person.start()
        try:
            done = with_answers(door_config, "y\ny\ny\n", "--timeout", "3")
        finally:
            over.set()
            person.join()
    assert done.exit_code == 1, done.output
    assert "door front lock     ok           clicked, and holds" in done.output
    assert "door front contact  ok           seen as open" in done.output
    assert "door front exit     ok           seen as pressed" in done.output
    assert "door front button   ok           seen as pressed" in done.output
    assert "door front tamper   FAILED       no change within 3 s: check its wires at GPIO24" in done.output
    released = [(at, after[0]) for (at, level), after in itertools.pairwise(levels) if level]
    assert len(released) == 1
    assert 0.8 < released[0][1] - released[0][0] < 1.5


@pytest.mark.parametrize(
    ("answers", "detail"),
    [
        pytest.param("n\n", "not checked  its pin can be set; it was not tried", id="nobody is there"),
        pytest.param("y\nn\n", "FAILED       check the wires at GPIO17", id="no click"),
        pytest.param("y\ny\nn\n", 'works the other way round: set lock = "energise_to_lock"', id="reversed"),
    ],
)
def test_a_lock_that_does_not_do_as_it_should_says_what_to_look_at(
    mock_pins: object, door_config: Path, answers: str, detail: str
) -> None:
    done = with_answers(door_config, answers, "--timeout", "0.2")
    assert done.exit_code == 1
    assert detail in done.output


def test_without_a_person_no_door_is_unlocked(mock_pins: MockFactory, door_config: Path) -> None:
    done = CliRunner().invoke(selftest, ["--config", str(door_config), "--non-interactive"])
    assert done.exit_code == 0, done.output
    assert "door front lock     not checked" in done.output
    assert "door front contact  ok           open" in done.output


def test_settings_that_name_no_part_have_nothing_to_check(write_config: WriteConfig) -> None:
    done = with_answers(write_config(""), "")
    assert done.exit_code == 0
    assert "Nothing to check" in done.output


def test_settings_that_can_not_work_are_told_in_one_line(write_config: WriteConfig) -> None:
    config = write_config(READER + READER.replace("front", "back"))
    done = subprocess.run(
        [*COMMAND, "--config", str(config)], capture_output=True, text=True, check=False, env=dict(os.environ)
    )
    assert done.returncode == 2
    assert "both match 'Virtual PCD 00 00'" in done.stderr
    assert "Traceback" not in done.stderr
