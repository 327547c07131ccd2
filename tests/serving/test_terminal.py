"""`glmkit chat` with a model that knows its replies: which stream gets what, turns, commands, Ctrl-C, full contexts."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
import torch

from glmkit.chat.protocol import encode_chat
from glmkit.chat.tokenizer import Tokenizer
from glmkit.chat_config import ChatConfig
from glmkit.errors import ConfigError, NumericsError, RequestError
from glmkit.model.glm import GLM
from glmkit.serving.engine import Engine
from glmkit.serving.request import Request
from glmkit.serving.terminal import run_chat

GREEDY = ChatConfig(model="talking", temperature=0)
CTRL_C = "^C"


class Keyboard(io.StringIO):
    """A terminal on which someone types lines; the line CTRL_C is that key."""

    def isatty(self) -> bool:
        return True

    def readline(self, size: int = -1) -> str:  # type: ignore[override]
        line = super().readline(size)
        if line.strip() == CTRL_C:
            raise KeyboardInterrupt
        return line


class Screen(io.StringIO):
    """A terminal on which someone presses Ctrl-C once ``until`` has appeared."""

    def __init__(self, until: str = "") -> None:
        super().__init__()
        self.until = until

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        count = super().write(text)
        if self.until and self.until in self.getvalue():
            self.until = ""
            raise KeyboardInterrupt
        return count


class ListeningEngine(Engine):
    """An engine that keeps every request, as a spy on what the terminal submits."""

    requests: list[Request]

    def submit(self, *args: Any, **kwargs: Any) -> Request:
        request = super().submit(*args, **kwargs)
        self.requests = [*getattr(self, "requests", []), request]
        return request


class Chat:
    """Runs `glmkit chat` and keeps what came out."""

    def __init__(self, model: GLM, tokenizer: Tokenizer) -> None:
        self.engine = ListeningEngine(model, tokenizer, max_batch=1)
        self.tokenizer = tokenizer
        self.stdout: io.StringIO = io.StringIO()
        self.stderr = io.StringIO()

    def pipe(self, text: str = "", **settings: object) -> int:
        """Run with ``text`` piped in."""
        return self._run(io.StringIO(text), **settings)

    def type(self, *lines: str, **settings: object) -> int:
        """Run at a terminal, typing lines and then Ctrl-D."""
        return self._run(Keyboard("".join(f"{line}\n" for line in lines)), **settings)

    def _run(self, stdin: io.StringIO, **settings: object) -> int:
        config = replace(GREEDY, **settings)
        return run_chat(self.engine, self.tokenizer, config, stdin, self.stdout, self.stderr)

    @property
    def out(self) -> str:
        return self.stdout.getvalue()

    @property
    def err(self) -> str:
        return self.stderr.getvalue()


@pytest.fixture
def chat(talking_glm: GLM, small_tokenizer: Tokenizer) -> Chat:
    return Chat(talking_glm, small_tokenizer)


def test_a_prompt_argument_prints_the_reply_alone(chat: Chat) -> None:
    assert chat.pipe(prompt="hello") == 0
    assert (chat.out, chat.err) == ("The quick 🙂 fox.\n", "")


@pytest.mark.parametrize("prompt", ["", "-"])
def test_a_piped_prompt_prints_the_reply_alone(chat: Chat, prompt: str) -> None:
    assert chat.pipe("hello\n", prompt=prompt) == 0
    assert (chat.out, chat.err) == ("The quick 🙂 fox.\n", "")


def test_a_dash_reads_stdin_even_at_a_terminal(chat: Chat) -> None:
    assert chat.type("hello", prompt="-") == 0
    assert (chat.out, chat.err) == ("The quick 🙂 fox.\n", "")


def test_a_prompt_argument_wins_over_a_terminal(chat: Chat) -> None:
    assert chat.type(prompt="hello") == 0
    assert (chat.out, chat.err) == ("The quick 🙂 fox.\n", "")


@pytest.mark.parametrize("text", ["", "\n", "  \n\n"])
def test_an_empty_prompt_is_refused(chat: Chat, text: str) -> None:
    with pytest.raises(RequestError, match="there is nothing to answer: the prompt is empty") as caught:
        chat.pipe(text)
    assert caught.value.exit_code == 2
    assert "glmkit chat MODEL_OR_RUN" in caught.value.hints()[0]
    assert chat.out == ""


def test_bytes_that_are_no_text_are_refused(chat: Chat) -> None:
    with pytest.raises(RequestError, match=r"the prompt is not valid UTF-8 text: .*0xff.* position 2") as caught:
        chat._run(io.TextIOWrapper(io.BytesIO(b"ab\xff"), encoding="utf-8"))  # type: ignore[arg-type]
    assert caught.value.exit_code == 2


def test_half_characters_in_an_argument_are_refused(chat: Chat) -> None:
    with pytest.raises(RequestError) as caught:
        chat.pipe(prompt="ab\udcff")
    assert caught.value.exit_code == 2


def test_a_prompt_longer_than_the_context_is_refused_with_both_numbers(chat: Chat) -> None:
    with pytest.raises(RequestError, match=r"the prompt has \d{3,} tokens, but the context holds 256"):
        chat.pipe("weather " * 300)


def test_scores_that_are_not_finite_end_a_single_answer_with_an_error(glm: GLM, small_tokenizer: Tokenizer) -> None:
    with torch.no_grad():
        glm.norm.weight[0] = torch.nan
    with pytest.raises(NumericsError, match="not finite") as caught:
        Chat(glm, small_tokenizer).pipe("hello")
    assert caught.value.exit_code == 5


def test_the_system_prompt_reaches_the_model(chat: Chat) -> None:
    chat.pipe("hello", system="brief")
    assert chat.out == "ok\n"


def test_max_tokens_cuts_and_says_so(chat: Chat) -> None:
    chat.pipe("hello", max_tokens=5)
    assert "The quick 🙂 fox.".startswith(chat.out.strip())
    assert chat.err == "(reply cut after 5 tokens; --max-tokens sets the limit)\n"


def test_temperature_top_p_penalty_and_seed_reach_the_sampler(chat: Chat) -> None:
    def reply(**settings: object) -> str:
        chat.stdout = io.StringIO()
        chat.pipe("hello", max_tokens=20, **settings)
        return chat.out

    wild = {"temperature": 2.0, "top_p": 1.0}
    plain = reply()
    assert reply(**wild, seed=1) == reply(**wild, seed=1) != plain
    assert reply(**wild, seed=2) != reply(**wild, seed=1)
    assert reply(temperature=2.0, top_p=1e-6, seed=1) == plain
    assert reply(repetition_penalty=0.01) != plain


def test_settings_out_of_range_end_with_one_error(chat: Chat) -> None:
    config = replace(GREEDY)
    object.__setattr__(config, "top_p", 0.0)
    with pytest.raises(ConfigError, match="top_p"):
        run_chat(chat.engine, chat.tokenizer, config, io.StringIO("hello"), chat.stdout, chat.stderr)


def test_a_call_is_shown_with_its_name_and_arguments(chat: Chat) -> None:
    assert chat.pipe("weather") == 0
    assert chat.out == 'I look.\nget_weather {"city": "北京", "days": 3}\n'
    assert chat.err == "(the model calls a tool; tools are not run here)\n"


def test_code_for_the_interpreter_is_shown(chat: Chat) -> None:
    chat.pipe("run")
    assert chat.out == "print('hello')\n"


def test_an_empty_reply_is_named(chat: Chat) -> None:
    chat.pipe("nothing")
    assert chat.out == "\n"
    assert chat.err == "(the model ended its turn without a word)\n"


def test_turns_build_on_each_other_and_only_replies_reach_stdout(chat: Chat) -> None:
    assert chat.type("hello", "again") == 0
    assert chat.out == "The quick 🙂 fox.\n你好，谢谢！\n"
    assert chat.err.startswith("Talk to the model. /help lists the commands;")
    assert chat.err.endswith("> > > \n")


def test_a_turn_is_computed_from_where_the_last_one_ended(chat: Chat) -> None:
    chat.type("hello", "again")
    first, second = chat.engine.requests
    history = [*first.prompt_ids, *first.ids]
    assert second.prompt_ids[: len(history)] == history
    assert second.num_cached_prompt_tokens == (len(history) - 1) // 16 * 16 > len(first.prompt_ids)


def test_clear_forgets_the_conversation(chat: Chat) -> None:
    chat.type("hello", "/clear", "hello")
    assert chat.out == "The quick 🙂 fox.\n" * 2
    assert "The conversation is empty again." in chat.err


def test_system_sets_and_removes_the_system_prompt(chat: Chat) -> None:
    chat.type("/system brief", "hello", "/clear", "/system", "hello")
    assert chat.out == "ok\nThe quick 🙂 fox.\n"
    assert "System prompt: brief" in chat.err
    assert "No system prompt." in chat.err


def test_exit_leaves_at_once(chat: Chat) -> None:
    assert chat.type("/exit", "hello") == 0
    assert chat.out == ""


def test_help_lists_the_commands_and_an_unknown_one_is_named(chat: Chat) -> None:
    chat.type("/help", "/claer", "", "   ")
    assert chat.out == ""
    for command in ("/clear", "/system TEXT", "/help", "/exit"):
        assert f"\n{command}" in f"\n{chat.err}" or f"> {command}" in chat.err
    assert "unknown command /claer; /help lists the commands" in chat.err


def test_a_path_is_no_command(chat: Chat) -> None:
    chat.type("/usr/bin is what?", max_tokens=2)
    assert "unknown command" not in chat.err
    assert "(reply cut after 2 tokens" in chat.err


def test_what_is_typed_after_a_call_is_sent_as_the_tools_result(chat: Chat) -> None:
    chat.type("weather", "21.5")
    assert chat.out == 'I look.\nget_weather {"city": "北京", "days": 3}\nIt is 21.5\n'
    assert "the next line you type is sent as its result" in chat.err


def test_ctrl_c_during_a_reply_stops_it_and_keeps_the_session(chat: Chat) -> None:
    chat.stdout = Screen(until="The")
    assert chat.type("hello", "/clear", "hello") == 0
    assert chat.out.splitlines()[0] in "The quick 🙂 fox."
    assert chat.out.endswith("\nThe quick 🙂 fox.\n")
    assert "(reply stopped)" in chat.err
    assert not chat.engine.running


def test_a_stopped_reply_stays_in_the_history_as_far_as_it_came(chat: Chat) -> None:
    chat.stdout = Screen(until="The")
    chat.type("hello", "again", max_tokens=8)
    stopped, after = chat.engine.requests
    assert stopped.finish_reason == "cancelled" and stopped.ids
    history = [*stopped.prompt_ids, *stopped.ids]
    assert after.prompt_ids[: len(history)] == history


def test_ctrl_c_during_a_single_answer_goes_up_to_the_command_line(chat: Chat) -> None:
    chat.stdout = Screen(until="The")
    with pytest.raises(KeyboardInterrupt):
        chat.pipe("hello")
    assert not chat.engine.running


def test_ctrl_c_at_the_prompt_says_how_to_leave_and_twice_leaves(chat: Chat) -> None:
    assert chat.type(CTRL_C, "hello", CTRL_C, CTRL_C, "hello") == 130
    assert chat.out == "The quick 🙂 fox.\n"
    assert chat.err.count("Press Ctrl-C again, Ctrl-D or type /exit to leave.") == 2


def test_a_full_context_is_said_with_numbers_and_the_way_out(talking_glm: GLM, small_tokenizer: Tokenizer) -> None:
    chat = Chat(talking_glm, small_tokenizer)
    turns = [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "The quick 🙂 fox."}]
    second_prompt = encode_chat([*turns, {"role": "user", "content": "again"}], small_tokenizer)
    limit = len(second_prompt) + 3
    chat.engine = ListeningEngine(talking_glm, small_tokenizer, max_batch=1, max_seq_len=limit)
    chat.type("hello", "again", "again", "/clear", "hello")
    assert chat.out.startswith("The quick 🙂 fox.\n")
    assert chat.out.endswith("\nThe quick 🙂 fox.\n")
    cut = f"(reply cut: the conversation fills the context of {limit} tokens)\n/clear starts a new conversation.\n"
    assert cut in chat.err
    refused = f"tokens, but the context holds {limit}, one of them for the reply\nYour message was not sent.\n/clear"
    assert refused in chat.err


def test_an_error_in_a_conversation_is_said_and_the_session_goes_on(chat: Chat) -> None:
    chat.type("ab\udcff", "hello")
    assert chat.out == "The quick 🙂 fox.\n"
    assert "error: " in chat.err
    assert "Your message was not sent." in chat.err


def test_a_model_cannot_send_escape_sequences_to_a_terminal(chat: Chat) -> None:
    chat.pipe("escape")
    assert chat.out == "a\x1b[2J\x9b\n"
    chat.stdout = Screen()
    chat.pipe("escape")
    assert chat.out == "a\ufffd[2J\ufffd\n"
