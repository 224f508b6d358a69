"""Locks the calling process in before it opens an untrusted file: rlimits, Landlock, seccomp (x86-64, arm64)."""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct
from collections.abc import Iterable

_libc = ctypes.CDLL(None, use_errno=True)

_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP = 1, 4, 38, 22

# -- Landlock (kernel documentation, userspace-api/landlock) ---

_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446  # the same on every architecture
_READ_FILE = 1 << 2
_FS_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # number of file rights by ABI version; later ones add none
_O_PATH = 0o10000000


def landlock_version() -> int:
    """The kernel's Landlock ABI; 0 where it has none."""
    return max(0, int(_libc.syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1))))


def restrict_files(readable: Iterable[str]) -> bool:
    """Leave the process only the reading of `readable`, and no TCP. False where the kernel cannot."""
    version = landlock_version()
    if not version:
        return False
    files = (1 << _FS_RIGHTS.get(version, 16)) - 1
    net = 3 if version >= 4 else 0  # bind, connect
    scope = 3 if version >= 6 else 0  # abstract sockets, signals
    attributes = struct.pack("=QQQ", files, net, scope)
    size = 8 if version < 4 else 16 if version < 6 else 24
    ruleset = _libc.syscall(_LANDLOCK_CREATE, attributes, ctypes.c_size_t(size), ctypes.c_uint32(0))
    if ruleset < 0:
        return False
    for path in readable:
        handle = os.open(path, _O_PATH | os.O_CLOEXEC)
        rule = struct.pack("=Qi", _READ_FILE, handle)
        failed = _libc.syscall(_LANDLOCK_ADD, ruleset, 1, rule, ctypes.c_uint32(0))
        os.close(handle)
        if failed:
            return False
    failed = _libc.syscall(_LANDLOCK_RESTRICT, ruleset, ctypes.c_uint32(0))
    os.close(ruleset)
    return not failed


# -- seccomp ---

# What decoding needs: name → (x86-64, arm64); None where the architecture has no such call.
_ALLOWED = {
    "read": (0, 63), "write": (1, 64), "readv": (19, 65), "writev": (20, 66), "pread64": (17, 67),
    "pwrite64": (18, 68), "lseek": (8, 62), "open": (2, None), "openat": (257, 56), "close": (3, 57),
    "stat": (4, None), "fstat": (5, 80), "lstat": (6, None), "newfstatat": (262, 79), "statx": (332, 291),
    "mmap": (9, 222), "munmap": (11, 215), "mprotect": (10, 226), "mremap": (25, 216), "madvise": (28, 233),
    "brk": (12, 214), "futex": (202, 98), "exit": (60, 93), "exit_group": (231, 94), "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "sigaltstack": (131, 132), "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123), "gettid": (186, 178), "getpid": (39, 172), "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115), "nanosleep": (35, 101), "gettimeofday": (96, 169), "getrandom": (318, 278),
    "poll": (7, None), "ppoll": (271, 73), "select": (23, None), "pselect6": (270, 72),
    "dup": (32, 23), "set_robust_list": (273, 99), "rseq": (334, 293), "getrusage": (98, 165), "sysinfo": (99, 179),
    "uname": (63, 160), "getcwd": (79, 17), "readlink": (89, None), "readlinkat": (267, 78), "membarrier": (324, 283),
    "getuid": (102, 174), "geteuid": (107, 175), "getgid": (104, 176), "getegid": (108, 177), "fadvise64": (221, 223),
    "access": (21, None), "faccessat": (269, 48),
    "getdents64": (217, 61), "restart_syscall": (219, 128),
}  # fmt: skip
_CLONE, _CLONE3, _PRCTL, _TGKILL = (56, 220), (435, 435), (157, 167), (234, 131)
_FCNTL, _PRLIMIT = (72, 25), (302, 261)
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_CLONE_THREAD = 0x00010000
_PR_SET_NAME = 15
_F_SETOWN, _F_SETSIG, _F_SETOWN_EX = 8, 10, 15  # they can have another process signalled

_LOAD, _JUMP_EQUAL, _JUMP_SET, _JUMP_GREATER_EQUAL, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_ERRNO = 0x00050000
_EPERM, _ENOSYS = 1, 38


