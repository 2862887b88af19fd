"""CPU-bound and waiting work for CPython, under several models.

    work.py cpu MODEL WORKERS ITEMS
    work.py wait MODEL WORKERS SECONDS
    work.py version (of the build without the lock)

It speaks version 1 of forklore's protocol: it says ready, does its work for
every line go, says the result, and ends with its standard input.
"""

import asyncio
import os
import shutil
import sys
import time
from multiprocessing import Pool
from multiprocessing.pool import ThreadPool

WAIT_S = 0.005  # what another machine takes to answer


def without_lock():
    """Makes sure that this is a build without the global interpreter lock."""
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        return
    for name in ("python3.14t", "python3.13t", "python3.13-nogil"):
        path = shutil.which(name)
        if path:
            os.execv(path, [path, "-X", "gil=0"] + sys.argv)
    print("skip no CPython without the global interpreter lock (python3.14t, python3.13t) was found", flush=True)
    sys.exit()


def cpu(part):
    """Items [lo, hi): each is 256 steps of a linear congruential generator."""
    lo, hi = part
    total = 0
    for x in range(lo, hi):
        for _ in range(256):
            x = (x * 1103515245 + 12345) & 0x7FFFFFFF
        total += x
    return hi - lo, total


def wait(seconds):
    """As many items as fit into the time: each only waits."""
    items, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(WAIT_S)
        items += 1
    return items, 0


async def wait_async(seconds):
    items, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        await asyncio.sleep(WAIT_S)
        items += 1
    return items, 0


async def tasks(seconds, workers):
    return await asyncio.gather(*(wait_async(seconds) for _ in range(workers)))


def equal_parts(items, workers):
    return [(items * w // workers, items * (w + 1) // workers) for w in range(workers)]


def main():
    if sys.argv[1:] == ["version"]:
        without_lock()
        print("Python", sys.version)
        return
    kind, model, workers, amount = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
    if model.startswith("free-"):
        without_lock()
    work, parts = (cpu, equal_parts(int(amount), workers)) if kind == "cpu" else (wait, [float(amount)] * workers)
    begin, pool = time.perf_counter(), None
    if model == "processes":
        pool = Pool(workers)
    elif model in ("threads", "free-threads"):
        pool = ThreadPool(workers)
    if pool:
        pool.map(int, range(workers), chunksize=1)  # they are there and answer
    start_s = time.perf_counter() - begin
    print("ready", flush=True)
    for _ in sys.stdin:
        if model == "coroutines":
            done = asyncio.run(tasks(parts[0], workers))
        elif pool:
            done = pool.map(work, parts, chunksize=1)
        else:
            done = [work(p) for p in parts]
        items, total = sum(d[0] for d in done), sum(d[1] for d in done)
        print(f"result items={items} sum={total} start_s={start_s:.9f}", flush=True)


if __name__ == "__main__":
    main()
