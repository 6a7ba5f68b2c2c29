"""Begins a plugin: writes a package that installs, is found, and passes its own tests against a toy venue."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ports.errors import InvalidInputError

_TEMPLATES: Final = Path(__file__).parent / "templates"
_NAME: Final = re.compile(r"[a-z][a-z0-9]{1,30}")
_TAKEN: Final = frozenset({"binance", "bybit", "okx", "deribit", "ibkr", "smart", "livexec", "paper"})
_PLACES: Final = {  # of each template, in the new folder
    "pyproject.toml": "pyproject.toml",
    "Makefile": "Makefile",
    "README.md": "README.md",
    "init.py": "src/livexec_NAME/__init__.py",
    "py.typed": "src/livexec_NAME/py.typed",
    "plugin.py": "src/livexec_NAME/plugin.py",
    "factory.py": "src/livexec_NAME/factory.py",
    "session.py": "src/livexec_NAME/session.py",
    "words.py": "src/livexec_NAME/words.py",
    "api.py": "src/livexec_NAME/api.py",
    "toy.py": "src/livexec_NAME/toy.py",
    "ground.py": "tests/ground.py",
    "test_conformance.py": "tests/test_conformance.py",
    "test_plugin.py": "tests/test_plugin.py",
}


def begin(name: str, folder: Path) -> Sequence[Path]:
    """Write a plugin for a venue into a folder that is empty or not there, and return its files.

    Raises:
        InvalidInputError: the name is none, or taken; or there is something in the folder.
    """
    if _NAME.fullmatch(name) is None:
        raise InvalidInputError("name", name, "write the venue in small letters and digits, such as acme")
    if name in _TAKEN:
        raise InvalidInputError("name", name, "is a venue that there is already; write another")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InvalidInputError("folder", str(folder), "is not empty; name one that is not there yet")
    words = {"@NAME@": name, "@VENUE@": name.upper(), "@CLASS@": name.capitalize()}
    written = []
    for template, place in _PLACES.items():
        text = (_TEMPLATES / f"{template}.txt").read_text(encoding="utf-8")
        for word, meaning in words.items():
            text = text.replace(word, meaning)
        path = folder / place.replace("NAME", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        written.append(path)
    return written
