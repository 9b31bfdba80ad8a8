"""A process that books through the API at the same moment as others; one round for each line on its standard input.

    python -m tests.hub.bookings.many_posts DATABASE_URL NOW_US THREADS TOKEN…

A line is JSON: a list of bodies. The answer is a line of JSON: [status, code, body] for each. It ends with its input.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from hub import desks
from hub.bootstrap import live_queries
from hub.storage.engine import make_engine
from hub.storage.unit_of_work import UnitFactory
from hub.wakeups import SpaceBells
from hub.web.app import close_streams, create_app


class _Clock:
    def __init__(self, now_us: int) -> None:
        self._now_us = now_us

    def now_us(self) -> int:
        return self._now_us


def main(database_url: str, now_us: int, threads: int, tokens: list[str]) -> None:
    """Serve rounds until the input ends."""
    engine = make_engine(database_url)
    database, clock = UnitFactory(engine), _Clock(now_us)
    app = create_app(
        live=live_queries(database), wakeups=SpaceBells(), clock=clock, access=desks.access(database, clock)
    )

    def post(job: tuple[int, Any]) -> tuple[int, str, Any]:
        number, body = job
        headers = {"Authorization": f"Bearer {tokens[number % len(tokens)]}"}
        answer = app.test_client().post("/api/v1/bookings", json=body, headers=headers)
        return answer.status_code, (answer.json or {}).get("code", ""), body

    with ThreadPoolExecutor(threads) as pool:
        # The first request of a process is slow: it is made before anybody counts.
        app.test_client().get("/api/v1/spaces")
        _say("ready")
        for line in sys.stdin:
            _say(json.dumps(list(pool.map(post, enumerate(json.loads(line))))))
    close_streams(app)
    engine.dispose()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
