"""What starts in a worker process that no fork server has made: its own stdin and stdout are the channel."""

import importlib
import os
import sys

from .protocol import pack


def main(said):
    """Work in a process of its own. said: {"worker": a module, "scratch": a folder, "confine": megabytes}"""
    inward, outward = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):            # whatever the student's code prints is no message
        os.dup2(null, number)
    if sys.platform == "win32":
        import msvcrt
        for number in (inward, outward):
            msvcrt.setmode(number, os.O_BINARY)
    layers, spaces = [], {}
    if said.get("confine"):             # in a container: Linux
        from . import linux, sandbox
        if os.getsid(0) != os.getpid():
            os.setsid()
        layers, spaces = sandbox.extra_layers(), linux.namespaces()
    work = importlib.import_module(said["worker"]).work
    os.write(outward, pack(["ready", layers, spaces]))
    os.chdir(said["scratch"])
    work(inward, outward, lambda: layers and sandbox.confine(layers, 600, said["confine"], said["scratch"]))
    os._exit(0)
