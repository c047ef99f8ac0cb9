"""What goes with the NPS and with leaving (warehouse/statistics/nps_drivers.py)."""

from warehouse.statistics.nps_drivers import nps_drivers


def model(dbt, session):  # noqa: D103 - dbt's entry point
    thresholds = dict(dbt.ref("thresholds").project("threshold, value").fetchall())
    return nps_drivers(
        dbt.ref("int_answer_signals").order("response_id").df(),
        dbt.ref("int_response_topics").filter("complaints > 0").project("response_id, topic").df(),
        least_answers=thresholds["nps_driver_least_answers"],
    )
