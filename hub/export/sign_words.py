"""What stands on signs, in German and English: short, and true for who never looks at a website."""

from dataclasses import dataclass
from typing import Final

from hub.domain.space import SensorKind


@dataclass(frozen=True, slots=True)
class SignWords:
    """All words of signs in one language.

    Args:
        door_code, desk_code: what a code is for, beside it.
        door_alt, desk_alt: the same in words for who can't see it; of the desk's `name`.
        sensors, sensors_see: on the door, of the sensors at desks; only where there are any.
        card: of the log of doors.
        sees: of each kind of sensor.
        no_sensor: of a desk without one.
        answers: who answers for the data; of `name`.
        door_title, desks_title: of the documents; of the space's `name`.
    """

    door_code: str
    door_alt: str
    desk_code: str
    desk_alt: str
    sensors: str
    sensors_see: str
    card: str
    has_sensor: str
    no_camera: str
    sees: dict[SensorKind, str]
    no_sensor: str
    no_sensor_sees: str
    answers: str
    door_title: str
    desks_title: str


WORDS: Final[dict[str, SignWords]] = {
    "de": SignWords(
        door_code="Freie Plätze sehen und buchen",
        door_alt="QR-Code: freie Plätze sehen und buchen",
        desk_code="Scannen und einchecken",
        desk_alt="QR-Code: an „{name}“ einchecken",
        sensors="Sensoren an den Plätzen merken, ob ein Platz benutzt wird.",
        sensors_see=(
            "Sie haben keine Kamera und kein Mikrofon. Sie wissen nicht, wer Sie sind, und kein Name wird dazu "
            "gespeichert."
        ),
        card=(
            "Ihre Karte öffnet diese Tür. Dass sie es getan hat, wird 30 Tage gespeichert; lesen kann es nur, wer "
            "einen Grund angibt."
        ),
        has_sensor="Dieser Platz hat einen Sensor.",
        no_camera="Keine Kamera, kein Mikrofon.",
        sees={
            SensorKind.PIR: "Er bemerkt Wärme, die sich bewegt: dass jemand da ist, nie wer.",
            SensorKind.MMWAVE: "Er bemerkt Bewegung durch Funkwellen: dass jemand da ist, nie wer.",
            SensorKind.MAT: "Er bemerkt Gewicht auf dem Stuhl: dass jemand sitzt, nie wer.",
            SensorKind.DISTANCE: "Er misst, wie weit etwas entfernt ist: dass jemand da ist, nie wer.",
        },
        no_sensor="Dieser Platz hat keinen Sensor.",
        no_sensor_sees="Nichts bemerkt hier, ob jemand da ist.",
        answers="Für die Daten verantwortlich: {name}",
        door_title="Türschild, {name}",
        desks_title="Platzschilder, {name}",
    ),
    "en": SignWords(
        door_code="See free desks, and book one",
        door_alt="QR code: see free desks, and book one",
        desk_code="Scan to check in",
        desk_alt="QR code: check in at “{name}”",
        sensors="Sensors at the desks notice whether a desk is in use.",
        sensors_see=(
            "They have no camera and no microphone. They do not know who you are, and nobody's name is kept with it."
        ),
        card=(
            "Your card opens this door. That it did is kept for 30 days, and read only by hosts who say why."
        ),
        has_sensor="This desk has a sensor.",
        no_camera="No camera, no microphone.",
        sees={
            SensorKind.PIR: "It notices warmth that moves: that somebody is there, never who.",
            SensorKind.MMWAVE: "It notices movement by radio waves: that somebody is there, never who.",
            SensorKind.MAT: "It notices weight on the chair: that somebody sits there, never who.",
            SensorKind.DISTANCE: "It measures how far away something is: that somebody is there, never who.",
        },
        no_sensor="This desk has no sensor.",
        no_sensor_sees="Nothing here notices whether somebody is there.",
        answers="Who answers for the data: {name}",
        door_title="Sign at the door, {name}",
        desks_title="Signs of desks, {name}",
    ),
}
"""By language."""
