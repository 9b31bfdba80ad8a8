"""The command `selftest`: with a person played by the test, on virtual cards and simulated hardware."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from device.backends import gpio
from device.selftest import selftest
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
def mock_pins(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """gpiozero's mock pins instead of lgpio, for the command in this process."""
    from gpiozero.pins.mock import MockFactory, MockPWMPin

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
