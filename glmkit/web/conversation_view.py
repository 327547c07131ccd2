"""The conversation on the page: questions, answers, a card for each call; answers that come are drawn as they grow."""

from __future__ import annotations

import time
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from glmkit.errors import message
from glmkit.web.call_card import show_call
from glmkit.web.dialogue import Side
from glmkit.web.exchange import Block, Call, Exchange, Words
from glmkit.web.markdown import cut, label, piece_end, safe_markdown
from glmkit.web.reply import Question, Reply
from glmkit.web.session import Session
from glmkit.web.widgets import show_failure

MAX_SHOWN = 50  # exchanges; older ones stay in the history and the export
MAX_SHOWN_CHARACTERS = 300_000  # of all of them; the newest is shown in any case
TICK = 0.1  # seconds after which a click is noticed while nothing comes
FRAME = 0.08  # seconds between two drawings of a growing answer
CHARACTERS_A_SECOND = 50_000  # that a browser draws well; what is long and of one piece is drawn less often

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
        _follow(session, views)
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
        self._slots: list[DeltaGenerator | GrowingWords] = []
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
                self._slots.append(GrowingWords(self._place) if isinstance(block, Words) else self._place.empty())
                self._states.append(())
            if block.state() != self._states[index]:
                self._states[index] = block.state()
                self._draw(block, self._slots[index])
        pending = self._slots[-1].pending if self._slots and isinstance(self._slots[-1], GrowingWords) else 0
        self._next = now + FRAME + pending / CHARACTERS_A_SECOND

    @staticmethod
    def _draw(block: Block, slot: DeltaGenerator | GrowingWords) -> None:
        if isinstance(slot, GrowingWords):
            assert isinstance(block, Words)
            slot.draw(block.text)
        else:
            with slot.container():
                assert isinstance(block, Call)
                show_call(block, is_live=True)


class GrowingWords:
    """Words in a container of their own, drawn piece by piece: what will not change any more is not drawn again.

    Attributes:
        pending: characters of the last piece, which the next text draws anew.
    """

    def __init__(self, place: DeltaGenerator) -> None:
        self.pending = 0
        self._place = place.container()
        self._last = self._place.empty()
        self._start = 0

    def draw(self, text: str) -> None:
        """Draw ``text``, which begins with what was drawn before."""
        text = cut(text)
        while (end := piece_end(text, self._start)) < len(text):
            self._last.markdown(safe_markdown(text[self._start : end]))
            self._start, self._last = end, self._place.empty()
        self._last.markdown(safe_markdown(text[self._start :]))
        self.pending = len(text) - self._start


def _show_side(session: Session, side: Side, number: int) -> list[LiveAnswer]:
    """Show one model's half and return the answer that is coming, if any."""
    hidden = len(side.exchanges) - _num_shown(side.exchanges)
    if hidden:
        st.caption(message("web-older", count=hidden))
    views = []
    for exchange in side.exchanges[hidden:]:
        if exchange.question:
            with st.chat_message("user", avatar=":material/person:"):
                st.markdown(safe_markdown(exchange.question))
        with st.chat_message("assistant", avatar=":material/smart_toy:"):
            reply = side.reply if side.reply is not None and side.reply.exchange is exchange else None
            if reply is not None and reply.is_running:
                # What stood here before this answer began is taken away, not left until it has come.
                place = st.container() if reply.exchange.blocks else st.empty().container()
                views.append(LiveAnswer(reply, place, reply.question))
                views[-1].draw()  # now, so that what follows does not move under the user's hand
                if reply.question is not None:
                    _show_question(reply, reply.question, number)
                else:
                    st.empty()  # in the place of what was said of an answer's end
            else:
                _show_answer(exchange)
    return views


def _num_shown(exchanges: list[Exchange]) -> int:
    """Return how many of the newest exchanges a browser can hold."""
    room = MAX_SHOWN_CHARACTERS
    for number, exchange in enumerate(reversed(exchanges[-MAX_SHOWN:])):
        room -= exchange.size
        if room < 0 and number > 0:
            return number
    return min(len(exchanges), MAX_SHOWN)


def _show_answer(exchange: Exchange) -> None:
    place = st.container()  # as a LiveAnswer stands, so that its end changes nothing on the page
    for block in list(exchange.blocks):
        if isinstance(block, Call):
            with place.container():
                show_call(block)
        else:
            GrowingWords(place).draw(block.text)
    if exchange.failure is not None:
        show_failure(*exchange.failure)
    elif exchange.ending in ENDINGS:
        st.caption(message(ENDINGS[exchange.ending]))
    elif not exchange.blocks:
        st.caption(message("web-ended-empty"))


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


def _follow(session: Session, views: list[LiveAnswer]) -> None:
    """Draw the answers until all have ended, or one of them has something new to ask.

    A click anywhere on the page ends this script and runs it anew: Streamlit does that while something is drawn, or
    while its state is looked at.
    """
    while True:
        _ = "question" in st.session_state
        session.last_seen = time.monotonic()
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
