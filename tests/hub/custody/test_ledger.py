"""The ledger: words stay in order, whole, and their owner's, whatever a power cut leaves."""

import json
import logging
from pathlib import Path

import pytest

from hub.custody_ports import LedgerWord
from hub.ledger import FileLedger

BLOCKED = LedgerWord("werkstatt", "ab" * 32, "blocked", 5)
UNBLOCKED = BLOCKED._replace(what="unblocked", changed_us=9)
OTHER = LedgerWord("laden", "ab" * 32, "retired", 7)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ledger.jsonl"


def test_there_is_no_file_before_the_first_word(file: Path) -> None:
    assert FileLedger(file).words() == {}
    assert not file.exists()


def test_the_last_word_on_a_card_of_a_space_counts(file: Path) -> None:
    ledger = FileLedger(file)
    ledger.append([BLOCKED, OTHER])
    ledger.append([UNBLOCKED])
    expected = {("werkstatt", "ab" * 32): UNBLOCKED, ("laden", "ab" * 32): OTHER}
    assert ledger.words() == FileLedger(file).words() == expected
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(file.read_text().splitlines()) == 3, "nothing is rewritten"


def test_a_line_that_a_power_cut_left_is_left_out_and_the_next_stands_alone(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    FileLedger(file).append([BLOCKED, OTHER])
    whole = file.read_bytes()
    for cut in range(1, len(whole.splitlines()[-1]) + 1):
        file.write_bytes(whole[:-cut])
        ledger = FileLedger(file)
        assert ledger.words()["werkstatt", "ab" * 32] == BLOCKED
        ledger.append([UNBLOCKED])
        assert FileLedger(file).words()["werkstatt", "ab" * 32] == UNBLOCKED
    assert "line 2 can't be read" in caplog.text


@pytest.mark.parametrize(
    "line",
    ["{}", "[]", "null", "\0\0\0", '{"space":1}', json.dumps(BLOCKED._asdict() | {"what": "opened"}),
     json.dumps(BLOCKED._asdict() | {"changed_us": True}), json.dumps(BLOCKED._asdict() | {"uid_tag": 5})],
)  # fmt: skip
def test_a_line_of_something_else_is_left_out(
    file: Path, line: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        FileLedger(file).append([OTHER])
        with file.open("a", encoding="utf-8") as stream:
            stream.write(line + "\n")
        assert list(FileLedger(file).words().values()) == [OTHER]
    assert "line 2" in caplog.text


def test_words_that_were_not_written_do_not_count(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = FileLedger(file)
    ledger.append([OTHER])

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        ledger.append([BLOCKED])
    assert list(ledger.words().values()) == [OTHER]
