"""The engine in numbers, for metrics: ``Engine.statistics`` makes it, the API's ``/metrics`` shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """The engine at one moment. From ``preemptions`` on the numbers only grow.

    Attributes:
        num_running: requests in the batch.
        num_waiting: requests in the queue.
        num_pages: most pages of keys and values there may be.
        num_pages_used: pages that requests and adapters hold.
        num_pages_idle: pages kept for later prompts that begin alike; given up when others need them.
        preemptions: times a running request gave up its pages.
        prefix_cache_queries: prompt tokens of admitted requests.
        prefix_cache_hits: those of them that were found computed.
        prompt_tokens: prompt tokens of requests that got their first token.
        generation_tokens: tokens sampled, stop tokens included.
        finished: requests by finish reason.
        steps: forward passes.
    """

    num_running: int
    num_waiting: int
    num_pages: int
    num_pages_used: int
    num_pages_idle: int
    preemptions: int
    prefix_cache_queries: int
    prefix_cache_hits: int
    prompt_tokens: int
    generation_tokens: int
    finished: dict[str, int]
    steps: int
