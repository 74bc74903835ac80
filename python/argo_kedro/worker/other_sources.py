"""Finds other sources of datasets, parameters and credentials than configuration files."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from typing import Any

#: Hooks that run before a run looks for its datasets.
_HOOKS = ("after_context_created", "after_catalog_created", "before_pipeline_run")
#: Settings that name a class; by default it is Kedro's.
_CLASSES = ("CONTEXT_CLASS", "DATA_CATALOG_CLASS", "SESSION_CLASS")
#: Plugins whose hooks add nothing. Kedro itself installs the first.
_LOOK_ON = {"kedro-telemetry", "kedro-viz", "argo-kedro"}


def other_sources(hooks: tuple[str, ...] = _HOOKS) -> list[str]:
    """Finds the hooks and classes that may add what no configuration file has.

    Nothing is called: only a run knows what a hook adds.

    Args:
        hooks: Names of the hooks to look for.

    Returns:
        Phrases for a sentence: ``the hook `Extra.after_catalog_created` ``.
    """
    from kedro.framework.project import settings

    found = []
    for setting in _CLASSES:
        kind = getattr(settings, setting, None)
        # Kedro 1.0 has no SESSION_CLASS.
        if isinstance(kind, type) and kind.__module__.split(".", 1)[0] != "kedro":
            found.append(f"the class `{kind.__qualname__}`")
    for name, hook in [*_own_hooks(settings), *_hooks_of_plugins(settings)]:
        called = {*_implemented(hook)}
        found += [f"the hook `{name}.{wanted}`" for wanted in hooks if wanted in called]
    return list(dict.fromkeys(found))


def _own_hooks(settings: Any) -> Iterator[tuple[str, Any]]:
    for hook in settings.HOOKS:
        yield getattr(hook, "__name__", type(hook).__qualname__), hook


def _hooks_of_plugins(settings: Any) -> Iterator[tuple[str, Any]]:
    disabled = {*settings.DISABLE_HOOKS_FOR_PLUGINS}
    for entry_point in importlib.metadata.entry_points(group="kedro.hooks"):
        plugin = entry_point.dist.name if entry_point.dist else entry_point.name
        if plugin in disabled or plugin.replace("_", "-").lower() in _LOOK_ON:
            continue
        try:
            yield entry_point.name, entry_point.load()
        except Exception:
            # The run reports the error.
            continue


def _implemented(hook: Any) -> Iterator[str]:
    """Lists the hooks that an object implements, as pluggy finds them."""
    for name in dir(hook):
        try:
            options = getattr(getattr(hook, name), "kedro_impl", None)
        except Exception:
            # A property that cannot be read is no hook.
            continue
        if isinstance(options, dict):
            yield options.get("specname") or name
