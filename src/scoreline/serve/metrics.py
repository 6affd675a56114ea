"""What is counted, in the format of Prometheus."""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

__all__ = ["Metrics"]

#: Seconds, from a small image on an idle machine to the limit of time.
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
IMAGES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """The counters of one server; labels take few values, none of which a client chooses."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        facts: dict[str, Any] = {"namespace": "scoreline", "registry": self.registry}
        self.requests = Counter("requests", "Answered requests", ["route", "status"], **facts)
        self.seconds = Histogram(
            "predict_seconds",
            "Seconds from the head of a request for predictions to the end of its answer",
            buckets=SECONDS,
            **facts,
        )
        self.images = Counter("images", "Images by outcome", ["outcome"], **facts)
        # Labels are looked up once: every answer counts.
        self._classified, self._unreadable = map(self.images.labels, ("classified", "unreadable"))
        self.batches = Histogram(
            "batch_images",
            "Images that were classified together",
            buckets=IMAGES,
            **facts,
        )
        self.waiting = Gauge("queued_images", "Images that are decoded, wait or are classified", **facts)
        self.in_flight = Gauge("requests_in_flight", "Requests without a complete answer", **facts)
        self.reloads = Counter("model_reloads", "Newer models by outcome", ["outcome"], **facts)
        for outcome in ("taken", "refused"):
            self.reloads.labels(outcome)
        self.outdated = Gauge(
            "model_outdated",
            "1 while the folder holds a model that was refused: the one before answers",
            **facts,
        )
        ProcessCollector(registry=self.registry)

    def count_images(self, classified: int, unreadable: int) -> None:
        """Count the images of an answer."""
        self._classified.inc(classified)
        if unreadable:
            self._unreadable.inc(unreadable)

    def text(self) -> bytes:
        """Return all of them."""
        return generate_latest(self.registry)
