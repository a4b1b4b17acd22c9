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
