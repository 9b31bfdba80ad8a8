"""Every key and element of a TOML text is found on its line."""

import json
import string
import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hub.site_file.lines import Place, lines

NESTED = '''# a site
title = "x = [1, 2] # no comment"   # comment ] }

[[town]]
id = "a"
note = """
[[town]]
id = "not this"
"""
other = [ # first
  1,
  { x = 1, "y.z" = [2, 3] },  # ]
]
  [[town.space]]
  id = 'b'
  opening.mon = ["08:00-12:00", "13:00-17:00"]

  [[town.space]]
  id = "c"
  [town.space.opening]
  tue = []

[[town]]
id = "d"
[[town.space]]
id = "e"
'''


def places(value: Any, at: Place = ()) -> dict[Place, Any]:
    """Return every place of a document and what stands there."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = {} if at == () else {at: value}
    for key, part in inner:
        found |= places(part, (*at, key))
    return found


def test_each_place_of_a_nested_file_has_its_line() -> None:
    found = lines(NESTED)
    assert found.keys() == places(tomllib.loads(NESTED)).keys()
    assert found["title",] == 2
    assert found["town", 0] == 4
    assert found["town", 0, "other", 1] == 12
    assert found["town", 0, "other", 1, "y.z", 1] == 12
    assert found["town", 0, "space", 0, "opening", "mon", 1] == 16
    assert found["town", 0, "space", 1, "id"] == 19
    assert found["town", 0, "space", 1, "opening", "tue"] == 21
    assert found["town", 1, "space", 0, "id"] == 26


KEYS = st.text(st.sampled_from(string.ascii_lowercase + "-_. \"'#[]=ü\\"), min_size=1, max_size=6)
SCALARS = st.one_of(
    st.integers(-10, 10).map(str),
    st.booleans().map(lambda value: str(value).lower()),
    st.just("2026-03-29T02:30:00Z"),
    st.just("08:30:00"),
    st.text(st.sampled_from("ab\n\t\"'\\#[]{},=ü "), max_size=8).map(json.dumps),
    st.sampled_from(["'it is # \"raw\"'", '"""a\n]]"" b\n"""', "'''x\n'' = [\n'''"]),
)  # fmt: skip


def _inline(table: dict[str, str]) -> str:
    return "{" + ", ".join(f"{_key(key)} = {value}" for key, value in table.items()) + "}"


def _key(key: str) -> str:
    return json.dumps(key, ensure_ascii=False)


ELEMENTS = st.one_of(SCALARS, st.dictionaries(KEYS, SCALARS, max_size=3).map(_inline))
ARRAYS = st.tuples(
    st.lists(ELEMENTS, max_size=4),
    st.sampled_from([", ", ",\n  ", " ,\n# ] }\n", ",\n\n"]),
    st.sampled_from(["", ",\n"]),
).map(lambda part: "[" + part[1].join(part[0]) + (part[2] if part[0] else "") + "]")  # fmt: skip
TABLES = st.dictionaries(KEYS, st.one_of(SCALARS, ARRAYS), max_size=4)
DOCUMENTS = st.tuples(
    TABLES, st.lists(st.tuples(st.sampled_from(["town", "x y"]), TABLES, TABLES), max_size=4)
)


def _write(document: tuple[dict[str, str], list[tuple[str, dict[str, str], dict[str, str]]]]) -> str:
    top, parts = document
    out = [f"{_key(key)} = {value}" for key, value in top.items() if key not in ("town", "x y")]
    for name, table, inner in parts:
        out += ["", f"[[ {_key(name)} ]] # x = 1"]
        out += [f"  {_key(key)}={value}" for key, value in table.items() if key != "in"]
        out += [f"[{_key(name)}.in]", *(f"{_key(key)} = {value} # '" for key, value in inner.items())]
    return "\n".join(out) + "\n"


@given(DOCUMENTS)
def test_every_place_is_found_and_its_line_holds_the_key(document: Any) -> None:
    text = _write(document)
    found = lines(text)
    assert found.keys() == places(tomllib.loads(text)).keys()
    rows = text.split("\n")
    for place, line in found.items():
        if isinstance(place[-1], str):
            assert _key(place[-1]) in rows[line - 1] or f".{place[-1]}]" in rows[line - 1]
