"""Anmeldung und Sicherheit: one's own password, passkeys and second factor.

What lets somebody in is changed only by whoever has signed in a moment ago: a device that somebody left open is not
enough.
"""

import base64
from dataclasses import dataclass
from typing import Final

from flask import Blueprint, Response, flash, jsonify, redirect, request, session, url_for
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from hub import second_factor
from hub.domain.accounts import Passkey
from hub.domain.errors import RuleRefused
from hub.domain.time import local_date
from hub.second_factor import Sealer
from hub.web import passkeys
from hub.web.accounts import ask_again, is_fresh, present
from hub.web.forms import Confirm, form_page, sent, tidy
from hub.web.language import gettext
from hub.web.parts import parts
from hub.web.qr_codes import qr_code
from hub.web.refusals import refusal_text
from hub.web.second_step import CodeForm
from hub.web.wording import day_text

blueprint = Blueprint("my_security", __name__)

_NEW: Final = "new_factor"
_ZONE: Final = "Europe/Berlin"
_MAX_NAME: Final = 60


@dataclass(frozen=True, slots=True)
class PasskeyRow:
    """A passkey in words."""

    passkey: Passkey
    made: str
    used: str


@blueprint.before_request
def _need_fresh() -> AnyResponse | None:
    if request.endpoint == "my_security.page" or is_fresh():
        return None
    return ask_again()


@blueprint.get("/me/security")
def page() -> AnyResponse:
    """Show how the visitor signs in."""
    who, desks = present(), parts().desks
    return form_page(
        "me_security.html",
        rows=[_row(one) for one in desks.passkeys.of(who.account.pk)],
        factor=desks.factors.get(who.account.pk),
        has_password=who.account.password_hash is not None,
    )


@blueprint.route("/me/security/second-factor", methods=["GET", "POST"])
def second() -> AnyResponse:
    """Show a QR code for an app, and turn the second factor on when the app has proved that it has it."""
    if not parts().config.is_key_kept:
        # Secrets that nobody can open after a restart would lock their owners out.
        return form_page("me_second_off.html", form=None, possible=False)
    account, now_us = present().account, parts().clock.now_us()
    form, problem = CodeForm(request.form), ""
    secret = _new_secret()
    if sent() and form.validate():
        step = second_factor.step_of(secret, form.code.data or "", now_us // 1_000_000, 0)
        if step is not None:
            codes = second_factor.new_recovery_codes()
            digests = [second_factor.recovery_digest(account.pk, code) for code in codes]
            sealed = Sealer(parts().config.session_key).seal(secret, account.pk)
            parts().desks.factors.turn_on(account.pk, sealed, step, digests, now_us)
            session.pop(_NEW, None)
            return _shown_codes(codes, is_new=True)
        problem = gettext(
            "This is not the code that the app should show now. Check the telephone's clock, and take the next code."
        )
    return form_page(
        "me_second_on.html",
        form=form,
        problem=problem,
        qr=qr_code(second_factor.app_address(secret, account.mail), "qr-code", border=4),
        secret=_readable(secret),
    )


@blueprint.route("/me/security/second-factor/off", methods=["GET", "POST"])
def second_off() -> AnyResponse:
    """Turn the second factor off, after asking once."""
    account = present().account
    if parts().desks.factors.get(account.pk) is None:
        return redirect(url_for("my_security.page"), code=303)
    if not sent():
        return form_page("me_second_off.html", form=Confirm(), possible=True)
    parts().desks.factors.turn_off(account.pk, parts().clock.now_us())
    flash(gettext("Signing in asks for no code any more."))
    return redirect(url_for("my_security.page"), code=303)


@blueprint.route("/me/security/codes", methods=["GET", "POST"])
def codes() -> AnyResponse:
    """Make other recovery codes, after asking once; they are shown this once."""
    account = present().account
    if parts().desks.factors.get(account.pk) is None:
        raise NotFound
    if not sent():
        return form_page("me_codes_new.html", form=Confirm())
    made = second_factor.new_recovery_codes()
    digests = [second_factor.recovery_digest(account.pk, code) for code in made]
    parts().desks.factors.renew_codes(account.pk, digests, parts().clock.now_us())
    return _shown_codes(made, is_new=False)


@blueprint.get("/me/security/passkeys/new")
def passkey() -> AnyResponse:
    """Show the page on which a passkey is made."""
    return form_page("me_passkey.html", most=_MAX_NAME)


@blueprint.post("/me/security/passkeys/options")
def passkey_options() -> Response:
    """Say what the browser is to make."""
    account = present().account
    known = list(parts().desks.passkeys.of(account.pk))
    return Response(passkeys.making_options(account, known), content_type="application/json")


@blueprint.post("/me/security/passkeys")
def passkey_add() -> Response:
    """Keep what the browser has made."""
    told = request.get_json(silent=True)
    told = told if isinstance(told, dict) else {}
    new = passkeys.made(told.get("answer"))
    if new is None:
        return _refused(gettext("The browser's answer does not fit. Load the page again and try once more."))
    name = tidy(str(told.get("name") or ""))[:_MAX_NAME] or gettext("Passkey")
    now_us = parts().clock.now_us()
    try:
        parts().desks.passkeys.add(
            present().account.pk, new.credential_id, new.public_key, new.sign_count, name, now_us
        )
    except RuleRefused as error:
        return _refused(refusal_text(error))
    flash(gettext("“%(name)s” is kept. It signs you in from now on.", name=name))
    return jsonify(next=url_for("my_security.page"))


@blueprint.route("/me/security/passkeys/<int:passkey>/remove", methods=["GET", "POST"])
def passkey_remove(passkey: int) -> AnyResponse:
    """Take a passkey away, after asking once."""
    account, desk = present().account, parts().desks.passkeys
    found = next((one for one in desk.of(account.pk) if one.pk == passkey), None)
    if found is None:
        raise NotFound
    if not sent():
        return form_page("me_passkey_remove.html", form=Confirm(), passkey=found)
    desk.remove(account.pk, passkey, parts().clock.now_us())
    flash(gettext("“%(name)s” signs in no more.", name=found.name))
    return redirect(url_for("my_security.page"), code=303)


def _row(passkey: Passkey) -> PasskeyRow:
    def day(at_us: int) -> str:
        return day_text(local_date(at_us, _ZONE))

    used = "" if passkey.used_us is None else gettext("used last on %(date)s", date=day(passkey.used_us))
    return PasskeyRow(
        passkey, gettext("since %(date)s", date=day(passkey.made_us)), used or gettext("not used yet")
    )


def _new_secret() -> bytes:
    """Return the secret that this visitor's app is to get; the same until it is turned on, in this session."""
    kept = session.get(_NEW)
    if isinstance(kept, str):
        return base64.b32decode(kept)
    secret = second_factor.new_secret()
    session[_NEW] = base64.b32encode(secret).decode()
    return secret


def _shown_codes(made: list[str], *, is_new: bool) -> AnyResponse:
    answer = form_page("me_codes.html", codes=made, is_new=is_new)
    answer.status_code = 200
    return answer


def _readable(secret: bytes) -> str:
    text = base64.b32encode(secret).decode()
    return " ".join(text[place : place + 4] for place in range(0, len(text), 4))


def _refused(problem: str) -> Response:
    answer: Response = jsonify(problem=problem)
    answer.status_code = 422
    return answer
