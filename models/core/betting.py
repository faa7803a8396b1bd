"""Bets against the null hypothesis that a tenant goes on as before."""

from __future__ import annotations

from math import exp, log

from models.compiled import compiled
from models.core.kinds import Real

EXPONENTS = (0.1, 0.3, 0.5, 0.7, 0.9)
"""All of them 0.2 apart, so that one power is enough."""


@compiled
def power_bet(p: Real) -> Real:
    """Turn a p-value into an e-value: the mean of eps * p ** (eps - 1) (Vovk 1993, Shafer et al. 2011).

    Its expectation is at most 1 where p is a p-value. Parameters: p above 0 and at most 1.
    """
    power = exp(-0.1 * log(p))  # p ** (0.9 - 1), of which the others are odd powers
    step, total = power * power, 0.0
    for epsilon in EXPONENTS:
        total = total * step + epsilon
    return total * power / len(EXPONENTS)
