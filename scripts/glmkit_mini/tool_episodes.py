"""Conversations about tools, an endless stream by seed: calls, chains of calls, questions back, errors, refusals.

``episodes(rng, language, split)`` yields rows of the original's format with one more key, ``about``: the kind of
episode, its language and the values that the final answer has to quote. Everyday tools come from ``everyday_episodes``.
Called by ``make_data``.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace

from scripts.glmkit_mini import answers
from scripts.glmkit_mini.episode_parts import Row, Source, assistant, call, draw_tool, make_row, tool_list, user
from scripts.glmkit_mini.everyday_episodes import everyday
from scripts.glmkit_mini.requests import draw_arguments, draw_value, mention, say, write_request
from scripts.glmkit_mini.schemas import Parameter, Tool
from scripts.glmkit_mini.words import Language, Split

# Of training rows: tools described in the other language. Most real tools are described in English.
CROSSED_SHARE: dict[Language, float] = {"en": 0.06, "zh": 0.25}
THOUGHT_SHARE = 0.1
SECOND_TURN_SHARE = 0.15
CONTRAST_SHARE = 0.2  # of rows with a missing argument

THOUGHTS = {
    "en": ("I will use {t} for this.", "I need to {v} the {n} first.", "Let me {v} the {n} with {t}."),
    "zh": ("我用{t}来处理。", "需要先{v}{n}。", "让我用{t}{v}{n}。"),
}
THANKS = {
    "en": (("Thanks!", "You're welcome!"), ("Great, thank you.", "Glad to help."), ("OK.", "Is there anything else?")),
    "zh": (("谢谢！", "不客气！"), ("好的，多谢。", "很高兴能帮到您。"), ("明白了。", "还有什么需要帮忙的吗？")),
}


def episodes(rng: random.Random, language: Language, split: Split, source: Source = "any") -> Iterator[Row]:
    """Yield rows without end; the same seed gives the same rows.

    Args:
        rng: decides everything.
        language: of requests and answers, and of tool descriptions unless they are crossed.
        split: "heldout" uses other tools and other words than "train".
        source: "pool" takes only the fixed tools of the split, "crossed" tools that are described in the other
            language, "everyday" everyday tools, "any" fresh and invented ones as well, and in training all of these.
    """
    shares = {everyday: 1} if source == "everyday" else dict(KINDS)
    if source in ("pool", "crossed") or (source == "any" and split == "heldout"):
        del shares[everyday]
    kinds, weights = zip(*shares.items(), strict=True)
    while True:
        maker = rng.choices(kinds, weights)[0]
        is_crossed = source == "any" and split == "train" and rng.random() < CROSSED_SHARE[language]
        yield maker(rng, language, split, "crossed" if is_crossed else source)


def ended(text: str, language: Language) -> str:
    """Return the text with a mark at its end."""
    return text if text.endswith((".", "?", "。", "？")) else text + ("。" if language == "zh" else ".")


def one_call(rng: random.Random, language: Language, split: Split, source: Source) -> Row:
    """A request, a call, an answer; sometimes a thought before the call, or a second turn."""
    tool = draw_tool(rng, language, split, source)
    tools = tool_list(rng, [tool], split, source)
    items, values = _turn(rng, tool, split)
    if rng.random() < SECOND_TURN_SHARE:
        if rng.random() < 0.3:
            thanks, reply = rng.choice(THANKS[language])
            items += [user(thanks), assistant(reply)]
            values = []
        else:
            more, values = _turn(rng, rng.choice([one for one in tools if one.given is None]), split)
            items += more
    return make_row(rng, "one_call", tools, items, values)


def _turn(rng: random.Random, tool: Tool, split: Split) -> tuple[list[Row], list[str]]:
    """Return the messages of one request with its call and answer, and the values the answer quotes."""
    arguments = draw_arguments(rng, tool, split)
    many = tool.verb == "search" and rng.random() < 0.35
    records = [answers.draw_record(rng, tool, split) for _ in range(rng.randint(2, 3) if many else 1)]
    items = [user(write_request(rng, tool, arguments))]
    if rng.random() < THOUGHT_SHARE:
        items.append(assistant(_thought(rng, tool)))
    items.append(call(tool, arguments, answers.observation(rng, records)))
    items.append(assistant(answers.answer(rng, tool, records)))
    return items, answers.key_values(records)


def _thought(rng: random.Random, tool: Tool) -> str:
    return rng.choice(THOUGHTS[tool.language]).format(t=tool.name, v=rng.choice(tool.verb_phrases), n=tool.noun)


def chain(rng: random.Random, language: Language, split: Split, source: Source) -> Row:
    """Two tools; a value of the first one's result is an argument of the second call."""
    first, second = draw_tool(rng, language, split, source), draw_tool(rng, language, split, source)
    while second.name == first.name or (second.noun == first.noun and second.verb == first.verb):
        second = draw_tool(rng, language, split, source)
    link = rng.choice(first.results)
    others = [parameter for parameter in second.parameters if parameter.name != link.name and parameter.cue != link.cue]
    words = link.cue if second.written == language else link.name.replace("_", " ")
    description = words if second.written == "zh" else rng.choice((f"The {words}", words.capitalize()))
    linked = Parameter(link.name, link.kind, link.cue, description, required=True)
    second = replace(second, parameters=(linked, *others[:2]))
    arguments = draw_arguments(rng, first, split)
    record = answers.draw_record(rng, first, split)
    rest = {name: value for name, value in draw_arguments(rng, second, split).items() if name != link.name}
    mentions = [
        mention(rng, parameter, rest[parameter.name], language, free=False)
        for parameter in second.parameters
        if parameter.name in rest
    ]
    verb = rng.choice(second.verb_phrases)
    request = write_request(rng, first, arguments)
    if language == "zh":
        then = rng.choice(("然后用得到的{c}{v}{n}", "再用这个{c}{v}{n}", "接着根据{c}{v}{n}")).format(
            c=link.cue, v=verb, n=second.noun
        )
        request = f"{ended(request, language)}{'，'.join([then, *mentions])}。"
    else:
        then = rng.choice(("Then {v} the {n} with that {c}", "After that, use the {c} to {v} the {n}")).format(
            c=link.cue, v=verb, n=second.noun
        )
        request = f"{ended(request, language)} {', '.join([then, *mentions])}."
    result = answers.draw_record(rng, second, split)
    items = [user(request)]
    if rng.random() < THOUGHT_SHARE:
        items.append(assistant(_thought(rng, first)))
    items.append(call(first, arguments, answers.observation(rng, [record])))
    # The link stands first in the schema, so it stands first in the call.
    items.append(call(second, {link.name: record[link.name], **rest}, answers.observation(rng, [result])))
    items.append(assistant(answers.answer(rng, second, [result])))
    tools = tool_list(rng, [first, second], split, source, others=rng.choice((0, 0, 1)))
    return make_row(rng, "chain", tools, items, answers.key_values([result]))


