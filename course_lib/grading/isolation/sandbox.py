"""The layers of isolation: a root of its own for the fork server, and a sandbox inside it for each job.

The strongest that the machine allows is taken, each layer is tried before it is relied on, and `layers` says which
are in force. What a layer keeps out:

    files      an own root with Python, the libraries and the lower rungs, read-only; nothing else of the disk
    network    no interface, not even loopback
    processes  the sandbox's processes see and reach only each other, and end with it
    user       one user without rights (not root), without capabilities
    landlock   the same bounds for files once more, also where there is no own root
    session    a session of its own: no terminal, and a signal to its group reaches nobody else
    limits     of memory, time, disk and open files (rlimit), beside a deadline by the clock; memory and computing are
               summed over all processes of a sandbox (see usage)
    seccomp    no calls that make shared memory segments, files of memory or new namespaces
"""

import os
import resource
import signal
import sys
import tempfile
from contextlib import suppress

from . import linux

NOBODY = 65534
INSIDE = 1000                   # the number of the sandbox's user, as it sees itself
DEVICES = "null", "zero", "full", "random", "urandom"
SYSTEM = "/usr", "/lib", "/lib64", "/lib32", "/bin", "/etc/ld.so.cache", "/etc/localtime"
COURSE = "/course"
NICE = 5                        # whoever watches a sandbox goes first
PROCESSES = 16                  # of a sandbox, threads included; without an own root they are counted with the user's
SCRATCH = "/scratch"                # the only folder a job can write to; it is memory, and goes with the sandbox
MEGABYTE = 1 << 20


def works(trial):
    """True where a function runs without an error in a process of its own."""
    child = os.fork()
    if child == 0:
        try:
            trial()
            os._exit(0)
        except BaseException:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def enter(course, python_folders, hidden):
    """Build the fork server's own root around this process and go on inside it, as process 1. Linux only.

    course: folder that holds the course_lib of this chapter   python_folders: what Python needs   hidden: a folder to
    cover, should it lie within one of those   returns: the names of the layers in force; [] where there is no such root
    """
    folders = [path for path in dict.fromkeys([*SYSTEM, *python_folders]) if os.path.lexists(path)]
    links = {path: os.readlink(path) for path in folders if os.path.islink(path)}
    shown = [path for path in (*folders, *(f"/dev/{name}" for name in DEVICES)) if path not in links]
    as_nobody = readable(python_folders)

    def apart(as_root):
        """New namespaces; a user without rights needs one of users to make the others."""
        uid, gid = os.geteuid(), os.getegid()
        spaces = linux.NEWNS | linux.NEWNET | linux.NEWIPC | linux.NEWPID
        linux.unshare(spaces if as_root else spaces | linux.NEWUSER)
        if not as_root:
            linux.map_user(INSIDE, uid, gid)

    def furnish(as_root):
        linux.mount("none", "/", None, linux.REC | linux.PRIVATE)
        linux.mount("tmpfs", "/mnt", "tmpfs", linux.NOSUID | linux.NODEV, "size=1m,mode=755")
        for path, place in [*((path, path) for path in shown), (course, COURSE)]:
            if os.path.exists(path):
                make_place("/mnt" + place, os.path.isdir(path))
                linux.bind_readonly(path, "/mnt" + place)
        for path, target in links.items():
            os.makedirs(os.path.dirname("/mnt" + path), exist_ok=True)
            os.symlink(target, "/mnt" + path)
        if os.path.isdir("/mnt" + hidden):
            linux.mount("tmpfs", "/mnt" + hidden, "tmpfs", linux.NOSUID | linux.NODEV, "size=1m,mode=755")
            for path in [path for path in shown if path.startswith(hidden + "/")]:      # a .venv in the checkout
                make_place("/mnt" + path, os.path.isdir(path))
                linux.bind_readonly(path, "/mnt" + path)
            linux.mount(None, "/mnt" + hidden, None, linux.REMOUNT | linux.BIND | linux.RDONLY)
        for name in ("proc", SCRATCH[1:]):
            os.makedirs(f"/mnt/{name}", exist_ok=True)
        linux.mount("proc", "/mnt/proc", "proc", linux.NOSUID | linux.NODEV | linux.NOEXEC)
        linux.mount("tmpfs", "/mnt" + SCRATCH, "tmpfs", linux.NOSUID | linux.NODEV, "size=1m,mode=1777")
        linux.pivot_root("/mnt")
        linux.mount(None, "/", None, linux.REMOUNT | linux.BIND | linux.RDONLY | linux.NOSUID | linux.NODEV)
        if as_root and as_nobody:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)

    def trial(as_root):
        apart(as_root)
        if not works(lambda: furnish(as_root)):
            raise OSError("no root of its own")

    ways = [as_root for as_root in (True, False) if not as_root or os.geteuid() == 0]
    as_root = next((way for way in ways if works(lambda way=way: trial(way))), None)
    if as_root is None:
        return []
    was_root = os.geteuid() == 0
    apart(as_root)
    child = os.fork()
    if child:
        wait_and_leave(child)
    furnish(as_root)
    os.environ.update(HOME=SCRATCH, TMPDIR=SCRATCH)
    tempfile.tempdir = SCRATCH         # it may have been asked for outside, where it was another
    linux.die_with_parent()        # after the change of user, which would forget it
    linux.dumpable(False)
    user = ["user"] if not was_root or (as_root and as_nobody) else []
    return ["files", "network", "processes", *user]


