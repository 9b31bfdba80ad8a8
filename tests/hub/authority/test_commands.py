"""The commands `ca`, `broker` and `device`, from an empty hub to a device that talks to a real Mosquitto."""

import os
import shutil
import stat
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

import hub
from hub.authority.folder import Authority
from hub.cli import main
from hub.key_file import create_keys
from hub.keys import Keys
from wire.bundle import read_bundle, write_bundle

DEMO = Path(hub.__file__).parent / "demo" / "site.toml"
PI = "wittenberge/pi-halle"
HARDWARE = """
[[sensor]]
id = "mat"
desk = "fenster-1"
kind = "mat"
pin = 17
"""

Run = Callable[..., Result]


def runner(folder: Path) -> Run:
    """Return what runs a command on files in a folder."""
    environ = {
        "ANKERORT_CONFIG": None,
        "ANKERORT_DATABASE_URL": f"sqlite:///{folder / 'hub.db'}",
        "ANKERORT_KEYS_FILE": str(folder / "keys.json"),
        "ANKERORT_PROVISIONING_BROKER_URL": "mqtts://localhost:8883",
        "ANKERORT_PROVISIONING_AUTHORITY_FOLDER": str(folder / "authority"),
        "ANKERORT_PROVISIONING_BROKER_FOLDER": str(folder / "broker"),
        "ANKERORT_PROVISIONING_HUB_FOLDER": str(folder / "hub"),
        "ANKERORT_PROVISIONING_BUNDLE_FOLDER": str(folder / "bundles"),
    }

    def call(*arguments: str | Path, **variables: str) -> Result:
        return CliRunner().invoke(main, [str(one) for one in arguments], env=environ | variables)

    return call


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("hub.config.DEFAULT_FILE", tmp_path / "none.toml")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run a command on files of this test."""
    return runner(tmp_path)


def done(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return result.output


def refused(result: Result) -> str:
    assert result.exit_code == 2, result.output
    return result.stderr


def owner() -> str:
    """The name of who runs this: Mosquitto's files are given to nobody else."""
    return Path.home().owner() if os.geteuid() == 0 else "nobody"


@pytest.fixture(scope="module")
def hub_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hub with keys, the five towns, an authority and the broker's files; to be copied."""
    folder = tmp_path_factory.mktemp("hub")
    call = runner(folder)
    done(call("migrate"))
    done(call("import-site", DEMO))
    create_keys(folder / "keys.json", Keys.new())
    done(call("ca", "init"))
    done(call("broker", "--owner", owner(), "--hub-owner", owner()))
    return folder


@pytest.fixture
def made(hub_folder: Path, tmp_path: Path) -> Run:
    """The same, on a copy of a hub that is set up."""
    shutil.copytree(hub_folder, tmp_path, dirs_exist_ok=True)
    return runner(tmp_path)


def test_the_broker_gets_its_files_and_the_hub_its_settings(made: Run, tmp_path: Path) -> None:
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "broker").iterdir()}
    assert modes == {
        "ca.pem": 0o644,
        "crl.pem": 0o644,
        "server.pem": 0o644,
        "server.key": 0o600,
        "acl": 0o600,
    }
    conf = tmp_path / "ankerort.conf"
    again = done(
        made("broker", "--conf", conf, "--owner", owner(), "--hub-owner", owner(), "--hub-port", "9884")
    )
    assert "new certificate" not in again, "the first is good"
    lines = [line for line in conf.read_text().splitlines() if line and not line.startswith("#")]
    assert "listener 9884 127.0.0.1" in lines
    assert f"certfile {tmp_path}/broker/server.pem" in lines
    assert not [line for line in lines if "/etc/mosquitto" in line]
    settings = tomllib.loads("\n".join(line for line in again.splitlines() if line.startswith("  mqtt.")))
    assert settings["mqtt"]["url"] == "mqtts://127.0.0.1:9884"
    assert Path(settings["mqtt"]["key_file"]).exists()


@pytest.mark.parametrize(
    ("url", "told"), [("", "provisioning.broker_url is not set"), ("mqtt://hub.example", "use mqtts://")]
)
def test_without_an_encrypted_address_for_devices_nothing_is_made(run: Run, url: str, told: str) -> None:
    done(run("ca", "init"))
    assert told in refused(run("broker", ANKERORT_PROVISIONING_BROKER_URL=url))


def test_a_user_that_is_not_there_is_named(run: Run) -> None:
    done(run("ca", "init"))
    result = run("broker", "--owner", "no-such-user")
    if os.geteuid() == 0:
        assert "there is no user no-such-user" in refused(result)
    else:
        done(result)


def test_a_second_authority_is_refused(made: Run) -> None:
    assert "has an authority already" in refused(made("ca", "init"))


def test_add_makes_a_bundle_that_waits_and_lets_the_device_in(made: Run, tmp_path: Path) -> None:
    hardware = tmp_path / "pi.toml"
    hardware.write_text(HARDWARE)
    told = done(made("device", "add", "pi-halle", "--space", "wittenberge", "--hardware", hardware))
    assert "`ankerort-hub device card wittenberge/pi-halle --out BOOT_PARTITION`" in told
    file = tmp_path / "bundles" / "wittenberge--pi-halle.bundle"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    bundle = read_bundle(file)
    settings = tomllib.loads(bundle.settings)
    assert settings["mqtt"]["url"] == "mqtts://localhost:8883"
    assert settings["sensor"][0]["pin"] == 17
    assert (bundle.expires_us - bundle.made_us) == 7 * 86_400_000_000
    assert f"user {PI}" in (tmp_path / "broker" / "acl").read_text().splitlines()
    # What is not the device's stays with the hub.
    for secret in (tmp_path / "authority" / "generation-1" / "authority.key", tmp_path / "keys.json"):
        body = [line for line in secret.read_text().splitlines() if len(line) > 40]
        assert [line for line in body if line.strip() in file.read_text()] == []


