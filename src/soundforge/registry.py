"""Find what a folder offers: one file, one entry.

Separators, features, providers and pages register by being there. A module whose
name starts with an underscore is private and offers nothing.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection
    from types import ModuleType

T = TypeVar("T")


def entries(
    package: ModuleType, name: str, kind: type[T], *, only: Collection[str] | None = None
) -> dict[str, T]:
    """Return the object called ``name`` of every module in ``package``, by module name.

    Args:
        package: The folder.
        name: What its modules define.
        kind: The type of that.
        only: Modules to look at; the others are not imported. None for all of them.

    Raises:
        TypeError: A module has no such object, or one of another type.
    """
    found: dict[str, T] = {}
    for module_info in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
        if module_info.name.startswith("_") or (only is not None and module_info.name not in only):
            continue
        module = importlib.import_module(f"{package.__name__}.{module_info.name}")
        entry = getattr(module, name, None)
        if not isinstance(entry, kind):
            raise TypeError(f"{module.__name__} must define {name}: {kind.__name__}")
        found[module_info.name] = entry
    return found
