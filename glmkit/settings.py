"""Where a command's settings come from: defaults, environment, YAML file, flags; every fault named, all at once.

In: a config dataclass of ``glmkit.config``, a YAML path, the flags as text. Out: the config and each value's source.
The command line calls ``resolve``; training calls ``to_yaml`` for the copy it keeps in the run folder.
"""

from __future__ import annotations

import difflib
import os
import re
import types
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from glmkit.errors import ConfigError, Problem, message

Config = TypeVar("Config")
Entry = TypeVar("Entry")

TRUE_WORDS = ("true", "yes", "on", "1")
FALSE_WORDS = ("false", "no", "off", "0")


class Setting:
    """One field of a config dataclass as the command line and the YAML reader see it."""

    def __init__(self, item: Any, kind: Any) -> None:
        self.name: str = item.name
        self.default = item.default
        self.required = item.default is MISSING
        self.metadata: Mapping[str, Any] = item.metadata
        # "X", "X | None", or also "| Sequence[...]" and "| Mapping[...]": what a list or a mapping may be given as
        kinds = get_args(kind) if get_origin(kind) in (Union, types.UnionType) else (kind,)
        self.optional = types.NoneType in kinds
        self.kind = kinds[0]
        self.is_list = any(get_origin(other) is Sequence for other in kinds)
        self.is_mapping = is_dataclass(self.kind)
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
        """What a value looks like, for help and messages: "int", "true|false", "linear|cosine", "{path: text}"."""
        if self.choices:
            return "|".join(self.choices)
        if self.is_mapping:
            return f"{{{', '.join(f'{name}: {item.kind_name}' for name, item in settings_of(self.kind).items())}}}"
        return "true|false" if self.kind is bool else {int: "int", float: "float", str: "text"}[self.kind]

    @property
    def kind_sentence(self) -> str:
        """The same as part of a sentence in the user's language."""
        if self.choices or self.kind is bool:
            return message("cli-kind-choice", choices=self.kind_name.replace("|", ", "))
        if self.is_list:
            return message("cli-kind-list")
        if self.is_mapping:
            return message("cli-kind-mapping", form=self.kind_name)
        return message({int: "cli-kind-int", float: "cli-kind-float", str: "cli-kind-text"}[self.kind])

    def convert(self, value: Any) -> Any:
        """Return ``value`` (text from a flag, a value from YAML) as this field's type; ValueError when it is none.

        Of a list or a mapping only the outer form is looked at: the config reads its entries with ``read_entry``.
        """
        if value is None and self.optional:
            return None
        if isinstance(value, str) and self.optional and value.lower() in {"none", "null"}:
            return None
        if self.is_list and isinstance(value, (list, tuple)):
            return [from_text(entry) for entry in value]
        if self.is_mapping or (self.is_list and isinstance(from_text(value), Mapping)):
            value = from_text(value)
            if isinstance(value, Mapping):
                return [value] if self.is_list else value
        elif self.choices:
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


def from_text(value: Any) -> Any:
    """Return what "{path: a.jsonl, weight: 2}", a mapping as a flag holds it, stands for; other values as they are."""
    if not isinstance(value, str) or not value.lstrip().startswith("{"):
        return value
    import yaml

    try:
        return yaml.safe_load(value)
    except yaml.YAMLError as error:
        raise ValueError(value) from error


def read_entry(entry_class: type[Entry], value: Any, where: str, problems: list[Problem]) -> Entry | None:
    """Return an entry of a list, or a mapping, as a dataclass; None when it is wrong, all its faults in ``problems``.

    Args:
        entry_class: a dataclass whose fields are declared as those of a config; its first one is what text stands for
            where nothing else is required.
        value: a mapping, text, or an ``entry_class`` already.
        where: the place of the entry, "data[1]".
        problems: faults are added to it.
    """
    if isinstance(value, entry_class):
        return value
    settings = settings_of(entry_class)
    first, *others = settings.values()
    if isinstance(value, str) and value and not any(item.required for item in others):
        value = {first.name: value}
    if not isinstance(value, Mapping):
        form = "{" + ", ".join(f"{name}: {item.kind_name}" for name, item in settings.items()) + "}"
        kind = message("cli-kind-mapping", form=form)
        problems.append(Problem("cli-wrong-type", where, {"name": where, "value": value, "kind": kind}))
        return None
    before = len(problems)
    values: dict[str, Any] = {}
    for name, given in value.items():
        if name not in settings:
            problems.append(unknown_key(str(name), where, list(settings)))
            continue
        try:
            values[name] = settings[name].convert(given)
        except ValueError:
            what = {"name": name, "value": given, "kind": settings[name].kind_sentence}
            problems.append(Problem("cli-wrong-type", where, what))
    for name, item in settings.items():
        if item.required and name not in value:
            problems.append(Problem("cli-missing-key", where, {"name": name}))
        elif values.get(name) == "":
            problems.append(Problem("cli-empty", f"{where}.{name}"))
    return entry_class(**values) if len(problems) == before else None


class Resolved(Generic[Config]):
    """A config and where each of its values came from: "default", the variable, "file:line" or the flag."""

    def __init__(self, config: Config, sources: dict[str, str]) -> None:
        self.config = config
        self.sources = sources


def resolve(config_class: type[Config], flags: Mapping[str, Any], config_file: str | None = None) -> Resolved[Config]:
    """Join defaults, the environment, the YAML file and the flags into a config; the later win.

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
    given = [
        (name, os.environ[variable], variable)
        for name, setting in settings.items()
        if (variable := setting.metadata["env"]) and os.environ.get(variable)
    ]
    given += read_yaml(config_file, problems) if config_file else []
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
    source = sources.get(re.split(r"[.\[]", name)[0], "default")  # an entry is where its list is
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
        text = yaml.safe_dump({name: plain(getattr(config, name))}, allow_unicode=True, width=10_000, sort_keys=False)
        first, *others = text.rstrip("\n").split("\n")
        lines += [f"{first}  # {sources[name]}" if sources else first, *others]
    return "\n".join(lines) + "\n"


def plain(value: Any) -> Any:
    """Return a value of a config as YAML has it: entries as mappings without defaults, or as their path alone."""
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if not is_dataclass(value):
        return value
    given = {item.name: getattr(value, item.name) for item in fields(value)}
    told = {item.name: given[item.name] for item in fields(value) if given[item.name] != item.default}
    return given["path"] if told.keys() == {"path"} else told