def test_add_again_revokes_the_certificate_before_and_remembers_the_hardware(
    made: Run, tmp_path: Path
) -> None:
    hardware = tmp_path / "pi.toml"
    hardware.write_text(HARDWARE)
    done(made("device", "add", PI, "--hardware", hardware, "--bundle", tmp_path / "first.bundle"))
    told = done(made("device", "replace", PI, "--bundle", tmp_path / "second.bundle"))
    assert "takes the place of the one before" in told
    certificates = [one for one in Authority(tmp_path / "authority").certificates() if one.name == PI]
    assert [one.revoked_us is None for one in certificates] == [False, True]
    assert read_bundle(tmp_path / "second.bundle").settings == read_bundle(tmp_path / "first.bundle").settings
    assert "is there already" in refused(
        made("device", "replace", PI, "--bundle", tmp_path / "second.bundle")
    )


def test_replace_and_renew_are_for_devices_that_there_are(made: Run) -> None:
    assert "nothing is replaced" in refused(made("device", "replace", PI))
    assert "nothing is renewed" in refused(made("device", "renew", PI, "--bundle", "none.bundle"))
    assert "no device wittenberge/pi-9" in refused(made("device", "add", "wittenberge/pi-9"))
    assert "names no device" in refused(made("device", "add", "pi-halle"))
    assert "names no device" in refused(made("device", "add", PI, "--space", "klubheim"))


def test_a_device_that_could_not_be_trusted_leaves_no_good_certificate(made: Run, tmp_path: Path) -> None:
    (tmp_path / "keys.json").unlink()
    assert "there is no key file" in refused(made("device", "add", PI))
    hardware = tmp_path / "pi.toml"
    hardware.write_text("device = 'other'\n")
    assert Authority(tmp_path / "authority").certificates()[-1].name == "hub"


@pytest.mark.parametrize(
    ("hardware", "told"),
    [("mqtt.url = 'x'", "sets mqtt"), ("[[sensor", "is not TOML"), ("device = 'x'", "device")],
)
def test_hardware_says_nothing_of_who_the_device_is(
    made: Run, tmp_path: Path, hardware: str, told: str
) -> None:
    file = tmp_path / "pi.toml"
    file.write_text(hardware)
    assert told in refused(made("device", "add", PI, "--hardware", file))
    assert [one.name for one in Authority(tmp_path / "authority").certificates()] == ["broker", "hub"]


def test_renew_leaves_the_old_certificate_good_and_show_tells_what_runs_out(
    made: Run, tmp_path: Path
) -> None:
    done(made("device", "add", PI, ANKERORT_PROVISIONING_DEVICE_DAYS="30"))
    soon = made("ca", "show")
    assert soon.exit_code == 1
    assert f"{PI} runs out within 90 days: `ankerort-hub device renew {PI} --bundle FILE`" in soon.output
    done(made("device", "renew", PI, "--bundle", tmp_path / "renewal.bundle"))
    assert read_bundle(tmp_path / "renewal.bundle").is_renewal
    assert done(made("ca", "show")).count(f"{PI}  client") == 2, "both are good"


def test_revoke_shuts_the_device_out_and_deletes_its_bundle(made: Run, tmp_path: Path) -> None:
    done(made("device", "add", PI))
    told = done(made("device", "revoke", PI, "--reason", "stolen"))
    assert "1 certificates are revoked: the broker knows after `systemctl reload mosquitto`" in told
    assert f"user {PI}" not in (tmp_path / "broker" / "acl").read_text()
    assert not (tmp_path / "bundles" / "wittenberge--pi-halle.bundle").exists()
    assert "no bundle waits" in refused(made("device", "card", PI, "--out", tmp_path))


def test_a_bundle_that_nobody_fetched_is_deleted_with_its_certificate(made: Run, tmp_path: Path) -> None:
    file = tmp_path / "bundles" / "wittenberge--pi-halle.bundle"
    done(made("device", "add", PI))
    done(made("broker", "--owner", owner(), "--hub-owner", owner()))
    assert file.exists(), "its time has not come"
    file.write_bytes(write_bundle(msgspec.structs.replace(read_bundle(file), expires_us=1)))
    assert "has expired" in refused(made("device", "card", PI, "--out", tmp_path))
    told = done(made("broker", "--owner", owner(), "--hub-owner", owner()))
    assert f"the bundle of {PI} has expired and is deleted" in told
    assert not file.exists()
    assert f"user {PI}" not in (tmp_path / "broker" / "acl").read_text()


def test_list_says_until_when_a_certificate_holds(made: Run) -> None:
    done(made("device", "add", PI, ANKERORT_PROVISIONING_DEVICE_DAYS="30"))
    until = (datetime.now(UTC) + timedelta(days=30)).strftime("%Y-%m-%d")
    assert f"certificate until {until}" in done(made("device", "list"))


def test_a_new_generation_is_told_apart_and_the_old_one_is_retired(made: Run) -> None:
    assert "generation 2 is there" in done(made("ca", "rotate"))
    assert "still needed by hub" in refused(made("ca", "retire", "1"))
    assert "the hub has a new certificate" in done(made("broker", "--owner", owner(), "--hub-owner", owner()))
    done(made("ca", "retire", "1"))
    assert done(made("ca", "show")).startswith("generation 2")
