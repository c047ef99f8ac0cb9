"""The Open University example: every raw registration and submission is accounted for in the landing tables.

Runs when the raw files are there: in the folder OULAD_DIR, else in ../shared/data/oulad beside the project.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pandas as pd
import pytest

PROJECT = Path(__file__).resolve().parents[2]
SCRIPT = PROJECT / "examples" / "open_university" / "to_landing.py"
RAW_FOLDER = PROJECT / os.environ.get("OULAD_DIR", "../shared/data/oulad")

needs_raw_files = pytest.mark.skipif(
    not (RAW_FOLDER / "studentRegistration.csv").is_file(),
    reason="the Open University data are not here: set OULAD_DIR to the folder with studentRegistration.csv",
)


def load_script():
    spec = importlib.util.spec_from_file_location("open_university_to_landing", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


to_landing = load_script()


def read_text(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False, na_values=["", "?"])


@pytest.fixture(scope="module")
def landing(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("open_university")
    to_landing.to_landing(RAW_FOLDER, folder)
    return folder


@pytest.fixture(scope="module")
def raw() -> pd.DataFrame:
    """One row per raw registration, with its result, read by other means than the script."""
    keys = ["code_module", "code_presentation", "id_student"]
    registrations = read_text(RAW_FOLDER / "studentRegistration.csv")
    frame = registrations.merge(read_text(RAW_FOLDER / "studentInfo.csv"), on=keys, validate="one_to_one")
    assert len(frame) == len(registrations)
    frame["subscription_id"] = frame["id_student"] + "-" + frame["code_module"] + "-" + frame["code_presentation"]
    start_month = frame["code_presentation"].str[-1].map({"B": "-02-01", "J": "-10-01"})
    frame["starts_at"] = pd.to_datetime(frame["code_presentation"].str[:4] + start_month)
    for column in ("date_registration", "date_unregistration"):
        frame[column] = frame["starts_at"] + pd.to_timedelta(pd.to_numeric(frame[column]), unit="D")
    return frame.set_index("subscription_id")


@pytest.fixture(scope="module")
def events(landing) -> pd.DataFrame:
    frame = read_text(landing / "subscription_events.csv")
    frame["occurred_at"] = pd.to_datetime(frame["occurred_at"])
    return frame


def of_type(events: pd.DataFrame, event_type: str) -> pd.DataFrame:
    return events[events["event_type"] == event_type].set_index("subscription_id")


@needs_raw_files
def test_the_data_set_is_the_published_one(raw):
    unregistered = raw["date_unregistration"].notna()
    withdrawn = raw["final_result"] == "Withdrawn"
    assert len(raw) == 32_593
    assert raw["id_student"].nunique() == 28_785
    assert unregistered.sum() == 10_072
    assert raw["date_registration"].isna().sum() == 45
    assert (withdrawn & ~unregistered).sum() == 93
    assert ((raw["final_result"] == "Fail") & unregistered).sum() == 9
    assert (raw["date_unregistration"] < raw["date_registration"]).sum() == 0


@needs_raw_files
def test_every_registration_starts_once_on_its_day_or_without_a_time(raw, events):
    started = of_type(events, "started")
    assert started.index.is_unique
    assert set(started.index) == set(raw.index)
    pd.testing.assert_series_equal(
        started["occurred_at"].sort_index(), raw["date_registration"].sort_index(), check_names=False, check_dtype=False
    )
    assert started["occurred_at"].isna().sum() == 45


@needs_raw_files
def test_every_registration_ends_by_the_customer_or_at_the_end_of_the_presentation(raw, events):
    cancelled, expired = of_type(events, "cancelled"), of_type(events, "expired")
    assert cancelled.index.is_unique and expired.index.is_unique
    assert set(cancelled.index) | set(expired.index) == set(raw.index)

    # Ended twice: withdrawn on an unknown day (quarantined, then expired), and one unregistered after the end.
    both = cancelled.loc[sorted(set(cancelled.index) & set(expired.index))]
    assert both["occurred_at"].isna().sum() == 93
    assert both["occurred_at"].notna().sum() == 1
    assert (expired.loc[both.index, "cancelled_by"] == "customer").all()

    assert len(cancelled) == 10_072 + 93
    dated = cancelled["occurred_at"].dropna()
    assert (dated == raw["date_unregistration"].reindex(dated.index)).all()
    assert len(dated) == 10_072
    assert (cancelled["cancelled_by"] == "customer").all()
    assert (cancelled["reason_text"] == "Fail").sum() == 9
    modules, presentations = raw["code_module"], raw["code_presentation"]
    days = [to_landing.PRESENTATION_LENGTHS[m][p] for m, p in zip(modules, presentations, strict=True)]
    ends_at = raw["starts_at"] + pd.to_timedelta(days, unit="D")
    assert (expired["occurred_at"] == ends_at.reindex(expired.index)).all()
    assert (expired["cancelled_by"] == "customer").sum() == 94


@needs_raw_files
def test_the_warehouse_will_quarantine_only_what_has_no_time(events):
    assert events["event_id"].is_unique
    assert events[["event_id", "customer_id", "subscription_id", "event_type", "plan_id"]].notna().all(axis=None)
    untimed = events[events["occurred_at"].isna()]
    assert untimed["event_type"].value_counts().to_dict() == {"cancelled": 93, "started": 45}


@needs_raw_files
def test_every_student_and_module_is_there_once(raw, landing):
    customers, plans = read_text(landing / "customers.csv"), read_text(landing / "plans.csv")
    assert customers["customer_id"].is_unique
    assert set(customers["customer_id"]) == set(raw["id_student"])
    assert customers[["country", "customer_segment", "industry"]].notna().all(axis=None)
    assert dict(zip(plans["plan_id"], plans["plan_tier"], strict=True)) == {
        **dict.fromkeys(["AAA", "BBB", "DDD", "FFF"], "60 credits"),
        **dict.fromkeys(["CCC", "EEE", "GGG"], "30 credits"),
    }


@needs_raw_files
def test_every_submission_is_use_or_banked(landing):
    submissions = read_text(to_landing.find_raw_files(RAW_FOLDER)["submissions"])
    usage = read_text(landing / "product_usage.csv")
    assert pd.to_numeric(usage["usage_count"]).sum() == (submissions["is_banked"] != "1").sum()
    assert not usage.duplicated(["customer_id", "used_on", "feature"]).any()
    assert usage["used_on"].notna().all()


@needs_raw_files
def test_the_lengths_agree_with_the_data():
    lengths = {(m, p): days for m, row in to_landing.PRESENTATION_LENGTHS.items() for p, days in row.items()}
    assessments = read_text(RAW_FOLDER / "assessments.csv")
    last = pd.to_numeric(assessments["date"]).groupby([assessments["code_module"], assessments["code_presentation"]])
    assert set(last.groups) == set(lengths)
    assert all(days <= lengths[presentation] for presentation, days in last.max().items())
    if (RAW_FOLDER / "courses.csv").is_file():  # part of the published archive
        courses = read_text(RAW_FOLDER / "courses.csv").set_index(["code_module", "code_presentation"])
        assert courses["module_presentation_length"].astype(int).to_dict() == lengths


@needs_raw_files
def test_the_same_files_give_the_same_bytes(landing, tmp_path):
    to_landing.to_landing(RAW_FOLDER, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"{t}.csv" for t in to_landing.LANDING_TABLES)
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (landing / path.name).read_bytes(), path.name


@needs_raw_files
def test_students_who_were_registered_again_are_never_without_a_live_subscription(events):
    """Of the expiries, those of students with another live registration are no churn, without looking ahead."""
    counts = duckdb.sql("""
        with spans as (
            select
                customer_id,
                min(occurred_at) filter (event_type = 'started') as live_from,
                min(occurred_at) filter (event_type <> 'started') as live_to,
                arg_min(event_type, occurred_at) filter (event_type <> 'started') as ended_by
            from events
            group by customer_id, subscription_id
            having live_from < live_to
        ),

        ends as (
            select
                ended_by,
                exists (
                    from spans as others
                    where others.customer_id = spans.customer_id
                        and others.live_from <= spans.live_to and others.live_to > spans.live_to
                ) as goes_on
            from spans
        )

        select ended_by, count(*), count_if(goes_on) from ends group by ended_by order by ended_by
    """).fetchall()
    assert counts == [("cancelled", 10_013, 712), ("expired", 22_516, 841)]


def test_what_cannot_be_read_becomes_a_null_and_never_a_lost_row(tmp_path):
    """Files as in the published archive, where null is a question mark."""
    presentation = "code_module,code_presentation"
    rows = {
        "studentRegistration.csv": f"{presentation},id_student,date_registration,date_unregistration\n"
        "AAA,2013J,1,-10,soon\nAAA,2013J,2,?,?\nXXX,2013J,3,-10,?\n",
        "studentInfo.csv": f"{presentation},id_student,region,highest_education,age_band,studied_credits,final_result\n"
        "AAA,2013J,1,Wales,?,0-35,60,Fail\n",
        "assessments.csv": f"{presentation},id_assessment,assessment_type,date,weight\nAAA,2013J,7,TMA,19,10\n",
        "studentAssessment.csv": "id_assessment,id_student,date_submitted,is_banked,score\n"
        "7,1,0,0,?\n7,1,-1,1,80\n8,1,0,0,80\n",
    }
    for name, text in rows.items():
        (tmp_path / name).write_text(text)
    to_landing.to_landing(tmp_path, tmp_path / "landing")

    events = read_text(tmp_path / "landing" / "subscription_events.csv")
    assert events.set_index("event_id")["occurred_at"].fillna("").to_dict() == {
        "1-AAA-2013J-started": "2013-09-21 00:00:00",
        "1-AAA-2013J-cancelled": "",
        "1-AAA-2013J-expired": "2014-06-26 00:00:00",
        "2-AAA-2013J-started": "",
        "2-AAA-2013J-expired": "2014-06-26 00:00:00",
        "3-XXX-2013J-started": "",
        "3-XXX-2013J-expired": "",
    }
    usage = read_text(tmp_path / "landing" / "product_usage.csv").fillna("")
    assert usage.to_numpy().tolist() == [["1", "2013-10-01", "TMA", "1"], ["1", "", "", "1"]]
    assert set(read_text(tmp_path / "landing" / "customers.csv")["customer_id"]) == {"1", "2", "3"}


def test_missing_files_are_all_named_with_where_to_get_them(tmp_path):
    (tmp_path / "studentInfo.csv").touch()
    landing = tmp_path / "landing"
    run = subprocess.run([sys.executable, SCRIPT, tmp_path, landing], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert "Traceback" not in run.stderr
    for part in (str(tmp_path), "studentRegistration.csv", "assessments.csv", "studentAssessment.csv", "OULAD"):
        assert part in run.stderr
    assert "studentInfo.csv" not in run.stderr
    assert not landing.exists()
