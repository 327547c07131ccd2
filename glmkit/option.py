"""How a setting is declared and checked: ``option`` for a field, ``Checks`` for the faults of a whole config.

In: fields of a dataclass. Out: their metadata for flags and help; one ConfigError with every fault. Called by
``config`` and by ``serving.sampling``, whose parameters are checked alike. Nothing here imports torch.
"""

from __future__ import annotations

from dataclasses import field, fields
from typing import Any

from glmkit.errors import ConfigError, Problem

REQUIRED: Any = object()


def option(
    default: Any, en: str, zh: str, *, argument: bool = False, short: str = "", flag: str = "", env: str = ""
) -> Any:
    """Declare a setting.

    Args:
        default: Its default; ``REQUIRED`` when the user must give it.
        en: One line of help in English.
        zh: The same in Chinese.
        argument: Also accepted by position on the command line (arguments stay in field order).
        short: One-letter flag, "-m".
        flag: Long flag where it is not the field's name.
        env: Environment variable that gives the value where neither a file nor a flag does.
    """
    metadata = {"en": en, "zh": zh, "argument": argument, "short": short, "flag": flag, "env": env}
    if default is REQUIRED:
        return field(metadata=metadata)
    return field(default=default, metadata=metadata)


class Checks:
    """Collects the faults of one config so that the user hears of all of them at once."""

    def __init__(self, config: Any) -> None:
        self.config = config
        self.problems: list[Problem] = []

    def reject(self, code: str, name: str, **values: Any) -> None:
        """Record a fault of field ``name``."""
        self.problems.append(Problem(code, name, {"value": getattr(self.config, name), **values}))

    def at_least(self, name: str, low: float) -> None:
        """Field ``name``, unless None, must be >= ``low``."""
        value = getattr(self.config, name)
        if value is not None and not value >= low:
            self.reject("cli-too-small", name, low=low)

    def above(self, name: str, low: float) -> None:
        """Field ``name``, unless None, must be > ``low``."""
        value = getattr(self.config, name)
        if value is not None and not value > low:
            self.reject("cli-not-above", name, low=low)

    def between(self, name: str, low: float, high: float) -> None:
        """Field ``name``, unless None, must be in [low, high]."""
        value = getattr(self.config, name)
        if value is not None and not low <= value <= high:
            self.reject("cli-out-of-range", name, low=low, high=high)

    def required(self, *names: str) -> None:
        """Text fields ``names`` must not be empty."""
        for name in names:
            if not getattr(self.config, name):
                self.reject("cli-empty", name)

    def only_with(self, condition: bool, because: str, *names: str) -> None:
        """Fields ``names`` must keep their defaults unless ``condition``; ``because`` names the setting they need."""
        if condition:
            return
        defaults = {item.name: item.default for item in fields(self.config)}
        for name in names:
            if getattr(self.config, name) != defaults[name]:
                self.reject("cli-has-no-effect", name, because=because)

    def store(self, name: str, value: Any) -> None:
        """Give field ``name`` of the frozen config its value in the one form that the rest of the code sees."""
        object.__setattr__(self.config, name, value)

    def done(self) -> None:
        """Raise ConfigError with everything recorded, if anything was."""
        if self.problems:
            raise ConfigError(self.problems)
