# SPDX-License-Identifier: MIT
"""Namespaces of our own: a network that a test may cut, mounts that nobody else sees.

The calling process stays in them to its end, so a file of tests that enters
some has a process to itself. It takes root, or a kernel that lets everybody be
root in a user namespace; where neither is given, the test says so and is skipped.
"""

import ctypes
import errno
import os
import unittest

MOUNTS, NETWORK = 0x00020000, 0x40000000
_USER = 0x10000000
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000
_MNT_DETACH = 2

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result, what):
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


def unshare(kinds):
    _check(_libc.unshare(kinds), "unshare")


def _write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def _become_root(kinds):
    uid, gid = os.getuid(), os.getgid()
    unshare(kinds | _USER)
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"0 {uid} 1")
    _write("/proc/self/gid_map", f"0 {gid} 1")


def enter(kinds):
    """Moves this process into namespaces of its own."""
    try:
        try:
            unshare(kinds)
        except PermissionError:
            _become_root(kinds)
    except OSError as error:
        raise unittest.SkipTest(f"no namespaces of our own: {error}") from error


def mount_memory(path, size):
    """A file system of `size` bytes at `path`, in this process's own mounts; where not allowed the test is skipped."""
    _mount(b"tmpfs", path, b"tmpfs", 0, b"size=%d,mode=0700" % size)


def mount_file(source, path):
    """The file `source` in the place of the one at `path`, for this process and those it starts; or skipped."""
    _mount(os.fsencode(source), path, None, _MS_BIND, None)


def _mount(source, path, kind, flags, options):
    try:
        _check(_libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None), "making mounts private")
        _check(_libc.mount(source, os.fsencode(path), kind, flags, options), f"mounting {path}")
    except OSError as error:
        # EINVAL: in a chroot whose root is no mount point, nothing can be made private.
        if error.errno not in (errno.EPERM, errno.EACCES, errno.ENODEV, errno.EINVAL):
            raise
        raise unittest.SkipTest(f"no file system of our own: {error}") from error


def unmount(path):
    _check(_libc.umount2(os.fsencode(path), _MNT_DETACH), f"unmounting {path}")
