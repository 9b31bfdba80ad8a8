"""Signing in by a passkey: the page's script asks for it, and sends what the browser says."""

from flask import Blueprint, Response, jsonify, request

from hub.web import accounts, passkeys
from hub.web.language import gettext
from hub.web.parts import parts
from hub.web.sign_in import safe_next

blueprint = Blueprint("passkey", __name__)


@blueprint.post("/sign-in/passkey/options")
def options() -> Response:
    """Say what the browser is to ask for."""
    return Response(passkeys.asking_options(), content_type="application/json")


@blueprint.post("/sign-in/passkey")
def sign_in() -> Response:
    """Sign in whoever has shown a passkey: with finger, face or PIN, so no second factor is asked for."""
    sent = request.get_json(silent=True)
    told = sent if isinstance(sent, dict) else {}
    found = passkeys.shown(told.get("answer"))
    account = None if found is None else parts().desks.accounts.by_pk(found[0].account)
    if found is None or account is None or not account.is_active:
        return _refused()
    parts().desks.passkeys.note_use(found[0].pk, found[1], parts().clock.now_us())
    accounts.sign_in(account, for_long=bool(told.get("for_long")), how="passkey")
    onward = told.get("next")
    return jsonify(next=safe_next(onward if isinstance(onward, str) else None))


def _refused() -> Response:
    answer = jsonify(
        problem=gettext(
            "This passkey is not known here, or its account is switched off. Sign in another way."
        )
    )
    answer.status_code = 422
    return answer
