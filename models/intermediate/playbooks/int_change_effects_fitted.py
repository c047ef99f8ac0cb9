"""What changed with each change that was written down (warehouse/statistics/change_effects.py)."""

from warehouse.statistics.change_effects import FIGURES, change_effects


def model(dbt, session):  # noqa: D103 - dbt's entry point
    thresholds = dict(dbt.ref("thresholds").project("threshold, value").fetchall())
    ((as_of,),) = dbt.ref("int_report_moment").project("as_of_on").fetchall()
    figures = dbt.ref("int_change_figures").project(
        "segment_type, segment_value, period_start, period_end, " + ", ".join(FIGURES)
    )
    changes = dbt.ref("stg_planning__annotations").project("annotated_on, label, segment_type, segment_value")
    return change_effects(changes.order("all").fetchall(), figures.order("all").fetchall(), as_of, thresholds)
