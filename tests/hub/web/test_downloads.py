"""Reports as files in the browser, and open data: what is published for everyone, the rest for the role Statistik."""

import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final, cast

import pytest
from flask import Flask
from flask.testing import FlaskClient

from hub.domain.statistics.findings import Place
from hub.domain.statistics.frozen import freeze
from hub.domain.statistics.periods import Span
from hub.domain.statistics.printed import Audience, Report
from hub.domain.statistics.releases import Release
from hub.export.report_files import DRAWN, Format, report_files
from hub.web import downloads
from hub.web.parts import OpenData, Parts, WebConfig
from hub.web.workshop import Workshop, WorkshopFull
from tests.hub.export.reports import TOWN, network_report, town_report, town_without_space
from tests.hub.web.access_fakes import HOST, STATISTICS, Fakes
from tests.hub.web.conftest import Person

ADDRESS = f"/statistics/town/{TOWN.id}/2026/download"
FROZEN = freeze(town_report())


class Desk:
    """Frozen reports, and a draft of any other."""

    def __init__(self, *kept: Report) -> None:
        self.kept = [freeze(one) for one in kept]

    def releases(self, subject: Place | None = None) -> Sequence[Release]:
        return [
            Release(one.subject, one.period, one.audience, one.version, one.made_on, 0, one.checksum)
            for one in self.kept
            if subject in (None, one.subject)
        ]

    def frozen(self, checksum: str) -> Report | None:
        return next((one for one in self.kept if one.checksum == checksum), None)

    def draft(self, subject: Place, span: Span, today: date) -> Report:
        return town_report(subject=subject, period=span, made_on=today, is_preliminary=True, checksum="")


@pytest.fixture
def make(make_app: Callable[..., Flask], fakes: Fakes) -> Callable[..., Flask]:
    """Make an application on some reports."""

    def made(*kept: Report) -> Flask:
        desk = cast("Any", Desk(*kept))
        config = WebConfig(has_mail=True, is_key_kept=True, public_url="https://plaetze.example.org")
        return make_app(config, access=replace(fakes.access, statistics=desk))

    return made


@pytest.fixture
def client(make: Callable[..., Flask]) -> FlaskClient:
    second = town_report(version=2, made_on=date(2027, 2, 1))
    internal = town_report(audience=Audience.INTERNAL, version=3)
    return make(town_report(), second, internal, network_report(), town_without_space()).test_client()


def test_a_published_report_is_a_file_for_everyone_in_its_newest_public_version(client: FlaskClient) -> None:
    wanted = freeze(town_report(version=2, made_on=date(2027, 2, 1)))
    for end, one in downloads.ENDS.items():
        if one in DRAWN:
            continue
        answer = client.get(f"{ADDRESS}.{end}")
        assert answer.status_code == 200, end
        named = answer.headers["Content-Disposition"]
        assert named.startswith('attachment; filename="coworking-12070424-2026-v2')
        assert named.endswith(f'{end}"')
        if end != "zip":
            assert [answer.data] == list(report_files(wanted, one).values())


MISSING: Final = (
    f"{ADDRESS}.exe",
    f"/statistics/town/{TOWN.id}/2025/download.csv",
    f"/statistics/town/{TOWN.id}/märz/download.csv",
    "/statistics/planet/12070424/2026/download.csv",
    "/statistics/town/99999999/2026/download.csv",
    "/opendata/coworking-12070424.exe",
    "/opendata/coworking-99999999.csv",
    "/opendata/coworking-12070424",
    "/opendata/.csv",
)


def test_what_is_not_published_is_not_there(client: FlaskClient) -> None:
    assert {address: client.get(address).status_code for address in MISSING} == dict.fromkeys(MISSING, 404)


