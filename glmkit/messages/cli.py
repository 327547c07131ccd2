"""Sentences of the command line and its settings."""

from __future__ import annotations

TABLE: dict[str, tuple[str, str] | tuple[str, str, str, str]] = {
    "cli-more-problems": ("and {count} more", "另有 {count} 处"),
    "cli-error": ("error: {text}", "错误: {text}"),
    "cli-hint": ("hint: {text}", "提示: {text}"),
    "cli-missing": ("{name} is missing: give {flag}", "缺少 {name}：请用 {flag} 给出"),
    "cli-missing-key": ("{name} is missing", "缺少 {name}"),
    "cli-empty": ("must not be empty", "不能为空"),
    "cli-too-small": ("must be at least {low}, got {value}", "至少应为 {low}，现在是 {value}"),
    "cli-not-above": ("must be greater than {low}, got {value}", "必须大于 {low}，现在是 {value}"),
    "cli-out-of-range": ("must be between {low} and {high}, got {value}", "应在 {low} 与 {high} 之间，现在是 {value}"),
    "cli-data-or-suite": (
        "give either a file (--data FILE) or the bundled questions (--suite)",
        "请给出数据文件（--data 文件）或使用内置题目（--suite），二者选一",
    ),
    "cli-has-no-effect": (
        "is set to {value!r} but has no effect here; it needs {because}",
        "设为 {value!r}，但在此不起作用；它需要 {because}",
    ),
    "cli-name-is-path": (
        "{value!r} is a path; give a plain name here and the folder in output_dir",
        "{value!r} 是路径；这里只写名字，文件夹写在 output_dir",
    ),
    "cli-wrong-type": ("{name} is {value!r}; it must be {kind}", "{name} 的值是 {value!r}，应为{kind}"),
    "cli-kind-int": ("a whole number", "整数"),
    "cli-kind-float": ("a number", "数字"),
    "cli-kind-text": ("text", "文字"),
    "cli-kind-list": ("a file, or a list of files", "一个文件或文件列表"),
    "cli-kind-mapping": ("of the form {form}", "形如 {form} 的值"),
    "cli-kind-choice": ("one of {choices}", "以下之一：{choices}"),
    "cli-unknown-key": ("unknown key {key!r}; the keys are {known}", "未知的键 {key!r}；可用的键有 {known}"),
    "cli-unknown-key-near": ("unknown key {key!r}; did you mean {near!r}?", "未知的键 {key!r}；是不是 {near!r}？"),
    "cli-config-unreadable": ("cannot read this configuration file: {reason}", "无法读取配置文件：{reason}"),
    "cli-config-not-mapping": (
        "a configuration file holds lines of the form 'key: value'",
        "配置文件的每一行应为“键: 值”的形式",
    ),
    "cli-config-duplicate": ("{key!r} stands here a second time", "{key!r} 在此重复出现"),
    "cli-config-broken": ("this is not valid YAML: {reason}", "不是合法的 YAML：{reason}"),
    "cli-unknown-flag": ("unknown flag {flag!r}", "未知的参数 {flag!r}"),
    "cli-unknown-flag-near": ("unknown flag {flag!r}; did you mean {near}?", "未知的参数 {flag!r}；是不是 {near}？"),
    "cli-unknown-command": (
        "unknown command {command!r}; the commands are {known}",
        "未知的命令 {command!r}；可用的命令有 {known}",
    ),
    "cli-unknown-command-near": (
        "unknown command {command!r}; did you mean {near!r}?",
        "未知的命令 {command!r}；是不是 {near!r}？",
    ),
    "cli-flag-needs-value": ("{flag} needs a value", "{flag} 后面需要一个值"),
    "cli-extra-argument": ("unexpected argument {argument!r}", "多余的参数 {argument!r}"),
    "cli-usage": ("{reason}", "{reason}"),
    "cli-try-help": ("try '{command} --help'", "可运行 '{command} --help' 查看用法"),
    "cli-unknown-language": ("--lang is {value!r}; it must be en or zh", "--lang 的值是 {value!r}，应为 en 或 zh"),
    "cli-interrupted": ("interrupted", "已中断"),
    "cli-out-of-memory": ("out of memory: {reason}", "内存不足：{reason}"),
    "cli-operating-system": ("{reason}", "{reason}"),
    "cli-unexpected": (
        "this should not have happened: {kind}: {reason}",
        "不应出现的错误：{kind}：{reason}",
        "run the same command with --debug for the traceback, and please report it",
        "加上 --debug 重新运行可看到详细信息，并请反馈给我们",
    ),
}
