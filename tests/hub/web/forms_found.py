"""Finds what an application can be sent, as somebody does who follows each link: forms, and addresses with a query."""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

MOST_PAGES = 2
"""So many pages of one view are looked at: a booking that runs has another form than one that is over."""

EVERYWHERE = frozenset({"lang"})
"""What any address takes and each page's links say."""


@dataclass
class Form:
    """A form as a page shows it, or a link with a query.

    Args:
        action: where it is sent to, without a query.
        fields: name to what the page has put into it, in the order of the page.
        endpoint: of the view that it is sent to.
    """

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    endpoint: str = ""

    @property
    def kind(self) -> tuple[str, str, frozenset[str]]:
        """What makes forms of two pages the same one."""
        return self.endpoint, self.method, frozenset(self.fields)


class _Reader(HTMLParser):
    def __init__(self, address: str) -> None:
        super().__init__()
        self._address = address.partition("?")[0]
        self.links: list[str] = []
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._choice = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attributes}
        if tag == "a" and "href" in said:
            self._link(said["href"].partition("#")[0])
        elif tag == "form":
            action = (said.get("action") or self._address).partition("?")[0]
            self._form = Form(action, said.get("method", "get").upper())
            self.forms.append(self._form)
        elif self._form is not None:
            self._take(tag, said)

    def _link(self, address: str) -> None:
        path, _, query = address.partition("?")
        path = path or self._address
        self.links.append(f"{path}?{query}" if query else path)
        fields = {name: value for name, value in parse_qsl(query) if name not in EVERYWHERE}
        if fields:
            self.forms.append(Form(path, "GET", fields))

    def _take(self, tag: str, said: dict[str, str]) -> None:
        assert self._form is not None
        fields, name = self._form.fields, said.get("name", "")
        if tag == "select":
            self._choice = name
        elif tag == "option" and self._choice and ("selected" in said or not fields.get(self._choice)):
            fields[self._choice] = said.get("value", "")
        elif tag in ("input", "textarea", "button") and name:
            if said.get("type") in ("radio", "checkbox", "submit") or tag == "button":
                if "checked" in said or name not in fields:
                    fields[name] = said.get("value", "on")
            else:
                fields[name] = said.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._choice = ""


def forms_of(app: Flask, client: FlaskClient, *starts: str, most: int = MOST_PAGES) -> list[Form]:
    """Return what links lead to: one form for each view and each set of fields.

    Args:
        client: of whoever looks; no link may change anything.
        starts: addresses to begin with.
        most: how many pages of each view are looked at beside those; none at all with 0.
    """
    found: dict[tuple[str, str, frozenset[str]], Form] = {}
    for reader in _pages(app, client, starts, most):
        for form in reader.forms:
            form.endpoint = _endpoint(app, form.action, form.method)
            if form.endpoint and form.fields:
                found.setdefault(form.kind, form)
    return list(found.values())


def _endpoint(app: Flask, address: str, method: str = "GET") -> str:
    """Return the view that an address belongs to; nothing when there is none of ours."""
    parts = urlsplit(address)
    if parts.netloc or not parts.path.startswith("/"):
        return ""
    try:
        return str(app.url_map.bind("localhost").match(parts.path, method)[0])
    except (HTTPException, RequestRedirect):
        return ""


def _pages(app: Flask, client: FlaskClient, starts: Collection[str], most: int) -> Iterator[_Reader]:
    waiting, seen, looked = list(starts), set(starts), Counter[str]()
    while waiting:
        address = waiting.pop(0)
        endpoint = _endpoint(app, address)
        looked[endpoint] += address not in starts
        if not endpoint or endpoint.endswith("static") or looked[endpoint] > most:
            continue
        with client.get(address) as answer:
            assert answer.status_code < 500, f"GET {address}: {answer.status_code}"
            if answer.status_code != 200 or answer.mimetype != "text/html":
                continue
            reader = _Reader(address)
            reader.feed(answer.get_data(as_text=True))
        yield reader
        waiting += [link for link in reader.links if link not in seen]
        seen.update(reader.links)
