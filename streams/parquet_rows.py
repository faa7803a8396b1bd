"""Rows of a Parquet file as JSON objects, a row group's batch at a time."""

from __future__ import annotations

import io
from collections.abc import Iterator
from decimal import Decimal

import orjson

from models.errors import DistillwatchError, SettingsError

ROWS = 1_024
"""Rows that are in memory at once, beside the row group's compressed pages."""


def parquet_rows(name: str, file: io.BufferedReader) -> Iterator[bytes]:
    """Yield each row as a JSON object of the columns that have a value in it.

    Times are written as RFC 3339; one without a zone is taken as UTC.

    Parameters
    ----------
    name
        The file's name, for errors.

    Raises
    ------
    SettingsError
        The extra `parquet` is not installed.
    DistillwatchError
        The file is damaged, or a column is of a type that JSON cannot say.
    """
    try:
        import pyarrow as pa  # type: ignore[import-untyped]  # noqa: PLC0415 - an extra
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError:
        detail = "install it with `pip install 'distillwatch[parquet]'`"
        raise SettingsError(f"{name} is a Parquet file, which needs pyarrow: {detail}") from None
    number = 0
    try:
        for batch in parquet.ParquetFile(file, pre_buffer=False).iter_batches(ROWS):
            for row in batch.to_pylist():
                number += 1
                yield _json(name, number, row)
    except (pa.ArrowException, OSError) as error:
        detail = f"{name} is damaged after row {number} ({type(error).__name__}); restore the file"
        raise DistillwatchError(detail) from None


def _json(name: str, number: int, row: dict[str, object]) -> bytes:
    given = {column: value for column, value in row.items() if value is not None}
    try:
        return orjson.dumps(given, default=_plain, option=orjson.OPT_NAIVE_UTC)
    except TypeError:
        detail = "a column is of a type that JSON cannot say: write it as text or as a number"
        raise DistillwatchError(f"{name} row {number}: {detail}") from None


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, bytes):
        return value.decode()
    raise TypeError
