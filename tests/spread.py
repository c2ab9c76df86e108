"""A plugin of pytest for `course test`: in which order its workers take the tests, and what stays with one of them."""

from collections import Counter

import pytest


def pytest_collection_modifyitems(items):
    """The files with the most slow tests first, then the longest: at the end no worker waits long for another."""
    tests = Counter(item.path for item in items)
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: (-slow[item.path], -tests[item.path]))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadFileScheduling

    class Spread(LoadFileScheduling):
        def _split_scope(self, nodeid):
            return unit(nodeid)

    config.option.loadscopereorder = False      # xdist knows only how many tests there are, not which are slow
    return Spread(config, log)


def unit(nodeid):
    """What stays with one worker: a file; of test_exercises.py, by far the longest, what is asked of one chapter."""
    file, _, test = nodeid.partition("::")
    if file.endswith("test_exercises.py"):
        return f"{file} {test.partition('[')[2].partition('.')[0].rstrip(']')}"
    return file
