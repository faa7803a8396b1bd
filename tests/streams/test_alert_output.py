"""Which findings `distillwatch alerts` prints."""

from __future__ import annotations

import orjson
import pytest

from models.finding import Severity
from streams.alert_output import AlertOutput, Filter
from tests.streams.notify.findings import campaign_view, record, value, view


def test_json_without_a_filter_is_what_stands_on_the_topic(capsys: pytest.CaptureFixture[str]) -> None:
    output = AlertOutput(Filter(), text=False)
    for written in (value(), b"anything", None):
        output.take(written, "alerts-0 offset 3")
    assert capsys.readouterr().out == f"{value().decode()}\nanything\n\n"


def test_json_with_a_filter_is_as_it_stands_too(capsys: pytest.CaptureFixture[str]) -> None:
    odd = orjson.dumps(record() | {"more": 1})
    output = AlertOutput(Filter.of("high", "acme"), text=False)
    for written in (odd, value(severity=Severity.MEDIUM), value(tenant="other")):
        output.take(written, "alerts-0 offset 3")
    assert capsys.readouterr().out == f"{odd.decode()}\n"


def test_text_is_a_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    output = AlertOutput(Filter(), text=True)
    output.take(value(), "alerts-0 offset 3")
    assert "opened  high      acme" in capsys.readouterr().out


@pytest.mark.parametrize("text", [True, False])
def test_a_record_that_is_no_finding_is_named_and_left_out(
    capsys: pytest.CaptureFixture[str],
    text: bool,  # noqa: FBT001 - an example's value
) -> None:
    output = AlertOutput(Filter.of("low", None), text=text)
    output.take(b'{"prompt": "secret"}', "alerts-0 offset 3")
    captured = capsys.readouterr()
    assert not captured.out
    assert captured.err == (
        "distillwatch: alerts-0 offset 3 is left out: the record is not a Detection Finding of distillwatch\n"
    )


def test_a_filter_by_severity_wants_what_is_at_least_so_grave() -> None:
    wanted = [level for level in Severity if Filter.of("high", None).wants(view(severity=level))]
    assert wanted == [Severity.HIGH, Severity.CRITICAL]


def test_a_filter_by_tenant_wants_the_campaigns_that_name_it_too() -> None:
    chosen = Filter.of(None, "acme")
    assert chosen.wants(view())
    assert chosen.wants(campaign_view())
    assert not chosen.wants(view(tenant="other"))
