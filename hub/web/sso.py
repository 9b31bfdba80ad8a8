"""Single sign-on (OpenID Connect): to the provider, and back with somebody whom it knows.

The code is exchanged by the hub itself, with PKCE; state and nonce wait in the session. What the provider says of a
second factor holds: none of ours is asked for. Loaded only where a provider is set: its libraries take their time.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final

from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import (
    Blueprint,
    Flask,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from joserfc.errors import JoseError
from requests import RequestException
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response as AnyResponse

from hub.domain.errors import RuleRefused
from hub.domain.sso import Known, roles_of
from hub.web import accounts
from hub.web.parts import SsoConfig, parts
from hub.web.refusals import refusal_text
from hub.web.sign_in import safe_next

_log = logging.getLogger(__name__)

blueprint = Blueprint("sso", __name__)

TIMEOUT_S: Final = 10
_NAME: Final = "provider"
_NEXT: Final = "sso_next"
_MAX_TEXT: Final = 200
# Signed with the provider's own key pair; what the hub could have signed itself proves nothing.
_ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
)


class ProviderWrong(Exception):
    """The provider said something that can't be believed; the text is for the log."""


def set_up_sso(app: Flask, config: SsoConfig) -> None:
    """Let an application know a provider; it is asked for when somebody first goes there."""
    app.register_blueprint(blueprint)
    app.extensions[_NAME] = OAuth(app).register(
        _NAME,
        client_id=config.client_id,
        client_secret=config.client_secret,
        server_metadata_url=f"{config.issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={
            "scope": " ".join(config.scopes),
            "code_challenge_method": "S256",
            "default_timeout": TIMEOUT_S,
        },
    )


@blueprint.get("/sign-in/sso")
def go() -> AnyResponse:
    """Go to the provider."""
    _config()
    session[_NEXT] = safe_next(request.args.get("next"))
    try:
        _check_provider()
        answer: AnyResponse = _provider().authorize_redirect(_back_address())
    except _TROUBLE as error:
        return _failed(error)
    return answer


@blueprint.get("/sign-in/sso/back")
def back() -> AnyResponse:
    """Sign in whom the provider sent back."""
    config = _config()
    onward = safe_next(session.get(_NEXT))
    try:
        _check_provider()
        token = _provider().authorize_access_token()
        known = _known(config, _claims(config, token))
    except _TROUBLE as error:
        return _failed(error)
    try:
        account = parts().desks.sso.enter(known, parts().clock.now_us())
    except RuleRefused as error:
        _log.warning("single sign-on refused: %s", error.code or error)
        return _page(refusal_text(error), 403)
    accounts.sign_in(account, for_long=False, how="sso")
    return redirect(onward, code=303)


_TROUBLE: Final = (
    AuthlibBaseError,
    JoseError,
    RequestException,
    ProviderWrong,
    ValueError,
    KeyError,
    RuntimeError,
)


def _config() -> SsoConfig:
    config = parts().config.sso
    if config is None:
        raise NotFound
    return config


def _provider() -> Any:
    return current_app.extensions[_NAME]


def _check_provider() -> None:
    """Refuse a provider that says it is another one, or signs with what anyone has."""
    told, wanted = _provider().load_server_metadata(), _config().issuer
    if str(told.get("issuer", "")).rstrip("/") != wanted.rstrip("/"):
        raise ProviderWrong(f"{wanted} says that it is {told.get('issuer')!r}: correct oidc.issuer")
    offered = told.get("id_token_signing_alg_values_supported") or ["RS256"]
    told["id_token_signing_alg_values_supported"] = [one for one in offered if one in _ALGORITHMS]


def _claims(config: SsoConfig, token: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the provider says of somebody, asked for again where the token itself does not say it."""
    claims = token.get("userinfo")
    if not claims or not claims.get("sub"):
        raise ProviderWrong("the answer has no id token that names somebody: ask for the scope openid")
    found = dict(claims)
    if config.groups_claim not in found and "userinfo_endpoint" in _provider().server_metadata:
        more = _provider().userinfo(token=token)
        if more.get("sub") != found["sub"]:
            raise ProviderWrong("what was asked for again is about somebody else")
        found = {**more, **found}
    return found


def _known(config: SsoConfig, claims: Mapping[str, Any]) -> Known:
    groups = claims.get(config.groups_claim) or ()
    named = {groups} if isinstance(groups, str) else {str(one) for one in groups}
    return Known(
        issuer=config.issuer,
        subject=str(claims["sub"])[:_MAX_TEXT],
        name=str(claims.get("name") or claims.get("preferred_username") or "")[:_MAX_TEXT],
        mail=str(claims.get("email") or "")[:_MAX_TEXT],
        is_mail_proved=config.trusts_mail or claims.get("email_verified") is True,
        roles=roles_of(named, config.groups),
        controller=config.controller,
    )


def _back_address() -> str:
    path = url_for("sso.back")
    return (parts().config.public_url or request.host_url).rstrip("/") + path


def _failed(error: Exception) -> AnyResponse:
    # Neither code nor token: they are in none of these errors' texts but those of the provider.
    _log.warning("single sign-on failed: %s: %s", type(error).__name__, str(error)[:_MAX_TEXT])
    return _page("", 502)


def _page(refused: str, status: int) -> AnyResponse:
    session.pop(_NEXT, None)
    return make_response(render_template("sso_failed.html", refused=refused, provider=_config().name), status)
