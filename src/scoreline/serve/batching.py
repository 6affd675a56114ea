"""Images that wait together are classified together: a queue, and where its batches are computed."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from scoreline.models import DecodedImage, Explanation, Prediction
from scoreline.serve.model import Loaded

__all__ = ["Answer", "Asked", "Batcher"]


class Asked(BaseModel):
    """What a request wants to know of its images."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    top_k: Annotated[int, Field(ge=1, le=1_000_000, description="Classes an image, the best first")] = 1
    scores: Annotated[bool, Field(description="Answer the score of every class too")] = False
    explain: Annotated[bool, Field(description="Answer what adds to the score of the best class too")] = False


class Answer(NamedTuple):
    """What is known of one image."""

    prediction: Prediction
    explanation: Explanation | None


@dataclass(eq=False)
class _Job:
    """The images of one request, decoded by the classifier that is to classify them."""

    model: Loaded
    images: Sequence[DecodedImage]
    asked: Asked
    answers: asyncio.Future[list[Answer]]


class Batcher:
    """A queue of requests, of which all that wait are classified at once; none waits for company.

    A model that needs less time than handing work to a thread and back is computed by the event loop, after all
    requests that came in the same round of it. Others have one thread, which takes what has come meanwhile. All
    state belongs to the event loop; the thread sees only the jobs of its batch.

    Parameters
    ----------
    observe : callable
        Receives the number of images of each batch.
    """

    def __init__(self, observe: Callable[[int], object]) -> None:
        self._observe = observe
        self._waiting: deque[_Job] = deque()
        self._busy = False
        self._thread = ThreadPoolExecutor(1, "scoreline-classify")

    async def ask(self, model: Loaded, images: Sequence[DecodedImage], asked: Asked) -> list[Answer]:
        """Return the answers for images, once it is their turn."""
        loop = asyncio.get_running_loop()
        job = _Job(model, images, asked, loop.create_future())
        self._waiting.append(job)
        if not self._busy:
            self._busy = True
            loop.call_soon(self._next)
        return await job.answers

    def close(self) -> None:
        """End the thread when it has done its batch."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _next(self) -> None:
        """Classify what waits."""
        batch = self._next_batch()
        self._busy = bool(batch)
        if not batch:
            return
        self._observe(sum(len(job.images) for job in batch))
        if all(job.model.quick and not job.asked.explain for job in batch):
            self._deliver(batch, _answered(batch))
            return
        found = asyncio.get_running_loop().run_in_executor(self._thread, _answered, batch)
        found.add_done_callback(lambda done: self._deliver(batch, done.result()))

    def _deliver(self, batch: Sequence[_Job], found: Sequence[list[Answer] | Exception]) -> None:
        for job, answers in zip(batch, found, strict=True):
            _settle(job.answers, answers)
        asyncio.get_running_loop().call_soon(self._next)

    def _next_batch(self) -> list[_Job]:
        """Take the jobs that are classified next, of one model; those that nobody waits for are dropped."""
        batch: list[_Job] = []
        room = 0
        while self._waiting:
            job = self._waiting[0]
            if job.answers.done():
                self._waiting.popleft()
                continue
            if not batch:
                room = job.model.classifier.most_together
            elif job.model is not batch[0].model or len(job.images) > room:
                break
            room -= len(job.images)
            batch.append(self._waiting.popleft())
        return batch


def _settle(future: asyncio.Future[list[Answer]], answers: list[Answer] | Exception) -> None:
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
    classifier = batch[0].model.classifier
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
    # Regions are covered for one image alone: it takes as long as 17.
    return job.model.classifier.explain(image.pixels, prediction.label, cover=len(job.images) == 1)
