"""Tools: made from the catalogue or invented. Read by ``tool_episodes``; ``schema_forms`` writes them.

``pool`` is the fixed set of tools a split has; ``fresh_tool`` and ``invented_tool`` draw new ones, so that a model is
paid for reading the schema and not for remembering it. A crossed tool is described in one language (``written``) and
asked for in the other. Held-out tools that are not crossed are plain: in the forms of the first data, without the
variety that training has since been given, so that their figures can be compared from one model to the next.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from scripts.glmkit_mini import words
from scripts.glmkit_mini.catalogue import (
    INVENTED_HEADS,
    NUM_PLAIN_HEADS,
    PARAMETERS,
    THINGS,
    VERBS,
    ParameterEntry,
    ThingEntry,
)
from scripts.glmkit_mini.values import KINDS, json_type, make_value
from scripts.glmkit_mini.words import Language, Split, invented_word, part

KITS_A_VERB = 3  # tools of the pool for each thing and verb
POOL_SEED = 20231027
REQUIRED_SHARE = 0.6
DEFAULT_SHARE = 0.2  # of optional parameters
NO_PARAMETERS_SHARE = 0.04  # of tools
ALL_OPTIONAL_SHARE = 0.3  # of the tools that happen to have no required parameter; the others get one
EXAMPLES_SHARE = 0.1  # of descriptions: "such as X or Y", which no request means
OVERLAP_SHARE = 0.15  # of invented parameters that share words with what the tool is about
HEADLESS_SHARE = 0.3  # of invented parameters that are called by a word alone, without "code" or "name"
PLAIN_KINDS = tuple(kind for kind in KINDS if kind != "expression")
EXAMPLE_KINDS = {"city", "person", "title", "word", "code", "expression", "list:word", "list:city"}
# Mentions that only tell the kind of a value, for the one parameter of a tool that has this kind and says so.
KIND_PHRASES: dict[str, dict[Language, tuple[str, ...]]] = {
    "date": {"en": ("on {v}", "for {v}"), "zh": ("在{v}", "{v}那天")},
    "time": {"en": ("at {v}",), "zh": ("{v}的时候", "在{v}")},
    "city": {"en": ("in {v}", "for {v}"), "zh": ("在{v}", "{v}的")},
    "person": {"en": ("by {v}", "for {v}"), "zh": ("由{v}负责", "找{v}")},
    "email": {"en": ("at {v}", "to {v}"), "zh": ("发到{v}", "邮箱{v}")},
    "file": {"en": ("in {v}", "from {v}"), "zh": ("文件{v}", "用{v}")},
    "url": {"en": ("at {v}", "from {v}"), "zh": ("网址{v}", "从{v}")},
    "expression": {"en": ("of {v}", "{v}"), "zh": ("{v}", "算式{v}")},
    "pair:integer": {"en": ("between {a} and {b}", "from {a} to {b}"), "zh": ("{a}到{b}之间", "从{a}到{b}")},
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a tool; ``cue`` is what a request calls it, ``phrases`` are other ways to mention a value.

    ``said`` are the words of a request for ``choices``, in their order, where they differ.
    """

    name: str
    kind: str  # of ``values``, or "enum", or "list:KIND", or "pair:KIND"
    cue: str
    description: str
    required: bool
    choices: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()
    default: Any = None
    said: tuple[str, ...] = ()

    @property
    def item_kind(self) -> str:
        """Kind of the items of a list or a pair, otherwise of the value."""
        return self.kind.rpartition(":")[2]

    @property
    def type(self) -> str:
        """JSON schema type."""
        return "array" if ":" in self.kind else json_type(self.kind)


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
    language: Language  # of requests and answers
    written: Language  # of the description
    given: dict[str, Any] | None = None  # the definition where it was not made from ``parameters``
    is_plain: bool = False


