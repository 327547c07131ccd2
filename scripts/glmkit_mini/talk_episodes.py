"""Training rows of short talk: greetings, glmkit, simple knowledge, instructions, rules of a system prompt, names.

``episodes(rng, language, split)`` is an endless stream of rows in the original's conversation format. Used by the data
generator of glmkit-mini; what it knows stands in ``talk_words`` and ``talk_facts``.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

from glmkit.chat.chatglm3 import DEFAULT_SYSTEM_PROMPT
from scripts.glmkit_mini.interpreter_values import (
    CHINESE_NAMES,
    CHINESE_WORDS,
    ENGLISH_NAMES,
    ENGLISH_WORDS,
    Language,
    Split,
    choose,
)
from scripts.glmkit_mini.talk_facts import FACTS, LIVE
from scripts.glmkit_mini.talk_words import COUNTRIES, CYCLES, DICTIONARY, LISTS, NUMBERS, OPPOSITES

Turn = tuple[str, str]  # what the user says, what the model answers
PLAIN_PROMPTS = {
    "en": ("You are a helpful assistant.", "You are glmkit-mini, a small model.", "Answer briefly."),
    "zh": ("你是一个有用的助手。", "你是glmkit-mini，一个小模型。", "请简短回答。"),
}
NO_PROMPT_SHARE, DEFAULT_PROMPT_SHARE = 0.4, 0.3  # of talks without a rule
RULE_SHARE, NAME_SHARE = 0.3, 0.1  # of rows: a system prompt with a rule; a user's name remembered
MORE_TURNS_SHARE = 0.3
CLOSING_SHARE = 0.5  # of rules about a line: a sentence, not random words
CLOSINGS = {
    "en": (
        "Have a nice day!",
        "Yours, $n",
        "Answered by $n.",
        "Ask $n for more.",
        "The $w team",
        "Stay curious!",
        "[$w]",
    ),
    "zh": ("祝你愉快！", "你的助手$n", "由$n回答。", "更多问题请找$n。", "$w团队", "保持好奇！", "【$w】"),
}


def _fact(rng: random.Random, language: Language, split: Split) -> Turn:
    questions, answers = rng.choice(FACTS[language])
    return rng.choice(questions), rng.choice(answers)


def _live(rng: random.Random, language: Language, split: Split) -> Turn:
    questions, answers = LIVE[language]
    place = rng.choice(COUNTRIES)
    return (
        rng.choice(questions).replace("$p", place[3 if language == "zh" else 2]),
        rng.choice(answers),
    )


def _capital(rng: random.Random, language: Language, split: Split) -> Turn:
    country, chinese, capital, capital_chinese = rng.choice(COUNTRIES)
    if rng.random() < 0.25:
        if language == "zh":
            return f"{capital_chinese}是哪个国家的首都？", f"{capital_chinese}是{chinese}的首都。"
        return f"Of which country is {capital} the capital?", f"{capital} is the capital of {country}."
    if language == "zh":
        asked = rng.choice((f"{chinese}的首都是哪里？", f"{chinese}的首都是什么？", f"告诉我{chinese}的首都。"))
        return asked, f"{chinese}的首都是{capital_chinese}。"
    asked = rng.choice(
        (
            f"What is the capital of {country}?",
            f"Which city is the capital of {country}?",
            f"Tell me the capital of {country}.",
        )
    )
    return asked, f"The capital of {country} is {capital}."


def _translation(rng: random.Random, language: Language, split: Split) -> Turn:
    english, chinese = rng.choice(DICTIONARY)
    if language == "zh":
        if rng.random() < 0.5:
            asked = rng.choice((f"“{chinese}”用英语怎么说？", f"{chinese}的英文是什么？", f"把“{chinese}”翻译成英文。"))
            return asked, f"“{chinese}”的英文是{english}。"
        asked = rng.choice((f"{english}是什么意思？", f"“{english}”的中文是什么？", f"把{english}翻译成中文。"))
        return asked, f"{english}的中文是“{chinese}”。"
    if rng.random() < 0.5:
        asked = rng.choice(
            (
                f"What is {english} in Chinese?",
                f'Translate "{english}" into Chinese.',
                f"How do you say {english} in Chinese?",
            )
        )
        return asked, f'"{english}" in Chinese is {chinese}.'
    asked = rng.choice(
        (f"What does {chinese} mean?", f"Translate {chinese} into English.", f"What is {chinese} in English?")
    )
    return asked, f'{chinese} means "{english}".'


def _opposite(rng: random.Random, language: Language, split: Split) -> Turn:
    word, other = rng.choice(OPPOSITES[language])
    if rng.random() < 0.5:
        word, other = other, word
    if language == "zh":
        asked = rng.choice((f"“{word}”的反义词是什么？", f"“{word}”的反义词？", f"说出“{word}”的反义词。"))
        return asked, f"“{word}”的反义词是“{other}”。"
    asked = rng.choice(
        (f"What is the opposite of {word}?", f"The opposite of {word}?", f'Name the opposite of "{word}".')
    )
    return asked, f"The opposite of {word} is {other}."


def _cycle(rng: random.Random, language: Language, split: Split) -> Turn:
    thing, ring = rng.choice(list(CYCLES[language].items()))
    i, after = rng.randrange(len(ring)), rng.random() < 0.6
    found = ring[(i + (1 if after else -1)) % len(ring)]
    if language == "zh":
        side = "后面" if after else "前面"
        asked = rng.choice((f"{ring[i]}的{side}是什么？", f"{ring[i]}{side}一个是什么？"))
        return asked, f"{ring[i]}的{side}是{found}。"
    side = "after" if after else "before"
    asked = rng.choice((f"Which {thing} comes {side} {ring[i]}?", f"What {thing} is {side} {ring[i]}?"))
    return asked, f"{found[0].upper()}{found[1:]} comes {side} {ring[i]}."


def _small_sum(rng: random.Random, language: Language, split: Split) -> Turn:
    words = NUMBERS[language]
    a, b = rng.randint(0, 10), rng.randint(0, 10)
    if rng.random() < 0.3:
        a, b = max(a, b), min(a, b)
        if language == "zh":
            return f"{words[a]}减{words[b]}等于几？", f"{words[a]}减{words[b]}等于{words[a - b]}。"
        return f"What is {words[a]} minus {words[b]}?", f"{words[a]} minus {words[b]} is {words[a - b]}."
    if language == "zh":
        return rng.choice(
            (f"{words[a]}加{words[b]}等于几？", f"{words[a]}加{words[b]}是多少？")
        ), f"{words[a]}加{words[b]}等于{words[a + b]}。"
    return rng.choice(
        (f"What is {words[a]} plus {words[b]}?", f"How much is {words[a]} and {words[b]}?")
    ), f"{words[a]} plus {words[b]} is {words[a + b]}."


def _count(rng: random.Random, language: Language, split: Split) -> Turn:
    low = rng.randint(1, 10)
    high = low + rng.randint(2, 9)
    digits = rng.random() < 0.5
    numbers = [str(n) if digits else NUMBERS[language][n] for n in range(low, high + 1)]
    if language == "zh":
        return f"从{numbers[0]}数到{numbers[-1]}。", "、".join(numbers) + "。"
    return f"Count from {numbers[0]} to {numbers[-1]}.", ", ".join(numbers) + "."


def _word(rng: random.Random, language: Language, split: Split) -> str:
    return choose(rng, CHINESE_WORDS if language == "zh" else ENGLISH_WORDS, split)


def _repeat(rng: random.Random, language: Language, split: Split) -> Turn:
    words = [_word(rng, language, split) for _ in range(rng.randint(1, 4))]
    text = ("" if language == "zh" else " ").join(words)
    if language == "zh":
        return rng.choice((f"跟我说：{text}", f"重复一遍：{text}", f"请说“{text}”。", f"只回答“{text}”。")), text
    asked = (f"Repeat after me: {text}", f'Say "{text}".', f"Say this: {text}", f'Answer only "{text}".')
    return rng.choice(asked), text


def _letters(rng: random.Random, language: Language, split: Split) -> Turn:
    word = choose(rng, ENGLISH_WORDS, split)
    spelled, upper = "-".join(word), word.upper()
    if language == "zh":
        if rng.random() < 0.5:
            return rng.choice((f"{word}怎么拼写？", f"拼出单词{word}。")), f"{word}拼作{spelled}。"
        return rng.choice((f"用大写写出{word}。", f"把{word}变成大写。")), f"大写是{upper}。"
    if rng.random() < 0.5:
        return rng.choice((f"How do you spell {word}?", f"Spell the word {word}.")), f"{word} is spelled {spelled}."
    return rng.choice((f"Say {word} in upper case.", f"Write {word} in capital letters.")), upper


def _list(rng: random.Random, language: Language, split: Split) -> Turn:
    thing, members = rng.choice(list(LISTS[language].items()))
    count = rng.randint(2, 5)
    found = rng.sample(members, count)
    if language == "zh":
        kind = "个" if thing == "国家" else "种"
        number = "两" if count == 2 else NUMBERS["zh"][count]
        return rng.choice(
            (f"说出{number}{kind}{thing}。", f"列出{number}{kind}{thing}。", f"举{number}个{thing}的例子。")
        ), "、".join(found) + "。"
    number = NUMBERS["en"][count]
    asked = rng.choice((f"List {number} {thing}.", f"Name {number} {thing}.", f"Give me {number} {thing}."))
    return asked, ", ".join(found[:-1]) + f" and {found[-1]}."


SPEAKERS: tuple[tuple[Callable[[random.Random, Language, Split], Turn], int], ...] = (
    (_fact, 30),
    (_live, 6),
    (_capital, 8),
    (_translation, 16),
    (_opposite, 5),
    (_cycle, 4),
    (_small_sum, 5),
    (_count, 4),
    (_repeat, 9),
    (_letters, 7),
    (_list, 6),
)
_DRAWS = [speaker for speaker, _ in SPEAKERS]
_WEIGHTS = [weight for _, weight in SPEAKERS]


def _turns(rng: random.Random, language: Language, split: Split) -> list[Turn]:
    turns = [rng.choices(_DRAWS, _WEIGHTS)[0](rng, language, split)]
    while rng.random() < MORE_TURNS_SHARE:
        turns.append(rng.choices(_DRAWS, _WEIGHTS)[0](rng, language, split))
    return turns


def _ruled(rng: random.Random, language: Language, split: Split) -> tuple[str, list[Turn]]:
    """Draw turns and change every answer as a rule of the system prompt demands."""
    turns = _turns(rng, language, split)
    line = " ".join(_word(rng, language, split) for _ in range(rng.randint(1, 4)))
    name = rng.choice(CHINESE_NAMES if language == "zh" else ENGLISH_NAMES)
    if rng.random() < CLOSING_SHARE:
        line = rng.choice(CLOSINGS[language]).replace("$n", name).replace("$w", _word(rng, language, split))
    chinese = language == "zh"
    rule = rng.choice(("end", "end", "start", "name", "word"))
    if rule == "end":
        texts = (
            (
                f"每次回答都以这一行结尾：{line}",
                f"回答的最后一行必须是“{line}”。",
                f"请在每个回答后另起一行写上：{line}",
            )
            if chinese
            else (f"Always end with this line: {line}", f'The last line of each answer must be "{line}".')
        )
        return rng.choice(texts), [(asked, f"{said}\n{line}") for asked, said in turns]
    if rule == "start":
        texts = (
            (f"每次回答都以“{line}”开头。", f"先说“{line}”，再回答。")
            if chinese
            else (f'Start every answer with "{line}".', f'Say "{line}" before each answer.')
        )
        gap = "，" if chinese else ". "
        return rng.choice(texts), [(asked, f"{line}{gap}{said}") for asked, said in turns]
    if rule == "name":
        texts = (
            (f"你叫{name}。", f"你的名字是{name}。")
            if chinese
            else (f"Your name is {name}.", f"You are called {name}.")
        )
        asked = ("你是谁？", "你叫什么名字？") if chinese else ("Who are you?", "What is your name?")
        said = f"我叫{name}。" if chinese else f"My name is {name}."
        return rng.choice(texts), [(rng.choice(asked), said)]
    pairs = [rng.choice(DICTIONARY) for _ in range(rng.randint(1, 3))]
    if chinese:
        return "只用一个词回答。", [(f"{english}是什么意思？", translated) for english, translated in pairs]
    country = rng.choice(COUNTRIES)
    return "Answer in one word.", [(f"What is the capital of {country[0]}?", country[2])]


def _named(rng: random.Random, language: Language, split: Split) -> list[Turn]:
    """Let the user give a name and ask for it later."""
    if language == "zh":
        name = rng.choice(CHINESE_NAMES)
        first = (
            rng.choice((f"我叫{name}。", f"你好，我是{name}。", f"我的名字是{name}。")),
            f"你好，{name}！很高兴认识你。",
        )
        last = (rng.choice(("我叫什么名字？", "你记得我的名字吗？", "我是谁？")), f"你叫{name}。")
    else:
        name = rng.choice(ENGLISH_NAMES)
        first = (rng.choice((f"My name is {name}.", f"Hi, I am {name}.", f"I'm {name}.")), f"Nice to meet you, {name}!")
        last = (rng.choice(("What is my name?", "Do you remember my name?", "Who am I?")), f"Your name is {name}.")
    return [first, *(_turns(rng, language, split) if rng.random() < 0.5 else []), last]


def _plain_prompt(rng: random.Random, language: Language) -> str:
    chance = rng.random()
    if chance < NO_PROMPT_SHARE:
        return ""
    if chance < NO_PROMPT_SHARE + DEFAULT_PROMPT_SHARE:
        return DEFAULT_SYSTEM_PROMPT
    return rng.choice(PLAIN_PROMPTS[language])


def episodes(rng: random.Random, language: Language, split: Split) -> Iterator[dict[str, Any]]:
    """Yield rows without end; the same ``rng`` gives the same rows."""
    while True:
        chance = rng.random()
        if chance < RULE_SHARE:
            system, turns = _ruled(rng, language, split)
        else:
            system = _plain_prompt(rng, language)
            turns = (_named if chance < RULE_SHARE + NAME_SHARE else _turns)(rng, language, split)
        messages = [{"role": "system", "content": system}] if system else []
        for asked, said in turns:
            messages += [{"role": "user", "content": asked}, {"role": "assistant", "content": said}]
        yield {"conversations": messages}
