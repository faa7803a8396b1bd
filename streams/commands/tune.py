"""`distillwatch tune`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from models.errors import DistillwatchError


def tune(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Folder that `backtest --report` wrote.", show_default=False)
    ],
    *,
    verdicts: Annotated[
        Path | None,
        typer.Option("--verdicts", metavar="FILE", help="JSON lines: uid and verdict, or control records."),
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option("--write", metavar="FILE", help="Write the proposed settings there, as TOML."),
    ] = None,
) -> None:
    """Say what other settings would have changed, and propose budget, blocks and overrides.

    It compares the settings that the backtest tried, by what analysts made of the alerts where verdicts are
    given. Nothing is written or changed unless --write asks for a file.
    """
    from streams.backtest_folder import BacktestFolder  # noqa: PLC0415 - loads zstandard
    from streams.report.comparison import episode_of  # noqa: PLC0415
    from streams.report.facts import collect  # noqa: PLC0415 - loads scipy
    from streams.tuning.proposal import propose  # noqa: PLC0415
    from streams.tuning.telling import tell, to_toml  # noqa: PLC0415
    from streams.tuning.verdicts import given_verdicts, read_verdicts  # noqa: PLC0415
    from streams.tuning.weighing import as_it_was, weigh  # noqa: PLC0415

    facts = collect(BacktestFolder(folder))
    cases = [*facts.cases, *facts.campaigns]
    known = {**given_verdicts(cases), **({} if verdicts is None else read_verdicts(verdicts))}
    run = as_it_was([episode_of(case) for case in cases], known)
    tried = [weigh(one, known) for one in facts.comparisons]
    proposal = propose(facts, run, tried, known)
    typer.echo("\n".join(tell(facts, run, tried, proposal)))
    if write is not None:
        try:
            write.write_text(to_toml(facts, proposal), encoding="utf-8")
        except OSError as error:
            raise DistillwatchError(f"cannot write {write}: {error.strerror}") from None
