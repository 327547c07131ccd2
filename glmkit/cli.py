"""The `glmkit` command: a table of commands, their flags from ``glmkit.config``, errors to one line and an exit code.

``main(argv)`` returns the exit code (0 done, 1 failed, 2 misuse; the rest in ``glmkit.errors``). Results go to stdout,
everything else to stderr. A command's code is imported only once that command has been chosen, so help stays instant.
"""

from __future__ import annotations

import difflib
import os
import re
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import click

import glmkit
from glmkit import config as configs
from glmkit.chat_config import ChatConfig
from glmkit.errors import (
    LANGUAGES,
    ConfigError,
    GlmkitError,
    OutOfMemory,
    Problem,
    current_language,
    message,
    set_language,
)
from glmkit.quickstart.config import QuickstartConfig
from glmkit.serving_config import ServeConfig
from glmkit.settings import Resolved, Setting, resolve, settings_of, to_yaml
from glmkit.web_config import WebConfig

# path of the command -> (its config, name of its function in glmkit.commands, help in English, help in Chinese)
COMMANDS: dict[str, tuple[type, str, str, str]] = {
    "quickstart": (
        QuickstartConfig,
        "quickstart",
        "See fine-tuning work in a few minutes, on any machine.\n\nTakes a data file (a bundled one by default) and a "
        "model (glmkit-mini by default) through the whole road: convert, check, measure, tune, measure again, report.",
        "几分钟内在任何机器上看到微调的效果。\n\n用一个数据文件（默认自带的）和一个模型（默认 glmkit-mini）走完全程："
        "转换、检查、评估、调优、再评估、出报告。",
    ),
    "train": (
        configs.TrainConfig,
        "train",
        "Fine-tune a GLM on a file of conversations.\n\nThe same command continues a run that was stopped.",
        "用对话数据微调 GLM 模型。\n\n重复同一条命令会从中断处继续。",
    ),
    "eval": (
        configs.EvalConfig,
        "evaluate",
        "Measure a model or a run on a file of conversations.\n\nLoss and perplexity; at every trained turn the model "
        "answers after the recorded history, and its tool calls, code and text are compared with the recorded ones. "
        "With --suite, short bundled questions (chat, tools, code) show whether a model has lost basic skills.",
        "用对话文件评估模型或训练结果。\n\n计算损失和困惑度；在每个参与训练的轮次让模型接着记录的历史作答，并比较工具调用、代码和文本。"
        "加上 --suite 则改用内置的简短题目（闲聊、工具、代码），看模型是否丢失了基本能力。",
    ),
    "chat": (
        ChatConfig,
        "chat",
        "Talk to a model or a run in the terminal.\n\nWith PROMPT (or text on stdin) it answers once; "
        "only the reply goes to stdout.",
        "在终端里与模型或训练结果对话。\n\n给出 PROMPT（或通过标准输入）时只回答一次，标准输出只有回答。",
    ),
    "serve": (
        ServeConfig,
        "serve",
        "Serve a model, a run and any number of adapters as an OpenAI-compatible API.\n\nOther machines reach it "
        "through ssh -L, or with --host and a key. MODEL_PATH, TOKENIZER_PATH and PT_PATH work, too.",
        "以兼容 OpenAI 的 API 提供模型、训练结果和任意多个适配器。\n\n"
        "其他机器可通过 ssh -L 访问，或使用 --host 并设置密钥。也支持 MODEL_PATH、TOKENIZER_PATH 和 PT_PATH。",
    ),
    "web": (
        WebConfig,
        "web",
        "Talk to a model in the browser: chat, tools, code.\n\nStarts the API and the page, on this machine only. "
        "MODEL_PATH, TOKENIZER_PATH and PT_PATH work, too.",
        "在浏览器里与模型对话、使用工具、运行代码。\n\n"
        "同时启动 API 和页面，仅限本机访问。也支持 MODEL_PATH、TOKENIZER_PATH 和 PT_PATH。",
    ),
    "data convert": (
        configs.ConvertConfig,
        "data_convert",
        "Turn a data file into the conversation format.",
        "把数据文件转换为对话格式。",
    ),
    "data check": (
        configs.CheckConfig,
        "data_check",
        "Name every fault of a data file, with its line, and say what is in it.",
        "逐行指出数据文件中的每个问题，并给出统计。",
    ),
    "data show": (
        configs.ShowConfig,
        "data_show",
        "Show one sample token by token: text, id and label.",
        "逐个词元显示一个样本：文字、编号和标签。",
    ),
}
GROUPS = {"data": ("Convert, check and show data files.", "转换、检查和查看数据文件。")}
OVERVIEW = (
    "glmkit fine-tunes GLM models on your conversations and puts the result to work.",
    "glmkit：用你的对话数据微调 GLM 模型，并把结果用起来。",
)
CLICK_WORDS = (
    ("Usage: ", "用法: "),
    ("[OPTIONS]", "[选项]"),
    ("COMMAND [ARGS]...", "命令 [参数]..."),
    ("\nOptions:\n", "\n选项:\n"),
    ("\nCommands:\n", "\n命令:\n"),
    ("Show this message and exit.", "显示本帮助后退出。"),
    ("Show the version and exit.", "显示版本后退出。"),
)
COMMON = (
    (
        "--config",
        "-c",
        "FILE",
        "read settings from this YAML file; flags win over it",
        "从 YAML 文件读取设置；命令行参数优先",
    ),
    (
        "--print-config",
        None,
        None,
        "print every setting and where it comes from, then stop",
        "列出所有设置及其来源，然后退出",
    ),
    ("--lang", None, "en|zh", "language of messages (default: the locale's)", "提示语言（默认随系统）"),
    ("--debug", None, None, "show the traceback of an error", "出错时显示完整的调用栈"),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code. ``argv`` leaves the program name out; None means ``sys.argv``."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in arguments
    try:
        _choose_language(arguments)
        return _root().main(args=arguments, prog_name="glmkit", standalone_mode=False) or 0
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.format_message(), file=sys.stderr)
        return ConfigError.exit_code
    except click.UsageError as error:
        return _report(_usage_error(error, arguments), debug)
    except GlmkitError as error:
        return _report(error, debug)
    except (KeyboardInterrupt, click.Abort):
        print(message("cli-interrupted"), file=sys.stderr)
        return 130
    except MemoryError as error:
        return _report(OutOfMemory("cli-out-of-memory", reason=error), debug)
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        return _report(GlmkitError("cli-operating-system", reason=reason), debug)
    except Exception as error:
        return _report(GlmkitError("cli-unexpected", kind=type(error).__name__, reason=error), debug)


