"""What a user writes: a request for a tool that mentions the values of its arguments. Read by ``tool_episodes``."""

from __future__ import annotations

import random
from typing import Any

from scripts.glmkit_mini.schemas import Parameter, Tool
from scripts.glmkit_mini.values import make_value, spoken
from scripts.glmkit_mini.words import Language, Split

OPTIONAL_SHARE = 0.5  # of optional parameters that a request mentions
PHRASE_SHARE = 0.6  # of mentions in the parameter's own phrases, where it has some

OPENERS = {
    "en": (
        "", "", "", "Please ", "Please ", "Can you ", "Could you ", "I want to ", "I'd like to ", "Help me ",
        "I need to ", "Would you ", "Hi, please ", "Now ", "Let's ", "You should ",
    ),
    "zh": ("", "", "请", "请", "请帮我", "帮我", "麻烦", "麻烦你", "我想", "我要", "能不能帮我", "可以", "你好，请", "现在", "我需要", "给我"),
}  # fmt: skip
# What a question is opened and ended with, for tools that get something.
QUESTIONS = {
    "en": ("What is the {n}", "What's the {n}", "What is the {n}", "How is the {n}", "Do you know the {n}", "Which {n} is there"),
    "zh": ("{n}是什么", "{n}怎么样", "{n}是多少", "有什么{n}", "有没有{n}", "{n}如何"),
}  # fmt: skip
QUESTION_SHARE = 0.12
PAIRS = {"en": ("{a} to {b}", "from {a} to {b}", "{a}-{b}"), "zh": ("{a}到{b}", "从{a}到{b}", "{a}至{b}", "{a}-{b}")}
OTHER_LANGUAGE_SHARE = 0.05  # of values in the other language; four times as often for crossed tools
QUESTION_OPENERS = ("Can ", "Could ", "Would ", "能不能", "可以")

GENERIC = {
    "en": (
        "{c} {v}", "{c}: {v}", "the {c} is {v}", "with {c} {v}", "with the {c} {v}", "use {v} as the {c}",
        "{c} = {v}", "{v} for the {c}", "set the {c} to {v}", "with {v} as {c}", "the {c} should be {v}",
    ),
    "zh": (
        "{c}是{v}", "{c}为{v}", "{c}：{v}", "{c}用{v}", "{c}设为{v}", "{c}{v}", "{c}填{v}", "{c}是{v}", "{c}={v}",
        "把{c}设成{v}", "{c}要{v}",
    ),
}  # fmt: skip
FLAGS = {
    "en": (("with {c} on", "with {c} off"), ("{c}: yes", "{c}: no"), ("turn {c} on", "turn {c} off"),
           ("{c} true", "{c} false"), ("with {c}", "without {c}")),
    "zh": (("打开{c}", "关闭{c}"), ("{c}：是", "{c}：否"), ("需要{c}", "不需要{c}"), ("要{c}", "不要{c}")),
}  # fmt: skip
QUOTES = {"en": ('"{}"', "'{}'", '"{}"'), "zh": ("“{}”", "「{}」", '"{}"')}
QUOTED_SHARE = {"en": 0.35, "zh": 0.75}  # of names and titles; Chinese has no capitals to show where they end
OPEN_KINDS = {"title", "word"}


def draw_arguments(rng: random.Random, tool: Tool, split: Split) -> dict[str, Any]:
    """Return arguments by parameter name, in the schema's order; optional ones only sometimes."""
    return {
        parameter.name: draw_value(rng, parameter, _value_language(rng, tool), split)
        for parameter in tool.parameters
        if parameter.required or rng.random() < OPTIONAL_SHARE
    }


def _value_language(rng: random.Random, tool: Tool) -> Language:
    share = OTHER_LANGUAGE_SHARE * (1 if tool.written == tool.language else 4)
    if tool.is_plain or rng.random() > share:
        return tool.language
    return "en" if tool.language == "zh" else tool.written


def draw_value(rng: random.Random, parameter: Parameter, language: Language, split: Split) -> Any:
    """Return a value that fits the parameter."""
    if parameter.kind == "enum":
        return rng.choice(parameter.choices)
    if parameter.kind.startswith("list:"):
        kind = parameter.item_kind
        return list(dict.fromkeys(make_value(rng, kind, language, split) for _ in range(rng.choice((1, 2, 2, 3, 4)))))
    if parameter.kind.startswith("pair:"):
        values = [make_value(rng, parameter.item_kind, language, split) for _ in range(2)]
        return sorted(values) if rng.random() < 0.9 else values
    return make_value(rng, parameter.kind, language, split)


def write_request(rng: random.Random, tool: Tool, arguments: dict[str, Any]) -> str:
    """Return a request for ``tool`` that mentions every argument, in any order, in one of many shapes."""
    chosen = [parameter for parameter in tool.parameters if parameter.name in arguments]
    rng.shuffle(chosen)
    if rng.random() < 0.06:
        return _by_name(rng, tool, chosen, arguments)
    head, mark = _head(rng, tool)
    if not chosen:
        return head + mark
    shape = rng.random()
    language = tool.language
    if shape < 0.62:
        mentions = [mention(rng, parameter, arguments[parameter.name], language, free=True) for parameter in chosen]
        return _one_sentence(rng, head, mark, mentions, language)
    mentions = [mention(rng, parameter, arguments[parameter.name], language, free=False) for parameter in chosen]
    if shape < 0.76:
        return _own_sentences(head + mark, mentions, language)
    if shape < 0.88:
        joined = ("，" if language == "zh" else ", ").join(mentions)
        return f"{joined}。{head}{mark}" if language == "zh" else f"{_begun(joined)}. {head}{mark}"
    lines = [f"{rng.choice(('- ', ''))}{text}" for text in mentions]
    return "\n".join([head + ("：" if language == "zh" else ":"), *lines])


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _begun(text: str) -> str:
    """Return a mention as the start of a sentence; one that may start with a value is left as it is."""
    return _capital(text) if text.startswith(("the ", "with ", "use ", "set ", "turn ")) else text