def make_place(path, folder):
    os.makedirs(path if folder else os.path.dirname(path), exist_ok=True)
    if not folder:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))


def readable(folders):
    """True where everybody may read Python and its libraries: only then can root become nobody."""
    return all(os.stat(path).st_mode & 0o005 == 0o005 for path in folders if os.path.isdir(path))


def wait_and_leave(child):
    """The process outside the new namespaces: it ends as process 1 of them ends, and takes it along."""
    for number in range(3, 256):
        try:
            os.close(number)
        except OSError:
            pass
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os._exit(status if status >= 0 else 1)


def enter_own(layers, scratch):
    """Enter a sandbox, in a process forked for this. Returns the pid of the process within, or 0 in that process.

    layers: those of the fork server (an own root, or []). scratch: the folder to work in where there is no own root
    """
    os.setsid()
    if "files" not in layers:
        child = os.fork()
        if child == 0:
            os.setsid()
            os.chdir(scratch)
        return child
    linux.dumpable(True)
    uid, gid = os.geteuid(), os.getegid()
    linux.unshare(linux.NEWUSER | linux.NEWPID | linux.NEWIPC)
    linux.map_user(INSIDE, uid, gid)
    linux.dumpable(False)
    child = os.fork()
    if child == 0:
        linux.die_with_parent()
        os.setsid()
        linux.unshare(linux.NEWNS)          # here, and not above: the parent keeps its own view of /proc
        linux.mount("tmpfs", SCRATCH, "tmpfs", linux.NOSUID | linux.NODEV, "size=64m,nr_inodes=2000,mode=700")
        linux.mount("proc", "/proc", "proc", linux.NOSUID | linux.NODEV | linux.NOEXEC)
        with suppress(OSError):
            linux.no_more_namespaces()
        os.chdir(SCRATCH)
    return child


def confine(layers, seconds, megabytes, scratch):
    """The last step before a student's code: limits, landlock, no capabilities."""
    vm = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize() if sys.platform == "linux" else 0
    limits = {
        "RLIMIT_AS": vm + megabytes * MEGABYTE if vm else None, "RLIMIT_CPU": int(seconds) + 2,
        "RLIMIT_FSIZE": 32 * MEGABYTE, "RLIMIT_NOFILE": 128, "RLIMIT_CORE": 0,
        "RLIMIT_NPROC": PROCESSES if "files" in layers else 4 * PROCESSES,
    }  # fmt: skip
    if "files" in layers:
        linux.drop_capabilities()
    if "landlock" in layers:
        # the whole of /proc only where it is the sandbox's own: elsewhere it would show the other processes
        proc = ["/proc"] if "files" in layers else ["/proc/cpuinfo", "/sys/devices/system/cpu"]
        places = [*SYSTEM, *sys.path, *python_places(), *(f"/dev/{name}" for name in DEVICES), *proc]
        linux.landlock(places, [scratch])
    os.nice(NICE)
    for name, most in limits.items():
        if most is not None and hasattr(resource, name):
            resource.setrlimit(getattr(resource, name), (most, most))
    if layers:
        linux.no_new_privileges()
        linux.dumpable("files" in layers)       # there nobody else sees it, and its pages can be counted from above
    if "seccomp" in layers:
        linux.refuse_calls()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def python_places():
    """The folders that this Python lives in."""
    return [path for path in dict.fromkeys([sys.prefix, sys.base_prefix, os.path.dirname(os.__file__)]) if path != "/"]


def extra_layers(landlock=True):
    """Layers that need no own root. landlock: whether it may be used"""
    found = ["limits", "session"]
    if landlock and sys.platform == "linux" and linux.landlock_version():
        def trial():
            linux.landlock(["/usr"], [tempfile.gettempdir()])
        found += ["landlock"] if works(trial) else []
    if sys.platform == "linux" and works(linux.refuse_calls):
        found.append("seccomp")
    return found
