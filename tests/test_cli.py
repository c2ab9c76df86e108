"""The `course` command: each command as a user calls it, the verdict of `course test`, and what the doctor sees."""

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter, namedtuple
from pathlib import Path

import pytest
from click.testing import CliRunner

from course_lib.cli import checkup, main, prove

ROOT = Path(__file__).parents[1]


def course(*arguments):
    """Run the command here, in this process. Returns click's result."""
    return CliRunner().invoke(main, list(arguments))


# the commands


def test_help_answers_at_once_with_a_line_for_each_command():
    code = "import sys, course_lib.cli as c; c.main(['--help'], standalone_mode=False); print('torch' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, encoding="utf-8")
    *page, heavy = out.stdout.splitlines()
    assert heavy == "False", "torch is imported only to print the help"
    rows = [line.split(None, 1) for line in page[page.index("Commands:") + 1 :]]
    assert {name for name, _ in rows} == set(main.list_commands(None))
    for name, says in rows:
        assert says.endswith(".") and "..." not in says, f"{name}: one whole sentence, not {says!r}"


@pytest.mark.parametrize("command", main.list_commands(None))
def test_every_command_explains_itself(command):
    result = course(command, "--help")
    assert result.exit_code == 0 and "Usage:" in result.output


def test_an_unknown_chapter_or_exercise_is_told_without_a_traceback():
    for arguments in [("lab", "nonsense"), ("reset", "nonsense"), ("build", "nonsense"), ("solution", "nonsense")]:
        result = course(*arguments)
        assert result.exit_code == 1 and isinstance(result.exception, SystemExit)
        assert result.output.startswith("Error: ") and "nonsense" in result.output


class Recorded:
    """Stands for subprocess.Popen: notes what would be started; a Ctrl-C comes before the process ends."""

    def __init__(self, command, **options):
        Recorded.command, Recorded.options, self.waits = command, options, 0

    def wait(self):
        self.waits += 1
        if self.waits == 1:
            raise KeyboardInterrupt
        return 7


@pytest.mark.parametrize("root", [0, 1000])
@pytest.mark.parametrize(
    "arguments, chapter, passed_on",
    [
        ((), "start_here", []),
        (("7",), "7", []),
        (("attention", "--no-browser", "--port", "8890"), "attention", ["--no-browser", "--port", "8890"]),
        (("--no-browser",), "start_here", ["--no-browser"]),
        (("--port", "8890"), "start_here", ["--port", "8890"]),
    ],
)
def test_lab_opens_the_copy_and_passes_the_rest_on(monkeypatch, tmp_path, arguments, chapter, passed_on, root):
    from course_lib import classroom

    asked = []
    monkeypatch.setattr(classroom, "ROOT", tmp_path)
    monkeypatch.setattr(classroom, "start", lambda name: asked.append(name) or tmp_path / "work" / "x.ipynb")
    monkeypatch.setattr(subprocess, "Popen", Recorded)
    monkeypatch.setattr(os, "geteuid", lambda: root, raising=False)
    result = course("lab", *arguments)
    assert result.exit_code == 7, "the exit status is JupyterLab's, also after Ctrl-C"
    assert asked == [chapter]
    command = Recorded.command
    assert command[:3] == [sys.executable, "-m", "jupyterlab"] and str(tmp_path / "work" / "x.ipynb") in command
    assert command[5:] == passed_on + ["--allow-root"] * (root == 0)
    assert Recorded.options["env"]["JUPYTER_PREFER_ENV_PATH"] == "1"


# course train, course tell, course build


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """An untrained model of a tiny shape in place of the storyteller."""
    import torch

    from course_lib import bpe, gpt, training

    torch.manual_seed(0)
    model = gpt.GPT(gpt.Config(vocab_size=2048, context_length=8, d_model=4, n_heads=2, n_layers=1))
    monkeypatch.setattr(training, "storyteller", lambda: (model, bpe.story_vocabulary()))
    monkeypatch.setattr(training, "runs", lambda: tmp_path / "runs" / "storyteller")
    return model


def test_told_stories_come_with_what_read_says_of_them(monkeypatch, tiny):
    from course_lib import sampling, stories

    good = stories.texts("validation", 1)[0]
    monkeypatch.setattr(sampling, "complete", lambda *a, **options: [good, "Once upon a time."])
    result = course("tell", "--stories", "2")
    assert result.exit_code == 0
    assert f"{good}\n[well-formed and consistent]" in result.output
    assert "Once upon a time.\n[not well-formed: " in result.output
    assert result.output.endswith("2 stories, 1 well-formed, 1 consistent\n")


