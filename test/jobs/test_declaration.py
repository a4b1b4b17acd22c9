"""How a job finds and reads its declaration."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import PROJECT

from jobs.common.declaration import Declaration, Threshold, find_declaration
from jobs.common.errors import DeclarationError


def config_at(folder: Path) -> Path:
    (folder / "config" / "environments").mkdir(parents=True)
    return folder / "config"


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory, with nothing named by the environment."""
    monkeypatch.delenv("DATAPLAT_CONFIG_DIR", raising=False)
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


def test_the_directory_around_the_environment_file_comes_first(
    elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = config_at(tmp_path / "named")
    monkeypatch.setenv("DATAPLAT_CONFIG_DIR", str(config_at(tmp_path / "variable")))
    (named / "environments" / "x.yaml").write_text("name: x")
    assert find_declaration(named / "environments" / "x.yaml").root == named


def test_then_the_directory_of_the_variable(
    elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = config_at(tmp_path / "variable")
    config_at(elsewhere)
    monkeypatch.setenv("DATAPLAT_CONFIG_DIR", str(variable))
    assert find_declaration(None).root == variable


def test_then_the_unpacked_archive_of_a_job_run(elsewhere: Path) -> None:
    unpacked = config_at(elsewhere / "declaration")
    config_at(elsewhere)
    assert find_declaration(None).root == unpacked


def test_then_the_nearest_parent_of_the_working_directory(
    elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    above = config_at(tmp_path)
    deeper = elsewhere / "deeper"
    deeper.mkdir()
    monkeypatch.chdir(deeper)
    assert find_declaration(None).root == above


def test_then_the_nearest_parent_of_the_script(elsewhere: Path) -> None:
    assert find_declaration(None, PROJECT / "jobs" / "ingest" / "any.py").root == PROJECT / "config"


def test_without_any_it_says_how_to_name_one(elsewhere: Path) -> None:
    with pytest.raises(DeclarationError, match="--config <environment file> or DATAPLAT_CONFIG_DIR"):
        find_declaration(None)


def test_an_environment_that_does_not_exist_is_told_with_those_that_do(declaration: Declaration) -> None:
    with pytest.raises(DeclarationError, match=r'no environment "staging".*dev, local, prod'):
        declaration.environment("staging")


def test_a_missing_key_is_named_with_its_file(tmp_path: Path) -> None:
    file = config_at(tmp_path) / "environments" / "x.yaml"
    file.write_text("name: x\naccount: '1'\nregion: eu-central-1\nlake: {}\n")
    with pytest.raises(DeclarationError, match=r'x\.yaml: "lake\.bucketPrefix" is missing'):
        Declaration(tmp_path / "config").environment("x")


def test_an_unknown_job_is_told_with_those_that_are(declaration: Declaration) -> None:
    with pytest.raises(DeclarationError, match=r'jobs has no "crm_acounts".*crm_accounts'):
        declaration.job("crm_acounts")


def test_only_the_local_environment_has_an_endpoint(declaration: Declaration) -> None:
    ports = {name: declaration.environment(name).endpoint_port for name in ("local", "dev", "prod")}
    assert ports == {"local": 4577, "dev": None, "prod": None}


def test_a_dataset_without_a_threshold_bears_anything(declaration: Declaration) -> None:
    assert declaration.quarantine_threshold("crm_accounts_bronze") == Threshold(0.02, 0.10)
    assert declaration.quarantine_threshold("unheard_of") == Threshold(None, None)
