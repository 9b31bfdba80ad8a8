"""A badge for other pages ("3 von 8 frei"): one picture, as everyone may see the space, that follows no reader.

No script, no cookie, no count of views; light or dark as the reader's system is, or as the address says.
"""

from base64 import b64encode
from hashlib import sha256
from typing import Final

from flask import Blueprint, Response, current_app, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from hub.domain.space import PublicDetail, Space
from hub.domain.visibility import PUBLIC, Seen
from hub.web.errors import SpaceNotFound
from hub.web.language import DEFAULT, gettext, language, ngettext, speaking_as_asked
from hub.web.live_view import LiveView, live_view, seen_by
from hub.web.open_answers import open_answer, open_to_other_sites
from hub.web.parts import parts
from hub.web.space_pages import public_address
from hub.web.wording import has_life

blueprint = Blueprint("badge", __name__)
blueprint.after_request(open_to_other_sites)

MAX_AGE_S: Final = 60

_LIGHT: Final = ".ground{fill:#fff;stroke:#5c6670}.words{fill:#1b1f24}.mark{stroke:#1b1f24}"
_DARK: Final = ".ground{fill:#1b1f24;stroke:#9aa4ae}.words{fill:#f4f6f8}.mark{stroke:#f4f6f8}"
STYLES: Final = {
    "": f"{_LIGHT}@media (prefers-color-scheme:dark){{{_DARK}}}",
    "light": _LIGHT,
    "dark": _DARK,
}
"""By `?theme=`; without one, the reader's system decides."""

FREE, FULL, CLOSED, UNKNOWN = "free", "full", "closed", "unknown"
"""Marks beside the words: never colour alone (WCAG 1.4.1)."""

_FONT_PX: Final = 14
_NARROW: Final = "ijlt.,:;'|!()[] fr1I-"
_WIDE: Final = "mwMW%—"


@blueprint.get("/spaces/<space>/badge.svg")
def badge(space: str) -> AnyResponse:
    """Draw a space's badge; `?lang=en`, `?theme=dark`."""
    live = parts().live.space(space, parts().clock.now_us())
    if live is None:
        raise SpaceNotFound
    seen = seen_by(live, PUBLIC)
    style = STYLES.get(request.args.get("theme", ""), STYLES[""])
    with speaking_as_asked():
        mark, words = badge_words(seen, live_view(seen))
        # Without what pages are given: a look at the session would have caches keep one for each cookie.
        picture = current_app.jinja_env.get_template("badge.svg").render(
            language=language(),
            name=seen.space.name,
            words=words,
            mark=mark,
            width=text_width(words),
            style=Markup(style),  # noqa: S704 - one of our own three
            font_px=_FONT_PX,
        )
    answer = open_answer(picture.encode("utf-8"), "image/svg+xml", MAX_AGE_S)
    return _with_own_style(answer, style)


def badge_words(seen: Seen, view: LiveView) -> tuple[str, str]:
    """Return mark and words, in the language of the moment.

    Of a space that is closed, or shows only whether it is open, nothing else is told.
    """
    if not has_life(seen.space, seen.now_us) or (seen.space.opening and not view.is_open):
        return CLOSED, gettext("closed")
    if seen.detail is PublicDetail.STATE:
        return (FREE, gettext("open now")) if view.is_open else (UNKNOWN, gettext("no opening hours"))
    tally, counts = view.tally, seen.counts
    if tally is None or counts is None or counts.unknown == counts.in_service:
        return UNKNOWN, gettext("occupancy not known")
    words = ngettext(
        "%(free)s of %(num)s free", "%(free)s of %(num)s free", counts.in_service, free=tally.free
    )
    return (FREE if tally.free else FULL), words


def text_width(words: str) -> int:
    """Return about how wide words are, in pixels; the picture then fits them into exactly that (`textLength`)."""
    return round(
        sum(0.36 if char in _NARROW else 0.86 if char in _WIDE else 0.58 for char in words) * _FONT_PX
    )


@blueprint.app_template_global()
def badge_name(space: Space) -> str:
    """Return what a reader hears instead of the picture."""
    return gettext("Free desks: %(space)s", space=space.name)


@blueprint.app_template_global()
def badge_line(space: Space) -> str:
    """Return the line of HTML that puts the badge into another page, with a link to the space's own."""
    code = language()
    choice = {} if code == DEFAULT else {"lang": code}
    base = (parts().config.public_url or request.host_url).rstrip("/")
    picture = base + url_for("badge.badge", space=space.id, **choice)  # type: ignore[arg-type]
    line = Markup(
        '<a href="{}"><img src="{}" alt="{}" height="28" loading="lazy" referrerpolicy="no-referrer"></a>'
    )
    return str(line.format(public_address(space.id), picture, badge_name(space)))


def _with_own_style(answer: Response, style: str) -> Response:
    """Allow the picture its style, by its digest, and nothing else."""
    digest = b64encode(sha256(style.encode("utf-8")).digest()).decode("ascii")
    answer.headers["Content-Security-Policy"] = f"default-src 'none'; style-src 'sha256-{digest}'"
    return answer