def test_a_seed_tells_the_same_stories_again_and_a_beginning_is_kept(tiny):
    first = course("tell", "Mia took", "--stories", "2", "--seed", "1").output
    assert first == course("tell", "Mia took", "--stories", "2", "--seed", "1").output
    assert first != course("tell", "Mia took", "--stories", "2", "--seed", "2").output
    assert first.count("\nMia took") == 2


def test_train_keeps_a_run_that_can_be_resumed_and_told_from(monkeypatch, tiny, tmp_path):
    from course_lib import training

    asked = {}

    def told(plan, seed, **options):
        asked.update(options, seed=seed, plan=plan)
        return tiny, None, training.History(bits=[0.5, 0.4])

    monkeypatch.setattr(training, "tell", told)
    result = course("train", "--seed", "3")
    assert result.output.startswith("0.400 bits per byte") and result.exit_code == 0
    assert asked == {"run": tmp_path / "runs" / "storyteller", "resume": True, "seed": 3, "plan": training.plan()}
    assert course("train", "--fresh").exit_code == 0 and asked["resume"] is False


def test_what_train_cannot_go_on_with_is_told_without_a_traceback(monkeypatch, tiny):
    from course_lib import training

    def refuse(*arguments, **options):
        raise ValueError("the checkpoint is of another task")

    monkeypatch.setattr(training, "tell", refuse)
    result = course("train")
    assert result.exit_code == 1 and "Error: the checkpoint is of another task" in result.output


def test_build_ladder_writes_the_figures_and_draws_them(monkeypatch, tmp_path):
    from course_lib import training
    from course_lib.classroom import ladder

    entry = {"bits_per_byte": 1.25, "seconds": 1.0, "preset": "cpu", "seeds": [0], "spread": 0.0}
    monkeypatch.setattr(ladder, "FILE", tmp_path / "ladder.json")
    monkeypatch.setattr(ladder, "PICTURE", tmp_path / "ladder.svg")
    ladder.FILE.write_text("{}", encoding="utf-8")
    asked = []
    monkeypatch.setattr(training, "measure_ladder",
                        lambda console, only, more=(): asked.append(only) or {"bigram": entry})
    assert course("build", "--ladder").exit_code == 0
    assert ladder.figures() == {"bigram": entry}
    assert "1.25" in ladder.PICTURE.read_text(encoding="utf-8")
    assert course("build", "--ladder", "bigram").exit_code == 0 and asked == [None, "bigram"]


def test_build_ladder_of_a_rung_that_is_not_there_says_which_are(monkeypatch, tmp_path):
    from course_lib.classroom import ladder

    monkeypatch.setattr(ladder, "FILE", tmp_path / "ladder.json")
    result = course("build", "--ladder", "07")
    assert result.exit_code == 1 and "no rung built so far is called '07'; there are uniform" in result.output
    assert not ladder.FILE.exists()


def test_bench_runs_each_race_as_a_module_of_its_own(monkeypatch):
    ran = []
    ended = namedtuple("ended", "returncode")
    monkeypatch.setattr(subprocess, "run", lambda command, **options: ran.append(command) or ended(0))
    assert course("bench").exit_code == 0
    names = sorted(path.stem for path in (ROOT / "tests" / "bench").glob("[!_]*.py"))
    assert ran == [[sys.executable, "-m", f"tests.bench.{name}"] for name in names]
    monkeypatch.setattr(subprocess, "run", lambda command, **options: ended(3))
    assert course("bench", names[0]).exit_code == 1
    assert course("bench", "nonsense").exit_code == 1


# course test

SPECIMEN = """<testsuites><testsuite>
<testcase classname="tests.test_a" file="tests/test_a.py" name="one"/>
<testcase classname="tests.test_a" file="tests/test_a.py" name="two">
  <skipped type="pytest.skip" message="needs a GPU"/></testcase>
<testcase classname="" file="tests/test_c.py" name="tests.test_c">
  <skipped message="collection skipped">('/tests/test_c.py', 24, "Skipped: dask is wanted")</skipped></testcase>
<testcase classname="tests.test_b" file="tests/test_b.py" name="three"><failure message="x">y</failure></testcase>
<testcase classname="tests.test_b" file="tests/test_b.py" name="four"><error message="x">y</error></testcase>
<testcase classname="chapters" file="chapters/07.ipynb" name="five">
  <skipped type="pytest.xfail" message="hung"/></testcase>
</testsuite></testsuites>"""


