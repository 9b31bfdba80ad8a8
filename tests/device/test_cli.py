"""`ankerort-device` as whoever sets up a Pi meets it: help, errors in one line, the running agent."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from device import cli
from device.spool import Spool
from tests.device.entries import BOOT
from tests.device.small_hub import SmallHub
from tests.parts.mosquitto import Mosquitto
from tests.parts.waiting import wait_until

COMMANDS = ["doctor", "replay", "run", "selftest", "show-config", "simulate"]


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    """Settings of a device without hardware."""
    file = tmp_path / "device.toml"
    file.write_text(f'device = "door"\nspace = "town"\n[spool]\npath = "{tmp_path}/spool.db"\n')
    return file


def run(*arguments: str | Path) -> tuple[int, str, str]:
    """Call the program in this process; return its status, output and error output."""
    result = CliRunner().invoke(cli.main, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def test_help_names_every_command() -> None:
    status, output, _ = run("--help")
    assert status == 0
    for command in COMMANDS:
        assert f"  {command} " in output
    assert "Example" in output


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(command: str) -> None:
    status, output, _ = run(command, "--help")
    assert status == 0
    assert "Example" in output


def test_help_imports_neither_hardware_nor_the_broker_nor_the_agent() -> None:
    program = (
        "import sys; from device.cli import main; main(['--help'], standalone_mode=False); "
        "print(sorted({'gpiozero', 'smartcard', 'paho', 'device.core', 'device.spool', 'rich'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("command", ["run", "show-config"])
def test_a_bad_setting_is_one_line_and_status_2(settings_file: Path, command: str) -> None:
    settings_file.write_text('device = "Door One"\nspace = "town"\n')
    status, output, error = run(command, "--config", settings_file)
    assert status == 2
    assert output == ""
    assert error.startswith("ankerort-device: device 'Door One' is not usable")
    assert error.count("\n") == 1


def test_a_missing_file_is_one_line_and_status_2(tmp_path: Path) -> None:
    status, _, error = run("run", "--config", tmp_path / "nowhere.toml")
    assert status == 2
    assert "nowhere.toml" in error
    assert error.count("\n") == 1


def test_a_spool_in_use_is_one_line_and_status_2(settings_file: Path, tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.db", owner="town/door", boot=BOOT)
    status, _, error = run("run", "--config", settings_file)
    spool.close()
    assert status == 2
    assert "end the other agent" in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("module", "text", "extra"),
    [
        (
            "gpiozero",
            '[[sensor]]\nid = "s1"\ndesk = "d1"\nkind = "pir"\npin = 17\n',
            "pip install 'ankerort[device]'",
        ),
        (
            "smartcard",
            '[card]\nkey_file = "{key}"\n[[reader]]\nid = "r1"\ndoor = "f"\nmatch = "ACR"\n',
            "ankerort[reader]",
        ),
    ],
    ids=["sensors", "readers"],
)
def test_a_library_that_is_not_installed_is_named_with_the_pip_command(
    settings_file: Path, tmp_path: Path, module: str, text: str, extra: str
) -> None:
    key = tmp_path / "card.key"
    key.write_text("ab" * 32)
    key.chmod(0o600)
    with settings_file.open("a") as file:
        file.write(text.replace("{key}", str(key)))
    # None in sys.modules makes every import of it fail, as on a Pi without it.
    program = (
        f"import sys; sys.modules['{module}'] = None; from device.cli import main; "
        f"main(['run', '--config', {str(settings_file)!r}])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 2, done.stderr
    assert extra in done.stderr
    assert "Traceback" not in done.stderr


def test_show_config_tells_value_and_origin_and_no_secret(
    settings_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "password"
    secret.write_text("s3cret")
    secret.chmod(0o600)
    monkeypatch.setenv("ANKERORT_MQTT_PASSWORD_FILE", str(secret))
    monkeypatch.setenv("ANKERORT_MQTT_URL", "mqtt://elsewhere:1884")
    status, output, _ = run("show-config", "--config", settings_file)
    assert status == 0
    lines = {line.split()[0]: line for line in output.splitlines() if line.strip()}
    assert "mqtt://elsewhere:1884" in lines["mqtt.url"]
    assert "ANKERORT_MQTT_URL" in lines["mqtt.url"]
    assert "file device.toml" in lines["spool.path"]
    assert "default" in lines["spool.keep_days"]
    assert str(secret) in lines["mqtt.password_file"]
    assert "s3cret" not in output


def test_the_settings_file_can_come_from_a_variable(
    settings_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANKERORT_CONFIG", str(settings_file))
    status, output, _ = run("show-config")
    assert status == 0
    assert "door" in output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_run_is_online_until_it_is_asked_to_end(
    settings_file: Path, tmp_path: Path, mosquitto: Mosquitto, number: signal.Signals
) -> None:
    with SmallHub(mosquitto.port) as hub:
        agent = subprocess.Popen(
            [Path(sys.executable).with_name("ankerort-device"), "run", "--config", settings_file],
            env={**os.environ, "ANKERORT_MQTT_URL": mosquitto.url},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            wait_until(lambda: hub.payloads, 20, "the first event at the hub")
            agent.send_signal(number)
            _, error = agent.communicate(timeout=10)
        finally:
            agent.kill()
            agent.wait()
        assert agent.returncode == 0, error
        assert "Traceback" not in error
        wait_until(lambda: [s.state for s in hub.statuses] == ["online", "offline"], 15, "the farewell")
    spool = Spool(tmp_path / "spool.db", owner="town/door", boot=BOOT)
    assert spool.state.published == spool.state.highest > 0, "all was handed over before the farewell"
    spool.close()
