"""Records of the population topic, and of the topics on which marks stand as well.

On the population topic stand early profiles of tenants, fingerprints of templates that tenants share, what
detect said of a tenant, and marks of how far the partitions are. Whoever reads the topic in order knows, when
a mark says that a partition has reached an event time, all that came of that partition from before it. No key
of one kind can be a key of another: 0xFF stands in no tenant's name. Compaction keeps the last record of a
tenant and an age, of a tenant and a template, of what was said of a tenant, and the last mark of a partition.

Marks stand on the sketch topic as well, where intake says how far the partitions of the source are, and many
in one record on the fingerprint topic, where detect says how far its own are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from models.campaign.fingerprint import Fingerprint, decode_fingerprint, read_fingerprint
from models.codec import Reader, Writer
from models.errors import DecodeError, SnapshotError
from models.event import MAX_NAME_BYTES
from models.finding import Finding
from models.finding_codec import decode_finding, encode_finding
from models.population.profile import EarlyProfile, decode_profile
from models.sketch import MAX_PARTITION

PARTITION = 0
"""Of the population topic: the only one that is used, since all profiles are judged in one place."""

MARK_KEY = b"\xffmark"
"""How the keys of marks begin."""

_ALL_MARKS_KEY = b"\xffreached"
_TEMPLATES = b"t"
_SHARED_KEY = b"\xfffp"
_EPISODE_KEY = b"\xffepisode"
_BEFORE_AGE = b"\xff"
_TEMPLATE_BYTES = 8
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a partition is.

    Parameters
    ----------
    time
        Event time in Unix milliseconds up to which all that follows from it is posted; 0 for none yet.
    idle
        Whether nothing has come for a while.
    of_templates
        Whether it is a partition of the fingerprint topic, and not one that is judged.
    topic
        The source topic that it is a partition of, as intake says it; empty for what is judged, and where it
        was said when there was only one source.
    """

    partition: int
    time: int
    idle: bool
    of_templates: bool = False
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Shared:
    """A fingerprint of a template that several tenants share.

    Parameters
    ----------
    told
        Event time in Unix milliseconds at which that was known of it: when it came, or when the last tenant
        came that was missing.
    """

    told: int
    fingerprint: Fingerprint


Said = EarlyProfile | Shared | Finding | Mark
"""What a record of the population topic says."""


def population_record(said: Said) -> tuple[bytes, bytes]:
    """Return key and value of a record of the population topic."""
    if isinstance(said, Mark):
        return mark_record(said)
    if isinstance(said, EarlyProfile):
        return profile_record(said)
    if isinstance(said, Finding):
        return _episode_key(said), encode_finding(said)
    out = Writer()
    out.number(said.told)
    out.raw(said.fingerprint.encode())
    return _shared_key(said.fingerprint), out.finish()


def _episode_key(finding: Finding) -> bytes:
    return _EPISODE_KEY + finding.tenant.encode()


def _shared_key(fingerprint: Fingerprint) -> bytes:
    return _SHARED_KEY + template_key(fingerprint.template) + fingerprint.tenant.encode()


def template_key(template: int) -> bytes:
    """Return the key of a template: its hash, big-endian."""
    return template.to_bytes(_TEMPLATE_BYTES, "big")


def profile_record(profile: EarlyProfile) -> tuple[bytes, bytes]:
    """Return key and value of a profile's record."""
    return profile.tenant.encode() + _BEFORE_AGE + str(profile.age).encode(), profile.encode()


def mark_record(mark: Mark) -> tuple[bytes, bytes]:
    """Return key and value of a mark's record."""
    out = Writer()
    for number in (_VERSION, mark.time, int(mark.idle)):
        out.number(number)
    kind = _TEMPLATES if mark.of_templates else f"{mark.topic}/".encode() if mark.topic else b""
    return MARK_KEY + kind + str(mark.partition).encode(), out.finish()