def test_the_record_counts_what_did_not_run_as_failed(tmp_path):
    (tmp_path / "r.xml").write_text(SPECIMEN, encoding="utf-8")
    record = prove.Record.read(tmp_path / "r.xml")
    assert record.passed == 1 and record.skipped == Counter({"needs a GPU": 1, "dask is wanted": 1})
    assert record.failed == ["tests/test_b.py: three", "tests/test_b.py: four", "chapters/07.ipynb: five (not run)"]
    assert record.files == {"tests/test_a.py", "tests/test_b.py", "tests/test_c.py", "chapters/07.ipynb"}


@pytest.mark.parametrize(
    "passed, failed, ended, ran, works, says",
    [
        (9, 0, 0, {"chapters/a.ipynb"}, True, "the course works"),
        (9, 1, 1, {"chapters/a.ipynb"}, False, "something is broken"),
        (9, 1, 0, {"chapters/a.ipynb"}, False, "something is broken"),
        (9, 0, 0, set(), False, "not run: chapters/a.ipynb"),
        (9, 0, 3, {"chapters/a.ipynb"}, False, "status 3"),
        (9, 0, -9, {"chapters/a.ipynb"}, False, "status -9"),
        (0, 0, 5, set(), False, "nothing is proved"),
        (0, 0, 0, {"chapters/a.ipynb"}, False, "nothing is proved"),
    ],
)
def test_the_verdict_trusts_nothing_but_a_whole_run(passed, failed, ended, ran, works, says):
    record = prove.Record(passed, ["name"] * failed, Counter(), ran)
    said, line = prove.verdict(record, ended, ["chapters/a.ipynb"], quick=False)
    assert said is works and says in line
    assert line.startswith(f"{passed} passed, {failed} failed, 0 skipped: ")
    assert ("the course works" in line) is works


def test_the_quick_part_says_that_it_is_a_part():
    works, line = prove.verdict(prove.Record(passed=3), 0, [], quick=True)
    assert works and "the quick part works" in line and "the course works" not in line


def book(*sources):
    cells = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "execution_count": None, "outputs": [], "source": [source]}
        for n, source in enumerate(sources)
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def differing():
    """A notebook whose tagged cell gives another text than the stored one. (nbval compares only cells with a count.)"""
    shown = {"data": {"text/plain": "5"}, "execution_count": 1, "metadata": {}, "output_type": "execute_result"}
    notebook = json.loads(book("2 + 2"))
    notebook["cells"][0].update(execution_count=1, outputs=[shown], metadata={"tags": ["nbval-check-output"]})
    return json.dumps(notebook)


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A small course: two notebooks and two tests, one of them skipped, one slow."""
    for folder in ("chapters", "solutions", "tests"):
        (tmp_path / folder).mkdir()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copy(ROOT / "tests" / "spread.py", tmp_path / "tests")
    check = "import os\nassert os.environ['COURSE_PRESET'] == 'smoke' and os.environ['COURSE_PROGRESS'] == 'off'"
    (tmp_path / "chapters" / "01_a.ipynb").write_text(book(check, "1 + 1"), encoding="utf-8")
    (tmp_path / "solutions" / "01_a.ipynb").write_text(book(check, "2 + 2"), encoding="utf-8")
    (tmp_path / "tests" / "test_a.py").write_text(
        "import pytest\ndef test_fine(): pass\n@pytest.mark.slow\ndef test_long(): pass\n"
        "def test_away(): pytest.skip('needs a GPU')\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(prove, "ROOT", tmp_path)
    monkeypatch.setattr(prove, "workers", lambda: 1)
    for name in [name for name in os.environ if name.startswith("PYTEST")]:  # this run is a worker of another
        monkeypatch.delenv(name)
    return tmp_path


def proved(quick=False):
    lines = []
    status = prove.prove(quick, lines.append)
    return status, lines


@pytest.mark.slow
def test_a_whole_course_works(house):
    status, lines = proved()
    assert status == 0 and "skipped 1: needs a GPU" in lines
    assert re.fullmatch(r"6 passed, 0 failed, 1 skipped in \d+ min \d\d s: the course works", lines[-1])


NOTED = """
import os, pathlib, pytest

@pytest.fixture(autouse=True)
def noted(request):
    with pathlib.Path(__file__).with_name(os.environ["PYTEST_XDIST_WORKER"]).open("a") as log:
        print(request.node.nodeid.partition("tests/")[2], file=log)