def mention(rng: random.Random, parameter: Parameter, value: Any, language: Language, free: bool) -> str:
    """Return a phrase that gives ``value`` to ``parameter``: with its cue, or in its own words (``free``)."""
    phrases = [phrase for phrase in parameter.phrases if phrase not in ("{v}", "{q}")]
    if parameter.kind == "flag":
        pairs = [tuple(text.strip() for text in phrase.split("~")) for phrase in phrases if "~" in phrase]
        pair = rng.choice(pairs) if pairs and rng.random() < PHRASE_SHARE else rng.choice(FLAGS[language])
        return pair[0 if value else 1].format(c=parameter.cue)
    text = say(rng, parameter, value, language)
    pair = dict(zip("ab", value, strict=True)) if parameter.kind.startswith("pair:") else {}
    if free and phrases and rng.random() < PHRASE_SHARE:
        pattern = rng.choice(phrases)
        return pattern.format(**pair, v=text, q=quoted(rng, text, parameter.kind, language))
    if parameter.kind == "text" or (parameter.kind in OPEN_KINDS and rng.random() < 0.4):
        text = quoted(rng, text, "text", language)
    return rng.choice(GENERIC[language]).format(c=parameter.cue, v=text)


def say(rng: random.Random, parameter: Parameter, value: Any, language: Language) -> str:
    """Return a value as a request says it."""
    if parameter.kind.startswith("pair:"):
        patterns = PAIRS[language] if parameter.item_kind == "integer" else PAIRS[language][:2]
        return rng.choice(patterns).format(a=value[0], b=value[1])
    if parameter.said:
        return parameter.said[parameter.choices.index(value)]
    return spoken(rng, value, parameter.kind, language)


def quoted(rng: random.Random, text: str, kind: str, language: Language) -> str:
    """Return ``text`` in quotation marks: messages always, names often."""
    if kind != "text" and rng.random() > QUOTED_SHARE[language]:
        return text
    return rng.choice(QUOTES[language]).format(text)


def _head(rng: random.Random, tool: Tool) -> tuple[str, str]:
    """Return what is wanted, and the mark that ends it."""
    if tool.verb in ("get", "search") and not tool.is_plain and rng.random() < QUESTION_SHARE:
        return rng.choice(QUESTIONS[tool.language]).format(n=tool.noun), "？" if tool.language == "zh" else "?"
    opener = rng.choice(OPENERS[tool.language])
    verb = rng.choice(tool.verb_phrases)
    is_question = opener.startswith(QUESTION_OPENERS)
    if tool.language == "zh":
        some = rng.choice(("", "", "一下", "")) if len(verb) > 1 and "一下" not in verb else ""
        blank = " " if (verb + some)[-1].isascii() and tool.noun[0].isascii() else ""
        head = f"{opener}{verb}{some}{blank}{tool.noun}"
        return head + ("吗" if opener == "可以" else ""), "？" if is_question else rng.choice(("。", "。", ""))
    article = rng.choice(("the ", "the ", "a ", ""))
    if article == "a " and tool.noun[0] in "aeiou":
        article = "an "
    head = f"{opener}{verb} {article}{tool.noun}"
    return _capital(head) if rng.random() < 0.9 else head, "?" if is_question else rng.choice((".", ".", ""))


def _one_sentence(rng: random.Random, head: str, mark: str, mentions: list[str], language: Language) -> str:
    if language == "zh":
        if rng.random() < 0.3:
            return f"{'，'.join(mentions)}，{head}{mark}"
        return f"{head}，{'，'.join(mentions)}{mark}"
    text = head
    for i, one in enumerate(mentions):
        plain = one.split()[0] in ("in", "on", "at", "for", "from", "to", "by", "with", "about", "of", "under", "into")
        text += f" {one}" if plain else (f" and {one}" if i == len(mentions) - 1 and i else f", {one}")
    return text + mark


def _own_sentences(head: str, mentions: list[str], language: Language) -> str:
    if language == "zh":
        start = head if head.endswith(("。", "？")) else head + "。"
        return f"{start}{'。'.join(mentions)}。"
    head = head if head.endswith(("?", ".")) else head + "."
    return " ".join([head, *(_begun(text) + "." for text in mentions)])


def _by_name(rng: random.Random, tool: Tool, chosen: list[Parameter], arguments: dict[str, Any]) -> str:
    """Return a request in the schema's own names: "call get_weather with city=Paris"."""
    if not chosen:
        return f"{rng.choice(('调用', '运行') if tool.language == 'zh' else ('Call', 'Run', 'Use'))} {tool.name}"
    parts = [f"{parameter.name}={spoken(rng, arguments[parameter.name], '', tool.language)}" for parameter in chosen]
    if tool.language == "zh":
        return f"{rng.choice(('调用', '请用', '运行'))} {tool.name}，{'，'.join(parts)}"
    return f"{rng.choice(('Call', 'Use', 'Run', 'Please call'))} {tool.name} with {', '.join(parts)}"
