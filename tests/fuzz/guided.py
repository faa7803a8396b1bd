"""One target under atheris: `python -m tests.fuzz.guided <name> <flags of libFuzzer> <folder of inputs>`.

With the path of one input in place of the folder it runs that input alone.
"""

from __future__ import annotations

import importlib
import pkgutil
import random
import sys

import atheris

import models.core

# Numba compiles these, and cannot read what is instrumented. Of other modules they import numbers only.
for module in pkgutil.iter_modules(models.core.__path__):
    importlib.import_module(f"models.core.{module.name}")
for name in [name for name in sys.modules if name.startswith("models.")]:
    if not name.startswith(("models.core", "models.compiled")):
        del sys.modules[name]

with atheris.instrument_imports(
    include=[
        "models",
        *(f"streams.{name}" for name in ("avro", "cloudevents_in", "delimited", "envelopes", "event_files")),
        *(f"streams.{name}" for name in ("framing", "state_record", "zstd_reader")),
    ]
):
    from tests.fuzz.probes import extremes, places
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Run until the time is over or something is found."""
    program, name, *flags = sys.argv
    mutator = {"custom_mutator": damage_a_value} if name == "tenant" else {}
    atheris.Setup([program, *flags], TARGETS[name].run, **mutator)
    atheris.Fuzz()


def damage_a_value(data: bytes, max_size: int, seed: int) -> bytes:
    """Put an extreme in the place of one value of a tenant's state, or leave the mutation to libFuzzer."""
    draw = random.Random(seed)
    if draw.random() < 0.5:
        return bytes(atheris.Mutate(data, max_size))
    found = places(data)
    at, size = draw.choice(found) if found else (0, 0)
    choices = list(extremes(size))
    value = draw.choice(choices) if choices else b""
    return (data[:at] + value + data[at + size :])[:max_size]


if __name__ == "__main__":
    main()
