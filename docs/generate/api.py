"""The closed part of the API: each address with the scope that it takes: `docs/reference/api.md`."""

from flask import Flask

from docs.generate import NOTE
from hub.domain.tokens import Scope
from hub.web.app import CLOSED_API


def pages() -> dict[str, str]:
    """Return the page of addresses and scopes."""
    text = f"""\
<!-- {NOTE} -->

# Addresses of the API that take a token

What a request and its answer look like stands in `/api/openapi.json`, and for people in `/api/docs`, of each hub; what
holds for all of them: [Pages, stream and API](web.md#the-api-for-programs).

| scope | request | what |
| --- | --- | --- |
{_rows()}"""
    return {"reference/api.md": text}


def _rows() -> str:
    app = Flask(__name__)
    for group in CLOSED_API:
        app.register_blueprint(group.blueprint)
    words = {view: scope for group in CLOSED_API for view, scope in group.SCOPES.items()}
    found = []
    for rule in app.url_map.iter_rules():
        if rule.endpoint in words:
            method = next(iter((rule.methods or set()) - {"HEAD", "OPTIONS"}))
            address = rule.rule.replace("<int:", "<")
            said = (app.view_functions[rule.endpoint].__doc__ or "").partition("\n")[0]
            found.append((list(Scope).index(words[rule.endpoint]), address, method, said))
    scopes = list(Scope)
    return "".join(
        f"| `{scopes[number].value}` | `{method} {address}` | {said} |\n"
        for number, address, method, said in sorted(found)
    )
