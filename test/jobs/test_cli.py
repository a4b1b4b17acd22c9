"""Arguments, result line and exit codes; no Spark is needed to refuse."""

from __future__ import annotations

import json

import pytest

from jobs.common import cli
from jobs.common.context import RunContext
from jobs.common.result import DatasetResult, JobResult


def never(_: RunContext) -> JobResult:
    raise AssertionError("the job must not run")


@pytest.mark.parametrize(
    "date", ["yesterday", "2026-02-30", "2026-1-5", "20260105", "2026-01-05T00:00:00", "", "٢٠٢٦-٠١-٠٥"]
)
def test_a_date_that_is_none_is_wrong_usage(date: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main("crm_accounts", never, arguments=["--env", "local", f"--date={date}"])
    assert stopped.value.code == 2
    assert f'"{date}" is no date: expected YYYY-MM-DD' in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["--env", "local"],
        ["--env", "local", "--config", "x.yaml", "--date", "2026-01-05"],
        ["--env", "local", "--date", "2026-01-05", "--dat", "x"],
    ],
)
def test_missing_clashing_and_unknown_arguments_are_wrong_usage(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main("crm_accounts", never, arguments=arguments)
    assert stopped.value.code == 2


def test_an_unknown_environment_is_told_on_stdout_too_and_is_wrong_usage(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(
            "crm_accounts", never, arguments=["--env", "staging", "--date", "2026-01-05", "--run-id", "r1"]
        )
    assert stopped.value.code == 2
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (result["status"], result["runId"], result["error"]["kind"]) == ("failed", "r1", "declaration")
    assert 'no environment "staging"' in result["error"]["message"]


def test_a_result_that_loses_a_row_cannot_be_made() -> None:
    with pytest.raises(AssertionError, match="10 rows read, but 8 written and 1 quarantined"):
        DatasetResult("t", rows_read=10, rows_written=8, rows_quarantined=1, reasons={})


def test_an_entry_point_of_several_jobs_asks_which_one_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(None, never, arguments=["--env", "local", "--date", "2026-01-05"])
    assert stopped.value.code == 2
    assert "--job" in capsys.readouterr().err


def test_an_entry_point_of_one_job_refuses_to_be_another(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main("crm_accounts", never, arguments=["--env=local", "--date=2026-01-05", "--job=crm_contacts"])
    assert stopped.value.code == 2
    assert "this is the job crm_accounts, not crm_contacts" in capsys.readouterr().err


def test_the_named_job_is_the_one_that_is_looked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(
            None, never, arguments=["--env", "local", "--date", "2026-01-05", "--job", "nothing_to_silver"]
        )
    assert stopped.value.code == 2
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (result["job"], result["error"]["kind"]) == ("nothing_to_silver", "declaration")
    assert 'declares no job "nothing_to_silver"' in result["error"]["message"]


def test_rows_that_a_newer_state_supersedes_are_told_apart() -> None:
    result = DatasetResult(
        "t", rows_read=10, rows_written=7, rows_quarantined=0, reasons={}, rows_superseded=3
    )
    assert result.document()["rows"] == {"read": 10, "written": 7, "quarantined": 0, "superseded": 3}
    with pytest.raises(AssertionError):
        DatasetResult("t", rows_read=7, rows_written=8, rows_quarantined=0, reasons={}, rows_superseded=-1)
