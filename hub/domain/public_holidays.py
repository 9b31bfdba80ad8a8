"""Public holidays of a Land, from the `holidays` library: on them a space keeps to no opening hours."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache


def public_holidays(land: str, years: Iterable[int], *, catholic: bool = False) -> frozenset[date]:
    """Return the public holidays of some years.

    Args:
        land: two letters, as in ISO 3166-2:DE.
        years: calendar years.
        catholic: whether those count that only municipalities with a Catholic majority have (Bavaria: 15 August).

    Raises:
        ValueError: when there is no such Land.
    """
    found: frozenset[date] = frozenset()
    for year in years:
        found |= _of_year(land, year, catholic=catholic)
    return found


@lru_cache(maxsize=256)
def _of_year(land: str, year: int, *, catholic: bool) -> frozenset[date]:
    # Loading it takes a tenth of a second, which no command should wait for that does not need it.
    from holidays import country_holidays

    categories = ("public", "catholic") if catholic else ("public",)
    try:
        return frozenset(country_holidays("DE", subdiv=land, years=year, categories=categories))
    except NotImplementedError:
        raise ValueError(f"there is no Land {land!r}: write two letters as in ISO 3166-2:DE") from None
