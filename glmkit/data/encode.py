"""Conversations -> Samples (token ids and labels); what teaches nothing is left out and named.

In: conversations, a tokenizer, a length limit; or the samples of a file. Out: the samples that training packs. Called
by training and evaluation.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Sequence

from glmkit.chat.conversation import Conversation
from glmkit.chat.protocol import encode_conversation
from glmkit.chat.sample import IGNORE_INDEX, Sample
from glmkit.chat.tokenizer import Tokenizer
from glmkit.chat.tools_layout import AS_IS
from glmkit.data.token_store import TokenStore
from glmkit.errors import MAX_PRINTED_PROBLEMS, DataError, Problem, message, notice


def encode_samples(
    conversations: Iterable[Conversation],
    tokenizer: Tokenizer,
    max_seq_len: int = 2048,
    truncate: str = "right",
    tools_layout: str = AS_IS,
) -> list[Sample]:
    """Encode all conversations; those without anything to learn are left out.

    Each one left out, and how many samples, tokens and labels the limit cuts by the rule ``truncate`` (see
    ``encode_conversation``), is said on stderr; so is how many keep natural text in place of their ``tools_layout``.

    Raises:
        DataError: tools that cannot be written in the layout (all are named), or no conversation has anything to learn.
    """
    samples: list[Sample] = []
    left_out: list[Problem] = []
    faults: list[Problem] = []
    for conversation in conversations:
        try:
            sample = encode_conversation(conversation, tokenizer, max_seq_len, truncate, tools_layout=tools_layout)
        except DataError as error:
            faults += error.problems
            continue
        if count_targets(sample):
            samples.append(sample)
        else:
            left_out.append(why_left_out(sample, max_seq_len))
    if faults:
        raise DataError(faults)
    tell_left_out(left_out, len(left_out))
    if not samples:
        raise DataError("data-no-sample-left", count=len(left_out), max_seq_len=max_seq_len)
    cut = [sample for sample in samples if sample.cut_tokens]
    if cut:
        lost = {"tokens": sum(sample.cut_tokens for sample in cut), "labels": sum(sample.cut_labels for sample in cut)}
        notice("data-samples-cut", count=len(cut), total=len(samples), max_seq_len=max_seq_len, **lost)
    if num_kept := sum(keeps_text(sample.tools_layout, tools_layout) for sample in samples):
        notice("data-tools-kept", count=num_kept, total=len(samples), layout=tools_layout)
    return samples


def choose_samples(samples: TokenStore, max_seq_len: int, tools_layout: str) -> TokenStore:
    """Return the samples with anything to learn; what ``encode_samples`` says of conversations is said of these.

    Raises:
        DataError: no sample has anything to learn.
    """
    has_target = samples.column("num_targets") > 0
    others, samples = samples.select(~has_target), samples.select(has_target)
    tell_left_out([why_left_out(sample, max_seq_len) for sample in others[:MAX_PRINTED_PROBLEMS]], len(others))
    if not len(samples):
        raise DataError("data-no-sample-left", count=len(others), max_seq_len=max_seq_len)
    cut = samples.column("cut_tokens")
    if num_cut := int((cut > 0).sum()):
        lost = {"tokens": int(cut.sum()), "labels": int(samples.column("cut_labels").sum())}
        notice("data-samples-cut", count=num_cut, total=len(samples), max_seq_len=max_seq_len, **lost)
    layouts = Counter(samples.layouts())
    if num_kept := sum(count for layout, count in layouts.items() if keeps_text(layout, tools_layout)):
        notice("data-tools-kept", count=num_kept, total=len(samples), layout=tools_layout)
    return samples


def tell_left_out(left_out: Sequence[Problem], count: int) -> None:
    """Say of the first samples that were left out why, and how many more there are."""
    for problem in left_out[:MAX_PRINTED_PROBLEMS]:
        print(problem.text(), file=sys.stderr)
    if count > MAX_PRINTED_PROBLEMS:
        print(message("cli-more-problems", count=count - MAX_PRINTED_PROBLEMS), file=sys.stderr)


def keeps_text(found: str, wanted: str) -> bool:
    """Say whether tools stayed natural text though another layout was wanted."""
    return found == "natural" and wanted not in (AS_IS, "natural")


def count_targets(sample: Sample) -> int:
    """Return how many tokens of the sample are predicted; a label on the first token has nothing to predict it from."""
    return len(sample.labels[1:]) - sample.labels[1:].count(IGNORE_INDEX)


def why_left_out(sample: Sample, max_seq_len: int) -> Problem:
    """Say why a sample has no target: the limit cut everything that is trained on, or nothing ever was."""
    if sample.cut_tokens:
        num_tokens = len(sample.input_ids) + sample.cut_tokens
        return Problem("data-label-cut", sample.source, {"num_tokens": num_tokens, "max_seq_len": max_seq_len})
    return Problem("data-no-label", sample.source)
