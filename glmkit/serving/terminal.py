"""`glmkit chat`: one answer for a pipe, or a conversation at the terminal.

Only what the model says goes to stdout; prompt sign, notices and errors go to stderr. The history keeps replies as the
ids that were generated, so every turn continues exactly what the model saw before. ``commands.chat`` is the caller;
an error that ends the command is raised, ``cli.main`` prints it.
"""

from __future__ import annotations

import json
from io import TextIOWrapper
from typing import Any, TextIO

from glmkit.chat.conversation import Message
from glmkit.chat.tokenizer import Tokenizer
from glmkit.chat_config import ChatConfig
from glmkit.errors import DataError, GlmkitError, RequestError, message
from glmkit.serving.engine import Engine
from glmkit.serving.params import SamplingParams
from glmkit.serving.reply_stream import ReplyStream
from glmkit.serving.request import Request
from glmkit.terminal import converse, read_prompt

# A model may send a terminal line breaks and tabs, but no other control character: escape sequences begin with one.
CONTROL_CHARACTERS = {code: "\ufffd" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"}


def run_chat(
    engine: Engine, tokenizer: Tokenizer, config: ChatConfig, stdin: TextIO, stdout: TextIO, stderr: TextIO
) -> int:
    """Answer ``config.prompt``, or what is piped in, once; otherwise hold a conversation. Return the exit code.

    Raises:
        ConfigError: A sampling setting out of range.
        RequestError: A single prompt that is empty, no text, or too long for the context.
        NumericsError: The model's scores for a single prompt are not finite.
    """
    if isinstance(stdout, TextIOWrapper):
        stdout.reconfigure(errors="replace")  # a terminal that cannot show a character still gets the rest
    chat = _Chat(engine, tokenizer, config, stdout, stderr)
    prompt = read_prompt(config.prompt, stdin)
    if prompt is None:
        return chat.converse(stdin)
    chat.ask(prompt)
    return 0


class _Chat:
    """One conversation: its system prompt, its messages so far, and where words and notices go."""

    def __init__(
        self, engine: Engine, tokenizer: Tokenizer, config: ChatConfig, stdout: TextIO, stderr: TextIO
    ) -> None:
        self.engine = engine
        self.tokenizer = tokenizer
        assert engine.protocol is not None
        self.protocol = engine.protocol
        self.params = SamplingParams(
            max_tokens=config.max_tokens,
            temperature=config.temperature,
            top_p=config.top_p,
            repetition_penalty=config.repetition_penalty,
            seed=config.seed,
        )
        self.stdout = stdout
        self.stderr = stderr
        self.system = config.system
        self.history: list[Message] = []
        self.awaits_result = False  # the last reply called a tool: what comes next is the tool's answer
        self.interactive = False

    def converse(self, stdin: TextIO) -> int:
        """Read lines and answer them until the user leaves; return the exit code."""
        self.interactive = True
        return converse(stdin, self.stdout, self.stderr, self._answer, self._obey)

    def ask(self, text: str) -> None:
        """Send a message, show the reply as it comes, and keep both.

        Nothing is kept when there was no reply: after an error, or after Ctrl-C before the first token.

        Raises:
            RequestError: The message is no text, or the conversation is too long for the context.
            NumericsError: The model's scores are not finite.
            KeyboardInterrupt: Ctrl-C; what had come of the reply is kept.
        """
        messages = [*self.history, Message(role="observation" if self.awaits_result else "user", content=text)]
        system = [Message(role="system", content=self.system)] if self.system else []
        try:
            prompt_ids = self.protocol.encode_prompt([*system, *messages])
        except DataError as error:
            raise RequestError(error.problems) from error
        request = self.engine.submit(prompt_ids, self.params)
        stream = ReplyStream(self.tokenizer, self.protocol)
        try:
            for token in self.engine.follow(request):
                self._write(stream.push(token))
        finally:
            self.engine.cancel(request)  # Ctrl-C may have come while a token was written
            self._write(stream.finish())
            if request.error is None and (request.ids or request.finish_reason == "stop"):
                self._conclude(messages, request)

    def _conclude(self, messages: list[Message], request: Request) -> None:
        """Show what a reply holds beside its text, say why it ended, and put it into the history."""
        reply = self.protocol.parse_reply(request.ids_and_stop)
        self.history = [*messages, *reply.messages]
        self.awaits_result = reply.finish == "tool_call"
        extra = reply.code or ""
        if reply.call is not None:
            extra = f"{reply.call.name} {json.dumps(reply.call.arguments, ensure_ascii=False)}"
        self._write(f"\n{extra}\n" if reply.text and extra else f"{extra}\n")
        if reply.call_error is not None:
            print(reply.call_error.text(), file=self.stderr, flush=True)
        if self.awaits_result:
            self._say("serving-type-result" if self.interactive else "serving-tool-call")
        elif not reply.text and not extra:
            self._say("serving-empty-reply")
        if request.finish_reason == "length":
            if len(request.ids) == request.params.max_tokens:
                self._say("serving-cut-at-max-tokens", limit=request.params.max_tokens)
            else:
                self._say("serving-cut-at-context", limit=self.engine.max_seq_len)
                if self.interactive:
                    self._say("serving-clear-helps")

    def _answer(self, text: str) -> None:
        try:
            self.ask(text)
        except KeyboardInterrupt:
            self._say("serving-interrupted")
        except GlmkitError as error:
            print(message("cli-error", text=error), file=self.stderr)
            self._say("serving-not-sent")
            self._say("serving-clear-helps")

    def _obey(self, command: str, argument: str) -> None:
        if command == "/clear":
            self.history = []
            self.awaits_result = False
            self._say("serving-cleared")
        elif command == "/system":
            self.system = argument
            self._say("serving-system-set" if argument else "serving-system-removed", text=argument)
        elif command == "/help":
            self._say("serving-help")
        else:
            self._say("serving-unknown-command", command=command)

    def _write(self, text: str) -> None:
        if self.stdout.isatty():
            text = text.translate(CONTROL_CHARACTERS)
        self.stdout.write(text)
        self.stdout.flush()

    def _say(self, code: str, **values: Any) -> None:
        print(message(code, **values), file=self.stderr, flush=True)
