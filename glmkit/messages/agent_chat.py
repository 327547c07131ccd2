"""Sentences of the agent's conversation at the terminal (`glmkit chat` with --tools, --code or --api)."""

from __future__ import annotations

TABLE: dict[str, tuple[str, str] | tuple[str, str, str, str]] = {
    "agent-chat-help": (
        "/clear         begin a new conversation, keep the system prompt\n"
        "/system TEXT   set the system prompt; without TEXT remove it\n"
        "/retry         answer the last question again\n"
        "/tools         list the tools\n"
        "/save FILE     write the conversation as training data for glmkit train\n"
        "/load FILE     go on with a conversation from such a file\n"
        "/files         list the files of the code interpreter (--code)\n"
        "/add FILE      give it a file\n"
        "/get NAME      copy one of its files to the current folder\n"
        "/help          show this list\n"
        "/exit          leave (also Ctrl-D)",
        "/clear         开始新对话，保留系统提示词\n"
        "/system 文本   设置系统提示词；不带文本则取消\n"
        "/retry         重新回答上一个问题\n"
        "/tools         列出工具\n"
        "/save 文件     把对话保存为 glmkit train 可用的训练数据\n"
        "/load 文件     从这样的文件继续对话\n"
        "/files         列出代码解释器中的文件（--code）\n"
        "/add 文件      把文件交给代码解释器\n"
        "/get 文件名    把其中的文件复制到当前文件夹\n"
        "/help          显示本列表\n"
        "/exit          退出（也可按 Ctrl-D）",
    ),
    "agent-chat-tools": ("tools: {tools}", "工具：{tools}"),
    "agent-chat-no-tools": ("There are no tools; --tools gives some.", "没有工具；可用 --tools 指定。"),
    "agent-chat-no-code": (
        "there is no code interpreter",
        "没有代码解释器",
        "start glmkit chat with --code",
        "请用 --code 启动 glmkit chat",
    ),
    "agent-chat-unsandboxed": (
        "warning: the model's code runs WITHOUT a sandbox: it can read and delete your files",
        "警告：模型的代码在没有沙箱的情况下运行，能读取和删除你的文件",
    ),
    "agent-chat-tools-kind": (
        "{value} is none of: 'shipped', a Python file (.py), a JSON file with mcpServers (.json)",
        "{value} 不是以下任何一种：shipped、Python 文件（.py）、含 mcpServers 的 JSON 文件（.json）",
    ),
    "agent-chat-unknown-model": (
        "{url} has no model '{model}'; it has: {known}",
        "{url} 没有模型 '{model}'；可用的模型：{known}",
        'a question stands behind the model: glmkit chat --api {url} {first} "your question"',
        '问题写在模型之后：glmkit chat --api {url} {first} "你的问题"',
    ),
    "agent-chat-needs-file": ("{command} needs the name of a file", "{command} 后面需要文件名"),
    "agent-chat-nothing-to-save": (
        "there is no reply yet, so there is nothing to save",
        "还没有回答，因此没有可保存的内容",
    ),
    "agent-chat-saved": ("Saved as training data: {path}", "已保存为训练数据：{path}"),
    "agent-chat-loaded": ("Loaded {count} messages from {path}", "已从 {path} 载入 {count} 条消息"),
    "agent-chat-tools-missing": (
        "Tools of that conversation that are not here, so that calls of them will fail: {tools}",
        "该对话中的以下工具此处没有，调用会失败：{tools}",
    ),
    "agent-chat-no-retry": ("There is no question to answer again.", "没有可重新回答的问题。"),
    "agent-chat-file": ("the file cannot be used: {reason}", "无法使用该文件：{reason}"),
    "agent-chat-no-files": ("There are no files.", "没有文件。"),
    "agent-chat-added": ("The model's code finds it as {path}", "模型的代码可用此路径读取：{path}"),
    "agent-chat-got": ("Copied to {path}", "已复制到 {path}"),
}
