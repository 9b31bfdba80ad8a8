"""Settings in the words of the parts that they are for: what the core, the delivery and the hub are told."""

from importlib.metadata import version

from device.config import DeliverySettings, DeviceSettings, read_card_key
from device.core.delivery import Pace
from device.core.door import DoorSettings
from device.core.doors import ReaderPlace
from device.door_settings import OwnDoorSettings
from wire.messages import DeskMeta, DeviceMeta, ReaderMeta


def own_doors(settings: DeviceSettings) -> dict[str, DoorSettings]:
    """Return what the core is told of the doors whose lock is the device's."""
    return {
        door.id: DoorSettings(
            has_contact=door.contact_pin is not None or door.backend == "simulated",
            has_exit=door.exit_pin is not None or door.backend == "simulated",
            has_tamper=door.tamper_pin is not None,
            has_button=_has_button(door),
            exit_reader=any(reader.door == door.id and reader.leaving for reader in settings.reader),
            open_s=door.open_s,
            longer_s=door.longer_s,
            held_s=door.held_s,
            rex_s=door.exit_s,
        )
        for door in settings.door
    }


def reader_places(settings: DeviceSettings) -> dict[str, ReaderPlace]:
    """Return at which door each reader is; those at desks are left out."""
    return {
        reader.id: ReaderPlace(reader.door, reader.leaving)
        for reader in settings.reader
        if reader.door is not None
    }


def card_key(settings: DeviceSettings) -> bytes | None:
    """Return the look-up key of cards, or None when a list will bring one.

    Raises:
        InvalidSetting: when it can't be used.
    """
    return None if settings.card.key_file is None else read_card_key(settings.card)


def pace(delivery: DeliverySettings) -> Pace:
    """Return the delivery machine's times in its own unit."""
    return Pace(
        window=delivery.window,
        resend_us=round(delivery.resend_s * 1e6),
        resend_max_us=round(max(delivery.resend_s, delivery.resend_max_s) * 1e6),
        mark_wait_us=round(delivery.mark_wait_s * 1e6),
        back_us=round(delivery.back_s * 1e6),
    )


def describe(settings: DeviceSettings, boot: str) -> DeviceMeta:
    """Return what a device says about itself."""
    return DeviceMeta(
        version=version("ankerort"),
        boot=boot,
        readers=[ReaderMeta(id=r.id, door=r.door, desk=r.desk, leaving=r.leaving) for r in settings.reader],
        desks=[DeskMeta(id=s.desk, sensor=s.id, kind=s.kind) for s in settings.sensor],
        doors=sorted(door.id for door in settings.door),
        calls=sorted(door.id for door in settings.door if _has_button(door)),
        capabilities=sorted(
            {"locks" for _ in settings.door}
            | {"cards" for _ in settings.reader if settings.access.trust_file is not None}
        ),
    )


def _has_button(door: OwnDoorSettings) -> bool:
    return door.button_pin is not None or door.backend == "simulated"
