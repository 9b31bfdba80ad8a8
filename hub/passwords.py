"""Passwords: argon2id, and which ones are refused. The one place that knows them, for pages and commands alike."""

import re
import secrets
import threading
import unicodedata
from itertools import pairwise
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hub.domain.errors import RuleRefused

MIN_LENGTH: Final = 10
MAX_LENGTH: Final = 200
"""What is longer is no password that anyone types, but work for the hub."""

# OWASP's first choice for argon2id, Password Storage Cheat Sheet; 0.1 s on a notebook, 0.3 s on a Raspberry Pi 4.
_HASHER: Final = PasswordHasher(time_cost=1, memory_cost=46 * 1024, parallelism=1)
# Each takes 46 MiB: many at once would be too much for a Pi.
_AT_ONCE: Final = threading.BoundedSemaphore(2)
# Checked when there is no account or no password, so that no answer is quicker than another.
_NOBODYS: Final = (
    "$argon2id$v=19$m=47104,t=1,p=1$lwVMBzkUExelFQsJvUC2Fw$dFoqs/7QkNts0hppqy2YfO3T3JzlQCrxZeU6epyz6AU"
)

_PART: Final = 4
"""A shorter part of a mail address is part of too many words."""
_LEFT: Final = 6
"""What must be left of a password without known words."""
_COMMON: Final = (
    "ankerort", "coworking", "password", "passwort", "kennwort", "passw0rd", "p@ssw0rd", "geheim", "admin",
    "administrator", "letmein", "welcome", "willkommen", "hallo", "iloveyou", "ichliebedich", "schatz",
    "sommer", "winter", "fruehling", "frühling", "herbst", "fussball", "football", "monkey", "dragon",
    "master", "qwertz", "qwertzuiop", "qwerty", "qwertyuiop", "asdfgh", "asdfghjkl", "yxcvbnm", "zxcvbnm",
    "1q2w3e4r", "1qaz2wsx", "abc123", "abcdef", "123456", "1234567", "12345678", "123456789", "1234567890",
    "987654321", "1234", "2024", "2025", "2026", "2027", "111111", "000000", "123123",
)  # fmt: skip
"""What most people take; a breached password of ten characters is one of these with something added."""

# Without characters that are mistaken for others when somebody reads them out.
_LETTERS: Final = "abcdefghijkmnpqrstuvwxyz23456789"
_GROUPS: Final = 4


def hash_password(password: str) -> str:
    """Return what is stored of a password; takes 0.1 s and 46 MiB."""
    with _AT_ONCE:
        return _HASHER.hash(_same(password))


def is_password(password: str, stored: str | None) -> bool:
    """Say whether a password is the one that was stored; takes as long when none was."""
    if len(password) > MAX_LENGTH:
        return False
    with _AT_ONCE:
        try:
            _HASHER.verify(stored or _NOBODYS, _same(password))
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def check_new_password(password: str, mail: str) -> None:
    """Refuse a password that others could guess.

    Raises:
        RuleRefused: when it is too short, too long, one part again and again, letters in a row, or hardly more than
            the mail address, this program's name or what most people take (NIST SP 800-63B, 3.1.1.2).
    """
    same = _same(password)
    if len(same) < MIN_LENGTH:
        raise RuleRefused(
            f"a password has {MIN_LENGTH} characters at least: four words are easy to keep",
            code="short_password",
            least=MIN_LENGTH,
        )
    if len(same) > MAX_LENGTH:
        raise RuleRefused(f"a password has {MAX_LENGTH} characters at most", code="long_password")
    if _is_easy(same.casefold(), mail.casefold()):
        raise RuleRefused(
            "anyone would guess this password: take four words that have nothing to do with you",
            code="easy_password",
        )


def _is_easy(password: str, mail: str) -> bool:
    """Say whether a password is a pattern, or hardly anything is left of it without what others would try first."""
    size = len(password)
    is_repeated = any(password[part:] == password[:-part] for part in range(1, size // 2 + 1))
    steps = {ord(after) - ord(before) for before, after in pairwise(password)}
    rest = password
    parts = re.split(r"[\W_]+", mail)
    known = {mail, *mail.split("@"), *(part for part in parts if len(part) >= _PART), *_COMMON}
    for word in sorted(filter(None, known), key=len, reverse=True):
        rest = rest.replace(word, "")
    return is_repeated or len(steps) == 1 or len(set(password)) < 4 or len(rest) < _LEFT


def new_password() -> str:
    """Return a password that nobody guesses and that can be read out: 80 bits in four groups of four."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(_GROUPS))


def _same(password: str) -> str:
    """Return the one way to write a text that can be written in several (an umlaut in one character or two)."""
    return unicodedata.normalize("NFKC", password)
