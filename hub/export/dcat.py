"""The catalogue of open data as DCAT-AP.de 3.0 in JSON-LD (requirement O6); pure.

https://www.dcat-ap.de/def/dcatde/3.0/spec/ : one dataset for each town and one for the network, each growing with every
report; licence and words of attribution at each distribution; European vocabularies for language, frequency, theme and
file type. Nothing stands in it that is not published.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hub.domain.statistics.findings import Place, PlaceLevel
from hub.domain.statistics.printed import Report
from hub.export import report_values as values
from hub.export.csv_dialects import Dialect
from hub.export.growing import grown, published, subjects
from hub.export.report_answers import method_note
from hub.export.report_csv import report_csv
from hub.export.report_json import report_json
from hub.export.report_package import dataset_name, package_description
from hub.export.report_xlsx import report_xlsx

LICENCE: Final = "http://dcat-ap.de/def/licenses/dl-by-de/2.0"
GEOCODING: Final = "http://dcat-ap.de/def/politicalGeocoding"
EU: Final = "http://publications.europa.eu/resource/authority"
MEDIA: Final = "http://www.iana.org/assignments/media-types"

CONTEXT: Final = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dcatap": "http://data.europa.eu/r5r/",
    "dcatde": "http://dcat-ap.de/def/dcatde/",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who publishes, as settings of the hub say.

    Args:
        name: of the operator.
        homepage: address of its pages, or empty.
        mail: for questions, or empty.
        contributor: the Datenbereitsteller-ID that GovData has given, a URI; empty for none yet.
    """

    name: str
    homepage: str = ""
    mail: str = ""
    contributor: str = ""


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A distribution: what its address ends with, and what it is."""

    end: str
    title: str
    file_type: str
    media_type: str


FILES: Final = (
    OpenFile(".csv", "CSV für Programme", "CSV", "text/csv"),
    OpenFile("-excel-de.csv", "CSV für deutsches Excel", "CSV", "text/csv"),
    OpenFile(
        ".xlsx",
        "Arbeitsmappe mit Diagrammen",
        "XLSX",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    OpenFile(".json", "JSON mit Methodenhinweis", "JSON", "application/json"),
    OpenFile(".datapackage.json", "Beschreibung der Spalten (Data Package)", "JSON", "application/json"),
)
"""What each dataset consists of; its stable address is `/opendata/<dataset><end>`."""


def datasets(reports: Sequence[Report]) -> dict[str, Report]:
    """Return all open datasets by name, each as one grown report; only what towns and the network have published."""
    found = published(reports)
    return {
        dataset_name(subject): grown([one for one in found if one.subject == subject])
        for subject in subjects(found)
        if subject.level is not PlaceLevel.SPACE
    }


def open_file(name: str, report: Report, end: str) -> bytes | None:
    """Return a file of a dataset, or None when there is none that ends so.

    Args:
        name: of the dataset.
    """
    if end == ".csv":
        return report_csv(report, Dialect.MACHINE)
    if end == "-excel-de.csv":
        return report_csv(report, Dialect.EXCEL_DE)
    if end == ".xlsx":
        return report_xlsx(report)
    if end == ".json":
        return report_json(report)
    if end == ".datapackage.json":
        tables = {
            f"{name}.csv": report_csv(report, Dialect.MACHINE),
            f"{name}-excel-de.csv": report_csv(report, Dialect.EXCEL_DE),
        }
        return package_description(report, tables)
    return None


def catalogue(
    reports: Sequence[Report], base: str, publisher: Publisher, *, is_version_2: bool = False
) -> bytes:
    """Return the catalogue of all that is published.

    Args:
        reports: frozen ones; what is not public is left out.
        base: address of the pages without a slash at the end, `https://plaetze.example.org`.
        is_version_2: whether portals that still read DCAT-AP.de 2.0 get `politicalGeocodingURI` besides.
    """
    found = datasets(reports)
    here = f"{base}/opendata"
    days = sorted(one.made_on.isoformat() for one in published(reports))
    graph: dict[str, object] = {
        "@context": CONTEXT,
        "@id": f"{here}/catalog.jsonld",
        "@type": "dcat:Catalog",
        "dct:title": _german("Nutzung von Coworking-Räumen in Kleinstädten"),
        "dct:description": _german(
            "Veröffentlichte Kennzahlen der Räume, Städte und des Netzes, mit Methodenhinweis und geprüft auf "
            "Vertraulichkeit."
        ),
        "dct:publisher": _agent(publisher),
        "dct:language": _id(f"{EU}/language/DEU"),
        "dct:license": _id(LICENCE),
        "foaf:homepage": _id(base),
        "dcat:themeTaxonomy": _id(f"{EU}/data-theme"),
        "dcat:dataset": [
            _dataset(name, report, here, publisher, is_version_2=is_version_2)
            for name, report in found.items()
        ],
    }
    if days:
        graph["dct:issued"], graph["dct:modified"] = _date(days[0]), _date(days[-1])
    return (json.dumps(graph, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _dataset(
    name: str, report: Report, here: str, publisher: Publisher, *, is_version_2: bool
) -> dict[str, object]:
    place = values.place_name(report, report.subject, "de")
    keys = _keys(report)
    where: dict[str, object] = {
        "dct:spatial": [_id(f"{GEOCODING}/municipalityKey/{key}") for key in keys],
        "dcatde:politicalGeocodingLevelURI": _id(f"{GEOCODING}/Level/municipality"),
    }
    if is_version_2:
        where["dcatde:politicalGeocodingURI"] = where["dct:spatial"]
    answers = Publisher(report.publisher or publisher.name)
    dataset: dict[str, object] = {
        "@id": f"{here}/{name}",
        "@type": "dcat:Dataset",
        "dct:title": _german(f"Nutzung von Coworking-Räumen: {place}"),
        "dct:description": _german("\n\n".join(method_note(report, "de"))),
        "dct:identifier": f"{here}/{name}",
        "dct:publisher": _agent(publisher),
        "dct:creator": _agent(answers),
        "dct:language": _id(f"{EU}/language/DEU"),
        "dct:accrualPeriodicity": _id(f"{EU}/frequency/IRREG"),
        "dct:accessRights": _id(f"{EU}/access-right/PUBLIC"),
        "dct:modified": _date(report.made_on.isoformat()),
        "dct:temporal": {
            "@type": "dct:PeriodOfTime",
            "dcat:startDate": _date(report.period.first_day.isoformat()),
            "dcat:endDate": _date(report.period.last_day.isoformat()),
        },
        "dcat:theme": [_id(f"{EU}/data-theme/{theme}") for theme in ("REGI", "SOCI")],
        "dcat:keyword": [
            _german(word) for word in ("Coworking", "Kleinstadt", "Auslastung", "Innenstadt", place)
        ],
        **where,
        "dcat:distribution": [_distribution(name, report, here, answers, one) for one in FILES],
    }
    if publisher.contributor:
        dataset["dcatde:contributorID"] = _id(publisher.contributor)
    if publisher.mail:
        dataset["dcat:contactPoint"] = {
            "@type": "vcard:Organization",
            "vcard:fn": publisher.name,
            "vcard:hasEmail": _id(f"mailto:{publisher.mail}"),
        }
    return dataset


def _distribution(
    name: str, report: Report, here: str, answers: Publisher, one: OpenFile
) -> dict[str, object]:
    address = f"{here}/{name}{one.end}"
    return {
        "@id": f"{address}#distribution",
        "@type": "dcat:Distribution",
        "dct:title": _german(one.title),
        "dcat:accessURL": _id(address),
        "dcat:downloadURL": _id(address),
        "dct:license": _id(LICENCE),
        "dcatde:licenseAttributionByText": _german(answers.name),
        "dct:format": _id(f"{EU}/file-type/{one.file_type}"),
        "dcat:mediaType": _id(f"{MEDIA}/{one.media_type}"),
        "dct:language": _id(f"{EU}/language/DEU"),
        "dct:modified": _date(report.made_on.isoformat()),
        "dcatap:availability": _id(f"{EU}/planned-availability/STABLE"),
    }


def _keys(report: Report) -> list[str]:
    """Return the keys of the towns that a dataset is about; those without a space are among them."""
    subject: Place = report.subject
    if subject.level is PlaceLevel.TOWN:
        return [subject.id]
    return sorted({note.ags for note in report.places if note.ags})


def _agent(publisher: Publisher) -> dict[str, object]:
    agent: dict[str, object] = {"@type": "foaf:Agent", "foaf:name": publisher.name}
    if publisher.homepage:
        agent["foaf:homepage"] = _id(publisher.homepage)
    if publisher.mail:
        agent["foaf:mbox"] = _id(f"mailto:{publisher.mail}")
    return agent


def _id(address: str) -> Mapping[str, str]:
    return {"@id": address}


def _german(text: str) -> Mapping[str, str]:
    return {"@language": "de", "@value": text}


def _date(text: str) -> Mapping[str, str]:
    return {"@type": "xsd:date", "@value": text}
