"""Every failure that a run can meet and that is not a programming error.

Each has a `kind` that stays the same for programs, and an exit code: 2 where the run was asked for wrongly (arguments,
declaration), 1 where it was asked for rightly and could not be done.
"""

from __future__ import annotations

from collections.abc import Mapping


class JobError(Exception):
    """A failure with a message for people: what happened, where, and what was left as it was."""

    kind = "failed"
    exit_code = 1

    def __init__(self, message: str, details: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.details: Mapping[str, object] = details or {}
        """More of it, for programs; it stands in the result line."""


class UsageError(JobError):
    """An argument that makes no sense."""

    kind = "usage"
    exit_code = 2


class DeclarationError(JobError):
    """`config/` is not there, or does not say what the job needs."""

    kind = "declaration"
    exit_code = 2


class StorageError(JobError):
    """The lake does not answer or refuses."""

    kind = "storage"


class LandingMissingError(JobError):
    """Nothing was delivered for the date."""

    kind = "landing-missing"


class LandingIncompleteError(JobError):
    """What says that a delivery is complete is not there yet, or says otherwise than the files."""

    kind = "landing-incomplete"


class LandingFolderError(JobError):
    """There is a folder among the delivered files, and what is in it would be passed over."""

    kind = "landing-folder"


class LandingEmptyError(JobError):
    """A delivered file without even a header: most likely cut off."""

    kind = "landing-empty"


class LandingHeaderError(JobError):
    """A delivered file's header lacks a required column, names one twice, or spells one in another case."""

    kind = "landing-header"


class LandingEncodingError(JobError):
    """A delivered file is not UTF-8."""

    kind = "landing-encoding"


class LandingDamagedError(JobError):
    """A file that cannot be unpacked, or read, to its end."""

    kind = "landing-damaged"


class LandingChangedError(JobError):
    """A delivered file was replaced, added or taken away while it was read."""

    kind = "landing-changed"


class SourceSchemaError(JobError):
    """What a source has lacks a required column, names one twice, spells it in another case, or gives it two types."""

    kind = "source-schema"


class SourceError(JobError):
    """A source does not answer, refuses, or broke off."""

    kind = "source"


class SecretError(JobError):
    """A secret is not there, may not be read, or lacks what the source asks for."""

    kind = "secret"


class QualityError(JobError):
    """More rows broke the contract than `dq_thresholds.yaml` bears."""

    kind = "quality"


class GateError(JobError):
    """Data does not meet what is expected of it, and nothing that reads it may run."""

    kind = "gate"


class MaintenanceError(JobError):
    """Tables that could not be kept in order or masked; the others were."""

    kind = "maintenance"


class InputMissingError(JobError):
    """A table that a job reads has not been written yet."""

    kind = "input-missing"
