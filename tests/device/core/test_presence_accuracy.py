"""How right presence is on invented days with a known truth, and that the published figures are what it does."""

import json
from dataclasses import asdict

import pytest

from tests.device.core.desk_days import MODELS, Model, f1, record
from tests.device.core.presence_accuracy import FILE, measure
from tests.device.core.traces import PIR

LIVE_AT_LEAST = 0.95
SESSIONS_AT_LEAST = 0.985


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
@pytest.mark.parametrize("seed", [101, 102])
def test_a_desk_is_seen_as_it_is(model: Model, seed: int) -> None:
    scores = measure(model.name, seed)
    assert scores["live"] >= LIVE_AT_LEAST
    assert scores["sessions"] >= SESSIONS_AT_LEAST
    assert scores["live"] > scores["plain"], "better than the plain hold that fits this recording best"


def test_the_score_is_the_usual_one() -> None:
    assert f1([(0, 100)], [(0, 100)]) == 1
    assert f1([(50, 150)], [(0, 100)]) == 0.5
    assert f1([(0, 100)], [(0, 300)]) == 0.5
    assert f1([], [(0, 100)]) == 0


def test_a_recording_has_the_truth_that_it_was_made_from() -> None:
    recording = record(MODELS[0], 1)
    total_h = sum(end - begin for begin, end in recording.present) / 3600
    assert 60 < total_h < 160
    times = [at_us for at_us, _level in recording.steps]
    assert times == sorted(times)


def test_the_published_figures_are_of_these_models_and_settings() -> None:
    figures = json.loads(FILE.read_text("utf-8"))
    assert figures["settings"] == asdict(PIR), (
        "run python -m tests.device.core.presence_accuracy, then make docs"
    )
    assert list(figures["models"]) == [model.name for model in MODELS]


@pytest.mark.parametrize("model", MODELS[::5], ids=lambda model: model.name)
def test_a_published_figure_can_be_had_again(model: Model) -> None:
    figures = json.loads(FILE.read_text("utf-8"))
    assert figures["models"][model.name][0] == measure(model.name, 0)
