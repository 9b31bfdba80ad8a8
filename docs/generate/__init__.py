"""Pages that are made from code, so that they can't go stale: `make docs` writes them, a test compares them.

Each module here makes the pages of one subject and has a function `pages() -> dict[str, str]`: path below `docs/`
to the whole text of the file. A new module is found by itself.
"""

import importlib
import pkgutil
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parent.parent
"""Where the paths of pages begin: `docs/`."""

NOTE: Final = "Made by `make docs`; changes belong into the code that it is made from."
"""First words of every generated page."""


def all_pages() -> dict[str, str]:
    """Return every generated page: path below `docs/` to text."""
    pages: dict[str, str] = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda module: module.name):
        if module.name != "__main__":
            pages |= importlib.import_module(f"{__name__}.{module.name}").pages()
    return pages


def stale_pages(pages: dict[str, str], folder: Path = FOLDER) -> list[str]:
    """Return the paths of those pages that are missing in a folder or have another text there."""
    return [path for path, text in pages.items() if _text_of(folder / path) != text]


def write_pages(pages: dict[str, str], folder: Path = FOLDER) -> list[str]:
    """Write the pages that differ from what a folder holds, and return their paths."""
    changed = stale_pages(pages, folder)
    for path in changed:
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(pages[path], "utf-8")
    return changed


def _text_of(file: Path) -> str | None:
    return file.read_text("utf-8") if file.is_file() else None
