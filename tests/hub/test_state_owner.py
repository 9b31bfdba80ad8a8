"""What root's commands make in the hub's folders is the hub's; nothing else is given away."""

import os
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from hub.cli import main
from hub.config import BackupSettings, HubSettings, KeySettings, MailSettings
from hub.state_owner import give_back

HUB = 4711

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make files of several users")


@pytest.fixture
def settings(tmp_path: Path) -> HubSettings:
    """Settings whose folder is the hub's."""
    state = tmp_path / "state"
    state.mkdir()
    os.chown(state, HUB, HUB)
    return msgspec.structs.replace(
        HubSettings(),
        database_url=f"sqlite:///{state / 'hub.db'}",
        keys=KeySettings(file=state / "keys.json", ledger_file=state / "ledger.jsonl"),
        mail=MailSettings(sent_file=state / "sent.jsonl"),
        backup=BackupSettings(folder=state / "backups"),
    )


def owners(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.lstat().st_uid for path in sorted(folder.rglob("*"))}


def test_files_of_roots_go_to_the_owner_of_the_folder(settings: HubSettings, tmp_path: Path) -> None:
    state = tmp_path / "state"
    settings.backup.folder.mkdir()
    for name in ("hub.db", "backups/a.age"):
        (state / name).write_text("x")
    (state / "another").write_text("x")
    os.chown(state / "another", 4712, 4712)
    given = give_back(settings)
    assert given == [state / "backups", state / "hub.db", state / "backups" / "a.age"]
    assert owners(state) == {"another": 4712, "backups": HUB, "backups/a.age": HUB, "hub.db": HUB}
    assert give_back(settings) == []


def test_what_may_be_somebody_elses_by_another_name_stays(settings: HubSettings, tmp_path: Path) -> None:
    state, secret = tmp_path / "state", tmp_path / "secret"
    secret.write_text("root's")
    (state / "link").symlink_to(secret)
    (state / "second-name").hardlink_to(secret)
    (state / "folder").mkdir()
    os.mkfifo(state / "pipe")
    assert give_back(settings) == []
    assert secret.stat().st_uid == 0


def test_a_folder_of_roots_keeps_what_it_has(settings: HubSettings, tmp_path: Path) -> None:
    state = tmp_path / "state"
    os.chown(state, 0, 0)
    (state / "hub.db").write_text("x")
    assert give_back(settings) == []


def test_each_command_leaves_the_database_to_the_hub(
    settings: HubSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANKERORT_DATABASE_URL", settings.database_url)
    done = CliRunner().invoke(main, ["migrate"])
    assert done.exit_code == 0, done.output
    assert owners(tmp_path / "state")["hub.db"] == HUB
