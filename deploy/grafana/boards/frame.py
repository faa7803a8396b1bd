"""What all dashboards have: their name, their variables, the way to the others, and rows of panels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from grafana_foundation_sdk.builders import dashboard as builder
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common as kinds
from grafana_foundation_sdk.models import dashboard as model

TAG = "distillwatch"
SOURCE = kinds.DataSourceRef(type_val="prometheus", uid="${datasource}")


def board(
    uid: str, title: str, description: str, more: Sequence[builder.QueryVariable] = ()
) -> builder.Dashboard:
    """Return an empty dashboard with the variables that all have, and links to the others."""
    made = (
        builder.Dashboard(title)
        .uid(uid)
        .description(description)
        .tags([TAG])
        .readonly()
        .time("now-6h", "now")
        .refresh("30s")
        .timezone("browser")
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .link(
            builder.DashboardLink("distillwatch")
            .type(model.DashboardLinkType.DASHBOARDS)
            .tags([TAG])
            .as_dropdown(True)
            .include_vars(True)
            .keep_time(True)
        )
        .with_variable(builder.DatasourceVariable("datasource").label("Data source").type("prometheus"))
        .with_variable(_many("job", "label_values(distillwatch_build_info, job)"))
        .with_variable(_many("instance", 'label_values(distillwatch_build_info{job=~"$job"}, instance)'))
    )
    for variable in more:
        made = made.with_variable(variable)
    return made


def one_of(name: str, query: str) -> builder.QueryVariable:
    """Return a variable of which one value is chosen."""
    return _variable(name, query).multi(False).include_all(False)


def _many(name: str, query: str) -> builder.QueryVariable:
    return _variable(name, query).multi(True).include_all(True).all_value(".+")


def _variable(name: str, query: str) -> builder.QueryVariable:
    return (
        builder.QueryVariable(name)
        .label(name.title())
        .datasource(SOURCE)
        .query({"query": query, "refId": "StandardVariableQuery"})
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.ALPHABETICAL_ASC)
    )


def filled(made: builder.Dashboard, rows: Mapping[str, Sequence[Builder[model.Panel]]]) -> builder.Dashboard:
    """Put panels into a dashboard, by the titles of their rows."""
    for title, panels in rows.items():
        made = made.with_row(builder.Row(title))
        for panel in panels:
            made = made.with_panel(panel)
    return made