def _reader_is_gone() -> int:
    """End quietly after `| head`: nothing is wrong, and nothing more can be written, not even by the flush at exit."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    return 0


def _choose_language(arguments: list[str]) -> None:
    """Apply --lang before anything is built, since help texts depend on it."""
    chosen = None
    for index, argument in enumerate(arguments):
        if argument == "--lang" and index + 1 < len(arguments):
            chosen = arguments[index + 1]
        elif argument.startswith("--lang="):
            chosen = argument.removeprefix("--lang=")
    set_language(None)
    if chosen is not None and chosen not in LANGUAGES:
        raise ConfigError("cli-unknown-language", value=chosen)
    set_language(chosen)


def _report(error: GlmkitError, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    print(message("cli-error", text=error), file=sys.stderr)
    for hint in error.hints():
        print(message("cli-hint", text=hint), file=sys.stderr)
    return error.exit_code


def _usage_error(error: click.UsageError, arguments: list[str]) -> ConfigError:
    """Say click's usage errors in our words and language."""
    words = re.sub(r"(^| )(--debug|--lang[ =]\S+)(?= |$)", "", " ".join(arguments)).strip()
    paths = [path for path in [*COMMANDS, *GROUPS] if words == path or words.startswith(path + " ")]
    command = " ".join(["glmkit", *paths[:1]])
    problem = Problem("cli-usage", "", {"reason": error.format_message()})
    if isinstance(error, click.NoSuchOption):
        known = [name for item in error.ctx.command.params for name in item.opts] if error.ctx else []
        near = difflib.get_close_matches(error.option_name, known, n=1, cutoff=0.5)
        code = "cli-unknown-flag-near" if near else "cli-unknown-flag"
        problem = Problem(code, "", {"flag": error.option_name, "near": near[0] if near else ""})
    elif isinstance(error, click.BadOptionUsage):
        problem = Problem("cli-flag-needs-value", "", {"flag": error.option_name})
    elif isinstance(error, _UnknownCommand):
        problem = error.problem
    elif isinstance(error, _ExtraArgument):
        problem = Problem("cli-extra-argument", "", {"argument": error.argument})
    return ConfigError([problem, Problem("cli-try-help", "", {"command": command})])


class _UnknownCommand(click.UsageError):
    def __init__(self, name: str, known: list[str], context: click.Context) -> None:
        super().__init__(name, context)
        near = difflib.get_close_matches(name, known, n=1)
        code = "cli-unknown-command-near" if near else "cli-unknown-command"
        self.problem = Problem(code, "", {"command": name, "known": ", ".join(known), "near": "".join(near)})


