"""Files of JSON lines that are written, and whose length at a moment can be relied on later."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Self

import orjson
import zstandard

from models.errors import DistillwatchError

STDOUT = "-"
_PACKED = ".zst"


class JsonLines:
    """Writes values to a file, a line each; packed by zstandard where its name ends in `.zst`.

    Parameters
    ----------
    name
        The file; `-` is stdout, and without a name the lines go nowhere.
    at
        Length in bytes of what an earlier run wrote and is to stay; what is behind it is cut off.

    Raises
    ------
    DistillwatchError
        From every method: the file cannot be written; names it.
    """

    def __init__(self, name: str | None, at: int = 0) -> None:
        self.name = name
        self._file = None if name is None else _open(name, at)
        self._packer = None
        if self._file is not None and name is not None and name.endswith(_PACKED):
            self._packer = zstandard.ZstdCompressor().stream_writer(self._file, closefd=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def write(self, value: object) -> None:
        """Write one value."""
        if self._file is None:
            return
        with _told(self.name):
            (self._packer or self._file).write(orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE))

    def keep(self) -> int:
        """Bring all to the disk and return the file's length in bytes; 0 for what is no file."""
        if self._file is None or self.name == STDOUT:
            return 0
        with _told(self.name):
            self._end_frame()
            self._file.flush()
            if Path(self.name or "").is_file():
                os.fsync(self._file.fileno())
            return self._file.tell()

    def close(self) -> None:
        """Write what waits, and close the file unless it is stdout."""
        if self._file is None:
            return
        with _told(self.name):
            if self.name == STDOUT:
                self._file.flush()
            elif not self._file.closed:
                try:
                    self._end_frame()
                finally:
                    self._file.close()

    def _end_frame(self) -> None:
        if self._packer is not None:
            self._packer.flush(zstandard.FLUSH_FRAME)


def _open(name: str, at: int) -> BinaryIO:
    if name == STDOUT:
        return sys.stdout.buffer
    with _told(name):
        if not at:
            return Path(name).open("wb")
        file = Path(name).open("r+b")  # noqa: SIM115 - the writer closes it
        if file.seek(0, io.SEEK_END) < at:
            file.close()
            raise DistillwatchError(f"{name} is shorter than the backtest left it: start it without --resume")
        file.truncate(at)
        file.seek(at)
        return file


@contextmanager
def _told(name: str | None) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DistillwatchError(f"cannot write {name}: {error.strerror}") from None
