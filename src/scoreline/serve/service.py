"""From the images of a request to their answers: threads that decode, the queue, and the model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

from scoreline.data.images import pillow_warnings_ignored
from scoreline.kernels.threads import one_blas_thread
from scoreline.models import DecodedImage, ImageClassifier
from scoreline.serve.batching import Answer, Asked, Batcher
from scoreline.serve.metrics import Metrics
from scoreline.serve.model import ServedModel
from scoreline.web.limits import Limits, RefusedError, Room

__all__ = ["Service"]

#: Images, bytes of each and pixels that are decoded by the event loop, in less time than it takes to hand them to
#: a thread and back.
_AT_ONCE, _FEW_BYTES, _FEW_PIXELS = 4, 1 << 15, 1 << 14


class Service:
    """Predictions for requests: images are decoded by several threads and classified by one, in batches.

    Parameters
    ----------
    model : ServedModel
    limits : Limits
    workers : int
        Threads that decode images.
    """

    def __init__(self, model: ServedModel, limits: Limits, workers: int) -> None:
        self.model, self.limits, self.workers = model, limits, workers
        self.metrics = Metrics()
        self.requests = Room(limits.requests, "requests")
        self.bodies = Room(limits.held_bytes, "bytes of requests")
        self.images = Room(limits.queued_images, "images")
        #: Whether the server is about to end: what comes is still answered, but others should be asked.
        self.draining = False
        self.metrics.waiting.set_function(lambda: self.images.taken)
        self.metrics.outdated.set_function(lambda: bool(model.refused))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Let it answer for the duration of the context."""
        self._batcher = Batcher(self.metrics.batches.observe)
        # Threads of BLAS would wait for one another beside those that decode, and beside the event loop.
        with (
            one_blas_thread(),
            pillow_warnings_ignored(),
            ThreadPoolExecutor(self.workers, "scoreline-decode") as self._decoders,
        ):
            watching = asyncio.create_task(self.model.watch(self._reloaded))
            try:
                yield
            finally:
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)
                self._batcher.close()

    def _reloaded(self, outcome: str) -> None:
        self.metrics.reloads.labels(outcome).inc()

    async def answer(self, images: Sequence[bytes], asked: Asked) -> list[Answer]:
        """Return the answers for images; one that cannot be used has a prediction with a problem.

        Raises
        ------
        RefusedError
            `top_k` is not between 1 and the number of classes (422), too many images wait (429), or there was no
            answer in time (503).
        """
        model = self.model.now
        classifier = model.classifier
        if asked.top_k > len(classifier.classes):
            raise RefusedError(
                422,
                f"top_k is {asked.top_k}",
                allowed=f"1 to {len(classifier.classes)}, the number of classes",
                fix="change top_k",
            )
        with self.images.hold(len(images)):
            try:
                async with asyncio.timeout(self.limits.answer_seconds):
                    decoded = _decoded_at_once(classifier, images)
                    if decoded is None:
                        decoded = await asyncio.get_running_loop().run_in_executor(
                            self._decoders, _decoded, classifier, images
                        )
                    answers = await self._batcher.ask(model, decoded, asked)
            except TimeoutError:
                raise RefusedError(
                    503,
                    f"There was no answer within {self.limits.answer_seconds:g} seconds",
                    allowed="what the server can do in that time",
                    fix="send the request again later, with fewer images",
                    retry_after=10,
                ) from None
        unreadable = sum(bool(answer.prediction.problem) for answer in answers)
        self.metrics.count_images(len(answers) - unreadable, unreadable)
        return answers


def _decoded(classifier: ImageClassifier, images: Sequence[bytes]) -> list[DecodedImage]:
    return [classifier.decode(image, place) for place, image in enumerate(images)]


def _decoded_at_once(classifier: ImageClassifier, images: Sequence[bytes]) -> list[DecodedImage] | None:
    """Return few small JPEG files of the model's size, decoded; None where there are others."""
    if len(images) > _AT_ONCE or any(len(image) > _FEW_BYTES for image in images):
        return None
    found = []
    for place, image in enumerate(images):
        decoded = classifier.decode_plain(image, place, max_pixels=_FEW_PIXELS)
        if decoded is None:
            return None
        found.append(decoded)
    return found
