"""Images that wait together are classified together: a queue, and the one thread that computes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from scoreline.models import DecodedImage, Explanation, ImageClassifier, Prediction

__all__ = ["Answer", "Asked", "Batcher"]


class Asked(NamedTuple):
    """What a request wants to know of its images."""

    top_k: int = 1
    scores: bool = False
    explain: bool = False


class Answer(NamedTuple):
    """What is known of one image."""

    prediction: Prediction
    explanation: Explanation | None


@dataclass(eq=False)
class _Job:
    """The images of one request, decoded by the classifier that is to classify them."""

    classifier: ImageClassifier
    images: Sequence[DecodedImage]
    asked: Asked
    answers: asyncio.Future[list[Answer]]


class Batcher:
    """A queue of requests before one thread.

    The thread takes all that waits when it becomes free, up to what the classifier takes at a time; nothing waits
    for company. All state belongs to the event loop; the thread sees only the jobs of its batch.

    Parameters
    ----------
    observe : callable
        Receives the number of images of each batch.
    """

    def __init__(self, observe: Callable[[int], object]) -> None:
        self._observe = observe
        self._waiting: deque[_Job] = deque()
        self._arrived = asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "scoreline-classify")

    async def ask(self, classifier: ImageClassifier, images: Sequence[DecodedImage], asked: Asked) -> list[Answer]:
        """Return the answers for images, once it is their turn."""
        loop = asyncio.get_running_loop()
        job = _Job(classifier, images, asked, loop.create_future())
        self._waiting.append(job)
        self._arrived.set()
        return await job.answers

    async def run(self) -> None:
        """Work for as long as the server runs."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                while not (batch := self._next_batch()):
                    self._arrived.clear()
                    await self._arrived.wait()
                self._observe(sum(len(job.images) for job in batch))
                found = await loop.run_in_executor(self._thread, _answered, batch)
                for job, answers in zip(batch, found, strict=True):
                    _deliver(job.answers, answers)
        finally:
            self._thread.shutdown(wait=False, cancel_futures=True)

    def _next_batch(self) -> list[_Job]:
        """Take the jobs that are classified next, of one classifier; those that nobody waits for are dropped."""
        batch: list[_Job] = []
        room = 0
        while self._waiting:
            job = self._waiting[0]
            if job.answers.done():
                self._waiting.popleft()
                continue
            if not batch:
                room = job.classifier.most_together
            elif job.classifier is not batch[0].classifier or len(job.images) > room:
                break
            room -= len(job.images)
            batch.append(self._waiting.popleft())
        return batch


def _deliver(future: asyncio.Future[list[Answer]], answers: list[Answer] | Exception) -> None:
    if future.done():  # whoever asked has gone
        return
    if isinstance(answers, Exception):
        future.set_exception(answers)
    else:
        future.set_result(answers)


def _answered(batch: Sequence[_Job]) -> list[list[Answer] | Exception]:
    """Return the answers of each job; where they fail together, each job for itself."""
    try:
        return list(_classified(batch))
    except Exception as error:  # noqa: BLE001 - no request may end another
        return [error] if len(batch) == 1 else [found for job in batch for found in _answered([job])]


def _classified(batch: Sequence[_Job]) -> list[list[Answer]]:
    classifier = batch[0].classifier
    most = max(len(classifier.classes) if job.asked.scores else job.asked.top_k for job in batch)
    predictions = iter(classifier.classify([image for job in batch for image in job.images], most))
    return [
        [
            Answer(prediction, _explained(job, image, prediction))
            for image, prediction in zip(job.images, islice(predictions, len(job.images)), strict=True)
        ]
        for job in batch
    ]


def _explained(job: _Job, image: DecodedImage, prediction: Prediction) -> Explanation | None:
    if not job.asked.explain or image.pixels is None:
        return None
    return job.classifier.explain(image.pixels, prediction.label)
