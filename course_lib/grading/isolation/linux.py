"""What Linux is asked for directly, because Python has no words for it: namespaces, mounts, landlock, prctl.

Every function raises OSError where the kernel says no. Nothing here imports more than the standard library.
"""

import ctypes
import os
import struct
import sys

NEWNS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x00020000, 0x08000000, 0x10000000, 0x20000000, 0x40000000
RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, BIND, REC, PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
DETACH = 2
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT, PIVOT_ROOT = 444, 445, 446, {"x86_64": 155, "aarch64": 41}
READ_FILE, READ_FOLDER, EXECUTE, WRITE_FILE = 1 << 2, 1 << 3, 1 << 0, 1 << 1
# of each machine: how seccomp calls it, and the calls that make what no limit of a process counts, or new namespaces
REFUSED = {
    "x86_64": (0xC000003E, {"shmget": 29, "msgget": 68, "mq_open": 240, "unshare": 272, "setns": 308,
                            "memfd_create": 319, "userfaultfd": 323, "io_uring_setup": 425, "memfd_secret": 447}),
    "aarch64": (0xC00000B7, {"shmget": 194, "msgget": 186, "mq_open": 180, "unshare": 97, "setns": 268,
                             "memfd_create": 279, "userfaultfd": 282, "io_uring_setup": 425, "memfd_secret": 447}),
}  # fmt: skip
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06          # of BPF, the kernel's filter language
ALLOW, DENY, KILL = 0x7FFF0000, 0x00050001, 0x80000000          # DENY: the call fails with EPERM

libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def call(function, *arguments):
    """A call of the C library that gives -1 on failure."""
    ctypes.set_errno(0)
    result = function(*arguments)
    if result == -1:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def unshare(flags):
    call(libc.unshare, flags)


def namespaces():
    """{name: number} of the namespaces that this process is in; {} where the system has none."""
    try:
        return {name: os.stat(f"/proc/self/ns/{name}").st_ino for name in ("mnt", "net", "pid")}
    except OSError:
        return {}


def mount(source, target, kind=None, flags=0, data=None):
    as_bytes = [None if text is None else os.fsencode(text) for text in (source, target, kind)]
    call(libc.mount, *as_bytes, ctypes.c_ulong(flags), None if data is None else data.encode())


def bind_readonly(source, target):
    """Show a folder or file at another place, so that nobody can write there."""
    mount(source, target, None, BIND | REC)
    mounted = os.statvfs(target).f_flag
    kept = sum(flag for flag in (NOSUID, NODEV, NOEXEC) if mounted & flag)
    kept |= sum(1 << bit for bit in (10, 11, 21) if mounted & {10: 1024, 11: 2048, 21: 4096}[bit])     # the atime modes
    mount(None, target, None, BIND | REMOUNT | RDONLY | kept)


def pivot_root(new):
    """Make `new` the root of everything, and let go of the old one."""
    os.chdir(new)
    call(libc.syscall, ctypes.c_long(PIVOT_ROOT[os.uname().machine]), b".", b".")
    call(libc.umount2, b".", DETACH)
    os.chdir("/")


def map_user(inside, uid, gid):
    """In a fresh user namespace: the one user there is `inside`, and outside it is uid."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"{inside} {uid} 1"), ("gid_map", f"{inside} {gid} 1")):
        opened = os.open(f"/proc/self/{name}", os.O_WRONLY)        # `open` would import a codec, and may no longer
        try:
            os.write(opened, text.encode())
        finally:
            os.close(opened)


def prctl(option, *arguments):
    call(libc.prctl, option, *[ctypes.c_ulong(a) for a in (*arguments, 0, 0, 0, 0)[:4]])


def die_with_parent():
    prctl(1, 9)


def dumpable(allowed):
    """Whether processes of the same user may read this one's memory."""
    prctl(4, int(allowed))


def no_new_privileges():
    prctl(38, 1)


def drop_capabilities():
    """Give up every capability for good, so that nothing can be mounted or undone."""
    for number in range(64):
        try:
            prctl(24, number)
        except OSError:
            break
    header, nothing = struct.pack("<Ii", 0x20080522, 0), bytes(24)
    call(libc.capset, header, nothing)


def no_more_namespaces():
    """In a user namespace of one's own, before its capabilities are dropped: nobody makes a further one in it."""
    opened = os.open("/proc/sys/user/max_user_namespaces", os.O_WRONLY)
    try:
        os.write(opened, b"0")
    finally:
        os.close(opened)


def refuse_calls():
    """From now on the calls in REFUSED fail here, and in whatever this process starts (seccomp)."""
    machine = os.uname().machine
    if machine not in REFUSED:
        raise OSError(f"the numbers of {machine}'s calls are not known here")
    kind, numbers = REFUSED[machine]
    rules = [(LOAD, 0, 0, 4), (EQUAL, 1, 0, kind), (RETURN, 0, 0, KILL), (LOAD, 0, 0, 0)]
    rules += [(AT_LEAST, 0, 1, 1 << 30), (RETURN, 0, 0, DENY)]          # x86's second set of numbers
    for number in numbers.values():
        rules += [(EQUAL, 0, 1, number), (RETURN, 0, 0, DENY)]
    rules.append((RETURN, 0, 0, ALLOW))
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *rule) for rule in rules))
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(rules), ctypes.addressof(program)))
    no_new_privileges()
    prctl(22, 2, ctypes.addressof(header))


def landlock_version():
    try:
        return call(libc.syscall, ctypes.c_long(LANDLOCK_CREATE), None, ctypes.c_size_t(0), ctypes.c_uint(1))
    except OSError:
        return 0


def landlock(readable, writable):
    """From now on this process may read below the paths in `readable`, do anything below `writable`, and no more."""
    version = landlock_version()
    if not version:
        raise OSError("no landlock here")
    files = (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)) - 1
    rules = [files, 3] if version >= 4 else [files]             # and no TCP, in or out
    if version >= 6:
        rules.append(3)                                         # and no signals or abstract sockets to outside
    packed = struct.pack(f"<{len(rules)}Q", *rules)
    ruleset = call(libc.syscall, ctypes.c_long(LANDLOCK_CREATE), packed, ctypes.c_size_t(len(packed)), ctypes.c_uint(0))
    try:
        for paths, allowed in ((readable, READ_FILE | READ_FOLDER | EXECUTE), (writable, files)):
            for path in paths:
                allow(ruleset, path, allowed)
        no_new_privileges()
        call(libc.syscall, ctypes.c_long(LANDLOCK_RESTRICT), ctypes.c_int(ruleset), ctypes.c_uint(0))
    finally:
        os.close(ruleset)


def allow(ruleset, path, allowed):
    if not os.path.exists(path):
        return
    if not os.path.isdir(path):
        allowed &= READ_FILE | WRITE_FILE | EXECUTE
        if path.startswith("/dev/"):
            allowed |= WRITE_FILE
    opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = struct.pack("<Qi", allowed, opened)
        call(libc.syscall, ctypes.c_long(LANDLOCK_ADD), ctypes.c_int(ruleset), ctypes.c_int(1), rule, ctypes.c_uint(0))
    finally:
        os.close(opened)
