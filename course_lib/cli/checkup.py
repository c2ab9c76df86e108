"""`course doctor`: look at everything the course stands on, say what is wrong and how to mend it."""

import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from .folders import lab_environment, takes_a_file, unwritable

ROOT = Path(__file__).resolve().parents[2]
INSTALL = f'"{sys.executable}" -m pip install -r requirements.txt'


@dataclass(frozen=True)
class Finding:
    """What a check saw. `mend` says what to do: with it the finding is `wrong`, or only a `note` if one can go on."""

    name: str
    says: str
    mend: str = ""
    note: bool = False

    @property
    def wrong(self) -> bool:
        return bool(self.mend) and not self.note


def examine(say=print) -> int:
    """Make every check and print a line for each with `say`. Returns 0, or 1 if something is wrong."""
    wrong = 0
    for check in CHECKS:
        name = check.__name__.removeprefix("check_")
        try:
            findings = list(check(name))
        except Exception as error:  # one broken thing must not hide the others
            findings = [Finding(name, f"{type(error).__name__}: {error}", remedy(error))]
        for finding in findings:
            mark = "wrong" if finding.wrong else "note " if finding.mend else "ok   "
            say(f"{mark}  {finding.name:<9} {finding.says}")
            if finding.mend:
                say(f"                 → {finding.mend}")
            wrong += finding.wrong
    say("All is well." if not wrong else f"{wrong} thing{'s' * (wrong > 1)} to mend.")
    return 1 if wrong else 0


def remedy(error) -> str:
    """What to do about an error that no check has foreseen: only what is missing or cannot be loaded comes with pip."""
    if isinstance(error, OSError) and error.errno:
        place = error.filename or "what this line names"
        return f"the course has to read and write {place}: see that it is there, has room, and that you may"
    if isinstance(error, (ImportError, OSError)):
        return f"install again: {INSTALL}"
    return "whoever helps you needs this line, and what stands above it"


def check_python(name):
    version = ".".join(map(str, sys.version_info[:3]))
    wanted = importlib.metadata.metadata("small-world")["Requires-Python"]
    own = sys.prefix != sys.base_prefix or os.environ.get("CONDA_PREFIX")
    says = f"{version}, in an environment of its own" if own else f"{version}, the machine's own"
    if not _fits(version, wanted):
        yield Finding(
            name,
            f"{version} at {sys.executable}",
            f"the course needs Python {wanted}: make the environment again with one of these",
        )
    elif not own:
        mend = "the README's first command makes an environment that no other project changes"
        yield Finding(name, says, mend, note=True)
    else:
        yield Finding(name, says)


def check_packages(name):
    from packaging.requirements import Requirement

    wanted = [Requirement(line) for line in importlib.metadata.requires("small-world") or []]
    wanted = [need for need in wanted if need.marker is None or need.marker.evaluate({"extra": "test"})]
    bad = []
    for need in wanted:
        try:
            have = importlib.metadata.version(need.name)
        except importlib.metadata.PackageNotFoundError:
            bad.append(f"{need.name} is missing")
            continue
        if not need.specifier.contains(have, prereleases=True):
            bad.append(f"{need.name} is {have}, not {need.specifier}")
    if bad:
        yield Finding(name, "; ".join(bad), INSTALL)
    else:
        yield Finding(name, f"all {len(wanted)} that the course needs are here, in versions it knows")


def check_checkout(name):
    here = Path.cwd()
    other = next((folder for folder in (here, *here.parents) if (folder / "course_lib" / "cli").is_dir()), ROOT)
    if other != ROOT:
        mend = f"in that folder: {INSTALL}"
        yield Finding(name, f"you are in {other}, but this environment uses the course in {ROOT}", mend)
    elif not any(ROOT.glob("chapters/*.ipynb")):
        yield Finding(
            name, f"{ROOT} has no chapters", "clone the repository again: the chapters stand beside course_lib"
        )
    else:
        yield Finding(name, f"the course in {ROOT.name}, with {len(list(ROOT.glob('chapters/*.ipynb')))} chapters")


def check_torch(name):
    import torch

    from course_lib import device

    yield Finding(name, torch.__version__)
    try:
        yield Finding("device", device.describe())
    except ValueError as error:
        yield Finding("device", "COURSE_DEVICE or COURSE_PRESET is wrong", str(error))
    if "cuda" not in device.available() and shutil.which("nvidia-smi") and _gpu_answers():
        mend = "for the GPU, install torch's CUDA build as https://pytorch.org/get-started/locally says"
        yield Finding("device", "there is an NVIDIA GPU, but this torch does not see it", mend, note=True)