"""
SPREAD = {
    "test_many": "@pytest.mark.parametrize('n', range(9))\ndef test_it(n): pass\n",
    "test_exercises": "@pytest.mark.slow\n@pytest.mark.parametrize('of', ['a.x', 'b.x', 'a.y', 'b.y: c.z -> 2'])\n"
                      "def test_it(of): pass\n@pytest.mark.parametrize('word', ['b', 'a'])\ndef test_all(word): pass\n",
}


@pytest.mark.slow
def test_slow_files_come_first_and_the_exercises_of_each_chapter_stay_together(house, monkeypatch):
    monkeypatch.setattr(prove, "workers", lambda: 2)
    for name, text in SPREAD.items():
        (house / "tests" / f"{name}.py").write_text(NOTED + text, encoding="utf-8")
    status, lines = proved()
    assert status == 0, lines
    a, b = sorted(log.read_text(encoding="utf-8").splitlines()[:3] for log in (house / "tests").glob("gw*"))
    assert a == [f"test_exercises.py::test_{test}" for test in ("it[a.x]", "it[a.y]", "all[a]")]
    assert b == [f"test_exercises.py::test_{test}" for test in ("it[b.x]", "it[b.y: c.z -> 2]", "all[b]")]


@pytest.mark.slow
def test_the_quick_part_leaves_out_what_is_slow(house):
    status, lines = proved(quick=True)
    assert status == 0 and lines[-1].startswith("1 passed, 0 failed, 1 skipped") and "quick part" in lines[-1]


@pytest.mark.slow
def test_every_kind_of_broken_notebook_is_named(house, monkeypatch):
    command = prove.command  # nbval waits for a dead kernel as long as a cell may take
    monkeypatch.setattr(prove, "command", lambda *a: ["5" if part == "300" else part for part in command(*a)])
    broken = {
        "chapters/02_raises": book("1", "raise ValueError('broken')"),
        "solutions/02_no_python": book("1 +", "1"),
        "solutions/03_dies": book("import os; os._exit(0)", "1"),
        "solutions/04_differs": differing(),
    }
    for name, text in broken.items():
        (house / f"{name}.ipynb").write_text(text, encoding="utf-8")
    status, lines = proved()
    assert status == 1 and "something is broken" in lines[-1]
    named = {line.split(": ")[1] for line in lines if line.startswith("failed: ")}
    assert named == {f"{name}.ipynb" for name in broken}


@pytest.mark.slow
def test_a_notebook_that_pytest_cannot_read_breaks_the_course(house):
    (house / "chapters" / "02_b.ipynb").write_text("{", encoding="utf-8")
    status, lines = proved()
    assert status == 1 and "the course works" not in lines[-1]


@pytest.mark.slow
def test_a_crash_before_any_test_proves_nothing(house):
    (house / "tests" / "conftest.py").write_text("import os; os._exit(0)", encoding="utf-8")
    status, lines = proved(quick=True)
    assert status == 1 and "nothing is proved" in lines[-1]


# course doctor


def examined(monkeypatch, *checks):
    lines = []
    monkeypatch.setattr(checkup, "CHECKS", checks)
    return checkup.examine(lines.append), lines


def findings(check):
    return list(check(check.__name__.removeprefix("check_")))


def test_the_doctor_says_which_texts_have_been_fetched(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    (tmp_path / "verdict.txt").write_text("It came.", encoding="utf-8")
    status, lines = examined(monkeypatch, checkup.check_corpora)
    assert status == 0 and "shakespeare not fetched, verdict is here" in "\n".join(map(str, lines))


def test_the_doctor_finds_this_machine_well_enough_to_run_the_tests():
    for check in (checkup.check_python, checkup.check_packages, checkup.check_torch, checkup.check_widgets):
        assert not any(finding.wrong for finding in findings(check)), check.__name__


def test_a_check_that_breaks_is_a_finding_and_the_next_one_is_made(monkeypatch):
    def check_broken(name):
        raise ImportError("no such luck")
        yield

    def check_fine(name):
        yield checkup.Finding(name, "well")

    status, lines = examined(monkeypatch, check_broken, check_fine)
    assert status == 1 and "ImportError: no such luck" in lines[0] and "→ install again" in lines[1]
    assert lines[2].startswith("ok ") and lines[-1] == "1 thing to mend."


def test_a_note_is_no_fault(monkeypatch):
    def check_slow(name):
        yield checkup.Finding(name, "slow", "wait", note=True)

    status, lines = examined(monkeypatch, check_slow)
    assert status == 0 and lines[0].startswith("note") and "→ wait" in lines[1] and lines[-1] == "All is well."


def test_an_old_python_is_wrong(monkeypatch):
    version = namedtuple("version", "major minor micro releaselevel serial")
    monkeypatch.setattr(sys, "version_info", version(3, 9, 1, "final", 0))
    (finding,) = findings(checkup.check_python)
    assert finding.wrong and "3.9.1" in finding.says and "3.10" in finding.mend


def test_a_missing_and_an_old_package_are_both_named(monkeypatch):
    version = importlib.metadata.version

    def other(name):
        if name == "tiktoken":
            raise importlib.metadata.PackageNotFoundError(name)
        return "0.1" if name == "torch" else version(name)

    monkeypatch.setattr(importlib.metadata, "version", other)
    (finding,) = findings(checkup.check_packages)
    assert finding.wrong and "tiktoken is missing" in finding.says and "torch is 0.1, not" in finding.says
    assert "-m pip install -r requirements.txt" in finding.mend


def test_a_preset_that_does_not_exist_is_wrong(monkeypatch):
    monkeypatch.setenv("COURSE_PRESET", "huge")
    assert any(finding.wrong and "huge" in finding.mend for finding in findings(checkup.check_torch))


def test_a_gpu_that_torch_does_not_see_is_noted(monkeypatch):
    from course_lib import device

    monkeypatch.setattr(device, "available", lambda: ["cpu"])
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/nvidia-smi")
    monkeypatch.setattr(checkup, "_gpu_answers", lambda: True)
    assert "does not see it" in findings(checkup.check_torch)[-1].says


def test_a_full_disk_is_wrong(monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**12, 10**12, 10**7))
    (finding,) = findings(checkup.check_disk)
    assert finding.wrong and "0.0 GB" in finding.says


def test_another_checkout_is_wrong(monkeypatch, tmp_path):
    (tmp_path / "course_lib" / "cli").mkdir(parents=True)
    (tmp_path / "chapters").mkdir()
    monkeypatch.chdir(tmp_path / "chapters")
    (finding,) = findings(checkup.check_checkout)
    assert finding.wrong and str(tmp_path) in finding.says


def test_missing_widgets_are_wrong(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    (finding,) = findings(checkup.check_widgets)
    assert finding.wrong and "jupyterlab_widgets" in finding.mend


@pytest.fixture
def spec(tmp_path, monkeypatch):
    """A kernel called python3 in a folder of the user's, before all others; write its command line with it."""
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")  # restored afterwards: the check sets it
    folder = tmp_path / "kernels" / "python3"
    folder.mkdir(parents=True)

    def write(argv):
        kernel = {"argv": argv, "display_name": "mine", "language": "python"}
        (folder / "kernel.json").write_text(json.dumps(kernel), encoding="utf-8")
        return folder

    return write