def test_what_is_not_published_yet_is_there_for_the_role_statistics_alone_and_no_cache_keeps_it(
    make: Callable[..., Flask],
) -> None:
    app = make()
    statistics, host = Person(app), Person(app)
    statistics.sign_in(STATISTICS)
    host.sign_in(HOST)
    address = "/statistics/network/network/2026/download.json"
    assert host.get(address).status_code == 404
    answer = statistics.get(address)
    assert answer.status_code == 200
    assert json.loads(answer.data)["is_preliminary"] is True
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_hub_without_statistics_has_none_of_these_addresses(make_app: Callable[..., Flask]) -> None:
    client = make_app().test_client()
    for address in (f"{ADDRESS}.csv", "/opendata/", "/opendata/catalog.jsonld", "/opendata/x.csv"):
        assert client.get(address).status_code == 404


# --- What takes long ---


def works(script: str) -> Workshop:
    return Workshop((sys.executable, "-c", script))


@pytest.fixture
def shop() -> Iterator[Callable[[str], Workshop]]:
    """A function that makes workshops whose process runs some Python."""
    made = []

    def make(script: str) -> Workshop:
        made.append(works(script))
        return made[-1]

    yield make
    for one in made:
        one.close()


def use(app: Flask, workshop: Workshop) -> None:
    """Give an application this workshop."""
    held = cast("Parts", app.extensions["ankerort"])
    app.extensions["ankerort"] = replace(held, workshop=workshop)


WAITS = "import sys, time; sys.stderr.write('3/12\\n'); sys.stderr.flush(); time.sleep(60)"
QUICK = "import sys; sys.stdout.write('made of ' + sys.argv[1] + sys.argv[2])"


def test_a_long_file_tells_how_far_it_is_and_comes_by_itself(
    make: Callable[..., Flask], shop: Callable[[str], Workshop], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "WAIT_S", 0.05)
    app = make(town_report())
    use(app, shop(WAITS))
    client = app.test_client()
    until = time.monotonic() + 20
    while 'value="3"' not in (answer := client.get(f"{ADDRESS}.pdf")).text:
        assert time.monotonic() < until
    assert answer.status_code == 202
    assert 'max="12"' in answer.text
    assert answer.headers["Refresh"] == f"2; url={ADDRESS}.pdf"
    assert "Ihre Datei wird erstellt" in client.get(f"{ADDRESS}.pdf?lang=de").text


def test_a_long_file_is_given_when_it_is_done_in_the_language_of_its_reader(
    make: Callable[..., Flask], shop: Callable[[str], Workshop], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "WAIT_S", 20)
    app = make(town_report())
    use(app, shop(QUICK))
    answer = app.test_client().get(f"{ADDRESS}.pdf?lang=en")
    assert (answer.status_code, answer.text, answer.mimetype) == (200, "made of pdfen", "application/pdf")


def test_a_file_that_can_not_be_made_says_so_and_the_next_one_asked_for_is_tried_again(
    make: Callable[..., Flask], shop: Callable[[str], Workshop], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "WAIT_S", 20)
    app = make(town_report())
    use(app, shop("raise SystemExit(3)"))
    answer = app.test_client().get(f"{ADDRESS}.html?lang=de")
    assert answer.status_code == 500
    assert "konnte nicht erstellt werden" in answer.text
    assert "Refresh" not in answer.headers
    use(app, shop(QUICK))
    assert app.test_client().get(f"{ADDRESS}.html").status_code == 200


def test_a_workshop_makes_a_file_once_and_takes_only_so_many(shop: Callable[[str], Workshop]) -> None:
    workshop = shop(WAITS)
    first = workshop.make(FROZEN, Format.PDF, "de")
    assert workshop.make(FROZEN, Format.PDF, "de") is first
    for version in range(2, 9):
        workshop.make(replace(FROZEN, version=version), Format.PDF, "de")
    with pytest.raises(WorkshopFull):
        workshop.make(FROZEN, Format.PDF, "en")
    workshop.close()
    assert first.is_over.wait(10)
    assert first.has_failed


