"""An edge that comes while a mat's pin is being opened: its error would end lgpio's one thread for all pins."""

from collections.abc import Iterator
from typing import Any

import pytest
from gpiozero import mixins
from gpiozero.pins.mock import MockFactory

from device.backends.gpio import GpioBoard, GpioSensor, GpioSensors
from device.core.inputs import Level, SensorLevel
from tests.device.backends.recorder import Recorder


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    made = MockFactory()
    yield made
    made.close()


def test_somebody_may_sit_down_while_the_mat_is_being_opened(
    factory: MockFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_thread = mixins.HoldThread

    def sit_down_first(parent: Any) -> Any:
        factory.pin(17).drive_high()
        return make_thread(parent)

    monkeypatch.setattr(mixins, "HoldThread", sit_down_first)
    source = GpioSensors(GpioBoard(lambda: factory), [GpioSensor("mat-1", "desk-1", "mat", 17)], reread_s=60)
    recorder = Recorder()
    source.start(recorder)
    try:
        recorder.wait_for(lambda r: len(r.inputs) > 0, "the first level", deadline_s=5.0)
        assert recorder.inputs[0] == SensorLevel("desk-1", Level.ACTIVE)
        factory.pin(17).drive_low()
        recorder.wait_for(lambda r: len(r.inputs) > 1, "the edge after it", deadline_s=5.0)
        assert recorder.inputs[1] == SensorLevel("desk-1", Level.IDLE)
    finally:
        source.stop()
