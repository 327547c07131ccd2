"""The page without a browser: what is on it, what clicks do, and that the session holds it all."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from web_waiting import wait_for

from glmkit.agent.sandbox import probe
from glmkit.errors import set_language, set_language_here
from glmkit.web.exchange import Call
from glmkit.web.service import BUNDLED_TOOLS, Service, set_service

Open = Callable[..., AppTest]
needs_sandbox = pytest.mark.skipif(probe().level == "none", reason="this machine cannot confine code")


def texts(page: AppTest) -> str:
    """Return all Markdown and code of the page."""
    assert not page.exception
    return "\n".join(str(element.value) for element in [*page.markdown, *page.code, *page.caption])


def id_of(page: AppTest) -> str:
    """Return the session's id, which stands in the address."""
    value = page.query_params["s"]
    return value if isinstance(value, str) else value[0]


def click(page: AppTest, key: str) -> AppTest:
    return page.button(key=key).click().run()


def choose(page: AppTest, mode: str) -> AppTest:
    return page.radio(key="mode").set_value(mode).run()


def test_the_first_minute(open_page: Open, service: Service) -> None:
    page = open_page()
    assert "glmkit-mini" in page.info[0].value
    assert "What would you like to talk about?" in texts(page)
    click(page, "web-example-chat-1")
    assert [message.name for message in page.chat_message] == ["user", "assistant"]
    assert "I am glmkit-mini" in texts(page)
    page.chat_input[0].set_value("Tell me a joke.").run()
    assert len(page.chat_message) == 4
    again = open_page(id_of(page))  # a reload
    assert "I am glmkit-mini" in texts(again)
    assert len(again.chat_message) == 4
    stranger = open_page()
    assert id_of(stranger) != id_of(page)
    assert len(stranger.chat_message) == 0
    click(again, "retry")
    assert len(again.chat_message) == 4
    click(again, "clear")
    assert len(again.chat_message) == 0


def test_an_edited_question_is_put_again(open_page: Open) -> None:
    page = open_page()
    click(page, "web-example-chat-1")
    page.text_area(key="edited-0").set_value("Tell me a joke.")
    click(page, "send-edited")
    assert "Why did the token cross the road?" in texts(page)
    assert "I am glmkit-mini" not in texts(page)


def test_each_mode_has_its_own_conversation(open_page: Open, service: Service) -> None:
    page = open_page()
    click(page, "web-example-chat-1")
    choose(page, "tool")
    assert len(page.chat_message) == 0
    click(page, "web-example-tool-1")
    shown = texts(page)
    assert "Call of `get_current_time`" in shown
    assert '"timezone_name": "Europe/Paris"' in shown
    assert '"weekday": ' in shown
    choose(page, "chat")
    assert "I am glmkit-mini" in texts(page)
    assert "get_current_time" not in texts(page)


def test_tools_are_switched_and_their_schema_is_shown(open_page: Open, service: Service) -> None:
    page = choose(open_page(), "tool")
    (session,) = service.sessions()
    assert any('"name": "calculator"' in code.value for code in page.code)
    assert not page.warning
    page.toggle(key="tool-calculator").set_value(True).run()
    assert "among 4 tools at most" in page.warning[0].value  # five are on
    page.toggle(key="tool-get_weather").set_value(False).run()
    assert not page.warning
    assert session.settings.tools == {*BUNDLED_TOOLS, "calculator"} - {"get_weather"}
    page.toggle(key="manual").set_value(True).run()
    page.text_area(key="manual_tools").set_value("[").run()
    assert "no JSON" in page.error[0].value


def test_the_user_plays_the_tool_on_the_page(open_page: Open, service: Service) -> None:
    page = choose(open_page(), "tool")
    page.toggle(key="manual").set_value(True).run()
    (session,) = service.sessions()
    session.ask("Where is my parcel 12345?")
    reply = session.dialogue.sides[0].reply
    assert reply is not None
    wait_for(lambda: reply.question is not None)
    following = threading.Thread(target=page.run)  # stays on the page until the answer has come
    following.start()
    time.sleep(0.3)
    assert following.is_alive()
    reply.answer('{"status": "lost"}')
    following.join(60)
    assert not following.is_alive()
    assert '"status": "lost"' in texts(page)


@needs_sandbox
def test_code_is_shown_with_its_picture_and_the_level(open_page: Open, service: Service) -> None:
    page = choose(open_page(), "code")
    click(page, "web-example-code-2")
    assert "plt.bar(" in texts(page)
    (session,) = service.sessions()
    call = session.dialogue.sides[0].exchanges[0].blocks[0]
    assert isinstance(call, Call) and call.pictures[0].startswith(b"\x89PNG")
    assert {"full": "Sandbox: full", "restricted": "Sandbox: restricted"}[probe().level] in texts(page)
    click(page, "restart")
    assert not page.error


def test_chinese_and_english_at_the_same_time(open_page: Open, service: Service) -> None:
    english = open_page()
    set_language("zh")  # the command's language is for new visitors
    chinese = open_page()
    assert "想聊点什么？" in texts(chinese)
    assert chinese.button(key="clear").label == "清空对话"
    set_language("en")
    set_language_here("zh")  # AppTest formats choices in this thread
    try:
        click(chinese, "web-example-chat-1")
    finally:
        set_language_here(None)
    assert "我是glmkit-mini" in texts(chinese)
    assert "What would you like to talk about?" in texts(english.run())


def test_settings_outlive_a_reload_and_other_modes(open_page: Open, service: Service) -> None:
    page = open_page()
    page.slider(key="temperature").set_value(1.25).run()
    page.number_input(key="max_tokens").set_value(77).run()
    page.text_area(key="system-chat").set_value("Be brief.").run()
    choose(page, "code" if probe().level != "none" else "tool")
    choose(page, "chat")
    page = open_page(id_of(page))
    assert page.slider(key="temperature").value == 1.25
    assert (page.slider(key="top_p").min, page.slider(key="repetition_penalty").min) == (0.01, 0.01)
    assert page.number_input(key="max_tokens").value == 77
    assert page.text_area(key="system-chat").value == "Be brief."
    click(page, "web-example-chat-1")
    (session,) = service.sessions()
    exported = session.dialogue.to_json()
    assert exported is not None
    assert json.loads(exported)[0]["conversations"][0] == {"role": "system", "content": "Be brief."}


def test_two_models_stand_side_by_side(open_page: Open, service: Service) -> None:
    page = open_page()
    page.selectbox(key="second").set_value("second").run()
    click(page, "web-example-chat-1")
    assert len(page.chat_message) == 4
    assert texts(page).count("I am glmkit-mini") == 2
    page.selectbox(key="second").set_value("").run()
    assert len(page.chat_message) == 2


def test_a_server_that_is_gone_is_said_with_a_way_on(open_page: Open) -> None:
    lost = Service("http://127.0.0.1:9/v1")
    set_service(lost)
    try:
        page = open_page()
        assert "http://127.0.0.1:9/v1" in page.error[0].value
        assert page.button(key="try-again").label == "Try again"
    finally:
        lost.close()


def test_what_a_model_writes_is_text(open_page: Open, service: Service) -> None:
    page = open_page()
    (session,) = service.sessions()
    evil = "<script>alert(1)</script> ![x](http://evil.example/leak.png)"
    row: dict[str, Any] = {
        "conversations": [
            {"role": "user", "content": evil},
            {"role": "assistant", "content": evil},
        ]
    }
    session.load(json.dumps(row).encode())
    page.run()
    assert "![x]" not in texts(page)
    assert all(not element.allow_html for element in page.markdown)