class _ExtraArgument(click.UsageError):
    def __init__(self, argument: str, context: click.Context) -> None:
        super().__init__(argument, context)
        self.argument = argument


class _Localized:
    """Says click's own words in the help in the current language."""

    def get_help(self, ctx: click.Context) -> str:
        text: str = super().get_help(ctx)  # type: ignore[misc]
        for english, chinese in CLICK_WORDS if current_language() == "zh" else ():
            text = text.replace(english, chinese)
        return text


class _Group(_Localized, click.Group):
    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            raise _UnknownCommand(args[0], self.list_commands(ctx), ctx)
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)  # in the order of the table, which is the order of the work


class _Command(_Localized, click.Command):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.allow_extra_args = True
        super().parse_args(ctx, args)
        if ctx.args:
            raise _ExtraArgument(ctx.args[0], ctx)
        return []


def _root() -> click.Group:
    """Build the command tree in the current language."""
    language = LANGUAGES.index(current_language())
    settings: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 110}
    # A flag copied from a YAML key or from the original's scripts works too: --max_seq_len is --max-seq-len.
    settings["token_normalize_func"] = lambda token: token.replace("_", "-")
    root = _Group(
        "glmkit", help=OVERVIEW[language], context_settings=settings, params=_common(language, "--lang", "--debug")
    )
    root = click.version_option(glmkit.__version__, prog_name="glmkit")(root)
    groups = {"": root}
    for name, texts in GROUPS.items():
        groups[name] = _Group(name, help=texts[language], params=_common(language, "--lang", "--debug"))
        root.add_command(groups[name])
    for path, (config_class, function, *help_texts) in COMMANDS.items():
        group, _, name = path.rpartition(" ")
        groups[group].add_command(_command(name, config_class, function, help_texts[language], language))
    return root


def _common(language: int, *names: str) -> list[click.Parameter]:
    options: list[click.Parameter] = []
    for flag, short, metavar, *texts in COMMON:
        if names and flag not in names:
            continue
        declarations = [flag, *([short] if short else [])]
        options.append(
            click.Option(
                declarations, metavar=metavar, is_flag=metavar is None, help=texts[language], expose_value=not names
            )
        )
    return options


def _command(name: str, config_class: type, function: str, text: str, language: int) -> click.Command:
    settings = settings_of(config_class)

    def run(**given: Any) -> int:
        given.pop("lang"), given.pop("debug")
        config_file, print_config = given.pop("config"), given.pop("print_config")
        flags = {key: value for key, value in given.items() if value is not None and value != ()}
        resolved: Resolved[Any] = resolve(config_class, flags, config_file)
        try:
            if print_config:
                print(to_yaml(resolved.config, resolved.sources), end="")
                return 0
            from glmkit import commands

            code = int(getattr(commands, function)(resolved.config) or 0)
            sys.stdout.flush()
            return code
        except BrokenPipeError:
            return _reader_is_gone()

    parameters: list[click.Parameter] = []
    for setting in settings.values():
        if setting.metadata["argument"]:
            parameters.append(click.Argument([setting.name], required=False, metavar=_argument_name(setting)))
        else:
            parameters.append(_option(setting, language))
    lines = [
        f"  {_argument_name(s).strip('[]')}: {s.metadata[LANGUAGES[language]]}"
        for s in settings.values()
        if s.metadata["argument"]
    ]
    arguments_help = "\n\n\b\n" + "\n".join(lines) if lines else ""
    return _Command(name, callback=run, params=parameters + _common(language), help=text + arguments_help)


def _argument_name(setting: Setting) -> str:
    name = "MODEL_OR_RUN" if setting.name == "model" else setting.name.upper()
    return name if setting.required else f"[{name}]"


def _option(setting: Setting, language: int) -> click.Option:
    help_text = setting.metadata[LANGUAGES[language]]
    if setting.required:
        help_text += " [required]" if language == 0 else " [必填]"
    elif setting.default not in ("", None) and setting.kind is not bool:
        help_text += f" [{setting.default}]"
    declarations = [setting.flag, setting.name, *([setting.metadata["short"]] if setting.metadata["short"] else [])]
    if setting.kind is bool:
        declarations[0] = f"{setting.flag}/--no-{setting.flag[2:]}"
        help_text += f" [{str(setting.default).lower()}]"
        return click.Option(declarations, default=None, help=help_text)
    return click.Option(
        declarations,
        default=None,
        type=str,
        multiple=setting.is_list,
        metavar=setting.kind_name if setting.choices or setting.is_mapping else setting.kind_name.upper(),
        help=help_text,
    )
