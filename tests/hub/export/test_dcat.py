"""The catalogue of open data, by the rules of requirement O6, as plain assertions."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from hub.domain.statistics.periods import Month, Span
from hub.domain.statistics.printed import Audience
from hub.export.dcat import CONTEXT, FILES, Publisher, catalogue, datasets, open_file
from hub.export.growing import grown
from tests.hub.export.reports import (
    DIPPS,
    SPACE,
    TOWN,
    YEAR,
    network_report,
    printed,
    town_report,
    town_without_space,
)

BASE = "https://plaetze.example.org"
US = Publisher(
    "StadtLabor Kleinstadt", BASE, "daten@example.org", "http://dcat-ap.de/def/contributors/beispiel"
)
REPORTS = (town_report(), network_report(), town_without_space())
EU = "http://publications.europa.eu/resource/authority/"


def made(**more: Any) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(catalogue(REPORTS, BASE, US, **more))
    return read


def distributions(read: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for dataset in read["dcat:dataset"] for one in dataset["dcat:distribution"]]


def every(node: Any) -> Iterator[tuple[str, Any]]:
    """Give each name with its value, however deep."""
    if isinstance(node, dict):
        for name, value in node.items():
            yield name, value
            yield from every(value)
    elif isinstance(node, list):
        for one in node:
            yield from every(one)


def test_every_name_has_a_prefix_that_the_context_knows() -> None:
    read = made()
    read.pop("@context")
    names = {name for name, _ in every(read) if not name.startswith("@")}
    assert {name.partition(":")[0] for name in names} <= set(CONTEXT)
    kinds = {value for name, value in every(read) if name == "@type"}
    assert {"dcat:Catalog", "dcat:Dataset", "dcat:Distribution", "foaf:Agent"} <= kinds


def test_the_catalogue_says_who_publishes_it_and_in_which_language() -> None:
    read = made()
    assert read["dct:publisher"]["foaf:name"] == "StadtLabor Kleinstadt"
    assert read["dct:language"]["@id"] == f"{EU}language/DEU"
    assert read["dct:title"] == {"@language": "de", "@value": "Nutzung von Coworking-Räumen in Kleinstädten"}
    assert read["dct:modified"]["@value"] == "2027-01-20"


def test_each_town_and_the_network_is_one_dataset_with_all_that_must_be_told() -> None:
    found = {one["@id"]: one for one in made()["dcat:dataset"]}
    assert set(found) == {
        f"{BASE}/opendata/coworking-12070424",
        f"{BASE}/opendata/coworking-14628060",
        f"{BASE}/opendata/coworking-netz",
    }
    for one in found.values():
        assert one["dct:title"]["@value"]
        assert one["dct:description"]["@value"].startswith("Hinweis zur Vertraulichkeit")
        assert one["dct:identifier"] == one["@id"]
        assert one["dct:accrualPeriodicity"]["@id"].startswith(f"{EU}frequency/")
        assert one["dct:accessRights"]["@id"] == f"{EU}access-right/PUBLIC"
        assert all(theme["@id"].startswith(f"{EU}data-theme/") for theme in one["dcat:theme"])
        assert one["dcat:contactPoint"]["vcard:hasEmail"]["@id"] == "mailto:daten@example.org"
        assert one["dcatde:contributorID"]["@id"] == "http://dcat-ap.de/def/contributors/beispiel"
        assert one["dct:temporal"]["dcat:startDate"] == {"@type": "xsd:date", "@value": "2026-01-01"}


def test_places_are_keys_of_towns_with_their_level_and_the_deprecated_name_is_not_there() -> None:
    key = "http://dcat-ap.de/def/politicalGeocoding/municipalityKey/"
    found = {one["@id"].rpartition("-")[2]: one for one in made()["dcat:dataset"]}
    assert [one["@id"] for one in found["12070424"]["dct:spatial"]] == [f"{key}12070424"]
    assert [one["@id"] for one in found["netz"]["dct:spatial"]] == [
        f"{key}{ags}" for ags in ("01053090", "12070424", "14628060")
    ]
    for one in found.values():
        assert one["dcatde:politicalGeocodingLevelURI"]["@id"].endswith("/Level/municipality")
    assert "dcatde:politicalGeocodingURI" not in {name for name, _ in every(made())}


def test_portals_of_version_2_get_the_old_name_besides() -> None:
    for one in made(is_version_2=True)["dcat:dataset"]:
        assert one["dcatde:politicalGeocodingURI"] == one["dct:spatial"]


def test_each_distribution_has_licence_attribution_address_and_type() -> None:
    found = distributions(made())
    assert len(found) == len(FILES) * 3
    for one in found:
        assert one["dct:license"]["@id"] == "http://dcat-ap.de/def/licenses/dl-by-de/2.0"
        assert one["dcatde:licenseAttributionByText"]["@value"]
        assert one["dcat:accessURL"]["@id"].startswith(f"{BASE}/opendata/coworking-")
        assert one["dct:format"]["@id"] in {f"{EU}file-type/{kind}" for kind in ("CSV", "XLSX", "JSON")}
        assert one["dcat:mediaType"]["@id"].startswith("http://www.iana.org/assignments/media-types/")
    names = {one["dcatde:licenseAttributionByText"]["@value"] for one in found}
    assert names == {"Stadt Wittenberge", "StadtLabor Kleinstadt", "Große Kreisstadt Dippoldiswalde"}


def test_no_address_names_a_month_or_a_year() -> None:
    for one in distributions(made()):
        assert "2026" not in one["dcat:downloadURL"]["@id"]


def test_what_is_internal_preliminary_or_of_a_space_alone_is_no_open_data() -> None:
    others = [
        town_report(audience=Audience.INTERNAL, subject=DIPPS),
        town_report(is_preliminary=True, subject=DIPPS),
        town_report(subject=SPACE),
    ]
    assert list(datasets([town_report(), *others])) == ["coworking-12070424"]
    assert json.loads(catalogue([], BASE, US))["dcat:dataset"] == []


def test_an_unknown_end_is_no_file() -> None:
    assert open_file("coworking-12070424", town_report(), ".exe") is None


def test_reports_grow_together_and_a_correction_takes_the_place_of_what_it_corrects() -> None:
    before = town_report(
        period=Span.of_year(2025),
        made_on=date(2026, 1, 20),
        rows=(
            printed(TOWN, Span.of_year(2025), "visits", 380),
            printed(TOWN, Span.of_year(2025), "events", 7),
        ),
    )
    corrected = replace(
        before, version=2, made_on=date(2026, 5, 4), rows=(printed(TOWN, Span.of_year(2025), "visits", 390),)
    )
    together = grown([town_report(), corrected, before])
    assert together.period == Span(Month(2025, 1), Month(2026, 12))
    visits = together.row(TOWN, "visits", Span.of_year(2025))
    assert visits is not None
    assert visits.value == 390
    assert together.row(TOWN, "events", Span.of_year(2025)) is not None
    assert together.row(TOWN, "visits", YEAR) == town_report().row(TOWN, "visits", YEAR)
    keys = [(row.place, row.period, row.figure) for row in together.rows]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    "reports", [[town_report(), network_report()], [town_report(is_preliminary=True)], []]
)
def test_only_published_reports_of_one_subject_grow_together(reports: list[Any]) -> None:
    with pytest.raises(ValueError, match="only published"):
        grown(reports)
