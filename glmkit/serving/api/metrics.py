"""What /metrics tells, under vLLM's names, so that dashboards made for it work.

``Metrics.observer`` goes to the engine's loop; ``render`` is the page. Each app has a registry of its own.
"""

from __future__ import annotations

import time
from collections.abc import Collection

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from glmkit.serving.api.tickets import Observer, Ticket
from glmkit.serving.statistics import Statistics

SHORT_S = (0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0, 20.0, 40.0, 80.0)
LONG_S = (0.05, 0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0, 120.0, 240.0, 480.0)
MODEL = ("model_name",)


class Metrics:
    """Counters and histograms of one server."""

    def __init__(self, model: str) -> None:
        self.registry = registry = CollectorRegistry()
        self._model = model

        def gauge(name: str, text: str) -> Gauge:
            return Gauge(f"vllm:{name}", text, MODEL, registry=registry)

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"vllm:{name}", text, (*MODEL, *labels), registry=registry)

        def histogram(name: str, text: str, buckets: tuple[float, ...]) -> Histogram:
            return Histogram(f"vllm:{name}", text, MODEL, registry=registry, buckets=buckets)

        self._running = gauge("num_requests_running", "Requests the engine is running.")
        self._waiting = gauge("num_requests_waiting", "Requests that wait for the engine.")
        self._used = gauge("kv_cache_usage_perc", "Share of the cache's pages in use, 0 to 1.")
        self._of_engine = (
            (counter("prefix_cache_queries", "Prompt tokens looked up in the prefix cache."), "prefix_cache_queries"),
            (counter("prefix_cache_hits", "Prompt tokens found there."), "prefix_cache_hits"),
            (counter("num_preemptions", "Times a running request gave up its pages."), "preemptions"),
        )
        self._before: Statistics | None = None
        self._prompt = counter("prompt_tokens", "Prompt tokens processed.")
        self._generation = counter("generation_tokens", "Tokens generated.")
        self._success = counter("request_success", "Requests that have ended.", "finished_reason")
        self._rejections = counter("admission_rejections", "Requests that were not admitted.", "reason")
        self._first = histogram("time_to_first_token_seconds", "From the request to its first token.", SHORT_S)
        self._inter = histogram("inter_token_latency_seconds", "Between two tokens of a request.", SHORT_S)
        self._per_token = histogram(
            "request_time_per_output_token_seconds", "A request's time for each token but the first.", SHORT_S
        )
        self._queue = histogram("request_queue_time_seconds", "From the request to its first step.", LONG_S)
        self._e2e = histogram("e2e_request_latency_seconds", "From the request to its end.", LONG_S)
        self._deaths = Counter("glmkit:engine_deaths", "Times the engine has failed.", MODEL, registry=registry)
        self._deaths.labels(model)
        self._missing = Gauge(
            "glmkit:adapter_unavailable", "Adapters that the engine came up without.", MODEL, registry=registry
        )
        for shown in (self._running, self._waiting, self._used):
            shown.labels(model).set(0)
        self.observer = Observer(
            tokens=self._tokens,
            finished=self._finished,
            stepped=self._stepped,
            died=self._died,
            unavailable=self._unavailable,
            rejected=self._rejected,
        )

    def render(self) -> bytes:
        """Return the page in Prometheus' text format."""
        return generate_latest(self.registry)

    def _tokens(self, ticket: Ticket, count: int) -> None:
        now = time.monotonic()
        if ticket.last_token_at is None:
            self._first.labels(ticket.model).observe(now - ticket.submitted_at)
            self._prompt.labels(ticket.model).inc(len(ticket.prompt_ids))
        else:
            self._inter.labels(ticket.model).observe((now - ticket.last_token_at) / count)
        self._generation.labels(ticket.model).inc(count)

    def _finished(self, ticket: Ticket) -> None:
        now = time.monotonic()
        reason = {"cancelled": "abort"}.get(ticket.finish_reason or "", ticket.finish_reason or "")
        self._success.labels(ticket.model, reason).inc()
        self._e2e.labels(ticket.model).observe(now - ticket.submitted_at)
        if ticket.started_at is not None:
            self._queue.labels(ticket.model).observe(max(0.0, ticket.started_at - ticket.submitted_at))
        if ticket.first_token_at is not None and ticket.num_tokens > 1:
            self._per_token.labels(ticket.model).observe((now - ticket.first_token_at) / (ticket.num_tokens - 1))

    def _stepped(self, now: Statistics) -> None:
        used = now.num_pages_used / now.num_pages
        for gauge, value in ((self._running, now.num_running), (self._waiting, now.num_waiting), (self._used, used)):
            gauge.labels(self._model).set(value)
        for counter, name in self._of_engine:
            counter.labels(self._model).inc(getattr(now, name) - (getattr(self._before, name) if self._before else 0))
        self._before = now

    def _died(self) -> None:
        self._deaths.labels(self._model).inc()
        self._before = None  # another engine counts from 0
        for shown in (self._running, self._waiting, self._used):
            shown.labels(self._model).set(0)

    def _unavailable(self, names: Collection[str]) -> None:
        self._missing.clear()
        for name in names:
            self._missing.labels(name).set(1)

    def _rejected(self, reason: str) -> None:
        self._rejections.labels(self._model, reason).inc()
