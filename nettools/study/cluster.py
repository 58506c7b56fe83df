"""Lanes followed on a Dask cluster: legs × groups of configurations, each a task.

Time is path-dependent and stays whole; configurations do not know of each other, so a task
gives what this process would give, to the last bit. What a cluster cannot finish, for instance
because its workers were lost, is followed here: the result is complete or an error is raised.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nettools.errors import InvalidInput
from nettools.model import Leg
from nettools.study.lanes import SEEN, Course, Engine, Lanes, follow_lanes
from nettools.study.panel import Floats

if TYPE_CHECKING:
    from distributed import Client, Future

TASK_SECONDS = 0.04
"""Least work of a task: handing one out takes a cluster about two milliseconds."""
SECONDS_A_CELL = {"numba": 0.35e-9, "numpy": 60e-9}
"""About, for one bar of one lane."""
PATIENCE_SECONDS = 10.0
"""How long a cluster without any worker is waited for."""


class Task(NamedTuple):
    """Some lanes of one leg."""

    leg: Leg
    start: int
    lanes: Lanes


def follow_on(
    client: "Client",
    jobs: Mapping[Leg, tuple[Course, Lanes]],
    engine: Engine,
    done: Callable[[int], object],
) -> dict[Leg, Floats]:
    """Follow every leg's lanes on a cluster.

    Args:
        client: of the cluster.
        jobs: what to follow and how, by leg.
        engine: numpy or numba; the workers need it.
        done: is told how many bars × lanes are done.

    Raises:
        InvalidInput: the client is closed or none of a cluster, or the cluster has no workers.
    """
    if getattr(client, "status", None) != "running":
        raise InvalidInput("client must be a connected distributed.Client; open one")
    seen = {leg: np.zeros((SEEN, len(lanes.deadbands))) for leg, (_, lanes) in jobs.items()}
    tasks = [task for leg, (course, lanes) in jobs.items()
             for task in _cut(leg, course, lanes, engine)]  # fmt: skip
    for task, found in _found(client, jobs, tasks, engine):
        width = found.shape[1]
        seen[task.leg][:, task.start : task.start + width] = found
        done(len(jobs[task.leg][0].net) * width)
    return seen


def _cut(leg: Leg, course: Course, lanes: Lanes, engine: Engine) -> Iterator[Task]:
    """Cut lanes into tasks that are worth handing out, in multiples of eight."""
    of_one_lane = max(len(course.net), 1) * SECONDS_A_CELL[engine]
    width = max(8, -(-int(TASK_SECONDS / of_one_lane + 1) // 8) * 8)
    for start in range(0, len(lanes.deadbands), width):
        yield Task(leg, start, lanes.part(start, start + width))


def _found(
    client: "Client",
    jobs: Mapping[Leg, tuple[Course, Lanes]],
    tasks: list[Task],
    engine: Engine,
) -> Iterator[tuple[Task, Floats]]:
    """Give each task's result as it comes; what fails on the cluster is done here."""
    waiting = _handed_out(client, jobs, tasks, engine)
    while waiting:
        ended = _ended(client, waiting)
        for future in ended or list(waiting):
            task = waiting.pop(future)
            found = future.result() if future.status == "finished" else None
            if found is None:
                future.cancel()  # type: ignore[no-untyped-call]  # distributed has no types
                found = follow_lanes(jobs[task.leg][0], task.lanes, engine)
            yield task, found


def _handed_out(
    client: "Client",
    jobs: Mapping[Leg, tuple[Course, Lanes]],
    tasks: list[Task],
    engine: Engine,
) -> "dict[Future[Any], Task]":
    # Every worker has a copy: when one is lost, the others need not ask this process again.
    try:
        courses = {
            leg: client.scatter(  # type: ignore[no-untyped-call]  # distributed has no types
                course, broadcast=True, hash=False, timeout=PATIENCE_SECONDS
            )
            for leg, (course, _) in jobs.items()
        }
    except TimeoutError:
        raise InvalidInput(
            "the cluster has no workers; start some, or leave client out"
        ) from None
    return {
        client.submit(follow_lanes, courses[task.leg], task.lanes, engine, pure=False): task
        for task in tasks
    }


def _ended(client: "Client", waiting: "Mapping[Future[Any], Task]") -> "list[Future[Any]]":
    """Wait for futures that have ended, well or badly; none when no worker is left."""
    from distributed import wait  # noqa: PLC0415 - an extra

    quiet = 0.0
    while quiet < PATIENCE_SECONDS:
        ended = [future for future in waiting if future.status != "pending"]
        if ended:
            return ended
        try:
            wait(  # type: ignore[no-untyped-call]  # distributed has no types
                list(waiting), timeout=1, return_when="FIRST_COMPLETED"
            )
        except TimeoutError:
            alive = (
                client.status == "running" and client.scheduler_info(n_workers=-1)["workers"]
            )
            quiet = 0.0 if alive else quiet + 1.0
        except Exception as error:  # noqa: BLE001 - cancelled, killed, lost: its status says it
            del error
    return []
