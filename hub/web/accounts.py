"""Who is signed in: Flask-Security on our port `Accounts`, with none of its own pages.

Its registration, recovery, tokens and change of address are not there; signing in and out is `hub.web.sign_in`.
"""

from dataclasses import dataclass
from typing import Any, Final, cast

from flask import Flask, g, redirect, request, session, url_for
from flask.sessions import SecureCookieSessionInterface
from flask_security import (
    RoleMixin,
    Security,
    UserDatastore,
    UserMixin,
    current_user,
    login_user,
    logout_user,
)
from flask_wtf import CSRFProtect
from werkzeug.wrappers import Response as AnyResponse

from hub.access_ports import Account, Accounts
from hub.domain.people import Actor, Role
from hub.web.parts import WebConfig, parts
from hub.web.session_life import SessionLife


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is signed in.

    Args:
        actor: the same for the ports.
        left_s: how long the session still lasts when nothing happens.
    """

    account: Account
    actor: Actor
    left_s: int

    @property
    def is_staff(self) -> bool:
        """Whether the account has any role but that of a member."""
        return is_staff(self.account)


def visitor() -> Visitor | None:
    """Return who is signed in, in the present request; None for a stranger and when sessions do not exist."""
    if "visitor" not in g:
        # An error page asks again after the database could not say: it then is a stranger's.
        g.visitor = None
        g.visitor = _visitor()
    return cast("Visitor | None", g.visitor)


def present() -> Visitor:
    """Return who is signed in, in a view that strangers do not reach."""
    found = visitor()
    assert found is not None
    return found


def sign_in(account: Account, *, for_long: bool, how: str = "password") -> None:
    """Begin a new session; whatever the browser had before is forgotten (session fixation).

    Args:
        for_long: whether it lasts as long as a member's.
        how: `password`, `link`, `passkey` or `sso`.
    """
    session.clear()
    g.pop("csrf_token", None)
    login_user(_User(account), remember=False, authn_via=[how])
    now_us = parts().clock.now_us()
    parts().sessions.begin(now_us, for_long=for_long)
    session[_FRESH] = now_us // 1_000_000
    g.pop("visitor", None)


def is_fresh() -> bool:
    """Say whether the visitor has signed in a moment ago: what lets somebody in is changed only then."""
    since_s = session.get(_FRESH)
    return isinstance(since_s, int) and 0 <= parts().clock.now_us() // 1_000_000 - since_s < FRESH_S


def ask_again() -> AnyResponse:
    """Return the way to the sign-in page for somebody who is signed in, and from there back."""
    wanted = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else None
    return redirect(url_for("account.sign_in", next=wanted, again=1), code=303)


def sign_out() -> None:
    """End the session, also for a copy of its cookie."""
    parts().sessions.end(parts().clock.now_us())
    logout_user()
    session.clear()
    g.pop("csrf_token", None)
    g.visitor = None


def is_staff(account: Account) -> bool:
    """Say whether an account can do more than a member's."""
    return any(role is not Role.MEMBER for role, _ in account.roles)


def _visitor() -> Visitor | None:
    if parts().access is None or "_user_id" not in session:
        return None
    user = current_user
    if not user.is_authenticated:
        # The account is gone, switched off, or all its sessions were ended.
        session.clear()
        return None
    account: Account = user.account
    life = parts().sessions
    left_s = life.go_on(
        parts().clock.now_us(), is_staff=is_staff(account), is_activity=request.headers.get(POLL) is None
    )
    if left_s <= 0:
        sign_out()
        g.session_is_over = True
        return None
    actor = Actor(account.pk, account.name or account.mail, account.reach, account.member)
    return Visitor(account, actor, left_s)


FRESH_S: Final = 900
_FRESH: Final = "fresh"

POLL: Final = "X-Ankerort-Poll"
"""A page that asks by itself says so: it does not prolong the session."""


class _User(UserMixin):
    """An account as Flask-Security wants it."""

    fs_uniquifier: str = ""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.fs_uniquifier = account.uniquifier
        self.active = account.is_active
        self.roles = []


class _Role(RoleMixin):
    """Never used: what somebody may do is `Actor.may`."""


class _Store(UserDatastore):
    """Finds accounts for sessions; nothing is written through it."""

    def __init__(self, accounts: Accounts) -> None:
        super().__init__(_User, _Role)
        self._accounts = accounts

    def find_user(self, case_insensitive: bool = False, **kwargs: Any) -> UserMixin | None:  # noqa: FBT002
        """Return the account of a session."""
        account = self._accounts.by_uniquifier(str(kwargs.get("fs_uniquifier", "")))
        return None if account is None else _User(account)

    def find_role(self, role: str) -> RoleMixin | None:
        """Return nothing."""
        return None


class _Sessions(SecureCookieSessionInterface):
    """The session's cookie goes over TLS alone wherever there is TLS."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return request.is_secure or parts().config.public_url.startswith("https://")


def set_up_accounts(app: Flask, accounts: Accounts, config: WebConfig, life: SessionLife) -> CSRFProtect:
    """Give an application sessions and the protection of its forms; return that protection.

    Args:
        accounts: who can sign in.
        config: has the key of the sessions.
    """
    app.secret_key = config.session_key
    app.session_interface = _Sessions()
    app.config.update(
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        PERMANENT_SESSION_LIFETIME=life.longest_s,
        # A form may be filled in for as long as the session lasts (requirement A7).
        WTF_CSRF_TIME_LIMIT=None,
        # Pages that came by a host link send no referrer; the token is bound to the session's cookie, which is Lax.
        WTF_CSRF_SSL_STRICT=False,
        # argon2id alone, in hub/passwords.py; Flask-Security hashes nothing here.
        SECURITY_PASSWORD_SINGLE_HASH=["argon2"],
        SECURITY_FLASH_MESSAGES=False,
    )
    forms = CSRFProtect(app)
    security = Security(app, _Store(accounts), register_blueprint=False)
    security.login_manager.request_loader(lambda _: None)  # no tokens in addresses and headers
    # No look at session and database for requests that need none, or while an error page says that it is away.
    security.principal.identity_loaders.clear()
    kinds: tuple[list[Any], ...] = (app.after_request_funcs[None], app.template_context_processors[None])
    for hooks in kinds:
        hooks[:] = [hook for hook in hooks if not hook.__module__.startswith("flask_login")]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    return forms
