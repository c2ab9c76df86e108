"""The folders that JupyterLab writes to: the user's own, or temporary ones in place of those that cannot be written.

In a container, in a computing centre or on a full disk the home folder may be read-only, or there may be none.
"""

import os
import tempfile
from contextlib import contextmanager, nullcontext
from pathlib import Path


@contextmanager
def lab_environment():
    """What JupyterLab is started with, {variable: value}; its temporary folders are gone at the end.

    This environment's kernels come before those in the user's own folder.
    """
    blocked = unwritable()
    temporary = tempfile.TemporaryDirectory(prefix="course-lab-", ignore_cleanup_errors=True)
    with temporary if blocked else nullcontext() as spare:
        instead = {name: os.path.join(spare, name) for name in blocked}
        for folder in instead.values():
            os.mkdir(folder, mode=0o700)
        yield {**os.environ, "JUPYTER_PREFER_ENV_PATH": "1", **instead}


def unwritable():
    """{variable: folder} of what JupyterLab writes to and cannot; {"HOME": "…"} where there is no home folder at all.

    The variable is the one that names another folder in its place.
    """
    try:
        home = Path.home()
    except RuntimeError:        # HOME is not set, and the user id has no entry that would say
        return {"HOME": "the home folder (HOME is not set, and this user id has no name)"}
    from jupyter_core import paths

    folders = {"JUPYTER_RUNTIME_DIR": paths.jupyter_runtime_dir(), "JUPYTER_CONFIG_DIR": paths.jupyter_config_dir(),
               "JUPYTER_DATA_DIR": paths.jupyter_data_dir(),
               "IPYTHONDIR": os.environ.get("IPYTHONDIR", home / ".ipython")}
    return {name: str(folder) for name, folder in folders.items() if not takes_a_file(Path(folder))}


def takes_a_file(folder):
    """True where a file can be written in a folder, or in the nearest one above it where it is not there yet."""
    try:
        while not folder.exists():
            folder = folder.parent
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"JupyterLab writes more than this.")
        return True
    except OSError:
        return False