def twice(rng: random.Random, language: Language, split: Split, source: Source) -> Row:
    """One tool called twice: the second time with one argument changed."""
    tool = draw_tool(rng, language, split, source)
    arguments = draw_arguments(rng, tool, split)
    if not arguments:
        return one_call(rng, language, split, source)
    changed = rng.choice([p for p in tool.parameters if p.name in arguments])
    again = draw_value(rng, changed, language, split)
    if again == arguments[changed.name]:
        return one_call(rng, language, split, source)
    second = {name: again if name == changed.name else value for name, value in arguments.items()}
    text = mention(rng, changed, again, language, free=False)
    request = write_request(rng, tool, arguments)
    if language == "zh":
        more = rng.choice(("另外再来一次，", "然后再做一次，", "还要一次，"))
        request = f"{ended(request, language)}{more}{text}。"
    else:
        more = rng.choice(("Then once more with this change:", "And again, but"))
        request = f"{ended(request, language)} {more} {text}."
    records = [answers.draw_record(rng, tool, split) for _ in range(2)]
    items = [user(request)]
    items += [call(tool, arguments, answers.observation(rng, records[:1]))]
    items += [call(tool, second, answers.observation(rng, records[1:]))]
    items.append(assistant(answers.answer(rng, tool, records)))
    tools = tool_list(rng, [tool], split, source)
    return make_row(rng, "twice", tools, items, answers.key_values(records))