@cache
def pool(language: Language, split: Split) -> tuple[Tool, ...]:
    """Return the fixed tools of a split: KITS_A_VERB for each thing and verb of the catalogue."""
    rng = random.Random(f"{POOL_SEED} {language} {split}")
    return tuple(
        catalogue_tool(rng, thing, verb, language, split, language)
        for thing in THINGS[split]
        for verb in thing.verbs
        for _ in range(KITS_A_VERB)
    )


def _is_plain(language: Language, split: Split, written: Language) -> bool:
    return split == "heldout" and written == language


def fresh_tool(rng: random.Random, language: Language, split: Split, written: Language) -> Tool:
    """Return a tool about a thing of the catalogue with parameters, name and texts chosen anew."""
    thing = rng.choice(THINGS[split])
    return catalogue_tool(rng, thing, rng.choice(thing.verbs), language, split, written)


def catalogue_tool(
    rng: random.Random, thing: ThingEntry, verb: str, language: Language, split: Split, written: Language
) -> Tool:
    """Return a tool that does ``verb`` to ``thing`` with up to four of its parameters."""
    entry = VERBS[split][verb]
    names = rng.sample(thing.parameters, min(len(thing.parameters), rng.choice((1, 2, 2, 3, 3, 4))))
    is_plain = _is_plain(language, split, written)
    entries = [PARAMETERS[split][name] for name in names]
    if not is_plain and rng.random() < NO_PARAMETERS_SHARE:
        entries = []
    parameters = tuple(_catalogue_parameter(rng, one, thing, language, split, written) for one in entries)
    fields = rng.sample(thing.results, rng.randint(1, len(thing.results)))
    cues = [one.cue[written] for one in entries]
    return Tool(
        name=join_name(rng, [*rng.choice(entry.names).split("_"), *thing.noun["en"].split()], of_tool=True),
        description=tool_description(rng, rng.choice(entry.phrases[written]), thing.noun[written], cues, written),
        parameters=with_required(rng, parameters, is_plain),
        verb=verb,
        verb_phrases=entry.phrases[language],
        noun=thing.noun[language],
        results=tuple(Result(name, kind, cues[language]) for name, kind, cues in fields),
        language=language,
        written=written,
        is_plain=is_plain,
    )


def invented_tool(rng: random.Random, language: Language, split: Split, written: Language) -> Tool:
    """Return a tool of random words: its names mean nothing and must be read from the schema.

    The random words of a crossed tool stand in requests as they are; only verbs and words such as "code" are the
    request's own.
    """
    if rng.random() < 0.4:
        verbs = VERBS[split]
        entry = verbs[rng.choice(sorted(verbs))]
        name_words, phrases, described = rng.choice(entry.names).split("_"), entry.phrases[language], entry.phrases
    else:
        name_words = [invented_word(rng) if rng.random() < 0.8 else rng.choice(part(words.NOUNS, split))]
        phrases = (name_words[0],) if written == "en" else (invented_word(rng, "zh")[:2],)
        described = {written: phrases}
    noun_words = [_random_word(rng, split) for _ in range(rng.choice((1, 1, 2)))]
    noun = " ".join(noun_words)
    if written == "zh":
        noun = rng.choice(part(words.ZH_NOUNS, split)) if rng.random() < 0.35 else invented_word(rng, "zh")
        noun += rng.choice(("", "", "表", "记录", "服务", "单"))
    parameters: list[Parameter] = []
    cues: list[str] = []
    is_plain = _is_plain(language, split, written)
    has_none = not is_plain and rng.random() < NO_PARAMETERS_SHARE
    for _ in range(0 if has_none else rng.choice((1, 2, 2, 3, 3, 4))):
        parameter, cue = invented_parameter(rng, noun, language, split, written)
        if all(parameter.name != other.name and parameter.cue != other.cue for other in parameters):
            parameters.append(parameter)
            cues.append(cue)
    return Tool(
        name=join_name(rng, [*name_words, *noun_words] if rng.random() < 0.8 else noun_words, of_tool=True),
        description=tool_description(rng, rng.choice(described[written]), noun, cues, written),
        parameters=with_required(rng, _unmistakable(tuple(parameters), language), is_plain),
        verb="get",
        verb_phrases=phrases,
        noun=noun,
        results=tuple(invented_result(rng, language, split) for _ in range(rng.randint(1, 3))),
        language=language,
        written=written,
        is_plain=is_plain,
    )


