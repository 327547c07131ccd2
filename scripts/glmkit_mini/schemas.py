"""Tools: made from the catalogue or invented, and written in the layouts ChatGLM3 meets. Read by ``tool_episodes``.

``pool`` is the fixed set of tools a split has; ``fresh_tool`` and ``invented_tool`` draw new ones, so that a model is
paid for reading the schema and not for remembering it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

from scripts.glmkit_mini import words
from scripts.glmkit_mini.catalogue import INVENTED_HEADS, PARAMETERS, THINGS, VERBS, ParameterEntry, ThingEntry
from scripts.glmkit_mini.values import KINDS, json_type, make_value
from scripts.glmkit_mini.words import Language, Split, invented_word, part

Layout = Literal["schema", "params", "openai"]
LAYOUTS: tuple[Layout, ...] = ("schema", "params", "openai")
LAYOUT_WEIGHTS = (65, 18, 17)

KITS_A_VERB = 3  # tools of the pool for each thing and verb
POOL_SEED = 20231027
REQUIRED_SHARE = 0.6
DEFAULT_SHARE = 0.2  # of optional parameters
PYTHON_TYPES = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "array": "list"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a tool; ``cue`` is what a request calls it, ``phrases`` are other ways to mention a value."""

    name: str
    kind: str  # of ``values``, or "enum", or "list:KIND"
    cue: str
    description: str
    required: bool
    choices: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    default: Any = None

    @property
    def type(self) -> str:
        """JSON schema type."""
        return "array" if self.kind.startswith("list:") else json_type(self.kind)


