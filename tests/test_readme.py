"""The README says what is there: its commands exist, its links lead somewhere, its map is the map."""

import importlib.metadata
import importlib.util
import re
import shlex
import sys
from pathlib import Path

import click
import pytest
from packaging.requirements import Requirement
from test_layout import LADDER

from course_lib import show
from course_lib.classroom import ladder, layout
from course_lib.cli import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands(text):
    """Every command line in code, inline or in a block; a chain of `&&` or `;` is several."""
    blocks = re.findall(r"^```\w+\n(.*?)^```", text, re.M | re.S)
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))
    for line in [line for block in blocks for line in block.splitlines()] + inline:
        yield from (part.strip() for part in re.split(r"&&|;", line) if part.strip())


def calls_of_course(text):
    for line in commands(text):
        if found := re.search(r"(?:^|[/\\\s])course( .*)?$", line):
            yield shlex.split(found[1] or "")


def parsed(words):
    """Let click parse a call as the command would; an unknown command or option raises. Nothing is run."""
    if words:
        name, command, rest = main.resolve_command(click.Context(main), words)
        command.make_context(name, rest)


CALLS = list(calls_of_course(README))


@pytest.mark.parametrize("words", CALLS, ids=" ".join)
def test_the_commands_exist_and_take_these_options(words):
    parsed(words)


def test_a_wrong_command_would_be_noticed():
    assert len(CALLS) > 15
    for words in (["labb"], ["test", "--quickly"], ["solution"]):
        with pytest.raises(click.UsageError):
            parsed(words)
    assert list(calls_of_course("`.venv/bin/course tset` and `x; .venv\\Scripts\\course lab`")) == [["tset"], ["lab"]]


def test_every_command_is_in_the_readme():
    assert {words[0] for words in CALLS if words} == set(main.list_commands(None))


def test_an_exercise_that_is_quoted_is_worth_what_its_chapter_says():
    worth = {exercise.name: exercise.points for chapter in layout.chapters() for exercise in chapter.exercises()}
    quoted = re.findall(r"`(\w+) = check\(\1, points=(\d+)\)`", README)
    assert quoted and all(worth[name] == int(points) for name, points in quoted)


def test_chapters_and_exercises_in_commands_exist():
    for words in CALLS:
        if words[:1] in (["lab"], ["reset"], ["build"]) and words[1:] and not words[1].startswith("-"):
            layout.find_chapter(words[1])
        if words[:1] == ["solution"]:
            names = [exercise.name for chapter in layout.chapters() for exercise in chapter.exercises()]
            assert words[1] in names


def test_the_modules_and_files_in_commands_exist():
    for line in commands(README):
        words = line.split()
        for flag, thing in zip(words, words[1:], strict=False):
            if flag == "-m" and thing != "venv":
                assert importlib.util.find_spec(thing), line
            if flag in ("-r", "-f"):
                assert (ROOT / thing).is_file(), line


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)]+)\)", README))
def test_links_lead_somewhere_in_the_repository(target):
    assert not target.startswith("http"), "the course needs no page from elsewhere"
    if target.startswith("#"):
        headings = re.findall(r"^#+ (.+)$", README, re.M)
        assert target[1:] in {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}
    else:
        assert (ROOT / target).exists()


def test_paths_in_code_exist():
    for path in re.findall(r"`((?:chapters|course_lib|solutions|tests|\.ci|\.github)/[^`<*]*)`", README):
        assert (ROOT / path).exists(), path


def test_the_map_joins_up_with_the_files():
    rows = re.findall(r"^\| (\d\d) \| (.+?) \| (.+?) \| (.*?)\|$", README, re.M)
    assert [number for number, *_ in rows] == [f"{n:02}" for n in range(19)]
    there = {chapter.word: chapter for chapter in layout.chapters()}
    for (number, cell, _, needs), word in zip(rows, LADDER, strict=True):
        if word in there:
            assert cell == f"[{word}](chapters/{number}_{word}.ipynb)"
            assert "not there yet" not in needs
            for lower in re.findall(r"\d\d", needs):
                assert LADDER[int(lower)] in there and int(lower) < int(number), "it needs a chapter that is not there"
        else:
            assert cell == word and needs.strip() == "*not there yet*"


def test_the_environment_for_conda_is_the_one_the_readme_names():
    text = (ROOT / "environment.yml").read_text(encoding="utf-8")
    name = re.search(r"^name: (\S+)", text, re.M)[1]
    assert f"conda run --no-capture-output -n {name} " in README


def test_the_pythons_are_the_same_everywhere():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    low, beyond = re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', project).groups()
    newest = int(beyond) - 1
    assert f"Python 3.{low} to 3.{newest}" in README
    workflow = (ROOT / ".github" / "workflows" / "course.yml").read_text(encoding="utf-8")
    assert f'python: ["3.{low}", "3.{newest}"]' in workflow
    conda = (ROOT / "environment.yml").read_text(encoding="utf-8")
    assert int(low) <= int(re.search(r"python=3\.(\d+)", conda)[1]) <= newest


def test_every_package_has_a_lowest_and_a_highest_version():
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    named = re.findall(r'^    "([\w-]+[<>=].*?)",', project, re.M)
    may_lack = project.partition("\ngrade = [")[2].partition("\n[")[0]     # not every machine has these
    assert len(named) > 20
    for need in map(Requirement, named):
        assert {"<", ">="} <= {bound.operator for bound in need.specifier}, f"{need} is not bounded on both sides"
        try:
            have = importlib.metadata.version(need.name)
        except importlib.metadata.PackageNotFoundError:
            assert f'"{need.name}' in may_lack, f"{need} is not installed"
            continue
        assert need.specifier.contains(have), f"{need}, and the tests run with {have}"


@pytest.mark.skipif(sys.platform == "win32", reason="bash is no part of Windows")
def test_the_clean_check_runs_the_readmes_commands():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert 'pip" install --quiet -r requirements.txt' in script and 'course" test' in script
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o100, "it cannot be run"


def test_the_picture_is_of_the_figures_that_stand_in_the_ladder():
    """The words of the picture hold every figure; the course's build draws it anew when it measures."""
    import html

    assert html.escape(show.ladder({}).alt, quote=False) in ladder.PICTURE.read_text(encoding="utf-8")