def invented_parameter(
    rng: random.Random, noun: str, language: Language, split: Split, written: Language
) -> tuple[Parameter, str]:
    """Return a parameter of random words and its cue in the description; in a third of them the name says nothing."""
    is_plain = _is_plain(language, split, written)
    head_en, head_zh, kinds = rng.choice(INVENTED_HEADS[:NUM_PLAIN_HEADS] if is_plain else INVENTED_HEADS)
    head = {"en": head_en, "zh": head_zh}
    kind = rng.choice(kinds) if rng.random() < 0.8 else rng.choice(PLAIN_KINDS if is_plain else KINDS)
    stem = _random_word(rng, split)
    name_words = [stem, head_en]
    if written == "zh":
        stem = rng.choice(part(words.ZH_NOUNS, split)) if rng.random() < 0.3 else invented_word(rng, "zh")[:3]
    if not is_plain and rng.random() < OVERLAP_SHARE:
        stem = rng.choice(noun.split()) if written == "en" else noun[-2:] if rng.random() < 0.5 else noun[:2]
    is_headless = not is_plain and rng.random() < HEADLESS_SHARE and stem not in noun
    blank = {"en": " ", "zh": "" if written == "zh" else rng.choice(("", "", " "))}
    cues = {one: stem if is_headless else stem + blank[one] + head[one] for one in (language, written)}
    if rng.random() < (0.25 if is_plain else 0.33):
        name_words = [invented_word(rng) for _ in range(rng.choice((1, 1, 2)))]
    elif is_headless:
        name_words = name_words[:1]
    choices: tuple[str, ...] = ()
    if kind == "enum":
        choices = tuple(dict.fromkeys(str(make_value(rng, "word", written, split)) for _ in range(rng.randint(2, 5))))
    phrases: tuple[str, ...] = ()
    if not is_plain and rng.random() < 0.3:
        phrases = (
            ("{v}的{c}", "以{v}为{c}", "{v}{c}") if language == "zh" else ("{v} as {c}", "of {c} {v}", "{c} of {v}")
        )
        phrases = tuple(phrase.replace("{c}", cues[language]) for phrase in phrases)
    if kind in KIND_PHRASES and kind in kinds and not is_headless and not is_plain:
        phrases += KIND_PHRASES[kind][language]
    parameter = Parameter(
        name=join_name(rng, name_words, of_tool=False),
        kind=kind,
        cue=cues[language],
        description=parameter_description(rng, cues[written], kind, noun, written, split),
        required=rng.random() < REQUIRED_SHARE,
        choices=choices,
        phrases=phrases if kind not in ("flag", "text") else (),
    )
    return parameter, cues[written]


def _unmistakable(parameters: tuple[Parameter, ...], language: Language) -> tuple[Parameter, ...]:
    """Return the parameters without the phrases of a kind that several of them have."""
    kinds = [parameter.kind for parameter in parameters]
    common = {phrase for kind in KIND_PHRASES if kinds.count(kind) > 1 for phrase in KIND_PHRASES[kind][language]}
    return tuple(replace(one, phrases=tuple(text for text in one.phrases if text not in common)) for one in parameters)


def invented_result(rng: random.Random, language: Language, split: Split) -> Result:
    """Return a result field of random words; its cue is its name in words."""
    name = f"{_random_word(rng, split)}_{rng.choice(INVENTED_HEADS)[0]}"
    if language == "zh" and rng.random() < 0.5:
        stem = rng.choice(part(words.ZH_NOUNS, split)) if rng.random() < 0.4 else invented_word(rng, "zh")
        name = stem + rng.choice(INVENTED_HEADS)[1]
    kind = rng.choice(("code", "amount", "date", "word", "title", "person", "integer", "time", "city", "decimal"))
    return Result(name, kind, name.replace("_", " "))