def test_the_real_process_makes_the_very_file_that_the_command_writes() -> None:
    workshop = Workshop()
    work = workshop.make(freeze(town_without_space()), Format.HTML, "de")
    assert work.is_over.wait(60)
    assert [work.body] == list(report_files(freeze(town_without_space()), Format.HTML).values())
    assert work.done == work.count > 1


# --- Open data ---


def test_open_data_is_the_published_numbers_at_addresses_that_stay(client: FlaskClient) -> None:
    answer = client.get("/opendata/coworking-12070424.csv")
    assert answer.status_code == 200
    assert answer.content_type == "text/csv; charset=utf-8"
    assert b"internal" not in answer.data
    assert b",2,2027-02-01\r\n" in answer.data
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    again = client.get("/opendata/coworking-12070424.csv", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_the_page_of_open_data_reads_the_list_and_no_report(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Desk, "frozen", lambda *_: pytest.fail("a report was read for the list"))
    page = client.get("/opendata/").text
    assert "Nutzung: Alle Städte zusammen" in page
    assert "coworking-12070424.csv" in page


def test_each_file_of_the_catalogue_is_there(client: FlaskClient) -> None:
    answer = client.get("/opendata/catalog.jsonld")
    assert answer.mimetype == "application/ld+json"
    catalogue = json.loads(answer.data)
    addresses = [
        distribution["dcat:downloadURL"]["@id"]
        for dataset in catalogue["dcat:dataset"]
        for distribution in dataset["dcat:distribution"]
    ]
    assert len(addresses) == len(set(addresses)) == 15
    for address in addresses:
        path = address.removeprefix("https://plaetze.example.org")
        assert path.startswith("/opendata/coworking-")
        assert client.get(path).status_code == 200, path


def test_a_data_package_names_the_tables_beside_it_with_their_sums(client: FlaskClient) -> None:
    described = json.loads(client.get("/opendata/coworking-netz.datapackage.json").data)
    for resource in described["resources"]:
        body = client.get(f"/opendata/{resource['path']}").data
        assert resource["hash"] == f"sha256:{hashlib.sha256(body).hexdigest()}"


def test_the_page_of_open_data_lists_all_files_or_says_that_nothing_is_published(
    client: FlaskClient, make: Callable[..., Flask]
) -> None:
    empty = make().test_client()
    for language, nothing in (("de", "Noch ist nichts veröffentlicht"), ("en", "Nothing is published yet")):
        assert client.get(f"/opendata/?lang={language}").text.count('href="/opendata/coworking-') == 15
        assert nothing in empty.get(f"/opendata/?lang={language}").text


def test_the_catalogue_of_an_empty_hub_is_whole(make: Callable[..., Flask]) -> None:
    catalogue: dict[str, Any] = json.loads(make().test_client().get("/opendata/catalog.jsonld").data)
    assert catalogue["dcat:dataset"] == []
    assert catalogue["dct:publisher"]["foaf:name"]


def test_the_catalogue_names_who_settings_say_publishes(make_app: Callable[..., Flask], fakes: Fakes) -> None:
    told = OpenData(
        publisher="StadtLabor",
        mail="daten@example.org",
        contributor="http://dcat-ap.de/def/contributors/beispiel",
    )
    access = replace(fakes.access, statistics=cast("Any", Desk(town_report())))
    app = make_app(WebConfig(has_mail=True, is_key_kept=True, open_data=told), access=access)
    catalogue = json.loads(app.test_client().get("/opendata/catalog.jsonld").data)
    assert catalogue["dct:publisher"]["foaf:name"] == "StadtLabor"
    (dataset,) = catalogue["dcat:dataset"]
    assert dataset["dcatde:contributorID"]["@id"] == told.contributor
    assert dataset["dcat:contactPoint"]["vcard:hasEmail"]["@id"] == "mailto:daten@example.org"