@dataclass(frozen=True, slots=True)
class Result:
    """A field of a tool's result."""

    name: str
    kind: str
    cue: str


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool, and the words in which people ask for it."""

    name: str
    description: str
    parameters: tuple[Parameter, ...]
    verb: str
    verb_phrases: tuple[str, ...]
    noun: str
    results: tuple[Result, ...]
    language: Language


@cache
def pool(language: Language, split: Split) -> tuple[Tool, ...]:
    """Return the fixed tools of a split: KITS_A_VERB for each thing and verb of the catalogue."""
    rng = random.Random(f"{POOL_SEED} {language} {split}")
    return tuple(
        catalogue_tool(rng, thing, verb, language, split)
        for thing in THINGS[split]
        for verb in thing.verbs
        for _ in range(KITS_A_VERB)
    )


def fresh_tool(rng: random.Random, language: Language, split: Split) -> Tool:
    """Return a tool about a thing of the catalogue with parameters, name and texts chosen anew."""
    thing = rng.choice(THINGS[split])
    return catalogue_tool(rng, thing, rng.choice(thing.verbs), language, split)


def catalogue_tool(rng: random.Random, thing: ThingEntry, verb: str, language: Language, split: Split) -> Tool:
    """Return a tool that does ``verb`` to ``thing`` with one to four of its parameters."""
    entry = VERBS[split][verb]
    names = rng.sample(thing.parameters, min(len(thing.parameters), rng.choice((1, 2, 2, 3, 3, 4))))
    noun = thing.noun[language]
    parameters = tuple(_catalogue_parameter(rng, PARAMETERS[split][name], noun, language) for name in names)
    fields = rng.sample(thing.results, rng.randint(1, len(thing.results)))
    return Tool(
        name=join_name(rng, [*rng.choice(entry.names).split("_"), *thing.noun["en"].split()], of_tool=True),
        description=tool_description(rng, rng.choice(entry.phrases[language]), noun, parameters, language),
        parameters=one_required(parameters),
        verb=verb,
        verb_phrases=entry.phrases[language],
        noun=noun,
        results=tuple(Result(name, kind, cues[language]) for name, kind, cues in fields),
        language=language,
    )


def invented_tool(rng: random.Random, language: Language, split: Split) -> Tool:
    """Return a tool of random words: its names mean nothing and must be read from the schema."""
    if rng.random() < 0.4:
        verbs = VERBS[split]
        entry = verbs[rng.choice(sorted(verbs))]
        name_words, phrases = rng.choice(entry.names).split("_"), entry.phrases[language]
    else:
        name_words = [invented_word(rng) if rng.random() < 0.8 else rng.choice(part(words.NOUNS, split))]
        phrases = (name_words[0],) if language == "en" else (invented_word(rng, "zh")[:2],)
    noun_words = [_random_word(rng, split) for _ in range(rng.choice((1, 1, 2)))]
    noun = " ".join(noun_words)
    if language == "zh":
        noun = rng.choice(part(words.ZH_NOUNS, split)) if rng.random() < 0.35 else invented_word(rng, "zh")
        noun += rng.choice(("", "", "表", "记录", "服务", "单"))
    parameters: list[Parameter] = []
    for _ in range(rng.choice((1, 2, 2, 3, 3, 4))):
        parameter = invented_parameter(rng, noun, language, split)
        if all(parameter.name != other.name and parameter.cue != other.cue for other in parameters):
            parameters.append(parameter)
    return Tool(
        name=join_name(rng, [*name_words, *noun_words] if rng.random() < 0.8 else noun_words, of_tool=True),
        description=tool_description(rng, rng.choice(phrases), noun, tuple(parameters), language),
        parameters=one_required(tuple(parameters)),
        verb="get",
        verb_phrases=phrases,
        noun=noun,
        results=tuple(invented_result(rng, language, split) for _ in range(rng.randint(1, 3))),
        language=language,
    )


def invented_parameter(rng: random.Random, noun: str, language: Language, split: Split) -> Parameter:
    """Return a parameter of random words; in a quarter of them the name says nothing of what is asked for."""
    head_en, head_zh, kinds = rng.choice(INVENTED_HEADS)
    kind = rng.choice(kinds) if rng.random() < 0.8 else rng.choice(KINDS)
    name_words = [_random_word(rng, split), head_en]
    cue = " ".join(name_words)
    if language == "zh":
        cue = (
            rng.choice(part(words.ZH_NOUNS, split)) if rng.random() < 0.3 else invented_word(rng, "zh")[:3]
        ) + head_zh
    if rng.random() < 0.25:
        name_words = [invented_word(rng) for _ in range(rng.choice((1, 1, 2)))]
    choices: tuple[str, ...] = ()
    if kind == "enum":
        choices = tuple(dict.fromkeys(str(make_value(rng, "word", language, split)) for _ in range(rng.randint(2, 5))))
    parameter = Parameter(
        name=join_name(rng, name_words, of_tool=False),
        kind=kind,
        cue=cue,
        description="",
        required=rng.random() < REQUIRED_SHARE,
        choices=choices,
    )
    return replace(parameter, description=parameter_description(rng, parameter, noun, language))


def invented_result(rng: random.Random, language: Language, split: Split) -> Result:
    """Return a result field of random words; its cue is its name in words."""
    name = f"{_random_word(rng, split)}_{rng.choice(INVENTED_HEADS)[0]}"
    if language == "zh" and rng.random() < 0.5:
        stem = rng.choice(part(words.ZH_NOUNS, split)) if rng.random() < 0.4 else invented_word(rng, "zh")
        name = stem + rng.choice(INVENTED_HEADS)[1]
    kind = rng.choice(("code", "amount", "date", "word", "title", "person", "integer", "time", "city", "decimal"))
    return Result(name, kind, name.replace("_", " "))


def one_required(parameters: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
    """Return the parameters with the first one required if none is."""
    if any(parameter.required for parameter in parameters):
        return parameters
    return (replace(parameters[0], required=True, default=None), *parameters[1:])


def join_name(rng: random.Random, parts: list[str], *, of_tool: bool) -> str:
    """Return words as a name: snake_case mostly, else camelCase, or PascalCase for a tool."""
    style = rng.random()
    parts = [part for part in parts if part not in ("of", "the")] or parts
    if style < 0.82:
        return "_".join(parts)
    if style < 0.93 or not of_tool:
        return parts[0] + "".join(word.capitalize() for word in parts[1:])
    return "".join(word.capitalize() for word in parts)


def tool_description(
    rng: random.Random, phrase: str, noun: str, parameters: tuple[Parameter, ...], language: Language
) -> str:
    """Return one sentence that says what a tool does, in the words of a request."""
    cues = [parameter.cue for parameter in parameters][:2]
    if language == "zh":
        pattern = rng.choice(("{v}{n}", "{v}{n}", "用于{v}{n}", "根据{c}{v}{n}", "{v}{n}的工具", "{v}指定的{n}"))
        return pattern.format(v=phrase, n=noun, c="和".join(cues))
    pattern = rng.choice(
        ("{V} {n}", "{V} the {n}", "{V} the {n} by {c}", "Use it to {v} {n}", "{V} a {n}.", "Tool to {v} the {n}.")
    )
    return pattern.format(v=phrase, V=phrase[0].upper() + phrase[1:], n=noun, c=" and ".join(cues))


def parameter_description(rng: random.Random, parameter: Parameter, noun: str, language: Language) -> str:
    """Return what the schema says of a parameter: the cue, perhaps with its format."""
    cue, kind = parameter.cue, parameter.kind
    if language == "zh":
        text = rng.choice(("{c}", "{c}", "{c}", "要使用的{c}", "{n}的{c}", "指定{c}")).format(c=cue, n=noun)
        hints = {"date": "，格式为YYYY-MM-DD", "time": "，格式为HH:MM", "flag": "，true或false"}
        return text + (hints[kind] if kind in hints and rng.random() < 0.4 else "")
    text = rng.choice(("{C}", "The {c}", "The {c}", "the {c}", "{C} of the {n}", "The {c} to use", "{c}")).format(
        c=cue, C=cue[0].upper() + cue[1:], n=noun
    )
    hints = {"date": " (YYYY-MM-DD)", "time": " (HH:MM)", "flag": ", true or false"}
    return text + (hints[kind] if kind in hints and rng.random() < 0.4 else "")


def write_tools(tools: list[Tool], layout: Layout, rng: random.Random) -> Any:
    """Return the tool list as a system message carries it."""
    if layout == "params":
        return {tool.name: _params_form(tool, rng) for tool in tools}
    functions = [_schema_form(tool, rng) for tool in tools]
    if layout == "openai":
        return [{"type": "function", "function": function} for function in functions]
    return functions


def _schema_form(tool: Tool, rng: random.Random) -> dict[str, Any]:
    type_first = rng.random() < 0.5
    properties = {}
    for parameter in tool.parameters:
        form: dict[str, Any] = {"type": parameter.type} if type_first else {"description": parameter.description}
        form["description" if type_first else "type"] = parameter.description if type_first else parameter.type
        if parameter.choices and parameter.kind == "enum":
            form["enum"] = list(parameter.choices)
        if parameter.kind.startswith("list:"):
            form["items"] = {"type": json_type(parameter.kind[5:])}
        if parameter.default is not None:
            form["default"] = parameter.default
        properties[parameter.name] = form
    required = [parameter.name for parameter in tool.parameters if parameter.required]
    schema = {"type": "object", "properties": properties, "required": required}
    return {"name": tool.name, "description": tool.description, "parameters": schema}


def _params_form(tool: Tool, rng: random.Random) -> dict[str, Any]:
    params = []
    for parameter in tool.parameters:
        description = parameter.description
        if parameter.kind == "enum":
            joined = "、".join(parameter.choices) if tool.language == "zh" else ", ".join(parameter.choices)
            description += f"：{joined}" if tool.language == "zh" else f": {joined}"
        params.append(
            {
                "name": parameter.name,
                "description": description,
                "type": PYTHON_TYPES[parameter.type],
                "required": parameter.required,
            }
        )
    return {"name": tool.name, "description": tool.description, "params": params}


def _catalogue_parameter(rng: random.Random, entry: ParameterEntry, noun: str, language: Language) -> Parameter:
    name_words = entry.name.split("_")
    required = rng.random() < REQUIRED_SHARE
    choices = entry.choices.get(language, ())
    if len(choices) > 3 and rng.random() < 0.6:
        kept = set(rng.sample(choices, rng.randint(3, len(choices))))
        choices = tuple(choice for choice in choices if choice in kept)
    default = None
    if not required and rng.random() < DEFAULT_SHARE:
        default = rng.choice(choices) if choices else {"count": 5, "small": 1, "flag": False}.get(entry.kind)
    parameter = Parameter(
        name=join_name(rng, name_words, of_tool=False),
        kind=entry.kind,
        cue=entry.cue[language],
        description="",
        required=required,
        choices=choices,
        phrases=entry.phrases[language],
        default=default,
    )
    return replace(parameter, description=parameter_description(rng, parameter, noun, language))


def _random_word(rng: random.Random, split: Split) -> str:
    if rng.random() < 0.65:
        return invented_word(rng)
    return rng.choice(part(words.NOUNS if rng.random() < 0.7 else words.ADJECTIVES, split))
