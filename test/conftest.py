"""With TEST_ORDER, a number, tests run in an order that the number stands for: modules, and the tests of each."""

from __future__ import annotations

import os
import random
from itertools import groupby

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Modules stay together, so that each starts its servers once."""
    order = os.environ.get("TEST_ORDER")
    if not order:
        return
    chance = random.Random(int(order))
    modules = [list(tests) for _, tests in groupby(items, key=lambda item: item.path)]
    chance.shuffle(modules)
    for tests in modules:
        chance.shuffle(tests)
    items[:] = [test for tests in modules for test in tests]
