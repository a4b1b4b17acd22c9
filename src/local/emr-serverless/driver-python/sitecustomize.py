"""Hides from a job what this machine's virtual environment has beside the jobs' libraries: EMR has none of it.

Such as tools of tests. Python imports this file by its name, as the first thing that a driver does.
"""

import os
import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder


class _Hidden(MetaPathFinder):
    def __init__(self, names):
        self._names = names

    def find_spec(self, fullname, path=None, target=None):
        if path is not None or fullname not in self._names:
            return None
        # A module of the job's own, or of its release, may have the same name.
        spec = PathFinder.find_spec(fullname, [one for one in sys.path if not one.endswith("site-packages")])
        if spec is None:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return spec


sys.meta_path.insert(0, _Hidden(frozenset(os.environ.get("DATAPLAT_HIDDEN_MODULES", "").split(","))))
