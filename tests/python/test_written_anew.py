"""A warehouse that daily builds left full of holes is written anew, with all that is in it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from warehouse import written_anew


def a_warehouse(file: Path, *, holes: bool) -> None:
    with duckdb.connect(str(file), config={"storage_compatibility_version": "latest"}) as connection:
        connection.execute("create schema marts; create table kept as select range as i from range(1000)")
        connection.execute("create view marts.v as select count(*) as rows from kept")
        connection.execute("comment on table kept is 'what it is'")
        connection.execute("create table gone as select md5(range::varchar) as t from range(200000)")
        if holes:
            connection.execute("checkpoint; drop table gone; checkpoint")
    os.chmod(file, 0o600)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(written_anew, "FREE_BYTES", 1_000_000)


def about(file: Path) -> list:
    with duckdb.connect(str(file), read_only=True) as connection:
        (tags,) = connection.execute("select tags from duckdb_databases() where not internal").fetchone()
        (comment,) = connection.execute("select comment from duckdb_tables() where table_name = 'kept'").fetchone()
        (rows,) = connection.execute("from marts.v").fetchone()
        return [tags["storage_version"], comment, rows, file.stat().st_mode & 0o777]


def test_a_file_of_holes_is_written_anew_with_all_that_is_in_it(tmp_path: Path) -> None:
    file = tmp_path / "a warehouse.duckdb"
    a_warehouse(file, holes=True)
    before, size = about(file), file.stat().st_size
    assert written_anew.compact(file) == size - file.stat().st_size > 1_000_000
    assert about(file) == before
    assert [found.name for found in tmp_path.iterdir()] == [file.name]
    assert written_anew.compact(file) == 0


def test_a_file_without_holes_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "warehouse.duckdb"
    a_warehouse(file, holes=False)
    content = file.read_bytes()
    assert written_anew.compact(file) == 0
    assert file.read_bytes() == content


def test_a_file_with_a_log_beside_it_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "warehouse.duckdb"
    a_warehouse(file, holes=True)
    killed = (
        f"import duckdb, os; c = duckdb.connect({str(file)!r}); c.execute('insert into kept values (1)'); os._exit(9)"
    )
    assert subprocess.run([sys.executable, "-c", killed], check=False).returncode == 9
    assert written_anew.compact(file) == 0
    with duckdb.connect(str(file)) as connection:
        assert connection.execute("select count(*) from kept").fetchone() == (1001,)


def test_what_goes_wrong_meanwhile_leaves_the_file_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "warehouse.duckdb"
    a_warehouse(file, holes=True)
    content = file.read_bytes()

    def full(_: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(written_anew, "write_to_disk", full)
    with pytest.raises(OSError, match="No space left"):
        written_anew.compact(file)
    assert file.read_bytes() == content
    assert [found.name for found in tmp_path.iterdir()] == [file.name]
