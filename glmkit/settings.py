"""Where a command's settings come from: defaults, then a YAML file, then flags; every fault named, all at once.

In: a config dataclass of ``glmkit.config``, a YAML path, the flags as text. Out: the config and each value's source.
The command line calls ``resolve``; training calls ``to_yaml`` for the copy it keeps in the run folder.
"""

from __future__ import annotations

import difflib
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from glmkit.errors import ConfigError, Problem, message

Config = TypeVar("Config")

TRUE_WORDS = ("true", "yes", "on", "1")
FALSE_WORDS = ("false", "no", "off", "0")


class Setting:
    """One field of a config dataclass as the command line and the YAML reader see it."""

    def __init__(self, item: Any, kind: Any) -> None:
        self.name: str = item.name
        self.default = item.default
        self.required = item.default is MISSING
        self.metadata: Mapping[str, Any] = item.metadata
        self.optional = get_origin(kind) in (Union, types.UnionType)  # only "X | None" is used
        self.kind = get_args(kind)[0] if self.optional else kind
        self.choices: tuple[str, ...] = get_args(self.kind) if get_origin(self.kind) is Literal else ()

    @property
    def flag(self) -> str:
        """The long flag, "--max-seq-len"."""
        return self.metadata["flag"] or "--" + self.name.replace("_", "-")

    @property
    def place(self) -> str:
        """How the command line is given this value: "--model", or "SOURCE" for an argument."""
        return self.name.upper() if self.metadata["argument"] else self.flag

    @property
    def kind_name(self) -> str:
        """What a value looks like, for help and messages: "int", "float", "true|false", "linear|cosine|constant"."""
        if self.choices:
            return "|".join(self.choices)
        return "true|false" if self.kind is bool else {int: "int", float: "float", str: "text"}[self.kind]

    @property
    def kind_sentence(self) -> str:
        """The same as part of a sentence in the user's language."""
        if self.choices or self.kind is bool:
            return message("cli-kind-choice", choices=self.kind_name.replace("|", ", "))
        return message({int: "cli-kind-int", float: "cli-kind-float", str: "cli-kind-text"}[self.kind])

    def convert(self, value: Any) -> Any:
        """Return ``value`` (text from a flag, a scalar from YAML) as this field's type; ValueError when it is none."""
        if value is None and self.optional:
            return None
        if isinstance(value, str) and self.optional and value.lower() in {"none", "null"}:
            return None
        if self.choices:
            if value in self.choices:
                return value
        elif self.kind is bool:
            if str(value).lower() in TRUE_WORDS + FALSE_WORDS:
                return str(value).lower() in TRUE_WORDS
        elif self.kind is str:
            if isinstance(value, (str, int, float)) and not isinstance(value, bool):
                return str(value)
        elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
            # PyYAML reads 1e-4 as text, so numbers in text are numbers here too.
            number = float(value)
            if self.kind is float and number == number and abs(number) != float("inf"):
                return number
            if self.kind is int and number.is_integer():
                return int(value) if isinstance(value, str) and value.lstrip("+-").isdigit() else int(number)
        raise ValueError(value)


def settings_of(config_class: type) -> dict[str, Setting]:
    """Return the settings of a config dataclass by field name, in order."""
    kinds = get_type_hints(config_class)
    return {item.name: Setting(item, kinds[item.name]) for item in fields(config_class)}


class Resolved(Generic[Config]):
    """A config and where each of its values came from: "default", "file:line" or the flag."""

    def __init__(self, config: Config, sources: dict[str, str]) -> None:
        self.config = config
        self.sources = sources


def resolve(config_class: type[Config], flags: Mapping[str, Any], config_file: str | None = None) -> Resolved[Config]:
    """Join defaults, the YAML file and the flags into a config.

    Args:
        config_class: A dataclass of ``glmkit.config``.
        flags: Field name -> text as typed; only the flags that were given.
        config_file: Path of a YAML file, or None.

    Raises:
        ConfigError: With every unknown key, wrong type, missing value and out-of-range value found.
    """
    settings = settings_of(config_class)
    problems: list[Problem] = []
    values: dict[str, Any] = {}
    sources = dict.fromkeys(settings, "default")
    given = [(name, value, where) for name, value, where in read_yaml(config_file, problems)] if config_file else []
    given += [(name, value, settings[name].flag) for name, value in flags.items()]
    for name, value, where in given:
        setting = settings.get(name.replace("-", "_"))
        if setting is None:
            problems.append(unknown_key(name, where, list(settings)))
            continue
        try:
            values[setting.name] = setting.convert(value)
            sources[setting.name] = where
        except ValueError:
            what = {"name": setting.name, "value": value, "kind": setting.kind_sentence}
            problems.append(Problem("cli-wrong-type", where, what))
    wrong = {problem.values.get("name") for problem in problems}
    for name, setting in settings.items():
        if setting.required and name not in values and name not in wrong:
            problems.append(Problem("cli-missing", "", {"name": name, "flag": setting.place}))
            wrong.add(name)
    try:
        # A stand-in for values already found wrong lets the range checks of all the others still run.
        stand_ins = {name: "-" for name, setting in settings.items() if setting.required and name in wrong}
        config = config_class(**{**stand_ins, **values})
    except ConfigError as error:
        problems += [
            Problem(problem.code, _place(sources, problem.where), problem.values) for problem in error.problems
        ]
    if problems:
        raise ConfigError(problems)
    return Resolved(config, sources)


def _place(sources: Mapping[str, str], name: str) -> str:
    source = sources.get(name, "default")
    return name if source == "default" or source.startswith("--") else f"{source}: {name}"


def unknown_key(name: str, where: str, known: list[str]) -> Problem:
    """Return the problem of a key nobody knows, with the nearest known one when there is one."""
    near = difflib.get_close_matches(name.replace("-", "_"), known, n=1, cutoff=0.6)
    if near:
        return Problem("cli-unknown-key-near", where, {"key": name, "near": near[0]})
    return Problem("cli-unknown-key", where, {"key": name, "known": ", ".join(known)})


def read_yaml(path: str, problems: list[Problem]) -> list[tuple[str, Any, str]]:
    """Return (key, value, "file:line") for each entry of a flat YAML mapping; faults of the file go to ``problems``."""
    import yaml

    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problems.append(Problem("cli-config-unreadable", path, {"reason": getattr(error, "strerror", None) or error}))
        return []
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if root is None:
            return []
        if not isinstance(root, yaml.MappingNode):
            problems.append(Problem("cli-config-not-mapping", f"{path}:{root.start_mark.line + 1}"))
            return []
        construct = yaml.SafeLoader("").construct_object
        entries, seen = [], set()
        for key_node, value_node in root.value:
            key, where = str(construct(key_node, deep=True)), f"{path}:{key_node.start_mark.line + 1}"
            if key in seen:
                problems.append(Problem("cli-config-duplicate", where, {"key": key}))
            seen.add(key)
            entries.append((key, construct(value_node, deep=True), where))
        return entries
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else path
        problems.append(Problem("cli-config-broken", where, {"reason": getattr(error, "problem", None) or error}))
        return []


def to_yaml(config: Any, sources: Mapping[str, str] | None = None) -> str:
    """Return the config as YAML that runs again unchanged; with ``sources``, each line names its value's source."""
    import yaml

    lines = []
    for name in settings_of(type(config)):
        line = yaml.safe_dump({name: getattr(config, name)}, allow_unicode=True, width=10_000).rstrip("\n")
        lines.append(f"{line}  # {sources[name]}" if sources else line)
    return "\n".join(lines) + "\n"