def with_required(rng: random.Random, parameters: tuple[Parameter, ...], is_plain: bool) -> tuple[Parameter, ...]:
    """Return the parameters with the first one required if none is, unless all of them may be optional."""
    if not parameters or any(one.required for one in parameters):
        return parameters
    if not is_plain and rng.random() < ALL_OPTIONAL_SHARE:
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


def tool_description(rng: random.Random, phrase: str, noun: str, cues: list[str], language: Language) -> str:
    """Return one sentence that says what a tool does, in the words of a request."""
    cues = cues[:2] or [noun]
    if language == "zh":
        pattern = rng.choice(("{v}{n}", "{v}{n}", "用于{v}{n}", "根据{c}{v}{n}", "{v}{n}的工具", "{v}指定的{n}"))
        return pattern.format(v=phrase, n=noun, c="和".join(cues))
    pattern = rng.choice(
        ("{V} {n}", "{V} the {n}", "{V} the {n} by {c}", "Use it to {v} {n}", "{V} a {n}.", "Tool to {v} the {n}.")
    )
    return pattern.format(v=phrase, V=phrase[0].upper() + phrase[1:], n=noun, c=" and ".join(cues))


def parameter_description(rng: random.Random, cue: str, kind: str, noun: str, language: Language, split: Split) -> str:
    """Return what the schema says of a parameter: the cue, perhaps with its format or with examples."""
    examples = ""
    if kind in EXAMPLE_KINDS and split == "train" and rng.random() < EXAMPLES_SHARE:
        values = [str(make_value(rng, kind.rpartition(":")[2], language, split)) for _ in range(rng.choice((1, 2, 2)))]
        begin, joint = ("，如", "或") if language == "zh" else (rng.choice((", such as ", ", e.g. ")), " or ")
        examples = begin + joint.join(values)
    if language == "zh":
        text = rng.choice(("{c}", "{c}", "{c}", "要使用的{c}", "{n}的{c}", "指定{c}")).format(c=cue, n=noun)
        hints = {"date": "，格式为YYYY-MM-DD", "time": "，格式为HH:MM", "flag": "，true或false"}
        return text + (hints[kind] if kind in hints and rng.random() < 0.4 else examples)
    text = rng.choice(("{C}", "The {c}", "The {c}", "the {c}", "{C} of the {n}", "The {c} to use", "{c}")).format(
        c=cue, C=cue[0].upper() + cue[1:], n=noun
    )
    hints = {"date": " (YYYY-MM-DD)", "time": " (HH:MM)", "flag": ", true or false"}
    return text + (hints[kind] if kind in hints and rng.random() < 0.4 else examples)


def _catalogue_parameter(
    rng: random.Random, entry: ParameterEntry, thing: ThingEntry, language: Language, split: Split, written: Language
) -> Parameter:
    required = rng.random() < REQUIRED_SHARE
    choices, said = entry.choices.get(written, ()), entry.choices.get(language, ())
    if len(choices) > 3 and rng.random() < 0.6:
        kept = sorted(rng.sample(range(len(choices)), rng.randint(3, len(choices))))
        choices, said = tuple(choices[i] for i in kept), tuple(said[i] for i in kept)
    default = None
    if not required and rng.random() < DEFAULT_SHARE:
        default = rng.choice(choices) if choices else {"count": 5, "small": 1, "flag": False}.get(entry.kind)
    return Parameter(
        name=join_name(rng, entry.name.split("_"), of_tool=False),
        kind=entry.kind,
        cue=entry.cue[language],
        description=parameter_description(rng, entry.cue[written], entry.kind, thing.noun[written], written, split),
        required=required,
        choices=choices,
        phrases=entry.phrases[language],
        default=default,
        said=said if written != language else (),
    )


def _random_word(rng: random.Random, split: Split) -> str:
    if rng.random() < 0.65:
        return invented_word(rng)
    return rng.choice(part(words.NOUNS if rng.random() < 0.7 else words.ADJECTIVES, split))
