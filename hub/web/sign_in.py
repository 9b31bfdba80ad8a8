"""Signing in and out, and prolonging the session before it ends (requirement A7)."""

from collections.abc import Callable
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, flash, g, jsonify, redirect, request, url_for
from flask_limiter import Limiter
from werkzeug.wrappers import Response as AnyResponse

from hub.access_ports import Account
from hub.domain.texts import MAX_TEXT
from hub.passwords import is_password
from hub.web import accounts, ways
from hub.web.accounts import present, visitor
from hub.web.forms import SignInForm, form_page, sent
from hub.web.language import gettext
from hub.web.parts import parts
from hub.web.second_step import enter, half_of

blueprint = Blueprint("account", __name__)
session_blueprint = Blueprint("session", __name__)

NEXT: Final = "next"
"""Where to go after signing in: an address of ours."""

AT_ONE_ACCOUNT: Final = "10 per minute; 30 per hour"
"""Failed attempts at one account from one network: its owner may mistype, and nobody else there is kept out."""

FROM_ONE_NETWORK: Final = "40 per minute; 200 per hour"
"""Failed attempts at any accounts from one network, behind which a whole space may be: too many for all its members to
mistype, too few to try the commonest passwords on one account after the other."""

FOR_ONE_SECOND_FACTOR: Final = "20 per hour"
"""Failed codes of one account, from wherever."""

FOR_ONE_ACCOUNT: Final = "100 per hour"
"""Failed attempts at one account from many networks: enough for guesses to be hopeless, and too many for somebody who
only wants to lock its owner out in passing."""

LETTERS_FROM_ONE_NETWORK: Final = "10 per minute; 60 per hour"
"""Letters with a link that somebody may ask for."""

_NETWORK_BITS: Final = 64
"""Of an address of IPv6: what one customer has at least (RFC 6177)."""

AT_A_DOOR: Final = "6 per minute; 30 per hour"
"""Openings by phone that one account may ask for: enough for whoever pressed too late, too few to wait for somebody
else's press."""


@blueprint.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> AnyResponse:
    """Ask for mail address and password; the answer to a wrong one never says which was wrong."""
    onward = safe_next(request.values.get(NEXT))
    is_again = request.values.get("again") == "1"
    if visitor() is not None and not sent() and not is_again:
        return _see(onward)
    form = SignInForm(request.form)
    is_refused = False
    if sent() and form.validate():
        account = _account(form.mail.data or "", form.password.data or "")
        if account is not None:
            return enter(account, for_long=bool(form.for_long.data), onward=onward)
        is_refused = True
    return form_page(
        "sign_in.html",
        form=form,
        is_refused=is_refused,
        onward=onward,
        was_over=request.args.get("over") == "1",
        is_again=is_again,
        has_mail=parts().config.has_mail,
        sso_name=sso.name if (sso := parts().config.sso) is not None else "",
    )


@blueprint.route("/sign-out", methods=["GET", "POST"])
def sign_out() -> AnyResponse:
    """End the session; asks first when somebody came by a mere link."""
    if visitor() is None:
        return _see(url_for("overview.overview"))
    if not sent():
        return form_page("sign_out.html")
    accounts.sign_out()
    flash(gettext("You are signed out."))
    return _see(url_for("overview.overview"))


@session_blueprint.get("/session")
def left() -> Response:
    """Say how long the session still lasts, for the page's warning."""
    return jsonify(left_s=present().left_s)


@session_blueprint.post("/session")
def stay() -> AnyResponse:
    """Prolong the session: this request is activity like any other."""
    return _see(safe_next(request.form.get(NEXT)))


def ask_to_sign_in() -> AnyResponse:
    """Return the way to the sign-in page, and from there back to what was asked for."""
    wanted = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else None
    over = "1" if g.get("session_is_over") else None
    return redirect(url_for("account.sign_in", next=wanted, over=over), code=303)


def safe_next(wanted: str | None) -> str:
    """Return an address to go on to: one of ours, and nothing that a browser could take for another site's."""
    home = url_for("me.page")
    if not wanted or not wanted.startswith("/") or wanted[1:2] in ("/", "\\"):
        return home
    if "\\" in wanted or any(ord(letter) < 0x20 or ord(letter) == 0x7F for letter in wanted):
        return home
    parsed = urlsplit(wanted)
    return home if parsed.scheme or parsed.netloc else wanted


def set_up_limits(app: Flask) -> None:
    """Let nobody try passwords, or a door's luck, at will; kept in memory, in each process.

    Of passwords what succeeds is not counted; of a door every attempt is. An address that no account has is counted as
    one that has: the answer tells nothing.
    """
    limiter = Limiter(_network, app=app, storage_uri="memory://", headers_enabled=False)

    def failing(limit: str, whose: Callable[[], str]) -> Any:
        return limiter.limit(limit, key_func=whose, methods=["POST"], deduct_when=_has_failed)

    views: dict[str, Any] = app.view_functions
    views["me.password"] = failing(AT_ONE_ACCOUNT, _who)(views["me.password"])
    views["phone.open_door"] = limiter.limit(AT_A_DOOR, key_func=_who, methods=["POST"])(
        views["phone.open_door"]
    )
    views["second.second"] = failing(FOR_ONE_SECOND_FACTOR, half_of)(views["second.second"])
    for view in ("second.second", "link.follow", "link.reset", "passkey.sign_in"):
        views[view] = failing(FROM_ONE_NETWORK, _network)(views[view])
    # Letters go to others: each request counts.
    for view in ("link.ask", "link.forgot"):
        views[view] = limiter.limit(LETTERS_FROM_ONE_NETWORK, methods=["POST"])(views[view])
    views["way.page"] = limiter.limit(ways.ANSWERS_FROM_ONE_NETWORK, methods=["POST"])(views["way.page"])
    for limit, whose in (
        (AT_ONE_ACCOUNT, _mail_and_network),
        (FROM_ONE_NETWORK, _network),
        (FOR_ONE_ACCOUNT, _mail),
    ):
        views["account.sign_in"] = failing(limit, whose)(views["account.sign_in"])


def _account(mail: str, password: str) -> Account | None:
    account = parts().desks.accounts.by_mail(mail)
    # Asked in any case, so that an unknown address takes as long.
    is_right = is_password(password, None if account is None else account.password_hash)
    return account if is_right and account is not None and account.is_active else None


def _has_failed(response: Response) -> bool:
    # What a limit refused is no attempt: else whoever goes on at one account would use up what its network may.
    return response.status_code not in (200, 303, 429)


def _network() -> str:
    """Whose attempts are counted together; for IPv6 a whole network, as one customer has."""
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:
        return request.remote_addr or "nowhere"
    if isinstance(address, IPv4Address):
        return str(address)
    # Its text leaves out zeros: of `2001:db8::1` the first four groups are not what stands before the fourth colon.
    return str(address.ipv4_mapped or ip_network((int(address), _NETWORK_BITS), strict=False))


def _mail() -> str:
    # An empty key would be no limit, and a line in the log for each form that says nothing.
    return (request.form.get("mail") or "")[:MAX_TEXT].strip().casefold() or "nobody"


def _mail_and_network() -> str:
    return f"{_network()} {_mail()}"


def _who() -> str:
    return str(present().account.pk)


def _see(address: str) -> AnyResponse:
    return redirect(address, code=303)
