"""Style sheets, scripts and pictures: named with a version, so that browsers keep them until they really change."""

from hashlib import blake2b
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from flask import Flask, Response, request

_STATIC: Final = frozenset({"static", "bootstrap.static"})
_ONE_YEAR_S: Final = 365 * 24 * 3600


def set_up_versions(app: Flask) -> None:
    """Add `?v=…` to every address of a static file, and let such addresses be kept for a year."""
    folder = Path(app.static_folder or "")
    digest = blake2b(version("bootstrap-flask").encode("ascii"), digest_size=6)
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            digest.update(file.read_bytes())
    current = digest.hexdigest()

    @app.url_defaults
    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint in _STATIC:
            values.setdefault("v", current)

    @app.after_request
    def keep_for_long(response: Response) -> Response:
        if request.endpoint in _STATIC and request.args.get("v") == current and response.status_code < 400:
            response.headers["Cache-Control"] = f"public, max-age={_ONE_YEAR_S}, immutable"
        return response