def marks_record(marks: Sequence[Mark]) -> tuple[bytes, bytes]:
    """Return key and value of a record of the fingerprint topic that holds marks of judged partitions."""
    out = Writer()
    out.number(_VERSION)
    out.number(len(marks))
    for mark in marks:
        for number in (mark.partition, mark.time, int(mark.idle)):
            out.number(number)
    return _ALL_MARKS_KEY, out.finish()


def read_record(key: bytes, value: bytes) -> Said:
    """Read a record of the population topic.

    Raises
    ------
    DecodeError
        It is nothing that stands there, or damaged.
    """
    with _explained("bad_population_record", "neither a profile nor a mark"):
        if not key.startswith(_BEFORE_AGE):
            return _read_profile(key, value)
        if key.startswith(_EPISODE_KEY):
            finding = decode_finding(value)
            return _keyed(finding, _episode_key(finding), key)
        if key.startswith(_SHARED_KEY):
            shared = read_shared(value)
            return _keyed(shared, _shared_key(shared.fingerprint), key)
        return _read_mark(key, value)


def read_fingerprint_record(key: bytes, value: bytes) -> Fingerprint | tuple[Mark, ...]:
    """Read a record of the fingerprint topic.

    Raises
    ------
    DecodeError
        It is neither a fingerprint nor marks, or damaged.
    """
    with _explained("bad_fingerprint_record", "neither a fingerprint nor marks"):
        if key == _ALL_MARKS_KEY:
            return _read_marks(value)
        fingerprint = decode_fingerprint(value)
        if key != template_key(fingerprint.template):
            raise SnapshotError("the key is another template than the value's")
        return fingerprint


def read_mark(key: bytes, value: bytes) -> Mark:
    """Read a mark.

    Raises
    ------
    DecodeError
        It is none, or damaged.
    """
    with _explained("bad_population_record", "not a mark"):
        return _read_mark(key, value)


@contextmanager
def _explained(reason: str, what: str) -> Iterator[None]:
    try:
        yield
    except (SnapshotError, ValueError) as error:  # what is no text, or no number
        detail = str(error) if isinstance(error, SnapshotError) else "its key cannot be read"
        raise DecodeError(reason, f"{what}: {detail}") from None


def _keyed(said: Said, own: bytes, key: bytes) -> Said:
    """Return what was read if its own key is that of its record."""
    if own != key:
        raise SnapshotError("the key is of something else than the value")
    return said


def read_shared(value: bytes) -> Shared:
    """Read the value of a fingerprint's record on the population topic.

    Raises
    ------
    SnapshotError
        It is none, or damaged.
    """
    source = Reader(value)
    shared = Shared(source.time(), read_fingerprint(source))
    source.end()
    return shared


def _read_mark(key: bytes, value: bytes) -> Mark:
    topic, _, number = key.removeprefix(MARK_KEY).rpartition(b"/")
    of_templates = not topic and number.startswith(_TEMPLATES)
    partition = int(number.removeprefix(_TEMPLATES) if of_templates else number)
    source = Reader(value)
    if source.number() != _VERSION:
        raise SnapshotError(f"the mark is not of version {_VERSION}")
    time, idle = source.time(), bool(source.count(1))
    source.end()
    if not 0 <= partition <= MAX_PARTITION:
        raise SnapshotError("there is no such partition")
    return Mark(partition, time, idle, of_templates, topic.decode())


def _read_marks(value: bytes) -> tuple[Mark, ...]:
    source = Reader(value)
    if source.number() != _VERSION:
        raise SnapshotError(f"the marks are not of version {_VERSION}")
    marks = tuple(
        Mark(source.count(MAX_PARTITION), source.time(), bool(source.count(1)))
        for _ in range(source.count(MAX_PARTITION))
    )
    source.end()
    return marks


def _read_profile(key: bytes, value: bytes) -> EarlyProfile:
    name, _, age = key.rpartition(_BEFORE_AGE)
    if len(name) > MAX_NAME_BYTES:
        raise SnapshotError("the tenant's name is too long")
    profile = decode_profile(name.decode(), value)
    if profile.age != int(age):
        raise SnapshotError("the age in the key is another than in the value")
    return profile
