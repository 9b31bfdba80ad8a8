"""Many viewers of one live page, in a process of their own: they note when each change of a desk reaches them.

Times are of the monotonic clock, which all processes of a machine share.
"""

import argparse
import asyncio
import json
import sys
import time
from typing import Any
from urllib.parse import urlsplit


async def watch(url: str, seen: list[tuple[int, str, str]], ready: asyncio.Semaphore) -> None:
    """Read one stream until cancelled; append (nanoseconds, desk, state) for each desk that a frame changes."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    request = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: text/event-stream\r\n\r\n"
    writer.write(request.encode("ascii"))
    await writer.drain()
    desks: dict[str, str] = {}
    event = b""
    try:
        while line := await reader.readline():
            if line.startswith(b"event: "):
                event = line[7:].strip()
            elif line.startswith(b"data: ") and event == b"occupancy":
                now_ns = time.monotonic_ns()
                view: dict[str, Any] = json.loads(line[6:])["view"]
                states = {desk["id"]: desk["state"] for desk in view["desks"]}
                if not desks:
                    ready.release()
                else:
                    seen.extend(
                        (now_ns, desk, state) for desk, state in states.items() if desks.get(desk) != state
                    )
                desks = states
    finally:
        writer.close()


async def run(url: str, count: int, seconds: float) -> list[tuple[int, str, str]]:
    """Let `count` viewers watch; say `ready` on standard error once all have their first frame."""
    seen: list[tuple[int, str, str]] = []
    ready = asyncio.Semaphore(0)
    viewers = [asyncio.create_task(watch(url, seen, ready)) for _ in range(count)]
    for _ in range(count):
        await asyncio.wait_for(ready.acquire(), 60)
    print("ready", file=sys.stderr, flush=True)
    await asyncio.sleep(seconds)
    broken = sum(viewer.done() for viewer in viewers)
    for viewer in viewers:
        viewer.cancel()
    await asyncio.gather(*viewers, return_exceptions=True)
    if broken:
        raise SystemExit(f"{broken} of {count} viewers lost their stream")
    return seen


def main() -> None:
    """Watch and print what was seen as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=20)
    arguments = parser.parse_args()
    json.dump(asyncio.run(run(arguments.url, arguments.count, arguments.seconds)), sys.stdout)


if __name__ == "__main__":
    main()
