"""A progress bar on stderr for commands that read files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from streams.event_files import EventFile, Line, total_size
from streams.settings_source import SourceSettings

_EVERY = 1_000
"""Lines between two looks at how far the file is."""


@contextmanager
def track(names: Sequence[str], source: SourceSettings) -> Iterator[Iterator[Line]]:
    """Show, while the records of all files are taken, how much of the files is read.

    Nothing is shown where stderr is not a terminal. Raises `DistillwatchError` when a file cannot be read.
    """
    total = total_size(names)
    with _bar() as progress:
        task = progress.add_task("reading", total=total, lines=0)
        yield _lines(names, source, progress, task)


@contextmanager
def track_records(lines: Iterable[Line], total: int) -> Iterator[Iterator[Line]]:
    """Show, while lines are taken, how many of all there are."""
    with _bar() as progress:
        task = progress.add_task("reading", total=total, lines=0)
        yield _counted(lines, progress, task)


def _bar() -> Progress:
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[lines]:,} lines"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _counted(lines: Iterable[Line], progress: Progress, task: TaskID) -> Iterator[Line]:
    for seen, line in enumerate(lines, 1):
        yield line
        if seen % _EVERY == 0:
            progress.update(task, completed=seen, lines=seen)


def _lines(names: Sequence[str], source: SourceSettings, progress: Progress, task: TaskID) -> Iterator[Line]:
    seen, done = 0, 0
    for name in names:
        file = EventFile(name, source.max_record_bytes, delimited=source.delimited)
        for line in file.lines():
            yield line
            seen += 1
            if seen % _EVERY == 0:
                progress.update(task, completed=done + file.position, lines=seen)
        done += file.position
        progress.update(task, completed=done, lines=seen)
