"""The regression guard of the work that a build does (benchmarks/counted_work.py)."""

from __future__ import annotations

import json

import duckdb

from benchmarks.counted_work import EXPECTED, changes, count_synthetic, counted


def test_a_build_does_the_work_that_was_written_down():
    expected = json.loads(EXPECTED.read_text(encoding="utf-8"))
    differing = changes(expected["work"], count_synthetic())
    assert not differing, 'the work changed; if it is meant: make bench-check REASON="..."\n' + "\n".join(differing)
    assert all(expected["reasons"])


def test_a_second_scan_a_sort_and_a_comparison_of_all_with_all_are_counted():
    with duckdb.connect() as connection:
        connection.execute("create table numbers as select range as n from range(3000)")

        def work(query: str) -> dict[str, int]:
            profile = connection.execute(f"explain (analyze, format json) {query}").fetchone()[1]
            return {"numbers": counted(json.loads(profile))}

        once = work("select sum(n) from numbers")
        assert once["numbers"]["scanned"] == 3000 and once["numbers"]["sorted"] == 0
        sorted_too = work("select sum(previous) from (select lag(n) over (order by n) as previous from numbers)")
        assert changes(once, sorted_too) == ["numbers: sorted 0 -> 3,000 rows"]
        all_with_all = work("select count(*) from numbers as a inner join numbers as b on a.n + b.n < 3000")
        assert any("joined" in line for line in changes(once, all_with_all))
        assert changes(once, once) == [] and changes(once, {}) == ["numbers: gone"]
