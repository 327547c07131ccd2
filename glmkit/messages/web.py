"""Sentences of the web room: the command, and every word of the page."""

from __future__ import annotations

TABLE: dict[str, tuple[str, str] | tuple[str, str, str, str]] = {
    # The command
    "web-not-installed": (
        "the page needs the package '{package}', which is not installed",
        "页面需要软件包 '{package}'，但它尚未安装",
        "install the extra: pip install 'glmkit[serve,web]'",
        "请安装附加依赖：pip install 'glmkit[serve,web]'",
    ),
    "web-cannot-bind": (
        "cannot listen on port {port}: {reason}",
        "无法监听端口 {port}：{reason}",
        "name another one, or --port 0 for any",
        "请换一个端口，或用 --port 0 任选",
    ),
    "web-key-file": ("no key can be read here: {reason}", "无法从这里读取密钥：{reason}"),
    "web-model-ignored": (
        "the model {model} is not loaded, since the page uses {url}",
        "页面使用 {url}，因此不加载模型 {model}",
    ),
    "web-serving": ("the page is at {url} (Ctrl-C stops)", "页面地址：{url}（按 Ctrl-C 停止）"),
    "web-tunnel": (
        "only this machine can reach it; from another one:  {command}",
        "只有本机可以访问；从其他机器访问：{command}",
    ),
    # The page
    "web-banner": (
        "This is **{name}**, a tiny model that comes with glmkit. It shows how everything works, not how well a large "
        "model answers. For your own: `glmkit web MODEL_OR_RUN`",
        "这是随 glmkit 附带的微型模型 **{name}**：它演示各项功能，回答质量远不及大模型。"
        "使用你自己的模型：`glmkit web MODEL_OR_RUN`",
    ),
    "web-mode": ("Mode", "模式"),
    "web-mode-chat": (":material/chat: Chat", ":material/chat: 对话"),
    "web-mode-tool": (":material/build: Tool", ":material/build: 工具"),
    "web-mode-code": (":material/terminal: Code Interpreter", ":material/terminal: 代码解释器"),
    "web-welcome-chat": ("#### What would you like to talk about?", "#### 想聊点什么？"),
    "web-welcome-tool": (
        "#### Ask something that a tool can answer\nThe model decides which tool to call; you see every call and its "
        "result.",
        "#### 问一个工具能回答的问题\n由模型决定调用哪个工具；每次调用及其结果都会显示出来。",
    ),
    "web-welcome-code": (
        "#### Let the model write Python and run it\nVariables last from one answer to the next. Upload files on the "
        "left and name them in your question.",
        "#### 让模型编写并运行 Python\n变量会在多次回答之间保留。可在左侧上传文件，并在问题中提到文件名。",
    ),
    "web-example-chat-1": ("Who are you?", "你是谁？"),
    "web-example-chat-2": ("What can you do?", "你能做什么？"),
    "web-example-chat-3": ("Tell me a joke.", "讲个笑话"),
    "web-example-tool-1": (
        "Get the current time in Europe/Paris.",
        "上海现在几点？",
    ),
    "web-example-tool-2": ("What is the weather in Paris?", "北京今天天气怎么样？"),
    "web-example-tool-3": ("Convert 5 km to miles.", "5公里等于多少英里？"),
    "web-example-tool-4": ("Give me a random number from 10 to 20.", "请给我一个5到9的随机数。"),
    "web-example-code-1": ("Draw a line chart of 1, 4, 9, 16.", "画 1、4、9、16 的折线图"),
    "web-example-code-2": ("Plot a bar chart of 3, 5, 2, 8.", "画出 3、5、2、8 的柱状图"),
    "web-example-code-3": ("What is the sum of the numbers from 1 to 100?", "计算 1 到 100 的和"),
    "web-question": ("Your message", "输入消息"),
    "web-question-empty": ("the message is empty", "消息是空的"),
    "web-question-long": (
        "the message has {found:,} characters; at most {limit:,} can be sent",
        "消息有 {found:,} 个字符；最多可发送 {limit:,} 个",
    ),
    "web-stop": ("Stop", "停止"),
    "web-retry": ("Retry", "重试"),
    "web-edit": ("Edit", "编辑"),
    "web-edit-send": ("Send again", "重新发送"),
    "web-try-again": ("Try again", "再试一次"),
    "web-older": (
        "{count} older messages are not shown; the model still knows them.",
        "还有 {count} 条更早的消息未显示；模型仍记得它们。",
    ),
    "web-ended-length": ("The answer was cut at the length limit.", "回答达到长度上限，已被截断。"),
    "web-ended-cancelled": ("Stopped.", "已停止。"),
    "web-ended-rounds": (
        "The model kept calling tools; this answer was asked for without them.",
        "模型一直在调用工具；这个回答是在不使用工具的情况下要求它给出的。",
    ),
    "web-ended-empty": ("The model said nothing.", "模型没有输出内容。"),
    # Calls
    "web-call-tool": ("Call of {tool}", "调用 {tool}"),
    "web-call-code": ("Python", "Python"),
    "web-call-seconds": ("{seconds} s", "{seconds} 秒"),
    "web-approve": (
        "The model wants to call {tool} with the arguments above. Do you allow it?",
        "模型想用以上参数调用 {tool}。是否允许？",
    ),
    "web-approve-yes": ("Allow once", "允许这一次"),
    "web-approve-no": ("Refuse", "拒绝"),
    "web-play": ("You are the tool {tool}: what does it answer?", "由你扮演工具 {tool}：它返回什么？"),
    "web-play-send": ("Send the result", "提交结果"),
    # The side
    "web-model": ("Model", "模型"),
    "web-second": ("Compare with", "对比"),
    "web-second-none": ("nothing", "不对比"),
    "web-second-help": (
        "A second model or adapter that answers the same questions, side by side.",
        "由第二个模型或适配器并排回答同样的问题。",
    ),
    "web-system": ("System prompt", "系统提示词"),
    "web-system-help": (
        "Empty: the prompt in grey, in the words that ChatGLM3 was taught for code.",
        "留空：使用灰色显示的提示词，即 ChatGLM3 代码解释器的原版提示词。",
    ),
    "web-system-none": ("none", "无"),
    "web-sampling": ("Sampling", "采样参数"),
    "web-temperature": ("Temperature", "温度（temperature）"),
    "web-temperature-help": (
        "Higher is more varied; 0 always takes the likeliest word.",
        "越高越多样；0 表示总是取最可能的词。",
    ),
    "web-top-p": ("Top p", "Top p"),
    "web-top-p-help": (
        "Only the likeliest words that together reach this share are drawn from.",
        "只从累计概率达到该比例的最可能的词中选取。",
    ),
    "web-repetition-penalty": ("Repetition penalty", "重复惩罚"),
    "web-repetition-penalty-help": (
        "Above 1 makes words that have occurred less likely; 1 is off.",
        "大于 1 时降低已出现过的词的概率；1 表示关闭。",
    ),
    "web-max-tokens": ("Longest answer (tokens)", "回答的最大长度（词元）"),
    "web-max-tokens-none": ("as long as fits", "不限，直到上下文长度"),
    "web-max-tokens-help": ("Empty: as long as the model's context allows.", "留空：直到模型的上下文长度。"),
    "web-clear": ("Clear conversation", "清空对话"),
    "web-export": ("Export conversation", "导出对话"),
    "web-export-help": (
        "A JSON file that `glmkit train` reads, and this page imports.",
        "导出为 JSON 文件，可用于 `glmkit train` 训练，也可重新导入本页面。",
    ),
    "web-import": ("Import conversation", "导入对话"),
    "web-import-large": (
        "the file has {found:,} bytes; at most {megabytes} MB can be imported",
        "文件有 {found:,} 字节；最多可导入 {megabytes} MB",
    ),
    "web-import-limit": ("JSON or JSONL, at most {megabytes} MB", "JSON 或 JSONL，最多 {megabytes} MB"),
    "web-import-refused": (
        "Not sent: a JSON or JSONL file of at most {megabytes} MB is wanted.",
        "未上传：需要不超过 {megabytes} MB 的 JSON 或 JSONL 文件。",
    ),
    "web-uploader-choose": ("Choose a file", "选择文件"),
    "web-uploader-drop": ("Drop it here", "拖放到此处"),
    "web-hint-area": ("Ctrl/⌘+Enter applies", "按 Ctrl/⌘+Enter 应用"),
    "web-hint-form": ("Ctrl/⌘+Enter sends", "按 Ctrl/⌘+Enter 提交"),
    "web-tools": ("Tools", "工具"),
    "web-mcp": ("From MCP servers", "来自 MCP 服务器"),
    "web-tools-more": (
        "Your own: `glmkit web --tools FILE.py`, `--mcp SERVERS.json`. Fewer tools make a small model surer.",
        "添加自己的工具：`glmkit web --tools 文件.py`、`--mcp 服务器.json`。工具越少，小模型越不容易出错。",
    ),
    "web-tools-too-many": (
        "{name} has learned to choose among {limit} tools at most; with more of them on it errs more often.",
        "{name} 训练时最多在 {limit} 个工具中选择；开启更多时更容易出错。",
    ),
    "web-tool-dangerous": ("You are asked before every call.", "每次调用前都会征求你的同意。"),
    "web-manual": ("Manual mode: I play the tools", "手动模式：由我扮演工具"),
    "web-manual-help": (
        "The model calls tools that you define here, and you write their results.",
        "模型调用你在此定义的工具，由你填写返回结果。",
    ),
    "web-manual-tools": ("Tools (JSON)", "工具定义（JSON）"),
    "web-manual-tools-help": (
        "A list of definitions: name, description, parameters (JSON Schema).",
        "工具定义的列表：name、description、parameters（JSON Schema）。",
    ),
    "web-example-tool": ("Get the status of a parcel.", "查询包裹的状态"),
    "web-example-parameter": ("number of the parcel", "包裹编号"),
    "web-manual-count": ("Known to the model: {names}", "模型可用的工具：{names}"),
    "web-tools-json": ("the tools are no JSON: {reason}", "工具定义不是 JSON：{reason}"),
    "web-tools-many": ("there are {found} tools; at most {limit} are possible", "有 {found} 个工具；最多 {limit} 个"),
    "web-tools-definition": (
        "this is no definition of a tool; it needs a name, a description and parameters (a JSON Schema)",
        "这不是工具定义；需要 name、description 和 parameters（JSON Schema）",
    ),
    "web-tools-repeated": ("two tools have the same name", "有两个工具同名"),
    # Code
    "web-code-off": (
        "the code interpreter is switched off (--sandbox off)",
        "代码解释器已关闭（--sandbox off）",
    ),
    "web-level-full": ("Sandbox: full", "沙箱：完整"),
    "web-level-restricted": ("Sandbox: restricted", "沙箱：受限"),
    "web-level-none": ("No sandbox!", "没有沙箱！"),
    "web-level-chosen": (
        "This level was chosen with --sandbox; this machine can do:",
        "该级别由 --sandbox 指定；本机可以做到：",
    ),
    "web-level-details": ("What confines the code", "代码的隔离措施"),
    "web-restart": ("Restart Python", "重启 Python"),
    "web-restart-help": ("Variables are forgotten, files stay.", "变量会被清除，文件保留。"),
    "web-python-lost": (
        "Python was idle for long and has been started anew: variables and files are gone.",
        "Python 因长时间闲置已重新启动：变量和文件已丢失。",
    ),
    "web-upload": ("Files for the code, in {folder}", "上传文件供代码使用，存放于 {folder}"),
    "web-upload-limit": ("at most {megabytes} MB a file", "每个文件最多 {megabytes} MB"),
    "web-upload-refused": ("Not sent: at most {megabytes} MB a file.", "未上传：每个文件最多 {megabytes} MB。"),
    "web-files-more": ("and {count} more files", "另有 {count} 个文件"),
}
