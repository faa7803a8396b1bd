"""Texts in other languages, from public packages that are fetched when they are first needed.

Debian's packages of manual pages, of its reference and of fortunes, and from PyPI the sentences that a voice
assistant understands. Nothing of them is part of the repository: they are unpacked below `.cache/texts`.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from html.parser import HTMLParser
from pathlib import Path
from zipfile import ZipFile

from bench.detection.grammar import Grammar
from bench.detection.worlds import ROOT

FOLDER = ROOT / ".cache" / "texts"
SHORTEST, LONGEST = 80, 2000
"""Characters of a passage."""
COMMANDS = 3000
"""Sentences to draw from the assistant's grammar."""


class TextsMissingError(Exception):
    """A package of texts cannot be fetched here."""


@dataclass(frozen=True, slots=True)
class Texts:
    """What people write in one language.

    Parameters
    ----------
    commands
        Short sentences to an assistant (Home Assistant's intents, Apache-2.0).
    manual
        Passages of manual pages (manpages-l10n, GPL-3 and the pages' own).
    reference
        Passages of the Debian Reference (GPL-2).
    sayings
        Quotations, jokes and facts (fortunes, GPL-2).
    """

    commands: list[str]
    manual: list[str]
    reference: list[str]
    sayings: list[str]


def texts(language: str) -> Texts:
    """Return the texts of a language such as `de`; fetch them if they are not there yet.

    Raises
    ------
    TextsMissingError
        Names the package that cannot be had.
    """
    return Texts(
        commands=commands(language),
        manual=passages(_debian(f"manpages-{language}") / "usr/share/man", ".gz", man_page),
        reference=passages(_debian(f"debian-reference-{language}") / "usr/share", ".html", web_page),
        sayings=sayings(_debian(f"fortunes-{language}") / "usr/share/games/fortunes"),
    )


def commands(language: str) -> list[str]:
    """Draw sentences from the grammar of the voice assistant."""
    grammar = json.loads(_assistant(language).read_text(encoding="utf-8"))
    drawn = Grammar(grammar, random.Random(language))
    return list(dict.fromkeys(drawn.sentence() for _ in range(COMMANDS)))


def passages(folder: Path, ending: str, read: Callable[[Path], Iterator[str]]) -> list[str]:
    """Return the passages of all documents in a folder, none twice."""
    found = (text for path in sorted(folder.rglob(f"*{ending}")) if path.is_file() for text in read(path))
    whole = (" ".join(text.split()) for text in found)
    return list(dict.fromkeys(text[:LONGEST] for text in whole if len(text) >= SHORTEST))


def sayings(folder: Path) -> list[str]:
    """Return the entries of all fortune files, none twice."""
    files = sorted(path for path in folder.rglob("*.u8") if path.is_file() and path.parent.name != "off")
    entries = (entry.strip() for path in files for entry in path.read_text("utf-8", "ignore").split("\n%\n"))
    return list(dict.fromkeys(entry[:LONGEST] for entry in entries if len(entry) >= SHORTEST // 2))


def man_page(path: Path) -> Iterator[str]:
    """Yield the paragraphs of a manual page, without its markup."""
    paragraph: list[str] = []
    for line in gzip.decompress(path.read_bytes()).decode("utf-8", "ignore").splitlines():
        if line.startswith((".", "'")):
            yield " ".join(paragraph)
            paragraph = []
        else:
            paragraph.append(re.sub(r"\\f[A-Z]|\\[,/&]|\\-", _unescaped, line))
    yield " ".join(paragraph)


def web_page(path: Path) -> Iterator[str]:
    """Yield the paragraphs of an HTML page, without its markup."""
    reader = _Paragraphs()
    reader.feed(path.read_text("utf-8", "ignore"))
    yield from reader.found


def _unescaped(match: re.Match[str]) -> str:
    return "-" if match[0] == "\\-" else ""


class _Paragraphs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        del attrs
        if tag == "p":
            self.found.append("")
            self._inside = True

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "p"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1] += data


def _debian(package: str) -> Path:
    return _kept(package, partial(_fetch_debian, package))


def _assistant(language: str) -> Path:
    package = "home-assistant-intents"
    return (
        _kept(package, partial(_fetch_python, package)) / "home_assistant_intents/data" / f"{language}.json"
    )


def _kept(package: str, fetch: Callable[[Path], None]) -> Path:
    """Return the folder of an unpacked package; fetch it if it is not there."""
    folder = FOLDER / package
    if not (folder / "complete").exists():
        folder.mkdir(parents=True, exist_ok=True)
        print(f"fetching {package}", file=sys.stderr)
        try:
            fetch(folder)
        except (OSError, StopIteration, subprocess.CalledProcessError) as error:
            raise TextsMissingError(f"the package {package} cannot be fetched here") from error
        (folder / "complete").touch()
    return folder


def _fetch_debian(package: str, folder: Path) -> None:
    _run("apt-get", "download", package, folder=folder)
    _run("dpkg-deb", "--extract", next(folder.glob("*.deb")), folder, folder=folder)


def _fetch_python(package: str, folder: Path) -> None:
    _run(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", package, folder=folder)
    with ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extractall(folder)


def _run(*command: object, folder: Path) -> None:
    words = [str(word) for word in command]
    subprocess.run(words, check=True, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
