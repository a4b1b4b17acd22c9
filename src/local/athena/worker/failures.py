"""Failures in Athena's words."""

from __future__ import annotations


class QueryError(Exception):
    """A query that fails; the message is what StateChangeReason says."""

    def __init__(self, reason: str, category: int = 2, state: str = "FAILED") -> None:
        super().__init__(reason)
        self.reason = reason
        # As in Athena's AthenaError: 1 the system's, 2 the user's, 3 other.
        self.category = category
        self.state = state


def at(line: int, column: int) -> str:
    return f"line {line}:{column}: "
