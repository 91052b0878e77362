"""What one process does for one trial: build, train, photograph, sample; it never meets a row that it is judged by."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import torch

from genbench.batches import Batches
from genbench.bench import Workbench
from genbench.checkpoints import Checkpoints
from genbench.device import energy, fence, peak_bytes, reset_peak, synchronizer
from genbench.engines.call import PHASE, PHASES, STOP
from genbench.errors import ContractError, HookError, Interrupted
from genbench.hygiene import masked, print_traceback, umask
from genbench.labour import Labour
from genbench.messages import CurveFile, Job, Outcome
from genbench.meter import Meter, worked_off_the_clock
from genbench.observers import Observers
from genbench.overrun import overrun
from genbench.portraits import Portraits
from genbench.record import Mark, Spend
from genbench.snapshots import Album
from genbench.stats.curves import oscillation
from genbench.status import OK, status_of
from genbench.stream import Stream
from genbench.updates import UpdateCounter, parameter_count

if TYPE_CHECKING:
    from collections.abc import MutableSequence

    from genbench.snapshots import Snapshot


class Attempt:
    """One attempt at a trial; `outcome` can tell at any point how far it got."""

    def __init__(self, job: Job, beat: MutableSequence[int]) -> None:
        self.job = job
        self._beat = beat
        self._umask = umask()
        self._labour = Labour(job.trial.threads)
        self._goes_on = False  # somebody works though `train` has returned
        self._album = Album(job.folder / "snapshots", job.earlier and job.earlier / "snapshots")
        self._checkpoints = Checkpoints(job, self._album, torch.device(job.trial.device))
        self._peak_before = 0  # bytes, of earlier attempts
        self._portraits = Portraits(job, self._stop_if_told)
        self._sampling: object = None
        self._spend: Spend | None = None
        self._stream: Stream | None = None

    def run(self) -> Outcome:
        """Build, train and sample; whatever goes wrong becomes the outcome's status."""
        try:
            self._enter("build")
            meter = Meter(synchronizer(torch.device(self.job.trial.device)), labour=self._labour)
            observers = Observers.named(self.job.observers)
            observers.begin(self.job.trial)
            self._checkpoints.take_over()
            self._bench = Workbench(self.job, meter, observers)
            self._joules = energy(self._bench.device)
            self._base = reset_peak(self._bench.device)
            self._stop_if_told()
            model = self._bench.build()
            self._sampling = getattr(model, "sampling", None)
            self._train(model)
            del model
            self._enter("sample")
            return self.outcome(*self._sample_all())
        except Interrupted as stop:
            return self.outcome("INTERRUPTED", str(stop) or self._outlook())
        except Exception as error:
            print_traceback()
            return self.outcome(*self._named(error))

    def _named(self, error: Exception) -> tuple[str, str]:
        """Return status and message; of training, after how much; of a lack of memory, whose and how much was taken."""
        status, message = status_of(error, self.job.folder)
        if status == "FAILED(train)" and self._stream is not None:
            return status, f"{message}, after {self._stream.handed} hand-outs"
        if isinstance(error, FileNotFoundError) and self.job.folder in Path(error.filename or "").parents:
            return "FAILED(contract)", f"{self._culprit}: {error.filename} was deleted while it ran"
        if not status.startswith("OOM"):
            return status, message
        peak = peak_bytes(torch.device(self.job.trial.device))
        return status, f"{self._culprit} {PHASES[self._beat[1]]}: {message}; the peak was {peak / 2**20:.0f} MiB"

    def outcome(self, status: str, message: str | None = None) -> Outcome:
        """Tell what came of it."""
        stream = self._stream
        return Outcome(
            status=status,
            message=message,
            spend=self._spend,
            marks=tuple(snapshot.mark for snapshot in self._album.snapshots),
            samples=tuple(self._portraits.files),
            clamped=self._portraits.clamped,
            digests=self._portraits.digests,
            files=self._write_curves(),
            kept=tuple(stream.kept) if stream else (),
            is_conditional=bool(stream and stream.asked_labels),
            oscillation=self._oscillation(),
            continued=self._checkpoints.continued,
            warnings=self._remarks(),
            sampling=self._sampling if isinstance(self._sampling, str) else None,
        )

    def state_dict(self) -> dict[str, Any]:
        """Return what was drawn and taken up so far, for a checkpoint."""
        return {"joules": self._drawn(), "peak": self._peak()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Count on from what earlier attempts drew and took up; called when the stream stands where theirs did."""
        now, drawn = self._joules(), state["joules"]
        self._joules_before = None if now is None or drawn is None else now - drawn
        self._peak_before = state["peak"]
        reset_peak(self._bench.device)  # what was built is being replaced
        if self._stream is not None and self._stream.ended_at is not None:
            self._enter("return")

    def _train(self, model: Any) -> None:
        """Train under the meter; afterwards the album ends with the photograph to be scored."""
        job, bench = self.job, self._bench
        with UpdateCounter(model) as updates:
            self._updates = updates
            stream = self._stream = Stream(
                bench.feed(),
                bench.meter,
                hand_outs=job.hand_outs,
                seconds=job.trial.budget.amount if job.hand_outs is None else None,
                marks=job.trial.marks,
                photograph=lambda fraction, seconds: self._photograph(model, fraction, seconds),
                fence=fence(bench.device) if bench.device.type != "cpu" else None,
                beat=self._beat,
                keeper=self._checkpoints,
            )
            self._checkpoints.follow(model, stream=stream, updates=updates, attempt=self)
            self._enter("train")
            self._joules_before = self._joules()
            try:
                self._call_train(model, stream)
            finally:
                self._spend = self._charge(model)
                stream.curves.fetch()
        self._checkpoints.finish()
        returned = self._labour.look()
        if not self._spend.overrun.is_late:
            with bench.meter.watched():
                self._photograph(model, 1.0, bench.meter.seconds, name="final")
        self._goes_on = self._labour.goes_on(returned)
        self._spend = self._spend.model_copy(update={"seconds": bench.meter.seconds})

    def _call_train(self, model: Any, stream: Stream) -> None:
        try:
            self._bench.hooks.train(model, Batches(stream))
        except StopIteration as end:
            if stream.ended_at is None and stream.interrupted is None:
                raise HookError("StopIteration before the end", culprit=self._culprit, hook="train") from end
        except Exception:
            if stream.interrupted is None:
                raise
        if stream.interrupted is not None:
            raise stream.interrupted  # `train` swallowed it, or made something else of it

    def _charge(self, model: Any) -> Spend:
        stream, meter = self._stream, self._bench.meter
        assert stream is not None
        budget = self.job.trial.budget.amount if self.job.hand_outs is None else None
        is_whole = stream.ended_at is not None and stream.curves.diverged_at is None
        first = stream.setup_seconds if stream.setup_seconds is not None else stream.ended_at
        return Spend(
            examples=stream.handed * self._bench.task.batch_size,
            steps=stream.handed,
            updates=self._updates.counts,
            seconds=meter.seconds,
            setup_seconds=meter.seconds if first is None else first,
            flops=None,
            parameters=parameter_count(model),
            peak_memory_bytes=self._peak(),
            overrun=overrun(stream, meter.seconds, budget, is_host=self._bench.device.type == "cpu"),
            is_shared=False,
            joules=self._drawn(),
            fraction=1.0 if is_whole else stream.fraction,
        )

    def _photograph(self, model: Any, fraction: float, seconds: float, name: str | None = None) -> None:
        """Keep the state at a mark; the last one taken is the one that is scored."""
        stream = self._stream
        assert stream is not None
        if fraction == 1.0 and name is None:
            self._enter("return")
        mark = Mark(
            fraction=fraction,
            steps=stream.handed,
            seconds=seconds,
            updates=self._updates.counts,
            joules=self._drawn(),
        )
        updates = self._updates.seen
        with masked(self._umask):
            self._album.take(model, mark, f"{name or f'{fraction:.6f}'}.pt")
        if self._updates.seen != updates:
            reason = "`state_dict` updated the model, off the clock; expected a look that changes nothing"
            raise ContractError(reason, culprit=self._culprit)

    def _sample_all(self) -> tuple[str, str | None]:
        """Sample every photograph, the scored one first; return status and message."""
        *earlier, final = self._album.snapshots
        self._portraits.digests["weights"] = self._bench.digest(final.path)
        status, message = self._verdict(final)
        if status != "DIVERGED":
            self._portraits.draw(self._bench, final, tuple(self.job.counts))
        for snapshot in earlier:
            if snapshot.is_finite:
                self._portraits.draw(self._bench, snapshot, ("validation",))
        return status, message

    def _verdict(self, final: Snapshot) -> tuple[str, str | None]:
        """Return status and message of a training that ended by itself."""
        stream, spend = self._stream, self._spend
        assert stream is not None and spend is not None
        if stream.curves.diverged_at is not None:
            return (
                "DIVERGED",
                f"{self._culprit} train: a loss is not finite after {stream.curves.diverged_at} hand-outs",
            )
        lost = next((each.mark for each in self._album.snapshots if not each.is_finite), None)
        if lost is not None:
            return "DIVERGED", f"{self._culprit} train: weights are not finite after {lost.steps} hand-outs"
        if spend.overrun.is_late:
            late = f"`train` returned {spend.overrun.seconds:.3g} s after the end of its budget"
            return "OVER_BUDGET", f"{self._culprit} train: {late}; scored as it was at the end"
        return OK, None

    def _peak(self) -> int:
        """Return the most memory that this and earlier attempts took, in bytes."""
        return max(self._peak_before, peak_bytes(self._bench.device) - self._base)

    def _drawn(self) -> float | None:
        """Return the joules that the device has drawn since `train` was entered, None where it does not count them."""
        now, before = self._joules(), self._joules_before
        return None if now is None or before is None else now - before

    def _oscillation(self) -> dict[str, float]:
        """Return how much each logged loss swings around its trend, where that can be told."""
        curves = self._stream.curves.series() if self._stream else {}
        found = {
            name: oscillation(*zip(*points, strict=True)) for name, points in curves.items() if name.startswith("loss")
        }
        return {name: value for name, value in found.items() if value is not None}

    def _remarks(self) -> tuple[str, ...]:
        remarks = list(self._checkpoints.remarks(is_kept=self._stream.is_kept)) if self._stream else []
        remarks += self._bench.hooks.remarks if hasattr(self, "_bench") else []
        if hasattr(self, "_bench") and self._bench.meter.off_clock:
            remarks.append(worked_off_the_clock(self._bench.meter))
        if self._goes_on:
            remarks.append("goes on working after `train` returned")
        return tuple(remarks + self._portraits.remarks())

    def _outlook(self) -> str:
        stream = self._stream
        return self._checkpoints.outlook(stream.handed if stream else None, is_kept=bool(stream and stream.is_kept))

    def _stop_if_told(self) -> None:
        if self._beat[STOP]:
            raise Interrupted

    def _write_curves(self) -> dict[str, str]:
        curves = self._stream.curves.series() if self._stream else {}
        if not curves:
            return {}
        (self.job.folder / "curves.json").write_text(CurveFile(curves=curves).model_dump_json())
        return {"curves": "curves.json"}

    def _enter(self, phase: Literal["build", "train", "return", "sample"]) -> None:
        self._beat[PHASE] = PHASES.index(phase)

    @property
    def _culprit(self) -> str:
        return self.job.trial.model.culprit


def main(payload: str, beat: MutableSequence[int]) -> str:
    """Run one attempt at a trial in this process; a `Job` in, an `Outcome` out."""
    return Attempt(Job.model_validate_json(payload), beat).run().model_dump_json()
