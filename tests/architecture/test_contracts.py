"""Each import contract of pyproject.toml is kept by the code, and is broken by the very import that it forbids."""

import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("wire", "device", "hub")

# Contract, the file that breaks it, and how.
VIOLATIONS = [
    ("device-and-hub-apart", "device/errors.py", "import hub.domain.errors"),
    ("device-and-hub-apart", "hub/domain/errors.py", "from device import errors"),
    ("wire-alone", "wire/errors.py", "import device.errors"),
    ("wire-alone", "wire/topics.py", "import paho.mqtt.client"),
    ("device-packages", "device/errors.py", "import hub.domain"),
    ("device-packages", "device/errors.py", "import sqlalchemy"),
    ("device-core-pure", "device/core/inputs.py", "from device.backends import clock"),
    ("device-core-pure", "device/core/inputs.py", "from wire import codec"),
    ("device-core-pure", "device/core/inputs.py", "import msgspec"),
    ("device-cards-pure", "device/cards/uid.py", "from device import ports"),
    ("device-cards-pure", "device/cards/uid.py", "import smartcard"),
    ("hub-packages", "hub/cli.py", "import gpiozero"),
    ("hub-packages", "hub/cli.py", "import psutil"),
    ("hub-domain-pure", "hub/domain/errors.py", "import hub.ports"),
    ("hub-domain-pure", "hub/domain/errors.py", "import wire.identifiers"),
    ("hub-domain-pure", "hub/domain/errors.py", "import msgspec"),
    ("hub-ports", "hub/ports.py", "import hub.storage.engine"),
    ("hub-services", "hub/services/__init__.py", "from hub.storage import engine"),
    ("hub-services", "hub/services/__init__.py", "import sqlalchemy"),
    ("hub-storage", "hub/storage/types.py", "import hub.services"),
    ("hub-storage", "hub/storage/types.py", "import flask"),
    ("hub-export", "hub/export/__init__.py", "import hub.ports"),
    ("hub-demo-data", "hub/demo_data/dice.py", "import hub.storage.engine"),
    ("hub-web", "hub/web/__init__.py", "def late():\n    from hub.storage import engine"),
    ("hub-web", "hub/web/__init__.py", "from wire.identifiers import CredentialId"),
    ("bootstraps-choose-device", "device/ports.py", "import device.backends.simulated"),
    ("bootstraps-choose-hub", "hub/projections/__init__.py", "import hub.storage.engine"),
    ("wire-meets-domain", "hub/projections/__init__.py", "import wire.messages"),
    ("paho-home", "device/ports.py", "from paho.mqtt import client"),
    ("gpiozero-home", "device/backends/simulated.py", "import gpiozero.pins.mock"),
    ("pyscard-home", "device/cards/uid.py", "import smartcard.scard"),
    ("apscheduler-home", "hub/cli.py", "import apscheduler.schedulers"),
    ("highspy-home", "hub/services/__init__.py", "import highspy"),
    ("flask-home", "hub/ingest/__init__.py", "from flask import current_app"),
    ("flask-home", "hub/services/__init__.py", "from flask_security import current_user"),
    ("jinja-home", "hub/services/__init__.py", "import jinja2"),
    ("hub-letters", "hub/letters/__init__.py", "import hub.services"),
    ("hub-letters", "hub/letters/__init__.py", "import flask"),
    ("smtp-home", "hub/post.py", "import smtplib"),
    ("sign-in-homes", "hub/commands/user.py", "import webauthn"),
    ("sign-in-homes", "hub/services/__init__.py", "import authlib.jose"),
    ("argon2-home", "hub/web/__init__.py", "from argon2 import PasswordHasher"),
    ("age-home", "hub/services/__init__.py", "import pyrage"),
    ("sqlalchemy-home", "hub/projections/__init__.py", "from sqlalchemy.orm import Session"),
    ("broker-home", "hub/cli.py", "import iotcore"),
]


def contract_ids() -> list[str]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [contract["id"] for contract in settings["tool"]["importlinter"]["contracts"]]


def lint(folder: Path, *contracts: str) -> tuple[int, str]:
    """Run import-linter in a folder and return its status and report."""
    chosen = [word for contract in contracts for word in ("--contract", contract)]
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-logo", *chosen],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what import-linter reads, kept over the module so that its cache makes each run quick."""
    folder = tmp_path_factory.mktemp("imports")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "tests").mkdir()
    (folder / "tests/__init__.py").touch()
    shutil.copytree(ROOT / "tests/architecture", folder / "tests/architecture")
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


@pytest.fixture
def changed(copy: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """The copy with one more statement at the end of one file."""
    name, statement = request.param
    file = copy / name
    before = file.read_text(encoding="utf-8")
    file.write_text(f"{before}\n\n{statement}\n", encoding="utf-8")
    yield copy
    file.write_text(before, encoding="utf-8")


def test_the_code_keeps_every_contract() -> None:
    status, report = lint(ROOT)
    assert status == 0, report


def test_every_contract_has_an_import_that_breaks_it() -> None:
    assert {contract for contract, _, _ in VIOLATIONS} == set(contract_ids())


@pytest.mark.xdist_group("contracts")
@pytest.mark.parametrize(
    ("changed", "contract"),
    [
        pytest.param(
            (file, statement), contract, id=f"{contract}: {file} says {statement.split(chr(10))[-1].strip()}"
        )
        for contract, file, statement in VIOLATIONS
    ],
    indirect=["changed"],
)
def test_a_forbidden_import_breaks_its_contract(changed: Path, contract: str) -> None:
    status, report = lint(changed, contract)
    assert status == 1, report
    assert "Contracts: 0 kept, 1 broken." in report


def test_a_contract_about_a_package_that_is_gone_is_an_error(copy: Path) -> None:
    settings = (copy / "pyproject.toml").read_text(encoding="utf-8")
    (copy / "pyproject.toml").write_text(
        settings.replace('source_modules = ["hub.export"]', 'source_modules = ["hub.exports"]'),
        encoding="utf-8",
    )
    try:
        status, report = lint(copy, "hub-export")
    finally:
        (copy / "pyproject.toml").write_text(settings, encoding="utf-8")
    assert status == 1
    assert "there is no module hub.exports" in report
