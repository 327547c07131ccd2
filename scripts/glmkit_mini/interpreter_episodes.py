"""Training rows in which the model writes Python, reads what it printed and answers: the code interpreter.

``episodes(rng, language, split)`` is an endless stream of rows in the original's conversation format; ``tasks`` gives
prompts with the output a right program prints, for evaluation by running. Every observation is what
the program in front of it printed. Used by the data generator and the evaluation of glmkit-mini.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from scripts.glmkit_mini.interpreter_cells import Message, answer, cell, user
from scripts.glmkit_mini.interpreter_composed import COMPOSED
from scripts.glmkit_mini.interpreter_compositions import composition
from scripts.glmkit_mini.interpreter_dates import DATES, DICTIONARIES
from scripts.glmkit_mini.interpreter_dialogues import DIALOGUES, plot
from scripts.glmkit_mini.interpreter_everyday import EVERYDAY
from scripts.glmkit_mini.interpreter_joint import joint_row
from scripts.glmkit_mini.interpreter_kinds import Kind, Task, make_task, same_output
from scripts.glmkit_mini.interpreter_lists import LISTS
from scripts.glmkit_mini.interpreter_numbers import ARITHMETIC, NUMBER_THEORY
from scripts.glmkit_mini.interpreter_phrasings import core
from scripts.glmkit_mini.interpreter_problems import PERCENTAGES, PROBLEMS, UNITS
from scripts.glmkit_mini.interpreter_stories import story
from scripts.glmkit_mini.interpreter_strings import COMBINED, STRINGS
from scripts.glmkit_mini.interpreter_values import Language, Split

__all__ = ["SYSTEM_PROMPTS", "episodes", "same_output", "tasks"]

# The first is the original demo's own; half of all rows have it, in either language, as its web page does.
SYSTEM_PROMPTS = {
    "zh": (
        "你是一位智能AI助手，你叫ChatGLM，你连接着一台电脑，但请注意不能联网。在使用Python解决任务时，你可以运行代码并得到结果，"
        "如果运行结果有错误，你需要尽可能对代码进行改进。你可以处理用户上传到电脑上的文件，文件默认存储路径是/mnt/data/。",
        "你是一位智能AI助手，你连接着一台电脑，可以运行Python代码并得到结果。",
        "你可以使用Python解决问题。文件存储在/mnt/data/。",
        "请用Python代码解决用户的任务，然后给出结果。",
    ),
    "en": (
        "You are an intelligent AI assistant connected to a computer without internet access. You can run Python code "
        "and see its result; if it fails, improve the code. Files of the user are stored in /mnt/data/.",
        "You are a helpful assistant with a Python code interpreter.",
        "You can run Python code to solve problems. Files are in /mnt/data/.",
        "Solve the user's tasks with Python code, then give the result.",
    ),
}
ORIGINAL_PROMPT_SHARE = 0.5
DIALOGUE_SHARE = 0.2  # plots, files, errors, names kept: the rest is one task, or several in a row
JOINT_SHARE = 0.05  # rows that have tools beside the interpreter
JOINT_PLOT_SHARE = 0.2  # of what such rows ask of the interpreter
SECOND_TASK_SHARE = 0.15  # of held-out questions: those behind another one
TRAINING_SECOND_SHARE = 0.08  # less, for sessions have several turns as well
COMBINED_SHARE = 0.1  # of held-out tasks
# Groups of kinds and how often each is drawn; each kind of a group is equally likely.
GROUPS: tuple[tuple[tuple[Kind, ...], int], ...] = (
    (ARITHMETIC, 14),
    (NUMBER_THEORY, 12),
    (PROBLEMS, 14),
    (PERCENTAGES, 8),
    (UNITS, 8),
    (LISTS, 18),
    (STRINGS, 15),
    (DATES, 7),
    (DICTIONARIES, 6),
    (COMPOSED, 16),
)
# Of training tasks: what held-out tasks are not drawn from.
COMPOSITION_SHARE, STORY_SHARE, EVERYDAY_SHARE = 0.2, 0.07, 0.15
WRAPPERS = {
    "en": (
        "Please help: $q",
        "$q Use Python.",
        "$q Thanks!",
        "Use code: $q",
        "Hi! $q",
        "I have a question. $q",
        "$q Show me the result.",
    ),
    "zh": (
        "请帮我算一下：$q",
        "$q请用Python。",
        "$q谢谢！",
        "用代码解决：$q",
        "你好！$q",
        "我有个问题：$q",
        "$q告诉我结果。",
    ),
}
WRAPPED_SHARE = 0.25
MORE_WRAPPERS = {
    "en": (
        "Quick question: $q", "Hello, $q", "Question: $q", "Task: $q", "Using Python: $q", "$q Just the number, please.",
        "I was wondering: $q", "Can you help me? $q", "$q Please.", "Try this: $q", "With code, please: $q", "$q Run it.",
        "Next: $q", "One more: $q", "Now this: $q", "Homework: $q", "Python: $q", "OK. $q",
    ),
    "zh": (
        "请问，$q", "问题：$q", "用Python算：$q", "$q只要答案。", "帮我看看：$q", "在吗？$q", "麻烦了，$q", "题目：$q", "$q写代码算一下。",
        "再来一个：$q", "接下来：$q", "试试这个：$q", "请回答：$q", "$q请运行代码。", "作业：$q", "好的。$q",
    ),
}  # fmt: skip
# The same request in other words: (words, words that may stand there instead), tried in turn.
SYNONYMS = {
    "en": (
        (("What is", "What's"), ("What is", "What's", "Tell me", "Give me", "Find", "I need", "Compute")),
        (("Calculate", "Compute"), ("Calculate", "Compute", "Work out", "Find", "Please compute", "Determine")),
        (("Find", "Give"), ("Find", "Give", "Determine", "Tell me", "Show", "Get")),
        (("How many",), ("How many", "Tell me how many", "Count how many")),
        (("Write", "Put"), ("Write", "Put", "Print", "Show", "Please write")),
        (("Convert", "Turn"), ("Convert", "Turn", "Change", "Transform")),
    ),
    "zh": (
        (("等于多少", "等于几"), ("等于多少", "等于几", "是多少", "是几", "得多少", "结果是什么")),
        (("计算", "求"), ("计算", "求", "算一下", "算出", "请计算", "算算")),
        (("是多少",), ("是多少", "是什么", "等于多少", "有多少")),
        (("找出", "给出"), ("找出", "给出", "求出", "请找出", "告诉我")),
        (("有几个", "有多少个"), ("有几个", "有多少个")),
        (("把", "将"), ("把", "将", "请把", "请将")),
    ),
}
SYNONYM_SHARE = 0.3


def draw_task(rng: random.Random, language: Language, split: Split) -> Task:
    """Draw one task that a single program answers."""
    if split == "train":
        return _training_task(rng, language)
    if rng.random() < COMBINED_SHARE:
        kind = rng.choice(COMBINED)
    else:
        kind = rng.choice(rng.choices(GROUP_KINDS, GROUP_WEIGHTS)[0])
    task = make_task(rng, kind, language, split)
    if rng.random() < SYNONYM_SHARE:
        task.question = in_other_words(rng, task.question, language)
    if rng.random() < WRAPPED_SHARE:
        task.question = rng.choice(WRAPPERS[language]).replace("$q", task.question)
    return task


def _training_task(rng: random.Random, language: Language) -> Task:
    """Draw from the tables as well as from what is for training alone."""
    which = rng.random()
    if which < COMPOSITION_SHARE:
        task = composition(rng, language)
    elif which < COMPOSITION_SHARE + STORY_SHARE:
        task = story(rng, language)
    elif which < COMPOSITION_SHARE + STORY_SHARE + EVERYDAY_SHARE:
        task = make_task(rng, rng.choice(EVERYDAY), language, "train")
    else:
        task = make_task(rng, rng.choice(rng.choices(GROUP_KINDS, GROUP_WEIGHTS)[0]), language, "train")
    if rng.random() < SYNONYM_SHARE:
        question = in_other_words(rng, task.question, language)
        if not task.reserved or task.reserved not in core(question):
            task.question = question
    if rng.random() < WRAPPED_SHARE:
        wrappers = WRAPPERS if rng.random() < 0.5 else MORE_WRAPPERS
        task.question = rng.choice(wrappers[language]).replace("$q", task.question)
    return task


def in_other_words(rng: random.Random, question: str, language: Language) -> str:
    """Return the question with one of its phrases replaced by another one for the same."""
    for known, others in SYNONYMS[language]:
        for words in known:
            if question.startswith(words) or (language == "zh" and words in question):
                return question.replace(words, rng.choice(others), 1)
    return question


GROUP_KINDS = [kinds for kinds, _ in GROUPS]
GROUP_WEIGHTS = [weight for _, weight in GROUPS]


def system_message(rng: random.Random, language: Language) -> Message:
    """Draw a system prompt that opens the interpreter."""
    if rng.random() < ORIGINAL_PROMPT_SHARE:
        return {"role": "system", "content": SYSTEM_PROMPTS["zh"][0]}
    return {"role": "system", "content": rng.choice(SYSTEM_PROMPTS[language])}


def _solved(task: Task) -> list[Message]:
    return [user(task.question), *cell(task.code, task.result), answer(task.answer)]


def _tasks_in_a_row(rng: random.Random, language: Language, split: Split) -> list[Message]:
    messages = _solved(draw_task(rng, language, split))
    while rng.random() < (TRAINING_SECOND_SHARE if split == "train" else SECOND_TASK_SHARE):
        messages += _solved(draw_task(rng, language, split))
    return messages


def _plot_or_task(rng: random.Random, language: Language, split: Split) -> list[Message]:
    if rng.random() < JOINT_PLOT_SHARE:
        return plot(rng, language, split)
    return _solved(draw_task(rng, language, split))


def episodes(rng: random.Random, language: Language, split: Split) -> Iterator[dict[str, Any]]:
    """Yield rows without end; the same ``rng`` gives the same rows."""
    dialogues, weights = zip(*DIALOGUES, strict=True)
    while True:
        system = system_message(rng, language)
        if rng.random() < JOINT_SHARE:
            yield joint_row(rng, language, split, system, lambda: _plot_or_task(rng, language, split))
        elif rng.random() < DIALOGUE_SHARE:
            yield {"conversations": [system, *rng.choices(dialogues, weights)[0](rng, language, split)]}
        else:
            yield {"conversations": [system, *_tasks_in_a_row(rng, language, split)]}


def tasks(rng: random.Random, language: Language, split: Split) -> Iterator[tuple[list[Message], str]]:
    """Yield (messages up to the question, what a right program prints) without end; compare with ``same_output``."""
    while True:
        messages = [system_message(rng, language)]
        while rng.random() < SECOND_TASK_SHARE:
            messages += _solved(draw_task(rng, language, split))
        task = draw_task(rng, language, split)
        yield [*messages, user(task.question)], task.result
