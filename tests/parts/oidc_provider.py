"""A small OpenID Connect provider on loopback, as a town hall's has it: real addresses, real signatures, real checks.

It knows one person at a time and asks nobody for a password. A test may have it say what is not true.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from tests.parts.ports import LOOPBACK, free_port

CLIENT, SECRET = "ankerort", "ein Geheimnis des Anbieters"


def _change_nothing(_claims: dict[str, Any]) -> None:
    return


@dataclass
class OidcProvider:
    """A provider; `stop` ends it.

    Args:
        person: claims of whoever signs in.
        in_token: claims that stand in the id token, the others are asked for at the userinfo endpoint.
    """

    person: dict[str, Any] = field(default_factory=dict)
    in_token: frozenset[str] = frozenset({"sub", "name", "email", "email_verified", "groups"})
    lie: Callable[[dict[str, Any]], None] = _change_nothing
    """Changes the claims of an id token before they are signed."""
    signs_with: str = "RS256"
    says_issuer: str = ""
    refuses: str = ""
    """What it answers instead of a code."""
    asked: list[str] = field(default_factory=list)
    """Paths that were asked for."""

    def __post_init__(self) -> None:
        self.port = free_port()
        self.issuer = f"http://{LOOPBACK}:{self.port}/stadt"
        self._key, self._other = (
            RSAKey.generate_key(2048, {"kid": "1"}),
            RSAKey.generate_key(2048, {"kid": "1"}),
        )
        self._codes: dict[str, dict[str, str]] = {}
        self._tokens: dict[str, dict[str, Any]] = {}
        self._server = ThreadingHTTPServer((LOOPBACK, self.port), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def start(self) -> None:
        """Listen."""
        self._thread.start()

    def stop(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer({})

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                self._answer({name: values[0] for name, values in parse_qs(body).items()})

            def _answer(self, form: dict[str, str]) -> None:
                address = urlsplit(self.path)
                query = {name: values[0] for name, values in parse_qs(address.query).items()}
                provider.asked.append(address.path)
                status, told = provider.answer(
                    address.path, query, form, self.headers.get("Authorization", "")
                )
                self.send_response(status)
                if isinstance(told, str):
                    self.send_header("Location", told)
                    self.end_headers()
                    return
                body = json.dumps(told).encode()
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
                return

        return Handler

    def answer(
        self, path: str, query: dict[str, str], form: dict[str, str], shown: str
    ) -> tuple[int, str | dict[str, Any]]:
        """Return status and what is told; a text is an address to go on to."""
        match path.removeprefix("/stadt"):
            case "/.well-known/openid-configuration":
                return 200, self._metadata()
            case "/jwks":
                return 200, {"keys": [self._key.as_dict(private=False)]}
            case "/authorize":
                return self._authorize(query)
            case "/token":
                return self._token(form, shown)
            case "/userinfo" if shown.removeprefix("Bearer ") in self._tokens:
                return 200, self._tokens[shown.removeprefix("Bearer ")]
        return 404, {"error": "not_found"}

    def _metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.says_issuer or self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "response_types_supported": ["code"],
            "id_token_signing_alg_values_supported": ["none", "HS256", "RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def _authorize(self, query: dict[str, str]) -> tuple[int, str | dict[str, Any]]:
        wanted = {"client_id": CLIENT, "response_type": "code", "code_challenge_method": "S256"}
        if any(query.get(name) != value for name, value in wanted.items()) or "openid" not in query["scope"]:
            return 400, {"error": "invalid_request"}
        back, state = query["redirect_uri"], query["state"]
        if self.refuses:
            return 302, f"{back}?{urlencode({'error': self.refuses, 'state': state})}"
        code = secrets.token_urlsafe(16)
        self._codes[code] = query
        return 302, f"{back}?{urlencode({'code': code, 'state': state})}"

    def _token(self, form: dict[str, str], shown: str) -> tuple[int, dict[str, Any]]:
        asked = self._codes.pop(form.get("code", ""), None)
        if shown != "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode():
            return 401, {"error": "invalid_client"}
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != form["redirect_uri"]
        ):
            return 400, {"error": "invalid_grant"}
        token = secrets.token_urlsafe(16)
        self._tokens[token] = self.person
        return 200, {
            "access_token": token,
            "token_type": "Bearer",
            "id_token": self._id_token(asked["nonce"]),
        }

    def _id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {name: value for name, value in self.person.items() if name in self.in_token}
        claims |= {"iss": self.issuer, "aud": CLIENT, "nonce": nonce, "iat": now, "exp": now + 300}
        self.lie(claims)
        if self.signs_with == "none":
            head, body = (
                base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
                for part in ({"alg": "none"}, claims)
            )
            return f"{head}.{body}."
        if self.signs_with == "HS256":
            # As an attacker does it who has the public key alone.
            key = OctKey.import_key(self._key.as_pem(private=False))
            return jwt.encode({"alg": "HS256", "kid": "1"}, claims, key, algorithms=["HS256"])
        used = self._other if self.signs_with == "another key" else self._key
        return jwt.encode({"alg": "RS256", "kid": "1"}, claims, used)
