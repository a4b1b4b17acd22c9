"""How the jobs log: to stderr, times in UTC, set in `config/shared/logging.conf`."""

from __future__ import annotations

import logging
import logging.config
import time
from pathlib import Path

from jobs.common.secret import SecretFilter


class UtcFormatter(logging.Formatter):
    """Times as `2026-01-05T08:15:00Z`."""

    converter = staticmethod(time.gmtime)
    default_time_format = "%Y-%m-%dT%H:%M:%SZ"
    default_msec_format = ""


def configure_logging(config: Path, level: str | None) -> None:
    """Apply `shared/logging.conf` of the declaration in `config`; `level` is for the jobs' own lines."""
    logging.config.fileConfig(config / "shared" / "logging.conf", disable_existing_loggers=False)
    for handler in logging.getLogger().handlers:
        handler.addFilter(SecretFilter())
    if level is not None:
        logging.getLogger("dataplat").setLevel(level.upper())