def test_the_kernel_of_this_environment_is_well(monkeypatch):
    monkeypatch.delenv("JUPYTER_PATH", raising=False)
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    (finding,) = findings(checkup.check_kernel)
    assert not finding.wrong, finding


def test_a_kernel_of_another_python_that_hides_ours_is_wrong(spec, tmp_path):
    launcher = tmp_path / "launcher.py"
    launcher.write_text(
        "import sys\nsys.prefix = '/elsewhere'\nfrom ipykernel import kernelapp\nkernelapp.launch_new_instance()\n",
        encoding="utf-8",
    )
    folder = spec([sys.executable, str(launcher), "-f", "{connection_file}"])
    (finding,) = findings(checkup.check_kernel)
    assert finding.wrong and "/elsewhere" in finding.says and str(folder) in finding.says and "hides" in finding.mend


def test_a_kernel_whose_python_is_gone_is_wrong(spec):
    spec(["/no/such/python", "-m", "ipykernel_launcher", "-f", "{connection_file}"])
    (finding,) = findings(checkup.check_kernel)
    assert finding.wrong and "/no/such/python" in finding.says and "hides" in finding.mend


@pytest.mark.parametrize("release", [False, True])
def test_train_makes_an_assistant_and_says_how_well_it_answers(monkeypatch, release):
    from course_lib import instructions

    asked = []
    for name in ("train_assistant", "release_assistant"):
        monkeypatch.setattr(instructions, name, lambda seed, say, name=name: asked.append((name, seed)) or {
            "holder": 0.96, "obeyed": 0.7, "bits": 0.25})
    result = course("train", "--assistant", "--seed", "4", *["--release"] * release)
    assert result.output == "holder 96%, obeyed 70%, 0.250 bits per byte\n"
    assert asked == [("release_assistant" if release else "train_assistant", 4)]
