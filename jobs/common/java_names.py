"""Names of Java's that Python has asked for once are kept.

PySpark asks for `functions.col` anew at every use, and Java then looks for a class of that name in each package that it
may be in, through some three hundred jars: of a job of a few rows that is a tenth.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from py4j.java_gateway import JavaClass, JavaMember, JavaPackage, JVMView

_KEEPS = "_dataplat_keeps_names"
_STAYS = {  # by what is asked: what of the answers is kept. A class's fields are not
    JVMView: (JavaPackage, JavaClass),
    JavaPackage: (JavaPackage, JavaClass),
    JavaClass: (JavaMember,),
}


def keep_java_names() -> None:
    """What a name is does not change while Java runs: a package, a class, a class's method."""
    for kind, stays in _STAYS.items():
        if not hasattr(kind, _KEEPS):
            kind.__getattr__ = _keeping(kind.__getattr__, stays)
            setattr(kind, _KEEPS, True)


def _keeping(ask: Callable[[Any, str], Any], stays: tuple[type, ...]) -> Callable[[Any, str], Any]:
    def asked(self: Any, name: str) -> Any:
        found = ask(self, name)
        if isinstance(found, stays):
            self.__dict__[name] = found
        return found

    return asked
