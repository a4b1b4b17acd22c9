"""How a job finds and reads its declaration."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import PROJECT

from jobs.common.declaration import Declaration, Threshold
from jobs.common.errors import DeclarationError
from jobs.common.find_declaration import find_config, find_declaration, resolve
from jobs.common.platform_document import platform_of


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
    assert find_config(named / "environments" / "x.yaml") == named


def test_then_the_directory_of_the_variable(
    elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = config_at(tmp_path / "variable")
    config_at(elsewhere)
    monkeypatch.setenv("DATAPLAT_CONFIG_DIR", str(variable))
    assert find_config(None) == variable


def test_then_the_unpacked_archive_of_a_job_run(elsewhere: Path) -> None:
    unpacked = config_at(elsewhere / "declaration")
    config_at(elsewhere)
    assert find_config(None) == unpacked


def test_then_the_nearest_parent_of_the_working_directory(
    elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    above = config_at(tmp_path)
    deeper = elsewhere / "deeper"
    deeper.mkdir()
    monkeypatch.chdir(deeper)
    assert find_config(None) == above


def test_then_the_nearest_parent_of_the_script(elsewhere: Path) -> None:
    assert find_config(None, PROJECT / "jobs" / "ingest" / "any.py") == PROJECT / "config"


def test_without_any_it_says_how_to_name_one(elsewhere: Path) -> None:
    with pytest.raises(DeclarationError, match="--config <environment file> or DATAPLAT_CONFIG_DIR"):
        find_config(None)


def released(folder: Path) -> dict[str, Any]:
    """What a release has unpacked in a working directory, and the platform that it tells of."""
    config_at(folder / "declaration")
    document = dict(resolve(PROJECT / "config", "dev"))
    (folder / "declaration" / "platform.json").write_text(json.dumps(document), encoding="utf-8")
    return document


def test_a_release_tells_its_platform_and_nothing_is_asked_for(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = released(elsewhere)
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("DATAPLAT_NODE", raising=False)
    declaration = find_declaration("dev")
    assert declaration.root == elsewhere / "declaration" / "config"
    assert declaration.environment.masking_key == document["environment"]["maskingKey"]


def test_a_release_of_another_environment_or_without_its_platform_says_so(elsewhere: Path) -> None:
    released(elsewhere)
    with pytest.raises(DeclarationError, match='this release is of environment "dev", not of "prod"'):
        find_declaration("prod")
    (elsewhere / "declaration" / "platform.json").unlink()
    with pytest.raises(DeclarationError, match=r"brings no platform\.json.*dataplat deploy --env dev"):
        find_declaration("dev")


def test_a_script_has_its_declaration_resolved_by_the_environment_or_its_file(
    elsewhere: Path, declaration: Declaration
) -> None:
    assert find_declaration("local", script=PROJECT / "jobs" / "ingest" / "any.py") == declaration
    file = PROJECT / "config" / "environments" / "dev.yaml"
    assert find_declaration("local", file).environment.name == "dev"


def test_a_script_finds_the_local_endpoint_at_the_port_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATAPLAT_LOCAL_PORT", "5000")
    assert platform_of(resolve(PROJECT / "config", "local")).environment.endpoint_port == 5000


def test_without_node_a_script_says_what_to_type(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("DATAPLAT_NODE", raising=False)
    with pytest.raises(DeclarationError, match=r"Node is not on the path.*npm run setup.*dataplat submit"):
        resolve(PROJECT / "config", "local")


def test_what_the_command_line_refuses_is_told_in_its_words(elsewhere: Path) -> None:
    with pytest.raises(DeclarationError, match=r'no environment "staging" .*dev, local, prod.*DP1003'):
        resolve(PROJECT / "config", "staging")
    file = config_at(elsewhere) / "environments" / "x.yaml"
    file.write_text("name: x\n", encoding="utf-8")
    with pytest.raises(
        DeclarationError, match=r"DP2001.*x\.yaml:1:1: .account. is missing.*dataplat validate"
    ):
        find_declaration("local", file)


def test_an_unknown_job_is_told_with_those_that_are(declaration: Declaration) -> None:
    with pytest.raises(DeclarationError, match=r'no job "crm_acounts".*crm_accounts'):
        declaration.job("crm_acounts")


def test_a_dataset_without_a_threshold_bears_anything(declaration: Declaration) -> None:
    assert declaration.quarantine_threshold("crm_accounts_bronze") == Threshold(0.02, 0.10)
    assert declaration.quarantine_threshold("unheard_of") == Threshold(None, None)
