"""The conversation on the page: questions, answers, a card for each call; answers that come are drawn as they grow."""

from __future__ import annotations

import time
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from glmkit.errors import message
from glmkit.web.call_card import show_call
from glmkit.web.dialogue import Side
from glmkit.web.exchange import Call, Exchange
from glmkit.web.markdown import label, safe_markdown
from glmkit.web.reply import Question, Reply
from glmkit.web.session import Session
from glmkit.web.widgets import show_failure

MAX_SHOWN = 50  # exchanges; older ones stay in the history and the export
TICK = 0.1  # seconds after which a click is noticed while nothing comes
FRAME = 0.08  # seconds between two drawings of a growing answer
CHARACTERS_A_SECOND = 200_000  # that a browser draws well; longer answers are drawn less often

ENDINGS = {"length": "web-ended-length", "cancelled": "web-ended-cancelled", "rounds": "web-ended-rounds"}


def show_conversation(session: Session) -> None:
    """Show the whole of it; while answers come, stay and draw them."""
    sides = session.dialogue.sides
    columns = st.columns(len(sides)) if len(sides) > 1 else [st.container()]
    views: list[LiveAnswer] = []
    for number, (side, column) in enumerate(zip(sides, columns, strict=True)):
        with column:
            if len(sides) > 1:
                st.markdown(f"**{label(side.model)}**")
            views += _show_side(session, side, number)
    if views:
        st.button(message("web-stop"), key="stop", icon=":material/stop_circle:", on_click=session.dialogue.stop)
        _follow(views)
        st.rerun()
    if not session.dialogue.is_empty:
        _show_again(session)


class LiveAnswer:
    """An answer that is coming, and where it is drawn.

    Args:
        reply: whose exchange is drawn.
        place: an empty container.
        is_asking: its question to the user has been shown already.
    """

    def __init__(self, reply: Reply, place: DeltaGenerator, is_asking: Question | None) -> None:
        self.reply = reply
        self.asked = is_asking
        self.seen = -1
        self._place = place
        self._slots: list[DeltaGenerator] = []
        self._states: list[tuple[Any, ...]] = []
        self._next = 0.0

    def draw(self, is_last: bool = False) -> None:
        """Draw what has changed, not more often than a browser can take it."""
        now = time.monotonic()
        if now < self._next and not is_last:
            return
        blocks = list(self.reply.exchange.blocks)
        for index, block in enumerate(blocks):
            if index == len(self._slots):
                self._slots.append(self._place.empty())
                self._states.append(())
            if block.state() != self._states[index]:
                self._states[index] = block.state()
                with self._slots[index].container():
                    _show_block(block, is_live=True)
        self._next = now + FRAME + len(self.reply.exchange.words) / CHARACTERS_A_SECOND


def _show_side(session: Session, side: Side, number: int) -> list[LiveAnswer]:
    """Show one model's half and return the answer that is coming, if any."""
    hidden = len(side.exchanges) - MAX_SHOWN
    if hidden > 0:
        st.caption(message("web-older", count=hidden))
    views = []
    for exchange in side.exchanges[max(0, hidden) :]:
        if exchange.question:
            with st.chat_message("user", avatar=":material/person:"):
                st.markdown(safe_markdown(exchange.question))
        with st.chat_message("assistant", avatar=":material/smart_toy:"):
            reply = side.reply if side.reply is not None and side.reply.exchange is exchange else None
            if reply is not None and reply.is_running:
                views.append(LiveAnswer(reply, st.container(), reply.question))
                views[-1].draw()  # now, so that what follows does not move under the user's hand
                if reply.question is not None:
                    _show_question(reply, reply.question, number)
            else:
                _show_answer(exchange)
    return views


def _show_answer(exchange: Exchange) -> None:
    for block in list(exchange.blocks):
        _show_block(block)
    if exchange.failure is not None:
        show_failure(*exchange.failure)
    elif exchange.ending in ENDINGS:
        st.caption(message(ENDINGS[exchange.ending]))
    elif not exchange.blocks:
        st.caption(message("web-ended-empty"))


def _show_block(block: Any, is_live: bool = False) -> None:
    if isinstance(block, Call):
        show_call(block, is_live)
    else:
        st.markdown(safe_markdown(block.text))


def _show_question(reply: Reply, question: Question, number: int) -> None:
    """Ask the user what a reply waits for."""
    if question.kind == "approve":
        st.warning(message("web-approve", tool=label(question.name)))
        yes, no = st.columns(2)
        yes.button(
            message("web-approve-yes"), key=f"yes-{number}", on_click=reply.answer, args=("yes",), width="stretch"
        )
        no.button(
            message("web-approve-no"),
            key=f"no-{number}",
            type="primary",
            on_click=reply.answer,
            args=(None,),
            width="stretch",
        )
        return
    key = f"play-{number}"
    with st.form(f"form-{key}", clear_on_submit=True):
        st.text_area(message("web-play", tool=label(question.name)), key=key)
        st.form_submit_button(
            message("web-play-send"), on_click=lambda: reply.answer(st.session_state[key]), type="primary"
        )


def _follow(views: list[LiveAnswer]) -> None:
    """Draw the answers until all have ended, or one of them has something new to ask.

    A click anywhere on the page ends this script and runs it anew: Streamlit does that while something is drawn, or
    while its state is looked at.
    """
    while True:
        _ = "question" in st.session_state
        for view in views:
            view.seen = view.reply.wait(view.seen, TICK if len(views) == 1 else FRAME)
            view.draw(is_last=not view.reply.is_running)
        if any(view.reply.question is not view.asked for view in views):
            return
        if not any(view.reply.is_running for view in views):
            return


def _show_again(session: Session) -> None:
    """Show what can be done with the last question: put it again, or change it."""
    index = len(session.dialogue.sides[0].exchanges) - 1
    if index < 0:
        return
    key = f"edited-{index}"
    retry, edit, _ = st.columns([1, 1, 2])
    retry.button(
        message("web-retry"),
        key="retry",
        icon=":material/refresh:",
        on_click=session.ask_again,
        args=(index,),
        width="stretch",
    )
    with edit.popover(message("web-edit"), icon=":material/edit:", width="stretch"):
        st.text_area(
            message("web-edit"),
            session.dialogue.sides[0].exchanges[index].question,
            key=key,
            label_visibility="collapsed",
        )
        st.button(
            message("web-edit-send"),
            key="send-edited",
            type="primary",
            on_click=lambda: session.ask_again(index, st.session_state[key]),
        )
