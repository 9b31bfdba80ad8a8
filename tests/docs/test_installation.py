"""The pages, the first boot of a card and the scripts tell one story: same packages, parts, users and services."""

import re

import pytest

from tests.docs.pages import NAMES, ROOT, code_of, text_of

FIRST_BOOT = (ROOT / "firmware_config/first-boot/ankerort-first-boot").read_text("utf-8")
SYSUSERS = (ROOT / "systemd/sysusers.d/ankerort.conf").read_text("utf-8")
SCRIPTS = {
    name: set(
        re.findall(r"[a-z]+", " ".join(re.findall(r"^ *((?:[a-z]+ \| )*[a-z]+)\)", text, re.MULTILINE)))
    )
    for name in ("systemd/install", "firmware_config/install")
    for text in [(ROOT / name).read_text("utf-8")]
}
OTHER_USERS = {"mosquitto", "postgres"}
OTHER_SERVICES = {"mosquitto", "nftables", "pcscd", "postgresql"}


def calls(name: str, program: str) -> list[list[str]]:
    """Return the arguments of each call of a program in a page's code."""
    found = re.findall(
        rf"(?<![\w/.-]){re.escape(program)}((?: +[^\s`'&|;()]+)+)", "\n".join(code_of(text_of(name)))
    )
    return [words.partition("#")[0].split() for words in found]


def test_by_hand_and_at_the_first_boot_the_same_packages_are_installed() -> None:
    (wanted,) = re.findall(r'^wanted="(.*)"$', FIRST_BOOT, re.MULTILINE)
    page = text_of("docs/how-to/set-up-a-pi.md").partition("## A hub")[0]
    (by_hand,) = re.findall(r"^\$ sudo apt install (.*)$", page, re.MULTILINE)
    assert by_hand.split() == wanted.split()


def test_by_hand_and_at_the_first_boot_the_same_scripts_are_called_in_the_same_order() -> None:
    page = text_of("docs/how-to/set-up-a-pi.md").partition("## A hub")[0]
    steps = r"systemd/install\"? device|firmware_config/install\"? device|enable nftables|ankerort-device\"? enrol"
    assert [step.replace('"', "") for step in re.findall(steps, FIRST_BOOT)] == re.findall(steps, page)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_is_called_for_parts_that_there_are(name: str, script: str) -> None:
    assert {"device", "hub"} <= SCRIPTS[script]
    assert {part for words in calls(name, script) for part in words} <= SCRIPTS[script]


@pytest.mark.parametrize("name", NAMES)
def test_a_user_that_a_page_names_is_there(name: str) -> None:
    users = set(re.findall(r"^u (\S+)", SYSUSERS, re.MULTILINE)) | OTHER_USERS
    code = "\n".join(code_of(text_of(name)))
    assert set(re.findall(r"(?:sudo -u|--owner=|--group=|uid=|chown(?: -R)?) ?([a-z][a-z-]*)", code)) <= users


@pytest.mark.parametrize("name", NAMES)
def test_a_service_that_a_page_starts_is_there(name: str) -> None:
    ours = {path.stem for kind in ("service", "timer") for path in (ROOT / "systemd").glob(f"*.{kind}")}
    # It is written by cloud-init.
    ours.add("ankerort-first-boot")
    verbs = {"start", "stop", "restart", "reload", "enable", "status", "edit"}
    named = {
        unit.partition(".")[0]
        for words in calls(name, "systemctl")
        if words[0] in verbs
        for unit in words[1:]
        if not unit.startswith("-")
    }
    assert named <= ours | OTHER_SERVICES
