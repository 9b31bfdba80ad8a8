"""Passkeys (WebAuthn): what a browser is asked for, and whether its answer is true. Pages are in `passkey_pages`.

A passkey is asked for with its owner's finger, face or PIN (user verification), so it is two factors in one. It belongs
to the name in the address of the pages: to that of `web.public_url`, else to that of the request.
"""

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import webauthn
from flask import request, session
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from hub.access_ports import Account
from hub.domain.accounts import Passkey
from hub.web.parts import parts

CHALLENGE_S: Final = 300
"""So long an answer is waited for."""

NAME: Final = "Ankerort"
_CHALLENGE: Final = "passkey"


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """What a browser has made."""

    credential_id: bytes
    public_key: bytes
    sign_count: int


def making_options(account: Account, known: list[Passkey]) -> str:
    """Return what the browser is asked to make, as JSON; the challenge waits in the session."""
    options = webauthn.generate_registration_options(
        rp_id=_place()[0],
        rp_name=NAME,
        # Says nothing of the person, and stays the same when name and address change.
        user_id=account.pk.to_bytes(8),
        user_name=account.mail,
        user_display_name=account.name or account.mail,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one.credential_id) for one in known],
        timeout=CHALLENGE_S * 1000,
    )
    _keep("make", options.challenge)
    return options_to_json(options)


def made(answer: Any) -> NewPasskey | None:
    """Return what the browser has made; None when it is not what was asked for."""
    challenge, (name, origin) = _take("make"), _place()
    if challenge is None or not isinstance(answer, dict):
        return None
    try:
        found = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=name,
            expected_origin=origin,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return None
    return NewPasskey(found.credential_id, found.credential_public_key, found.sign_count)


def asking_options() -> str:
    """Return what the browser is asked for at signing in, as JSON: whichever passkey it has of this place."""
    options = webauthn.generate_authentication_options(
        rp_id=_place()[0],
        user_verification=UserVerificationRequirement.REQUIRED,
        timeout=CHALLENGE_S * 1000,
    )
    _keep("ask", options.challenge)
    return options_to_json(options)


def shown(answer: Any) -> tuple[Passkey, int] | None:
    """Return the passkey that the browser has shown, and its counter now; None when that is not true."""
    challenge, (name, origin) = _take("ask"), _place()
    if challenge is None or not isinstance(answer, dict):
        return None
    try:
        passkey = parts().desks.passkeys.find(base64url_to_bytes(str(answer["rawId"])))
        if passkey is None:
            return None
        found = webauthn.verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=name,
            expected_origin=origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError, TypeError):
        return None
    return passkey, found.new_sign_count


def _place() -> tuple[str, str]:
    """Return the name that passkeys belong to, and the beginning of the pages' addresses."""
    address = urlsplit(parts().config.public_url or request.host_url)
    port = "" if address.port is None else f":{address.port}"
    return address.hostname or "localhost", f"{address.scheme}://{address.hostname}{port}"


def _keep(what: str, challenge: bytes) -> None:
    session[_CHALLENGE] = {
        "for": what, "challenge": bytes_to_base64url(challenge), "at": parts().clock.now_us() // 1_000_000,
    }  # fmt: skip


def _take(what: str) -> bytes | None:
    """Return the challenge that waits, once."""
    kept = session.pop(_CHALLENGE, None)
    if not isinstance(kept, dict) or kept.get("for") != what:
        return None
    now_s = parts().clock.now_us() // 1_000_000
    return base64url_to_bytes(kept["challenge"]) if 0 <= now_s - kept["at"] < CHALLENGE_S else None