def restrict_syscalls() -> bool:
    """Leave the process the calls that decoding needs; the others answer EPERM. False where that cannot be had."""
    machine = platform.machine()
    if machine not in _AUDIT_ARCH:
        return False
    program = _filter(machine)
    buffer = ctypes.create_string_buffer(program)
    header = struct.pack("=HxxxxxxQ", len(program) // 8, ctypes.addressof(buffer))
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    return bool(_libc.prctl(_PR_SET_SECCOMP, 2, header, 0, 0) == 0)


def _filter(machine: str) -> bytes:
    """A classic BPF program over struct seccomp_data: nr at 0, arch at 4, arguments from 16 on."""
    column = 0 if machine == "x86_64" else 1
    lines: list[tuple[int, int, int, int]] = [
        (_LOAD, 0, 0, 4),
        (_JUMP_EQUAL, 1, 0, _AUDIT_ARCH[machine]),
        (_RETURN, 0, 0, _KILL),  # 32-bit calls would be numbered otherwise
        (_LOAD, 0, 0, 0),
    ]
    if column == 0:
        lines += [(_JUMP_GREATER_EQUAL, 0, 1, 0x40000000), (_RETURN, 0, 0, _ERRNO | _EPERM)]  # x32
    for numbers in _ALLOWED.values():
        if numbers[column] is not None:
            lines += [(_JUMP_EQUAL, 0, 1, numbers[column]), (_RETURN, 0, 0, _ALLOW)]  # type: ignore[list-item]
    lines += [
        # threads, but no processes
        (_JUMP_EQUAL, 0, 4, _CLONE[column]),
        (_LOAD, 0, 0, 16),
        (_JUMP_SET, 0, 1, _CLONE_THREAD),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _ERRNO | _EPERM),
        # glibc falls back to clone, whose flags can be seen here
        (_JUMP_EQUAL, 0, 1, _CLONE3[column]),
        (_RETURN, 0, 0, _ERRNO | _ENOSYS),
        # a thread may name itself
        (_JUMP_EQUAL, 0, 4, _PRCTL[column]),
        (_LOAD, 0, 0, 16),
        (_JUMP_EQUAL, 0, 1, _PR_SET_NAME),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _ERRNO | _EPERM),
        # handles may be copied and asked about, not made to signal anybody
        (_JUMP_EQUAL, 0, 6, _FCNTL[column]),
        (_LOAD, 0, 0, 24),
        (_JUMP_EQUAL, 3, 0, _F_SETOWN),
        (_JUMP_EQUAL, 2, 0, _F_SETSIG),
        (_JUMP_EQUAL, 1, 0, _F_SETOWN_EX),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _ERRNO | _EPERM),
        # its own limits may be read; nobody's may be set
        (_JUMP_EQUAL, 0, 8, _PRLIMIT[column]),
        (_LOAD, 0, 0, 16),
        (_JUMP_EQUAL, 0, 5, 0),
        (_LOAD, 0, 0, 32),
        (_JUMP_EQUAL, 0, 3, 0),
        (_LOAD, 0, 0, 36),
        (_JUMP_EQUAL, 0, 1, 0),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _ERRNO | _EPERM),
        # abort() signals the process itself
        (_JUMP_EQUAL, 0, 3, _TGKILL[column]),
        (_LOAD, 0, 0, 16),
        (_JUMP_EQUAL, 0, 1, os.getpid()),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _ERRNO | _EPERM),
    ]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


# -- together ---


def die_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, 9, 0, 0, 0)


def set_limits(memory_bytes: int, cpu_seconds: int, file_bytes: int) -> None:
    for what, value in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CPU, cpu_seconds),
        (resource.RLIMIT_FSIZE, file_bytes),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        wanted = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(what, (wanted, wanted))


def confine(readable: Iterable[str]) -> tuple[bool, bool]:
    """From here on only `readable` can be opened, and nothing started, connected or signalled.

    Returns whether the kernel restricts files, and whether it restricts calls.
    """
    _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    return restrict_files(readable), restrict_syscalls()
