"""nbgrader's steps, ours in place of three of them: keep stubs, mend hand-ins, judge instead of run."""

import csv
import secrets

import nbformat
from nbformat.v4 import new_output
from nbgrader import preprocessors as theirs
from nbgrader import utils
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.plugins import ExportPlugin
from traitlets import Float, Integer, Unicode

from ...classroom import layout
from ..running.warm_grader import Terms, judged
from .course import points_id
from .mending import Wanted, mend


def put_into(c):
    """Set nbgrader's lists of steps."""
    c.GenerateAssignment.preprocessors = [
        KeepStubs if step is theirs.ClearSolutions else step for step in GenerateAssignment.preprocessors.default()]
    c.Autograde.sanitize_preprocessors = [Mend, *Autograde.sanitize_preprocessors.default()]
    c.Autograde.autograde_preprocessors = [
        Judge if step is theirs.Execute else step for step in Autograde.autograde_preprocessors.default()]
    c.Judge.enabled = True      # also with --no-execute, which would give every exercise all its points, unseen


def ours():
    """{the id of an exercise's points: the Exercise}, of every chapter."""
    return {points_id(exercise): exercise for chapter in layout.chapters() for exercise in chapter.exercises()}


class KeepStubs(theirs.ClearSolutions):
    """ClearSolutions, which leaves alone what is a stub already: a blank definition, or a bug hunt as we set it."""

    def preprocess_cell(self, cell, resources, cell_index):
        if utils.is_solution(cell) and self.begin_solution_delimeter not in cell.source and is_stub(cell.source):
            return cell, resources
        return super().preprocess_cell(cell, resources, cell_index)


def is_stub(text):
    """True for a cell with an exercise that nobody has written yet."""
    here = list(layout.exercises_in([{"cell_type": "code", "source": text}], ""))
    hunts = {layout.source(chapter.cells()[exercise.cell])
             for chapter in layout.chapters() for exercise in chapter.exercises() if exercise.hunt}
    return text in hunts or bool(here) and all(layout.blanks(exercise.stub) for exercise in here)


class Mend(theirs.NbGraderPreprocessor):
    """First of all: make a hand-in's cells those of the gradebook. Other notebooks than ours stay as they are."""

    def preprocess(self, nb, resources):
        said = resources["nbgrader"]
        wanted = {}
        with Gradebook(said["db_url"]) as gradebook:
            known = gradebook.find_notebook(said["notebook"], said["assignment"])
            points = {cell.name: cell.max_score for cell in [*known.grade_cells, *known.task_cells]}
            graded, tasks, solutions = (
                {cell.name for cell in cells} for cells in (known.grade_cells, known.task_cells, known.solution_cells))
            for cell in known.source_cells:
                metadata = {"schema_version": 3, "grade_id": cell.name, "grade": cell.name in graded,
                            "solution": cell.name in solutions, "task": cell.name in tasks, "locked": cell.locked,
                            "checksum": cell.checksum, "cell_type": cell.cell_type}
                if cell.name in points:
                    metadata["points"] = points[cell.name]
                wanted[cell.name] = Wanted(metadata, cell.cell_type, cell.source)
        if set(wanted) & set(ours()):
            mend(nb, wanted)
        return nb, resources


class Judge(theirs.Execute):
    """Judges our exercises, and runs no cell of a notebook that has one. Other notebooks run as nbgrader runs them."""

    seed = Integer(None, allow_none=True, help="The same hidden inputs in every run.").tag(config=True)
    seconds = Float(10.0, help="For one exercise, by the clock.").tag(config=True)
    isolation = Unicode("auto", help="none: students' code runs with your own rights.").tag(config=True)

    def preprocess(self, nb, resources=None, km=None):
        graded, exercises = [cell for cell in nb.cells if utils.is_grade(cell)], ours()
        words = {exercises[name].word for cell in graded if (name := cell.metadata.nbgrader["grade_id"]) in exercises}
        if not words:
            return super().preprocess(nb, resources, km)
        results = {word: self.judged(word, nb) for word in words}
        for cell in graded:
            if exercise := exercises.get(cell.metadata.nbgrader["grade_id"]):
                result = results[exercise.word]
                outcome = next(one for one in result["exercises"] if one["name"] == exercise.name)
                cell.outputs = outputs(outcome, result, cell.metadata.nbgrader["points"])
            elif cell.cell_type == "code" and not utils.is_solution(cell):
                self.log.warning("%s is not run: no cell is run beside the course's exercises. Grade it by hand.",
                                 cell.metadata.nbgrader["grade_id"])
                cell.outputs = [new_output("error", ename="NotRun", evalue=NOT_RUN, traceback=[f"NotRun: {NOT_RUN}"])]
        return nb, resources

    def judged(self, word, nb):
        """`Result.as_dict()`. RuntimeError where it is the judge that failed: then nbgrader records no grade."""
        terms = Terms(DRAWN if self.seed is None else self.seed, self.seconds, self.isolation)
        result = judged(terms, word, "notebook.ipynb", nbformat.writes(nb).encode("utf-8"))
        self.log.info("Judged with the seed %d", result["seed"])
        if result["problem"].startswith("the judge had trouble"):
            raise RuntimeError(result["problem"])
        return result


NOT_RUN = "no cell is run beside the course's exercises; this one is graded by hand"
DRAWN = secrets.randbits(31)        # the seed of this process, where none is set: the same for a whole class


def outputs(outcome, result, worth):
    """What the cell of an exercise's points says: a report for people, and for nbgrader the points as a number."""
    from ...classroom.checking.report import Report

    if outcome["earned"]:
        held = sum(verdict == "held" for _, verdict in outcome["verdicts"])
        report = Report("right", f"{outcome['name']} · all {held} properties hold")
    else:
        kind = "unwritten" if outcome["reason"] == "not written yet" else "wrong"
        said = ("expected", outcome["expected"]), ("got", outcome["got"]), ("likely cause", outcome["cause"])
        report = Report(kind, f"{outcome['name']} · {outcome['reason']}", [line for line in said if line[1]])
    sum_up = f"{outcome['earned']} of {outcome['points']} points"      # no seed: nbgrader shows this to the student
    report.lines.append(("", f"{sum_up} · isolation: {', '.join(result['isolation']) or 'none'}"))
    report.headline, report.lines = visible(report.headline), [(what, visible(text)) for what, text in report.lines]
    shown = {"text/plain": str(report), "text/html": report.html()}
    earned = worth * outcome["earned"] / outcome["points"]        # the instructor may have changed what it is worth
    return [new_output("display_data", shown),
            new_output("execute_result", {"text/plain": f"{earned:g}"}, execution_count=None)]


def visible(text):
    """A student's text without what a page or a terminal would obey."""
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)


class ByExercise(ExportPlugin):
    """A row for each student and exercise: `nbgrader export --exporter=course_lib.grading.nbgrader.steps.ByExercise`"""

    def export(self, gradebook):
        columns = "assignment", "student_id", "exercise", "score", "max_score"
        with open(self.to or "exercises.csv", "w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(columns)
            for assignment in gradebook.assignments:
                for submission in sorted(assignment.submissions, key=lambda one: one.student.id):
                    for notebook in submission.notebooks:
                        table.writerows((assignment.name, safe(submission.student.id), grade.name, grade.score,
                                         grade.max_score) for grade in notebook.grades)


def safe(text):
    """A text that no spreadsheet takes for a formula."""
    return "'" + text if text[:1] in "=+-@\t\r" else text
