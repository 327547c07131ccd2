"""PagePool: whatever is asked for in whatever order, every page is in one condition and every content is right."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from glmkit.serving.pages import FIRST_PAGES, PagePool, page_key


class Pool(RuleBasedStateMachine):
    """Users take, share, name and give back pages at random; a plain model keeps count beside the pool."""

    @initialize(limit=st.integers(1, 12), grows=st.booleans())
    def make(self, limit: int, grows: bool) -> None:
        self.pool = PagePool(limit, (lambda wanted: wanted) if grows else None)
        self.holdings: list[list[int]] = []
        self.contents: dict[int, bytes] = {}  # what was last written into a page under a key
        self.next_key = 0

    @property
    def users(self) -> Counter[int]:
        return Counter(page for pages in self.holdings for page in pages)

    @rule(count=st.integers(0, 5))
    def allocate(self, count: int) -> None:
        available = self.pool.num_available
        pages = self.pool.allocate(count)
        if count > available:
            assert pages is None and self.pool.num_available == available
            return
        assert pages is not None and len(set(pages)) == count
        assert not set(pages) & set(self.users)
        for page in pages:
            self.contents.pop(page, None)  # whoever gets a page writes over it
        self.holdings.append(pages)

    @precondition(lambda self: self.holdings)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        self.pool.release(self.holdings.pop(data.draw(st.integers(0, len(self.holdings) - 1))))

    @precondition(lambda self: self.holdings)
    @rule(data=st.data())
    def name(self, data: st.DataObject) -> None:
        pages = [page for page in data.draw(st.sampled_from(self.holdings)) if page not in self.contents]
        for page in pages:
            key = str(self.next_key).encode()
            self.pool.name(page, key)
            self.contents[page] = key
            self.next_key += 1

    @precondition(lambda self: self.contents)
    @rule(data=st.data())
    def find(self, data: st.DataObject) -> None:
        page = data.draw(st.sampled_from(sorted(self.contents)))
        found = self.pool.find([self.contents[page], b"unknown", self.contents[page]])
        assert found == [page]
        self.pool.share(found)
        self.holdings.append(found)

    @rule()
    def nothing_is_lost(self) -> None:
        """Everything that is available can be had, at once, and no more."""
        rest = self.pool.allocate(self.pool.num_available)
        assert rest is not None and len(set(rest)) == len(rest)
        assert set(rest) | set(self.users) == set(range(self.pool.limit))
        assert self.pool.allocate(1) is None
        self.contents = {page: key for page, key in self.contents.items() if page in self.users}
        self.pool.release(rest)

    @invariant()
    def counts_agree(self) -> None:
        if not hasattr(self, "pool"):
            return
        assert self.pool.num_used == len(self.users)
        assert self.pool.num_used + self.pool.num_available == self.pool.limit
        assert self.pool._num_users == self.users
        assert set(self.pool._idle) == set(self.contents) - set(self.users)


TestPool = Pool.TestCase
TestPool.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_the_least_recently_used_content_goes_first_and_ends_before_beginnings() -> None:
    pool = PagePool(4)
    old, new = pool.allocate(2), pool.allocate(2)
    assert old is not None and new is not None
    for pages, keys in ((old, [b"a", b"ab"]), (new, [b"c", b"cd"])):
        for page, key in zip(pages, keys, strict=True):
            pool.name(page, key)
    pool.release(new)
    pool.release(old)
    pool.share(new[:1])  # somebody needs this one again
    pool.release(new[:1])
    known = []
    for _ in range(4):
        known.append([key for key in (b"a", b"ab", b"c", b"cd") if pool.find([key])])
        pool.allocate(1)
    assert known == [[b"a", b"ab", b"c", b"cd"], [b"a", b"ab", b"c"], [b"a", b"c"], [b"c"]]


def test_a_content_that_is_known_keeps_its_page() -> None:
    pool = PagePool(2)
    first, second = pool.allocate(1), pool.allocate(1)
    assert first is not None and second is not None
    pool.name(first[0], b"same")
    pool.name(second[0], b"same")
    assert pool.find([b"same"]) == first
    pool.release(first + second)
    assert pool.num_idle == 1


def test_a_pool_grows_by_doubling_up_to_its_limit_and_uses_every_page_before_it_evicts() -> None:
    sizes: list[int] = []

    def grow(wanted: int) -> int:
        sizes.append(wanted)
        return wanted

    pool = PagePool(3 * FIRST_PAGES, grow)
    for _ in range(3 * FIRST_PAGES):
        pages = pool.allocate(1)
        assert pages is not None
        pool.name(pages[0], str(pages[0]).encode())
        pool.release(pages)
    assert sizes == [FIRST_PAGES, 2 * FIRST_PAGES, 3 * FIRST_PAGES]
    assert pool.num_idle == 3 * FIRST_PAGES


@pytest.mark.parametrize("granted", [0, 5])
def test_where_no_more_memory_can_be_had_the_limit_sinks(granted: int) -> None:
    pool = PagePool(100, lambda wanted: granted)
    assert pool.allocate(6) is None
    assert (pool.limit, pool.num_available) == (granted, granted)
    assert len(pool.allocate(granted) or []) == granted


def test_keys_tell_adapters_ids_and_what_stands_before_apart() -> None:
    chains = [(b"A", [1, 2]), (b"A", [1, 3]), (b"A", [12]), (b"B", [1, 2]), (page_key(b"A", [1]), [2])]
    assert len({page_key(previous, ids) for previous, ids in chains}) == len(chains)
    assert page_key(b"A", [1, 2]) == page_key(b"A", (1, 2))
