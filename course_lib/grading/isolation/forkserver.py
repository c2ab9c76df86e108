"""The warm parent of all workers: it has imported torch once, computes nothing, and forks a worker for each job.

It never sees a job: it is handed a socket, and the worker reads the job from that. So nothing of one submission is left
in it for the next one.
"""

import gc
import importlib
import json
import os
import signal
import socket
import sys
import time

from . import linux, sandbox, usage


def main():
    """Serve until the judge hangs up. The only argument: JSON with the folders and the socket's number."""
    said = json.loads(sys.argv[1])
    os.umask(0o022)         # the own root's folders are for whichever user its processes become
    control = socket.socket(fileno=said["control"])
    layers = []
    if "limits" in said["tried"]:
        layers += sandbox.extra_layers("landlock" in said["tried"])
    if "namespaces" in said["tried"]:
        layers += sandbox.enter(said["course"], said["python"], said["hidden"])
    if "files" in layers:
        sys.path[:] = [sandbox.COURSE, *(path for path in sys.path if path != said["course"])]
        for name in [name for name in sys.modules if name.split(".")[0] == "course_lib"]:
            del sys.modules[name]
        importlib.invalidate_caches()
    if sys.platform == "linux":
        linux.dumpable(False)
    work = importlib.import_module(said["worker"]).work
    for module in said["warm"]:
        importlib.import_module(module)
    warm_up()
    gc.collect()
    gc.freeze()
    send(control, {"layers": layers, "pid": os.getpid()})
    while True:
        message, fds, _, _ = socket.recv_fds(control, 65536, 1)
        if not message:
            os._exit(0)
        job, (listen, report) = socket.socket(fileno=fds[0]), os.pipe()
        attendant = os.fork()
        if attendant == 0:
            control.detach()
            attend(report, job, json.loads(message), layers, work)
        job.close()
        os.close(report)
        status = os.waitstatus_to_exitcode(os.waitpid(attendant, 0)[1])     # only now is nothing left of the job
        said = os.read(listen, 65536)
        os.close(listen)
        send(control, json.loads(said) if said else
             {"exit": None, "trouble": f"the worker could not be made ({status})"})


def warm_up():
    """Import what torch imports late. Tensors on `meta` have no numbers: nothing is computed, no thread starts."""
    import numpy.random  # noqa: F401
    import torch._dynamo  # noqa: F401  (some functions on `meta` want it)
    import torch.optim
    import torch.utils._device  # noqa: F401

    torch.set_num_threads(1)
    nothing = torch.empty(3, 3, device="meta")
    (nothing @ nothing).softmax(-1)


def send(control, said):
    control.sendall(json.dumps(said).encode("ascii") + b"\n")


def attend(report, job, said, layers, work):
    """In a process of its own: make the sandbox, wait for its end, its deadline or its limit, and say which it was."""
    try:
        if "files" not in layers:
            linux.prctl(36, 1)             # orphans become children of this process, and are found
        scratch = sandbox.SCRATCH if "files" in layers else said["scratch"]
        child = sandbox.enter_own(layers, scratch)
        if child == 0:
            live(job, said, layers, scratch, work)
        used = usage.attend(child, usage.Bounds(said["seconds"], said["megabytes"]))
        status = os.waitpid(child, 0)[1]
        sweep()
        ending = {"exit": os.waitstatus_to_exitcode(status), **used}
        os.write(report, json.dumps(ending).encode("ascii"))
        os._exit(0)
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(1)


def live(job, said, layers, scratch, work):
    """In the sandbox: keep the job's socket and nothing else, take up the limits, and work."""
    try:
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
        os.dup2(job.fileno(), 3)
        job.detach()
        os.closerange(4, 4096)
        os.environ.update(HOME=scratch, TMPDIR=scratch)
        work(3, 3, lambda: sandbox.confine(layers, said["seconds"], said["megabytes"], scratch))
        os._exit(0)
    except BaseException:
        os._exit(70)


def sweep():
    """End whatever the worker left behind: without a pid namespace orphans have become this process's children."""
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0]:
                continue
        except ChildProcessError:
            return
        me, found = os.getpid(), []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{name}/stat", encoding="ascii", errors="replace") as file:
                    if int(file.read().rpartition(")")[2].split()[1]) == me:
                        found.append(int(name))
            except (OSError, IndexError, ValueError):
                continue
        for pid in found:
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.002)
