"""Many records of the sketch topic at once: cut into their parts, and told apart by where they come from."""

from __future__ import annotations

import numpy as np

from models.compiled import compiled
from models.core.kinds import Record, Table, Truth, Whole
from models.core.layout import REQUEST
from models.event import EARLIEST_MS, LATEST_MS, MAX_NAME_BYTES
from models.sketch import HOTTEST, MAX_TOPIC_BYTES, MISSING, VERSION

MAGIC = b"DWK"
BLOCK = REQUEST.itemsize
_ASCII = 128


@compiled
def cut(joined: Table, begins: Table, rows: Table, plain: Table) -> None:
    """Copy the fixed block of each record to `rows`, and note whether what follows it is ASCII.

    Parameters
    ----------
    joined
        The records one after the other, bytes.
    begins
        Where each begins, and where the last ends; shape (n + 1,).
    rows
        To be written: bytes, shape (n, size of the block); no record is shorter.
    plain
        To be written: truths, shape (n,).
    """
    size = rows.shape[1]
    for i in range(rows.shape[0]):
        begin, end = begins[i], begins[i + 1]
        rows[i] = joined[begin : begin + size]
        highest = 0
        for place in range(begin + size, end):
            highest |= joined[place]
        plain[i] = highest < _ASCII


@compiled
def valid(rows: Table, begins: Table, sizes: Table) -> Table:
    """Tell which records hold only what a sketch of this version may, but for what is no ASCII.

    Parameters
    ----------
    rows, begins
        See `cut`; rows of `models.core.layout.REQUEST`.
    sizes
        Of the tenants' names, in bytes.
    """
    good = np.empty(len(rows), np.bool_)
    for i in range(len(rows)):
        x = rows[i]
        size = begins[i + 1] - begins[i] - BLOCK
        good[i] = (
            (x.magic[0] == MAGIC[0] and x.magic[1] == MAGIC[1] and x.magic[2] == MAGIC[2])
            and (x.version == VERSION and size == np.int64(x.id_size) + x.topic_size)
            and (0 < x.id_size <= MAX_NAME_BYTES and 0 < sizes[i] <= MAX_NAME_BYTES)
            and (x.topic_size <= MAX_TOPIC_BYTES and x.partition >= 0 and x.offset >= 0 and x.part >= 0)
            and (EARLIEST_MS <= x.time < LATEST_MS)
            and (x.signed_up == 0 or EARLIEST_MS <= x.signed_up < LATEST_MS)
            and (MISSING <= x.temperature <= HOTTEST)  # false where it is no number
            and _counts(x)
            and (x.embedded == 0 or _any(x.embedding))
        )
    return good


@compiled
def _counts(x: Record) -> Truth:
    least = min(x.chars, x.words, x.input_tokens, x.output_tokens, x.max_tokens, x.cached_tokens, x.turn)
    least = min(least, x.logit_bias_size, x.n, x.top_logprobs, x.logprobs, x.status, x.finish, x.flags)
    return least >= MISSING


@compiled
def _any(embedding: Table) -> Truth:
    for component in embedding:  # noqa: SIM110  compiled code has no generators
        if component != 0:
            return True
    return False


@compiled
def sources(rows: Table, names: Table, ends: Table, codes: Table, firsts: Table) -> Whole:
    """Number the partitions of source topics that requests come from; return how many there are.

    Parameters
    ----------
    rows, names, ends
        See `models.requests.Requests`; the names as bytes.
    codes
        To be written: the number of each request's partition, in the order of their first requests.
    firsts
        To be written from the front: the first request of each partition; shape (n,).
    """
    count = code = 0
    for i in range(len(rows)):
        if not (count and _same(rows[i], rows[firsts[code]], names, ends[i, 1], ends[firsts[code], 1])):
            code = 0
            while code < count and not _same(
                rows[i], rows[firsts[code]], names, ends[i, 1], ends[firsts[code], 1]
            ):
                code += 1
            if code == count:
                firsts[count] = i
                count += 1
        codes[i] = code
    return count


@compiled
def _same(one: Record, other: Record, names: Table, begin: Whole, start: Whole) -> Truth:
    if one.partition != other.partition or one.topic_size != other.topic_size:
        return False
    for place in range(one.topic_size):  # noqa: SIM110  compiled code has no generators
        if names[begin + place] != names[start + place]:
            return False
    return True


@compiled
def rising(rows: Table, codes: Table, highest: Table, places: Table) -> Whole:
    """Note the requests above all before them of their partition; return how many there are.

    Parameters
    ----------
    rows, codes
        See `sources`.
    highest
        The highest offset of each partition so far and the part there, -1 for none; shape (partitions, 2),
        brought up to date.
    places
        To be written from the front.
    """
    count = 0
    for i in range(len(rows)):
        x, mark = rows[i], highest[codes[i]]
        if x.offset > mark[0] or (x.offset == mark[0] and x.part > mark[1]):
            mark[0], mark[1] = x.offset, x.part
            places[count] = i
            count += 1
    return count
