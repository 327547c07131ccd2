"""Scheduler: no model here. Requests come, run, are cut short at random; rows, pages and order must hold."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from glmkit.serving.adapters import Adapter
from glmkit.serving.pages import PagePool
from glmkit.serving.params import SamplingParams
from glmkit.serving.request import Request
from glmkit.serving.scheduler import Plan, Scheduler

SIZE = 4
PLAIN = Adapter()


def request_of(prompt: list[int], adapter: Adapter = PLAIN) -> Request:
    return Request(prompt_ids=prompt, params=SamplingParams(), stop_ids=frozenset(), seed=0, adapter=adapter)


def advance(scheduler: Scheduler, token: int = 7) -> Plan:
    """Do what the engine does with a plan, with ``token`` as what the model says."""
    plan = scheduler.schedule()
    for request in plan.failed:
        scheduler.remove(request)
        request.state = "finished"
    for request, num_new in plan.parts:
        request.num_cached += num_new
        scheduler.name_full_pages(request)
        if request.num_pending == 0:
            request.ids.append(token)
    return plan


def scheduler_of(limit: int, *, max_batch: int = 8, budget: int = 64, caching: bool = True) -> Scheduler:
    return Scheduler(PagePool(limit), SIZE, max_batch, budget, prefix_caching=caching)


class Serving(RuleBasedStateMachine):
    """Prompts over two ids, so that many begin alike; a pool small enough for preemption and eviction."""

    @initialize(limit=st.integers(4, 14), max_batch=st.integers(1, 4), budget=st.integers(1, 12), caching=st.booleans())
    def make(self, limit: int, max_batch: int, budget: int, caching: bool) -> None:
        self.scheduler = scheduler_of(limit, max_batch=max_batch, budget=budget, caching=caching)
        self.max_batch, self.budget = max_batch, max(budget, max_batch)
        pages = self.scheduler.pool.allocate(2)
        assert pages is not None
        self.adapters = [Adapter(), Adapter(prefix_len=6, pages=pages[:1], tail_page=pages[1], tail_len=2)]
        self.live: list[Request] = []

    @rule(prompt=st.lists(st.integers(0, 1), min_size=1, max_size=11), adapter=st.integers(0, 1))
    def submit(self, prompt: list[int], adapter: int) -> None:
        request = request_of(prompt, self.adapters[adapter])
        self.scheduler.add(request)
        self.live.append(request)

    @rule(token=st.integers(0, 1))
    def step(self, token: int) -> None:
        before = {request: request.num_cached for request in self.live}
        waiting, running = list(self.scheduler.waiting), list(self.scheduler.running)
        plan = advance(self.scheduler, token)
        assert sum(num_new for _, num_new in plan.parts) <= self.budget
        assert len({request for request, _ in plan.parts}) == len(plan.parts)
        assert len(set(plan.new_pages)) == len(plan.new_pages)
        if self.live:  # somebody comes forward in every step
            assert plan.parts or plan.failed or self.scheduler.counters.preemptions
        for request, num_new in plan.parts:
            assert request in plan.admitted or request.num_cached == before[request] + num_new
        order = [request for request in waiting if request in plan.admitted]
        assert order == plan.admitted
        preempted = [request for request in running if request.state == "waiting"]
        assert preempted == running[len(running) - len(preempted) :], "the youngest go first"
        self.live = [request for request in self.live if request.state != "finished"]
        for request in [request for request in self.live if len(request.ids) >= 6]:
            self.finish(request)

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        self.finish(data.draw(st.sampled_from(self.live)))

    @rule()
    def break_off(self) -> None:
        self.scheduler.preempt_all()
        assert not self.scheduler.running

    def finish(self, request: Request) -> None:
        self.scheduler.remove(request)
        request.state = "finished"
        self.live.remove(request)

    @invariant()
    def pages_and_rows_agree(self) -> None:
        if not hasattr(self, "scheduler"):
            return
        running = self.scheduler.running
        rows = [request.row for request in running]
        assert len(set(rows)) == len(rows) and all(0 <= row < self.max_batch for row in rows)
        held = {page for request in running for page in request.pages} | set(self.adapters[1].all_pages)
        assert self.scheduler.pool.num_used == len(held), "a page has leaked, or is held by nobody"
        for request in running:
            assert len(request.pages) >= self.scheduler.num_pages_for(request, request.num_cached)
            written = request.pages[request.num_named :]
            others = [other for other in running if other is not request]
            assert not set(written) & {page for other in others for page in other.pages}, "a shared page is written"
        assert all(not request.pages and request.row == -1 for request in self.scheduler.waiting)
        assert all(owner in running for owner in self.scheduler._computing.values())

    def teardown(self) -> None:
        for request in list(getattr(self, "live", [])):
            self.finish(request)
        if hasattr(self, "scheduler"):
            assert self.scheduler.pool.num_used == 2
            assert not self.scheduler._computing


TestServing = Serving.TestCase
TestServing.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)


def test_one_token_each_comes_before_prompts_and_prompts_are_cut_to_the_budget() -> None:
    scheduler = scheduler_of(40, budget=8)
    first, second, third = request_of([1, 2, 3]), request_of(list(range(10, 20))), request_of([4])
    scheduler.add(first)
    advance(scheduler)
    scheduler.add(second)
    scheduler.add(third)
    assert [(request, count) for request, count in advance(scheduler).parts] == [(first, 1), (third, 1), (second, 6)]
    assert [(request, count) for request, count in advance(scheduler).parts] == [(first, 1), (third, 1), (second, 4)]


def test_a_request_is_admitted_when_its_pages_and_one_for_every_running_one_are_free() -> None:
    scheduler = scheduler_of(4)
    running, large, small = request_of([1] * 4), request_of([2] * 12), request_of([3])
    scheduler.add(running)
    assert advance(scheduler).admitted == [running]
    scheduler.add(large)
    scheduler.add(small)
    assert advance(scheduler).admitted == []  # first come, first served: the small one does not pass
    scheduler.remove(large)
    assert advance(scheduler).admitted == [small]


def test_the_youngest_gives_its_pages_up_waits_first_in_line_and_is_computed_again() -> None:
    scheduler = scheduler_of(4)
    old, young, new = request_of([1, 1, 1]), request_of([2, 2, 2]), request_of([3])
    for request in (old, young, new):
        scheduler.add(request)
    scheduler.schedule()
    assert scheduler.running == [old, young]
    while young.state == "running":
        advance(scheduler)
    assert list(scheduler.waiting) == [young, new]
    assert (young.num_cached, young.pages, young.num_preemptions) == (0, [], 1)
    assert scheduler.counters.preemptions == 1
    generated = list(young.ids)
    scheduler.remove(old)
    plan = advance(scheduler)
    assert plan.admitted[0] is young
    assert young.ids[:-1] == generated
    assert scheduler.counters.prefix_cache_queries == 6  # a preempted prompt is not counted twice


def test_a_request_that_can_never_run_fails() -> None:
    scheduler = scheduler_of(2)
    huge, small = request_of([1] * 9), request_of([2])
    scheduler.add(huge)
    scheduler.add(small)
    assert advance(scheduler).failed == [huge]
    assert advance(scheduler).admitted == [small]


def test_a_lone_request_that_outgrows_the_pool_fails() -> None:
    scheduler = scheduler_of(1)
    request = request_of([1, 1, 1])
    scheduler.add(request)
    for _ in range(2):
        assert advance(scheduler).failed == []
    assert advance(scheduler).failed == [request]
    assert scheduler.pool.num_used == 0


def test_a_prompt_that_begins_as_an_earlier_one_shares_its_full_pages() -> None:
    scheduler = scheduler_of(20)
    first = request_of([1] * 10)
    scheduler.add(first)
    advance(scheduler)
    same, aligned, parting = request_of([1] * 10), request_of([1] * 8), request_of([1] * 5 + [2] * 5)
    for request in (same, aligned, parting):
        scheduler.add(request)
    plan = advance(scheduler)
    assert [(request.num_cached_prompt_tokens, count) for request, count in plan.parts[1:]] == [(8, 2), (4, 4), (4, 6)]
    assert same.pages[:2] == first.pages[:2]
    assert (scheduler.counters.prefix_cache_queries, scheduler.counters.prefix_cache_hits) == (38, 16)


def test_a_prefix_ends_inside_the_first_page_of_a_text() -> None:
    pool = PagePool(20)
    scheduler = Scheduler(pool, SIZE, 8, 64)
    pages = pool.allocate(2)
    assert pages is not None
    adapter = Adapter(prefix_len=7, pages=pages[:1], tail_page=pages[1], tail_len=3)
    first, second, other = (request_of([1] * 7, each) for each in (adapter, adapter, PLAIN))
    scheduler.add(first)
    plan = advance(scheduler)
    assert plan.copies == [(pages[1], first.pages[0])]
    assert len(first.pages) == 3  # 3 + 7 places
    scheduler.add(second)
    scheduler.add(other)
    plan = advance(scheduler)
    assert second.pages[:2] == first.pages[:2] and second.num_cached_prompt_tokens == 5
    assert plan.copies == []
    assert other.num_cached_prompt_tokens == 0  # another adapter, other keys


def test_a_request_waits_while_another_computes_its_beginning_and_lets_others_pass() -> None:
    scheduler = scheduler_of(40, budget=8)
    first, twin, other = request_of([1] * 20), request_of([1] * 20), request_of([2] * 2)
    for request in (first, twin, other):
        scheduler.add(request)
    assert advance(scheduler).admitted == [first, other]
    advance(scheduler)
    assert twin.state == "waiting"
    while twin.state == "waiting":
        advance(scheduler)
    assert twin.num_cached_prompt_tokens == 16 == len(first.pages[:4]) * SIZE


def test_a_waiting_twin_goes_on_by_itself_when_the_other_is_cancelled() -> None:
    scheduler = scheduler_of(40, budget=8)
    first, twin = request_of([1] * 20), request_of([1] * 20)
    scheduler.add(first)
    scheduler.add(twin)
    advance(scheduler)
    scheduler.remove(first)
    plan = advance(scheduler)
    assert plan.admitted == [twin]
    assert twin.num_cached_prompt_tokens == 8  # what the first had finished


def test_without_prefix_caching_nothing_is_shared() -> None:
    scheduler = scheduler_of(40, caching=False)
    for _ in range(2):
        scheduler.add(request_of([1] * 10))
    assert len(advance(scheduler).admitted) == 2
    assert scheduler.counters.prefix_cache_hits == 0
