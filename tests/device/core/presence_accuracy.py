"""`python -m tests.device.core.presence_accuracy` measures a PIR's defaults and writes the figures of the docs."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import click

from tests.device.core.desk_days import DAYS, MODELS, f1, held, record, seen
from tests.device.core.traces import PIR

FILE: Final = Path(__file__).resolve().parents[3] / "docs" / "explanation" / "presence-accuracy.json"
PLAIN_HOLDS_S: Final = (120, 180, 240, 300, 420, 600, 900)
"""The plain holds that the machine is compared with; the best of them for each recording."""


def measure(name: str, seed: int) -> dict[str, float]:
    """Return F1 per second of one recording: live, sessions, and the plain hold that fits this recording best."""
    [model] = [model for model in MODELS if model.name == name]
    recording = record(model, seed)
    live, sessions = seen(recording, PIR)
    return {
        "live": round(f1(live, recording.present), 4),
        "sessions": round(f1(sessions, recording.present), 4),
        "plain": round(max(f1(held(recording, hold_s), recording.present) for hold_s in PLAIN_HOLDS_S), 4),
    }


@click.command()
@click.option("--seeds", default=20, show_default=True, help="Recordings of each model.")
def main(seeds: int) -> None:
    """Measure every model and write docs/explanation/presence-accuracy.json."""
    models: dict[str, list[dict[str, float]]] = {}
    with click.progressbar(MODELS, label="Measuring") as bar:
        for model in bar:
            models[model.name] = [measure(model.name, seed) for seed in range(seeds)]
    figures: dict[str, Any] = {"days": DAYS, "settings": asdict(PIR), "models": models}
    FILE.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
    click.echo(f"written: {FILE}")


if __name__ == "__main__":
    main()
