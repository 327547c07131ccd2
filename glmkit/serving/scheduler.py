"""Who runs in a step, with how many tokens, in which pages: admission, chunks of prompts, preemption.

Numbers and lists only. ``Engine`` asks for a ``Plan``, carries it out on the device, and reports what was computed.

- Running requests with one id to compute (decode) come first, then prompts in order of admission, cut to the budget.
- A request is admitted, first come first served, when there is a row for it and pages for everything it has to compute,
  and every running request can still get one page more.
- When a running request finds no page, the one admitted last gives up its pages and waits again (recompute).
- Pages that an earlier request has filled with the same beginning are shared. A request whose beginning another one is
  computing at this moment waits for it, and lets others pass.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from glmkit.serving.pages import PagePool, page_key
from glmkit.serving.request import Request


@dataclass(slots=True)
class Plan:
    """What one step does.

    Attributes:
        parts: who computes how many of its next ids.
        new_pages: handed out in this step; to be cleared first.
        copies: (source, target) pages, to be copied next: the ends of prefixes.
        admitted: requests that got a row.
        failed: requests that can never run: nobody else runs, and still there are no pages.
    """

    parts: list[tuple[Request, int]] = field(default_factory=list)
    new_pages: list[int] = field(default_factory=list)
    copies: list[tuple[int, int]] = field(default_factory=list)
    admitted: list[Request] = field(default_factory=list)
    failed: list[Request] = field(default_factory=list)


@dataclass(slots=True)
class Counters:
    """What has happened since the start.

    Attributes:
        preemptions: times a running request gave up its pages.
        prefix_cache_queries: prompt tokens of admitted requests.
        prefix_cache_hits: those of them that were found computed.
    """

    preemptions: int = 0
    prefix_cache_queries: int = 0
    prefix_cache_hits: int = 0


class Scheduler:
    """The queue and the running batch of one engine.

    Args:
        pool: where pages come from.
        page_size: places of a page.
        max_batch: most requests that run at once.
        max_tokens_per_step: most ids computed in a step.
        prefix_caching: share pages of equal beginnings.
    """

    def __init__(
        self, pool: PagePool, page_size: int, max_batch: int, max_tokens_per_step: int, *, prefix_caching: bool = True
    ) -> None:
        self.pool = pool
        self.page_size = page_size
        self.max_tokens_per_step = max(max_tokens_per_step, max_batch)  # room for everyone's next token
        self.prefix_caching = prefix_caching
        self.waiting: deque[Request] = deque()
        self.running: list[Request] = []  # in order of admission
        self.counters = Counters()
        self._free_rows = list(range(max_batch))[::-1]
        self._computing: dict[bytes, Request] = {}  # key of a page that a running request is about to fill

    def schedule(self) -> Plan:
        """Decide the next step."""
        plan = Plan()
        if self._grow_running(plan):
            self._admit(plan)
        budget = self.max_tokens_per_step
        for request in sorted(self.running, key=lambda request: request.num_pending > 1):
            if request in plan.failed:
                continue
            num_new = min(request.num_pending, budget)
            if num_new:
                plan.parts.append((request, num_new))
                budget -= num_new
        return plan

    def add(self, request: Request) -> None:
        """Put a request at the end of the queue."""
        self.waiting.append(request)

    def remove(self, request: Request) -> None:
        """Take a request out of queue or batch; its pages are free at once, and found again if they were named."""
        if request.state == "running":
            self._stop(request)
        elif request.state == "waiting":
            self.waiting.remove(request)

    def preempt_all(self) -> None:
        """Let every running request begin anew: after a step that was broken off, nobody knows what is in their pages.

        What has been named stays, so little is computed twice.
        """
        for request in self.running[::-1]:
            self._preempt(request)

    def full_pages(self, request: Request) -> list[int]:
        """Return the pages that are full of computed ids and not named yet."""
        num_full = (request.adapter.tail_len + request.num_cached) // self.page_size
        return request.pages[request.num_named : num_full]

    def name_full_pages(self, request: Request) -> None:
        """Put the full pages of a running request, whose numbers are known to be finite, into the prefix cache."""
        pages = self.full_pages(request)
        if not pages or not self.prefix_caching:
            return
        keys = self._keys(request, request.num_named + len(pages))
        for page, key in zip(pages, keys[request.num_named :], strict=True):
            self.pool.name(page, key)
            self._computing.pop(key, None)
        request.num_named += len(pages)

    def num_pages_for(self, request: Request, num_tokens: int) -> int:
        """Return how many pages of its own a request with ``num_tokens`` ids has."""
        return -(-(request.adapter.tail_len + num_tokens) // self.page_size)

    def _grow_running(self, plan: Plan) -> bool:
        """Give every running request the page its next token needs; return whether nobody had to stop for that."""
        before = self.counters.preemptions
        for request in list(self.running):  # oldest first: who is served here is never stopped below
            while request.state == "running":
                needed = self.num_pages_for(request, request.num_tokens) - len(request.pages)
                new = self.pool.allocate(needed) if needed > 0 else []
                if new is not None:
                    request.pages += new
                    plan.new_pages += new
                    break
                if len(self.running) == 1:
                    plan.failed.append(request)
                    return False
                self._preempt(self.running[-1])
        return self.counters.preemptions == before

    def _admit(self, plan: Plan) -> None:
        for request in list(self.waiting):
            if not self._free_rows:
                return
            # The last id is always computed: the token after it is what the request is here for.
            keys = self._keys(request, (request.adapter.tail_len + request.num_tokens - 1) // self.page_size)
            found = self.pool.find(keys) if self.prefix_caching else []
            if any(key in self._computing for key in keys[len(found) : len(found) + 1]):
                continue
            self.pool.share(found)
            needed = self.num_pages_for(request, request.num_tokens) - len(found)
            has_room = self.pool.num_available >= needed + len(self.running)
            new = self.pool.allocate(needed) if has_room else None
            if new is None:
                self.pool.release(found)
                if not self.running:
                    plan.failed.append(request)
                return
            self.waiting.remove(request)
            self._start(request, found, new, keys)
            plan.admitted.append(request)
            plan.new_pages += new
            if request.adapter.tail_page is not None and not found:
                plan.copies.append((request.adapter.tail_page, new[0]))

    def _start(self, request: Request, found: list[int], new: list[int], keys: Sequence[bytes]) -> None:
        request.state = "running"
        request.row = self._free_rows.pop()
        request.pages = found + new
        request.num_named = len(found)
        request.num_cached = max(0, len(found) * self.page_size - request.adapter.tail_len)
        self.running.append(request)
        if self.prefix_caching:
            self._computing.update(dict.fromkeys(keys[len(found) :], request))
        if request.num_preemptions == 0:
            request.num_cached_prompt_tokens = request.num_cached
            self.counters.prefix_cache_queries += len(request.prompt_ids)
            self.counters.prefix_cache_hits += request.num_cached

    def _preempt(self, request: Request) -> None:
        self._stop(request)
        request.state = "waiting"
        request.num_preemptions += 1
        self.waiting.appendleft(request)
        self.counters.preemptions += 1

    def _stop(self, request: Request) -> None:
        self.running.remove(request)
        self.pool.release(request.pages)
        self._free_rows.append(request.row)
        self._computing = {key: owner for key, owner in self._computing.items() if owner is not request}
        request.pages, request.num_named, request.num_cached, request.row = [], 0, 0, -1

    def _keys(self, request: Request, count: int) -> list[bytes]:
        """Return the content keys of the first ``count`` pages, all of them full of ids that are known."""
        keys, tail, size = request.page_keys, request.adapter.tail_len, self.page_size
        if len(keys) < count:
            ids = request.all_ids
            for page in range(len(keys), count):
                first, last = max(0, page * size - tail), (page + 1) * size - tail
                keys.append(page_key(keys[-1] if keys else request.adapter.key, ids[first:last]))
        return keys[:count]
