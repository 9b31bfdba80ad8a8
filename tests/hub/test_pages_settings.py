"""What the pages are made with: secrets from files, mail or none, the provider of single sign-on and its groups."""

from pathlib import Path

import pytest

from hub.config import load_settings
from hub.domain.people import Role
from hub.domain.sso import GroupRole
from hub.pages import web_config
from wire.errors import InvalidSetting

OIDC = """
[oidc]
issuer = "https://login.example.org/stadt"
client_id = "ankerort"
client_secret_file = "{secret}"
{more}
"""
GROUPS = """
[[oidc.group]]
name = "Empfang"
role = "host"
spaces = ["moelln", "wittenberge"]
towns = ["diessen"]

[[oidc.group]]
name = "Controlling"
role = "statistics"
everywhere = true
"""


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    file = tmp_path / "secret"
    file.write_text("s" * 40)
    file.chmod(0o600)
    return file


def load(folder: Path, text: str) -> Path:
    file = folder / "hub.toml"
    file.write_text(text, "utf-8")
    return file


def test_groups_become_roles_in_spaces_towns_and_everywhere(tmp_path: Path, secret: Path) -> None:
    file = load(tmp_path, OIDC.format(secret=secret, more=GROUPS))
    sso = web_config(load_settings(file, {}).settings).sso
    assert sso is not None
    assert (sso.issuer, sso.client_secret, sso.name) == (
        "https://login.example.org/stadt", "s" * 40, "login.example.org/stadt",
    )  # fmt: skip
    assert set(sso.groups) == {
        GroupRole("Empfang", Role.HOST, "moelln"),
        GroupRole("Empfang", Role.HOST, "wittenberge"),
        GroupRole("Empfang", Role.HOST, "town:diessen"),
        GroupRole("Controlling", Role.STATISTICS, ""),
    }
    assert "s" * 40 not in repr(sso)


def test_without_settings_there_is_neither_provider_nor_mail_nor_a_key_that_stays() -> None:
    config = web_config(load_settings(None, {}).settings)
    assert (config.sso, config.has_mail, config.is_key_kept) == (None, False, False)


def test_a_key_from_a_file_stays(tmp_path: Path, secret: Path) -> None:
    file = load(tmp_path, f'web.secret_file = "{secret}"')
    config = web_config(load_settings(file, {}).settings)
    assert (config.session_key, config.is_key_kept) == (b"s" * 40, True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('oidc.issuer = "https://login.example.org"', "oidc.client_id or oidc.client_secret_file is not"),
        ("[oidc]\nissuer = 'x'\nclient_id = 'a'\nclient_secret_file = '/nirgends'", "/nirgends"),
        ("[oidc]\n[[oidc.group]]\nname = 'a'\nrole = 'chef'", "chef"),
        ("[mail]\nhost = 'mail.example.org'\nsender = 'a@b.de'", "web.public_url is not"),
        ("statistics.contributor = 'Mölln'", "no Datenbereitsteller-ID: it begins with http://dcat-ap.de/"),
    ],
)
def test_what_does_not_fit_together_is_refused_with_a_remedy(tmp_path: Path, text: str, said: str) -> None:
    file = load(tmp_path, text)
    with pytest.raises(InvalidSetting, match=said):
        web_config(load_settings(file, {}).settings)


def test_a_group_that_says_nowhere_is_refused(tmp_path: Path, secret: Path) -> None:
    more = "[[oidc.group]]\nname = 'Empfang'\nrole = 'host'"
    file = load(tmp_path, OIDC.format(secret=secret, more=more))
    with pytest.raises(InvalidSetting, match="'Empfang' says nowhere: give it spaces, towns, or everywhere"):
        web_config(load_settings(file, {}).settings)


def test_a_key_that_is_too_short_is_refused(tmp_path: Path, secret: Path) -> None:
    secret.write_text("kurz")
    file = load(tmp_path, f'web.secret_file = "{secret}"')
    with pytest.raises(InvalidSetting, match="openssl rand -hex 32"):
        web_config(load_settings(file, {}).settings)
