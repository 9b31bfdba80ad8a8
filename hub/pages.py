"""Reads the settings of the pages: keys and secrets from their files, the provider of single sign-on, mail or none."""

import logging
import secrets
from typing import Final

from msgspec.structs import asdict

from hub.config import HubSettings, OidcSettings, WebSettings
from hub.domain.duties import Controller, Kept
from hub.domain.people import Role, town_scope
from hub.domain.sso import GroupRole
from hub.post import check_mail, sends_mail
from hub.web.parts import OpenData, SpaceApi, SsoConfig, WebConfig
from wire.errors import InvalidSetting
from wire.settings import read_secret_text

_log = logging.getLogger(__name__)

SESSION_KEY_BYTES: Final = 32


def web_config(settings: HubSettings) -> WebConfig:
    """Return what the pages are made with.

    Raises:
        InvalidSetting: when a secret's file can't be read, or settings do not fit together; the text names them.
    """
    check_mail(settings)
    token_file, web = settings.metrics_token_file, settings.web
    return WebConfig(
        max_viewers=web.max_viewers,
        public_url=web.public_url,
        trusted_proxies=web.trusted_proxies,
        metrics_token="" if token_file is None else read_secret_text(token_file),
        session_key=_session_key(web),
        is_key_kept=web.secret_file is not None,
        has_mail=sends_mail(settings),
        private_hooks=settings.webhooks.allow_private,
        sso=_sso(settings.oidc),
        open_data=OpenData(
            publisher=settings.statistics.publisher,
            mail=settings.statistics.contact_mail,
            contributor=settings.statistics.contributor,
        ),
        controllers=_controllers(settings),
        kept=Kept(
            event_days=settings.retention.event_days,
            quarantine_days=settings.retention.quarantine_days,
            door_log_days=settings.retention.door_log_days,
            booking_days=settings.retention.booking_days,
            closed_space_days=settings.retention.closed_space_days,
        ),
        space_api=_space_api(settings),
    )


def _controllers(settings: HubSettings) -> tuple[Controller, ...]:
    names = [one.name for one in settings.controller]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InvalidSetting(f"controller {twice!r} stands there twice: join both into one [[controller]]")
    return tuple(Controller(**asdict(one)) for one in settings.controller)


def _space_api(settings: HubSettings) -> dict[str, SpaceApi]:
    spaces = [one.space for one in settings.space_api]
    twice = next((space for space in spaces if spaces.count(space) > 1), None)
    if twice is not None:
        raise InvalidSetting(f"space_api {twice!r} stands there twice: keep one [[space_api]] for each space")
    return {
        one.space: SpaceApi(latitude=one.latitude, longitude=one.longitude, contact_mail=one.contact_mail)
        for one in settings.space_api
    }


def _sso(oidc: OidcSettings) -> SsoConfig | None:
    if not oidc.issuer:
        return None
    if not oidc.client_id or oidc.client_secret_file is None:
        raise InvalidSetting(
            "oidc.issuer is set, but oidc.client_id or oidc.client_secret_file is not: the provider gives both"
        )
    groups = []
    for group in oidc.group:
        scopes = [*group.spaces, *map(town_scope, group.towns), *([""] if group.everywhere else [])]
        if not scopes:
            raise InvalidSetting(
                f"oidc.group {group.name!r} says nowhere: give it spaces, towns, or everywhere = true"
            )
        groups += [GroupRole(group.name, Role(group.role.value), scope) for scope in scopes]
    return SsoConfig(
        issuer=oidc.issuer,
        client_id=oidc.client_id,
        client_secret=read_secret_text(oidc.client_secret_file),
        name=oidc.name or oidc.issuer.partition("//")[2],
        scopes=tuple(oidc.scopes),
        groups_claim=oidc.groups_claim,
        trusts_mail=oidc.trusts_mail,
        controller=oidc.controller,
        groups=tuple(groups),
    )


def kept_key(web: WebSettings) -> bytes | None:
    """Return the key that stays the same over restarts; None when none is kept.

    Raises:
        InvalidSetting: when its file can't be used.
    """
    return None if web.secret_file is None else _session_key(web)


def _session_key(web: WebSettings) -> bytes:
    if web.secret_file is None:
        _log.warning("web.secret_file is not set: sessions of those who sign in end with this process")
        return secrets.token_bytes(32)
    key = read_secret_text(web.secret_file).encode()
    if len(key) < SESSION_KEY_BYTES:
        raise InvalidSetting(
            f"web.secret_file {str(web.secret_file)!r}: holds {len(key)} characters; give {SESSION_KEY_BYTES} random "
            "ones or more, as `openssl rand -hex 32` makes them"
        )
    return key
