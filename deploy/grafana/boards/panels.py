"""What dashboards are made of: queries and panels that look alike."""

from __future__ import annotations

from collections.abc import Sequence

from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    heatmap,
    prometheus,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.builders import dashboard as builder
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.cog.variants import Dataquery
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import heatmap as heat
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from boards.frame import SOURCE

HERE = 'job=~"$job",instance=~"$instance"'
"""What every query filters by."""

WHOLE, HALF, THIRD = 24, 12, 8
GREEN, YELLOW, ORANGE, RED, BLUE, GREY = "green", "yellow", "orange", "red", "blue", "text"
STATES = (
    ("0", "warming", GREY),
    ("1", "normal", GREEN),
    ("2", "suspicious", YELLOW),
    ("3", "alerting", RED),
    ("4", "cooling", BLUE),
)
"""Of `distillwatch_tenant_state`."""

Panel = timeseries.Panel | stat.Panel | statetimeline.Panel | bargauge.Panel | table.Panel | heatmap.Panel


def query(expression: str, legend: str = "", *, instant: bool = False) -> prometheus.Dataquery:
    """Return a query; `@` stands for the filters that all have."""
    made = prometheus.Dataquery().expr(expression.replace("@", HERE)).legend_format(legend or "__auto")
    return made.instant() if instant else made.range()


def lines(
    title: str, description: str, unit: str, *queries: prometheus.Dataquery, span: int = HALF
) -> timeseries.Panel:
    """Return lines over time."""
    made = (
        timeseries.Panel()
        .fill_opacity(8)
        .line_width(2)
        .show_points(kinds.VisibilityMode.NEVER)
        .span_nulls(False)
    )
    legend = common.VizLegendOptions().display_mode(kinds.LegendDisplayMode.LIST)
    made = made.legend(legend.placement(kinds.LegendPlacement.BOTTOM).show_legend(True))
    made = made.tooltip(common.VizTooltipOptions().mode(kinds.TooltipDisplayMode.MULTI))
    made = (
        made.title(title).description(description).unit(unit).min(0).datasource(SOURCE).height(8).span(span)
    )
    return made.targets(_numbered(queries))


def logarithmic(panel: timeseries.Panel) -> timeseries.Panel:
    """Draw evidence as it grows: by factors, from far below the threshold to far above."""
    scale = common.ScaleDistributionConfig().type(kinds.ScaleDistribution.LOG).log(10)
    return panel.scale_distribution(scale).min(0.01)


def number(
    title: str,
    description: str,
    unit: str,
    asked: prometheus.Dataquery,
    *steps: tuple[float, str],
    span: int = 4,
) -> stat.Panel:
    """Return one number; `steps` say from which value on it has which colour."""
    made = (
        stat.Panel().title(title).description(description).unit(unit).datasource(SOURCE).height(4).span(span)
    )
    made = made.thresholds(thresholds(GREEN if steps else GREY, *steps)).targets(_numbered([asked]))
    reduced = common.ReduceDataOptions().calcs(["lastNotNull"])
    return made.graph_mode(kinds.BigValueGraphMode.NONE).reduce_options(reduced)


def bars(
    title: str, description: str, unit: str, asked: prometheus.Dataquery, *steps: tuple[float, str]
) -> bargauge.Panel:
    """Return one bar a series, the longest first."""
    made = bargauge.Panel().title(title).description(description).unit(unit).datasource(SOURCE)
    made = made.height(8).span(HALF).min(0).orientation(kinds.VizOrientation.HORIZONTAL)
    made = made.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    return made.thresholds(thresholds(GREEN, *steps)).targets(_numbered([asked]))


def timeline(title: str, description: str, asked: prometheus.Dataquery) -> statetimeline.Panel:
    """Return where tenants stand, over time."""
    made = statetimeline.Panel().title(title).description(description).unit("none").datasource(SOURCE)
    return made.height(6).span(WHOLE).mappings([states()]).targets(_numbered([asked]))


def rows(title: str, description: str, *queries: prometheus.Dataquery, span: int = HALF) -> table.Panel:
    """Return a table of what the queries say now, a row for each set of labels."""
    asked = [one.format(PromQueryFormat.TABLE) for one in queries]
    hidden = {"Time": True, "__name__": True, "job": True, "endpoint": True, "namespace": True}
    made = table.Panel().title(title).description(description).unit("short").datasource(SOURCE)
    made = made.height(8).span(span).targets(_numbered(asked))
    made = made.with_transformation(model.DataTransformerConfig("merge", options={}))
    return made.with_transformation(
        model.DataTransformerConfig("organize", options={"excludeByName": hidden, "renameByName": {}})
    )


def heat_map(title: str, description: str, unit: str, asked: prometheus.Dataquery) -> heatmap.Panel:
    """Return a histogram over time."""
    made = heatmap.Panel().title(title).description(description).unit(unit).datasource(SOURCE)
    colour = heatmap.HeatmapColorOptions().mode(heat.HeatmapColorMode.SCHEME).scheme("Oranges").steps(64)
    made = made.height(8).span(HALF).calculate(False).color(colour)
    return made.targets(_numbered([asked.format(PromQueryFormat.HEATMAP)]))


def thresholds(base: str, *steps: tuple[float, str]) -> builder.ThresholdsConfig:
    """Return from which value on a panel has which colour."""
    found = [model.Threshold(color=base, value=None)]
    found += [model.Threshold(color=colour, value=value) for value, colour in steps]
    return builder.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(found)


def states() -> model.ValueMap:
    """Return the words and colours for where a tenant stands."""
    options = {
        value: model.ValueMappingResult(text=text, color=colour, index=place)
        for place, (value, text, colour) in enumerate(STATES)
    }
    return model.ValueMap(options=options)


def _numbered(queries: Sequence[prometheus.Dataquery]) -> list[Builder[Dataquery]]:
    return [one.ref_id(chr(ord("A") + place)) for place, one in enumerate(queries)]
