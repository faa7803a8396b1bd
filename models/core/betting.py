"""Bets against the null hypothesis that a tenant goes on as before."""

from __future__ import annotations

from models.compiled import compiled
from models.core.kinds import Real

EXPONENTS = (0.1, 0.3, 0.5, 0.7, 0.9)


@compiled
def power_bet(p: Real) -> Real:
    """Turn a p-value into an e-value: the mean of eps * p ** (eps - 1) (Vovk 1993, Shafer et al. 2011).

    Its expectation is at most 1 where p is a p-value. Parameters: p above 0 and at most 1.
    """
    total = 0.0
    for epsilon in EXPONENTS:
        total += epsilon * p ** (epsilon - 1.0)
    return total / len(EXPONENTS)
