"""Between password and session: whoever has a second factor is asked for it, and is nobody until then."""

from typing import Final

from flask import Blueprint, g, redirect, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse
from wtforms import Form

from hub import second_factor
from hub.access_ports import Account
from hub.second_factor import Sealer
from hub.web import accounts
from hub.web.forms import form_page, sent, text
from hub.web.language import N_, gettext
from hub.web.parts import parts

blueprint = Blueprint("second", __name__)

HALF_S: Final = 600
"""So long somebody may look for the telephone."""

_HALF: Final = "half"


class CodeForm(Form):
    """The code of an app, or a recovery code."""

    code = text(N_("Code"))


def enter(account: Account, *, for_long: bool, onward: str, how: str = "password") -> AnyResponse:
    """Let somebody in who has shown who it is, or ask for the second factor first.

    Args:
        onward: where to go then; an address of ours.
    """
    if parts().desks.factors.get(account.pk) is None:
        accounts.sign_in(account, for_long=for_long, how=how)
        return redirect(onward, code=303)
    # Whatever the browser had before is forgotten (session fixation).
    session.clear()
    g.pop("csrf_token", None)
    session.permanent = True
    session[_HALF] = {
        "who": account.uniquifier,
        "at": parts().clock.now_us() // 1_000_000,
        "long": for_long,
        "next": onward,
        "how": how,
    }
    return redirect(url_for("second.second"), code=303)


@blueprint.route("/sign-in/second", methods=["GET", "POST"])
def second() -> AnyResponse:
    """Ask for the code of the app; a recovery code will do, once."""
    account = _half_way()
    if account is None:
        return redirect(url_for("account.sign_in"), code=303)
    form, problem = CodeForm(request.form), ""
    if sent() and form.validate():
        if _is_right(account, form.code.data or ""):
            half = session[_HALF]
            accounts.sign_in(account, for_long=bool(half["long"]), how=str(half["how"]))
            return redirect(str(half["next"]), code=303)
        problem = gettext(
            "This code is not right, or was used already. Wait for the next one, or take one of your recovery codes."
        )
    return form_page("sign_in_second.html", form=form, problem=problem, can_check=_can_check(account))


def half_of() -> str:
    """Return whose second factor is asked for, for counting attempts; no name of anybody."""
    half = session.get(_HALF)
    return str(half.get("who")) if isinstance(half, dict) else "nobody"


def _half_way() -> Account | None:
    """Return who has shown the password, a moment ago."""
    half = session.get(_HALF)
    if not isinstance(half, dict):
        return None
    now_s = parts().clock.now_us() // 1_000_000
    account = parts().desks.accounts.by_uniquifier(str(half.get("who")))
    if account is None or not account.is_active or not 0 <= now_s - int(half.get("at", 0)) < HALF_S:
        session.clear()
        return None
    return account


def _is_right(account: Account, code: str) -> bool:
    factors, now_us = parts().desks.factors, parts().clock.now_us()
    factor = factors.get(account.pk)
    if factor is None:
        # It was taken away meanwhile, so nothing is left to be asked for.
        return True
    secret = Sealer(parts().config.session_key).open(factor.sealed, account.pk)
    if secret is not None:
        step = second_factor.step_of(secret, code, now_us // 1_000_000, factor.last_step)
        if step is not None:
            return factors.use_step(account.pk, step)
    return factors.use_code(account.pk, second_factor.recovery_digest(account.pk, code), now_us)


def _can_check(account: Account) -> bool:
    """Say whether codes of the app can be checked: not any more, when the key of the sessions was changed."""
    factor = parts().desks.factors.get(account.pk)
    return factor is None or Sealer(parts().config.session_key).open(factor.sealed, account.pk) is not None
