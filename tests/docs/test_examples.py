"""The settings and site files that the pages show can be used as they stand there."""

import tomllib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from device.config import check
from device.config import load_settings as load_device
from hub.config import load_settings as load_hub
from hub.site_file.towns import read_site
from tests.docs.pages import NAMES, blocks_of, text_of
from wire.trust import DeviceTrust, write_trust

_BLOCKS = [(name, number) for name in NAMES for number in range(len(blocks_of(text_of(name), "toml")))]


@pytest.mark.parametrize(("name", "number"), _BLOCKS)
def test_a_toml_example_is_accepted(name: str, number: int, tmp_path: Path) -> None:
    text = blocks_of(text_of(name), "toml")[number]
    if "town" in tomllib.loads(text):
        assert read_site(text.encode(), "site.toml").warnings == ()
        return
    key = tmp_path / "card.key"
    key.write_text("5a" * 32)
    key.chmod(0o600)
    file = tmp_path / "settings.toml"
    settings = tomllib.loads(text)
    trust = tmp_path / "trust.json"
    if "device" in settings:
        trust.write_bytes(write_trust(_trust(settings["space"], settings["device"])))
        trust.chmod(0o600)
    text = text.replace('"card.key"', f'"{key}"').replace(
        '"/etc/ankerort/secrets/device/trust.json"', f'"{trust}"'
    )
    file.write_text(text, "utf-8")
    if "device" in settings:
        check(load_device(file, {}).settings)
    else:
        load_hub(file, {})


def _trust(space: str, device: str) -> DeviceTrust:
    secret, hub = X25519PrivateKey.generate(), X25519PrivateKey.generate()
    return DeviceTrust(space, device, secret, Ed25519PrivateKey.generate().public_key(), hub.public_key())


def test_the_tutorial_has_a_site_file_and_the_settings_of_hub_and_device_that_fit_together() -> None:
    hub, site, device = (
        tomllib.loads(block) for block in blocks_of(text_of("docs/tutorial/first-steps.md"), "toml")
    )
    assert hub["mqtt"] == device["mqtt"]
    (space,) = site["town"][0]["space"]
    assert device["space"] == space["id"]
    assert [desk["device"] for desk in space["desk"]] == [device["device"]] * len(space["desk"])
    assert {s["desk"]: s["kind"] for s in device["sensor"]} == {d["id"]: d["sensor"] for d in space["desk"]}
    assert [reader["door"] for reader in device["reader"]] == [door["id"] for door in space["door"]]