def missing(rng: random.Random, language: Language, split: Split, source: Source) -> Row:
    """A request without a required argument: the assistant asks, the user answers, the call follows.

    In a part of them the same tool is also asked for with everything it needs, before or after.
    """
    tool = draw_tool(rng, language, split, source)
    required = [parameter for parameter in tool.parameters if parameter.required and parameter.kind != "flag"]
    if not required:
        return one_call(rng, language, split, source)
    absent = rng.sample(required, 1 if len(required) == 1 or rng.random() < 0.75 else 2)
    items, values = _asked_turn(rng, tool, absent, language, split)
    if (contrast := rng.random()) < CONTRAST_SHARE:
        other, other_values = _turn(rng, tool, split)
        is_first = contrast < CONTRAST_SHARE / 2
        items, values = (other + items, values) if is_first else (items + other, other_values)
    return make_row(rng, "missing", tool_list(rng, [tool], split, source), items, values)


def _asked_turn(
    rng: random.Random, tool: Tool, absent: list[Parameter], language: Language, split: Split
) -> tuple[list[Row], list[str]]:
    """Return the messages of a request without some arguments, and the values the answer quotes."""
    arguments = draw_arguments(rng, tool, split)
    absent.sort(key=tool.parameters.index)
    names = {parameter.name for parameter in absent}
    given = {name: value for name, value in arguments.items() if name not in names}
    reply = [mention(rng, parameter, arguments[parameter.name], language, free=False) for parameter in absent]
    if len(absent) == 1 and rng.random() < 0.4:
        reply = [say(rng, absent[0], arguments[absent[0].name], language)]
    records = [answers.draw_record(rng, tool, split)]
    items = [
        user(write_request(rng, tool, given)),
        assistant(answers.ask_for(rng, [parameter.cue for parameter in absent], language)),
        user(("，" if language == "zh" else ", ").join(reply)),
        call(tool, arguments, answers.observation(rng, records)),
        assistant(answers.answer(rng, tool, records)),
    ]
    return items, answers.key_values(records)


def no_tool(rng: random.Random, language: Language, split: Split, source: Source) -> Row:
    """A request that none of the tools is for."""
    wanted = draw_tool(rng, language, split, source)
    tools = [
        tool for tool in tool_list(rng, [wanted], split, source) if tool is not wanted and tool.noun != wanted.noun
    ]
    if not tools:
        return one_call(rng, language, split, source)
    request = write_request(rng, wanted, draw_arguments(rng, wanted, split))
    if wanted.name in request:  # a request by name, for a tool that is not there
        return one_call(rng, language, split, source)
    items = [user(request), assistant(answers.decline(rng, wanted, tools))]
    return make_row(rng, "no_tool", tools, items, [tool.name for tool in tools])


def error(rng: random.Random, language: Language, split: Split, source: Source) -> Row:
    """A call that fails: repeated when the failure may pass, explained otherwise."""
    tool = draw_tool(rng, language, split, source)
    arguments = draw_arguments(rng, tool, split)
    transient = rng.random() < 0.4
    reason = answers.draw_error(rng, tool, arguments, transient)
    items = [user(write_request(rng, tool, arguments)), call(tool, arguments, answers.error_observation(rng, reason))]
    if transient:
        records = [answers.draw_record(rng, tool, split)]
        items += [
            call(tool, arguments, answers.observation(rng, records)),
            assistant(answers.answer(rng, tool, records)),
        ]
        values = answers.key_values(records)
    else:
        items.append(assistant(answers.explain_error(rng, tool, reason)))
        values = [reason]
    return make_row(rng, "error", tool_list(rng, [tool], split, source), items, values)


KINDS: dict[Callable[[random.Random, Language, Split, Source], Row], int] = {
    one_call: 45,
    chain: 10,
    twice: 5,
    missing: 15,
    everyday: 12,
    no_tool: 6,
    error: 7,
}
