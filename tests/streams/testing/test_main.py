"""`python -m streams.testing`."""

from __future__ import annotations

import orjson
import pytest

from streams.testing import synthetic_traffic
from streams.testing.__main__ import main


def test_it_writes_the_traffic_and_the_truth(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["--hours", "36", "--seed", "3", "--campaign", "--no-takeover"]) == 0
    out, err = capfdbinary.readouterr()
    traffic = synthetic_traffic(36, seed=3, takeover=False, campaign=True)
    assert [orjson.loads(line) for line in out.splitlines()] == traffic.events
    assert b"attacker: account-00, account-01" in err


def test_too_short_a_time_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--hours", "3"])
    assert "--hours must be at least 36" in capsys.readouterr().err