def check_threads(name):
    from course_lib.classroom.layout import has_rung

    if not has_rung("training"):
        yield Finding(name, "not measured: this copy of the course leaves out the models to measure with")
        return
    import torch

    from course_lib import gpt, training

    model = gpt.GPT(gpt.Config(vocab_size=512, context_length=128, d_model=128, n_heads=4, n_layers=2))
    ids = torch.randint(512, (8, 128), generator=torch.Generator().manual_seed(0))
    engine = training.probe(model, ids, ids)
    most = torch.get_num_threads()
    says = f"{os.cpu_count()} cores, torch takes {most}; quickest now: {engine.threads}, in {engine.precision}"
    if engine.threads < most:
        mend = "nothing to do, training looks for itself; it is quicker when no other program is busy"
        yield Finding(name, says, mend, note=True)
    else:
        yield Finding(name, says)


def check_widgets(name):
    manager = Path(sys.prefix, "share", "jupyter", "labextensions", "@jupyter-widgets", "jupyterlab-manager")
    versions = [f"{package} {importlib.metadata.version(package)}" for package in ("jupyterlab", "ipywidgets")]
    if not (manager / "package.json").is_file():
        mend = f'"{sys.executable}" -m pip install --force-reinstall jupyterlab_widgets'
        yield Finding(name, f"{', '.join(versions)}, but JupyterLab's part of the widgets is not installed", mend)
    else:
        yield Finding(name, ", ".join(versions))


def check_lab(name):
    """JupyterLab writes to folders of its own when it starts, and `course lab` takes others where it could not."""
    blocked = unwritable()
    if not blocked:
        yield Finding(name, "JupyterLab can write to its folders")
        return
    mend = ("`course lab` takes temporary ones, and what you set in JupyterLab is forgotten; to keep it, set HOME to a "
            "folder that you can write to")
    yield Finding(name, f"JupyterLab cannot write to {', '.join(blocked.values())}", mend, note=True)


def check_kernel(name):
    """Start the kernel that a notebook would get, and ask it which Python it is."""
    from jupyter_client.kernelspec import KernelSpecManager

    with lab_environment() as environment, mock.patch.dict(os.environ, environment):
        where = KernelSpecManager().get_kernel_spec("python3").resource_dir
        try:
            says = _ask_kernel("import sys, course_lib; print(sys.prefix)")
        except Exception as error:
            says = f"{type(error).__name__}: {error}".splitlines()[0]
    if os.path.realpath(says) == os.path.realpath(sys.prefix):
        yield Finding(name, "notebooks run in this environment")
        return
    mend = f"install again: {INSTALL}"
    if not Path(where).is_relative_to(sys.prefix):
        mend = "it hides this environment's own: rename or remove that folder, or unset JUPYTER_PATH if it points there"
    yield Finding(name, f"notebooks would not run in {sys.prefix}; the kernel in {where} says: {says}", mend)


def check_disk(name):
    free = shutil.disk_usage(ROOT).free / 1e9
    work = ROOT / "work"
    if not takes_a_file(work):
        yield Finding(name, f"{work} cannot be written", "give yourself the right to write there, or clone elsewhere")
    elif free < 0.5:
        yield Finding(name, f"only {free:.1f} GB free", "make room: runs and checkpoints need about half a gigabyte")
    else:
        yield Finding(name, f"{free:.0f} GB free, work/ can be written")


def check_corpora(name):
    from course_lib import stories, text

    plots = stories.plots("train", 1)
    yield Finding(name, f"stories: told here, the first has {len(stories.tell(plots[0]))} characters")
    yield Finding(name, f"python-docs: {sum(map(len, text.corpus('python-docs'))):,} characters in this Python")
    with lab_environment() as environment, mock.patch.dict(os.environ, environment):    # where there is no home too
        kept = {source: (text.cache_folder() / f"{source}.txt").is_file() for source in text.SOURCES}
    said = ", ".join(f"{source} {'is here' if here else 'not fetched'}" for source, here in kept.items())
    yield Finding(name, f"to be fetched, if you ask for them: {said}")


CHECKS = (check_python, check_packages, check_checkout, check_torch, check_threads, check_widgets, check_lab,
          check_kernel, check_disk, check_corpora)  # fmt: skip


def _ask_kernel(code) -> str:
    """What a kernel called python3 prints when it runs `code`, or the name of its error."""
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3", startup_timeout=60, stderr=subprocess.DEVNULL)
    said = []
    try:
        reply = client.execute_interactive(
            code, timeout=60, output_hook=lambda message: said.append(message["content"])
        )
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    if reply["content"]["status"] == "error":
        return f"{reply['content']['ename']}: {reply['content']['evalue']}"
    return "".join(content.get("text", "") for content in said).strip()


def _fits(version, wanted) -> bool:
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(wanted).contains(version)


def _gpu_answers() -> bool:
    try:
        return subprocess.run(["nvidia-smi", "-L"], capture_output=True, timeout=10, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False
