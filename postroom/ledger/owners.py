"""Owners of leases: a name by which another process can tell that a worker is surely dead."""

from __future__ import annotations

import functools
import os
import socket
from pathlib import Path

_PROC = Path("/proc")


def owner_name(worker: str = "") -> str:
    """Return the name of this process as an owner of leases.

    Args:
        worker: Tells workers of one process apart.
    """
    return "|".join((_machine(), str(os.getpid()), _started(os.getpid()), worker))


def surely_gone(owner: str) -> bool:
    """Return whether the owner ran on this machine and its process has ended; False where that cannot be known."""
    machine, _, rest = owner.partition("|")
    pid, _, rest = rest.partition("|")
    started = rest.partition("|")[0]
    if machine != _machine() or not started or not pid.isdecimal():
        return False
    return _started(int(pid)) != started


def surely_alive(owner: str) -> bool:
    """Return whether the owner is a process of this machine that still exists, working or stopped."""
    return owner.startswith(_machine() + "|") and owner.count("|") == 3 and not surely_gone(owner)


@functools.cache
def _machine() -> str:
    """This boot of this host, and the container's own numbering of processes."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()[:13]
        namespace = (_PROC / "self/ns/pid").readlink().name.strip("pid:[]")
    except OSError:
        boot, namespace = "", ""
    return f"{socket.gethostname()}/{boot}/{namespace}"


def _started(pid: int) -> str:
    """The start time of a process in clock ticks since boot; empty if there is none, or it is only a zombie."""
    try:
        state, *numbers = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if state in "ZX" else numbers[18]
