"""Check a chapter's exercises as their author wrote them.

    python -m course_lib.classroom.authoring.audit attention                     stubs, hunts, mistakes, names, time
    python -m course_lib.classroom.authoring.audit attention causal_attention    one exercise
    python -m course_lib.classroom.authoring.audit attention --mutants           and the automatic mutator
    python -m course_lib.classroom.authoring.audit attention --shapes            and the shape comments
    python -m course_lib.classroom.authoring.audit attention --answers           wrong and right answers, made and tried
    python -m course_lib.classroom.authoring.audit attention --messages          only what is said of wrong answers

Each function below takes an exercise and gives the list of what is wrong, in words: the tests call the same ones.
"""

import ast
import builtins
import functools
import sys
import time
import types
from collections import Counter

from .. import layout
from ..checking import variants
from ..checking.by_hand import forbidden_calls
from ..checking.compare import difference
from ..checking.docstring_examples import examples, first_failing
from ..checking.judge import Broken, first_wrong, judge, record
from ..checking.own_work import not_written_here
from ..checking.plain_values import Array
from ..layout import source
from . import form, messages, mutate, shapes, trying

FEWEST_MISTAKES = 5
SECONDS = 2.0       # for a whole check: the reference's run and the learner's
SEEDS = range(20)   # a class is graded with a fresh one each time: a mistake has to be caught with every one of them
FEW = 0, 1, 2
DEVICE = "works on its input's device"


def expected(exercise, seed=0):
    """What the hidden test records of the reference; recorded once for each version of the test."""
    test = layout.hidden_test(exercise.word, exercise.name)
    return recorded(test, layout.reference(exercise.of, exercise.name), seed)


@functools.lru_cache(maxsize=256)
def recorded(test, reference, seed):
    return record(test, reference, seed)


def stub_problems(exercise):
    """A stub is its reference with the body blanked; a bug hunt is its reference with one listed mistake."""
    reference = variants.definition_of(layout.reference_source(exercise.of, exercise.name))
    if exercise.hunt:
        wrong = "the hunt is not its reference with exactly one of its MISTAKES"
        return [] if variants.mistake_in(exercise) else [wrong]
    wanted = variants.blanked(reference, layout.blanks(exercise.stub))
    if ast.dump(wanted) != ast.dump(exercise.stub):
        return ["the stub is not its reference with the body taken out: build(…, stubs=True) writes it"]
    return []


def hidden_problems(exercise):
    """There is a hidden test, it runs on the reference, its labels differ, it repeats itself and it is quick."""
    test = layout.hidden_test(exercise.word, exercise.name)
    if test is None:
        return [f"tests/hidden/{exercise.word}.py has no {exercise.name}"]
    run, reference = expected(exercise), layout.reference(exercise.of, exercise.name)
    began = time.perf_counter(), time.process_time()
    again = record(test, reference)
    seconds = min(time.perf_counter() - began[0], time.process_time() - began[1])   # a busy machine is not its fault
    if isinstance(run[-1] if run else None, Broken):
        return [f"the hidden test breaks on the reference: {run[-1].type}: {run[-1].text}"]
    labels, found = [step.label for step in run], []
    found += [f"the label {label!r} comes twice" for label in sorted({x for x in labels if labels.count(x) > 1})]
    found += [] if len(labels) >= 3 else ["fewer than three labels"]
    found += [f"the label {x!r} ends in a stop" for x in labels if x.endswith(".")]
    found += [] if 2 * seconds < SECONDS else [f"the hidden test takes {seconds:.1f} s, and a check runs it twice"]
    if wrong := first_wrong(run, again):
        found.append(f"two runs on the reference differ at {wrong.label!r}")
    found += [] if DEVICE in labels or not any(has_array(step.value) for step in run) else [f"no label {DEVICE!r}"]
    return found + seed_problems(exercise, run)


def has_array(value):
    """True where there is a tensor or an array in a plain value."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, (tuple, frozenset)) else ()
    return isinstance(value, Array) or any(has_array(item) for item in inner)


def seed_problems(exercise, run):
    """With other seeds the labels are the same, and some outputs are not: what never differs could be sent unseen."""
    others = [expected(exercise, seed) for seed in FEW[1:]]
    if any([getattr(step, "label", None) for step in other] != [step.label for step in run] for other in others):
        return ["with another seed the labels are others, or the hidden test breaks"]
    if all(difference(one.value, two.value) is None for other in others for one, two in zip(run, other, strict=True)):
        return ["its outputs are the same with every seed: draw some input"]
    return []


def example_problems(exercise):
    """The docstring has an example; all come out on the reference; on an untouched hunt they come out too."""
    reference = layout.reference(exercise.of, exercise.name)
    if not examples(reference):
        return ["the docstring has no example"]
    around, found = layout.surroundings(exercise.of, exercise.name), []
    if failing := first_failing(reference, exercise.name, reference, around):
        found.append(f"the example `{failing.code}` shows {failing.got} on the reference, not {failing.expected}")
    if exercise.hunt and (failing := first_failing(reference, exercise.name, untouched(exercise), around)):
        found.append(f"the example `{failing.code}` gives the hunt away: it shows {failing.got}")
    return found


def untouched(exercise):
    """The object that the chapter's cell defines before anybody has changed it."""
    return variants.made(exercise.of, exercise.name, ast.unparse(exercise.stub))


def untouched_problems(exercise):
    """Untouched, it earns nothing: an example or a hidden label fails."""
    reference, test = layout.reference(exercise.of, exercise.name), layout.hidden_test(exercise.word, exercise.name)
    obj = untouched(exercise)
    fails = first_failing(reference, exercise.name, obj, layout.surroundings(exercise.of, exercise.name))
    return [] if fails or judge(test, obj, expected(exercise)) else ["the untouched exercise passes"]


def solution_problems(exercise):
    """The reference's own source, compiled as a learner's, earns all; it uses nothing that BY_HAND forbids."""
    obj = variants.made(exercise.of, exercise.name, layout.reference_source(exercise.of, exercise.name))
    test, found = layout.hidden_test(exercise.word, exercise.name), []
    for seed in SEEDS:
        if wrong := judge(test, obj, expected(exercise, seed), seed):
            said = wrong.difference
            found.append(f"the solution fails at {wrong.label!r}: expected {said.expected}, got {said.got}")
    if reason := not_written_here(obj, layout.reference(exercise.of, exercise.name)):
        found.append(f"the solution is refused: {reason}")
    by_hand = layout.table(exercise.word, "BY_HAND").get(exercise.name, ())
    if used := forbidden_calls(layout.reference(exercise.of, exercise.name), by_hand):
        found.append(f"the reference itself uses what BY_HAND forbids: {', '.join(used)}")
    return found


def mistakes(exercise):
    return layout.table(exercise.word, "MISTAKES").get(exercise.name, ())


def mistake_problems(exercise, mistake):
    """A listed mistake compiles, and the first property to fail is the one that its label names, with any seed."""
    label, test = mistake[2], layout.hidden_test(exercise.word, exercise.name)
    try:
        obj = variants.made(exercise.of, exercise.name, variants.mistaken_source(exercise.of, exercise.name, mistake))
    except (variants.BadMistake, SyntaxError) as error:
        return [str(error)]
    what = f"{mistake[0]!r} → {mistake[1]!r}"
    for seed in SEEDS:
        try:
            with mutate.deadline(10):
                wrong = judge(test, obj, expected(exercise, seed), seed)
        except mutate.Late:
            return [f"{what} never ends: choose a mistake that does"]
        if wrong is None:
            return [f"{what} is not caught with the seed {seed}"]
        if not wrong.label.startswith(label):
            return [f"{what} should be caught by {label!r}, and is caught by {wrong.label!r} with the seed {seed}"]
    return []


def survivor_problems(exercise):
    """Every mutant that the automatic mutator makes is caught, or listed as EQUIVALENT with the reason."""
    listed = layout.table(exercise.word, "EQUIVALENT").get(exercise.name, {})
    alive = mutate.survivors(exercise, expected(exercise))
    return [f"survives: {what!r}" for what in alive if what not in listed] + \
           [f"EQUIVALENT lists {what!r}, which is caught or no longer made" for what in listed if what not in alive]


def name_problems(chapter):
    """The names that each reference uses are bound above its cell; exercises have names of their own."""
    bound, found, seen = set(dir(builtins)), [], set()
    exercises = {e.cell: [] for e in chapter.exercises()}
    for exercise in chapter.exercises():
        exercises[exercise.cell].append(exercise)
        found += [f"{exercise.name} stands twice in the chapter"] if exercise.name in seen else []
        seen.add(exercise.name)
    for index, cell in enumerate(chapter.cells()):
        tree = layout.parse(source(cell)) if cell["cell_type"] == "code" else None
        if tree is None:
            continue
        bound |= names_bound(tree)
        for exercise in exercises.get(index, ()):
            missing = global_names(exercise) - bound
            found += [f"{exercise.name}: its reference uses `{n}`, which is not bound above" for n in sorted(missing)]
    return found


def names_bound(tree):
    """The names that a cell binds at its top level (and inside with, if, for)."""
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    names |= {n.name for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.ClassDef))}
    return names | {(a.asname or a.name).split(".")[0] for n in ast.walk(tree)
                    if isinstance(n, (ast.Import, ast.ImportFrom)) for a in n.names}


def global_names(exercise):
    """The global names of its module that a reference uses, its own name apart."""
    around, used = layout.surroundings(exercise.of, exercise.name), set()
    text = layout.reference_source(exercise.of, exercise.name)

    def visit(code):
        used.update(code.co_names)
        for constant in code.co_consts:
            if isinstance(constant, types.CodeType):
                visit(constant)

    visit(compile(text, "reference", "exec"))
    loaded = {n.id for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Name)}
    return {name for name in used & loaded if name in around and name != exercise.name}


def exercises_of(word):
    """The chapter's exercises; where there is no notebook yet, what its hidden tests name, as solved ones."""
    for chapter in layout.chapters():
        if chapter.word == word:
            return chapter, chapter.exercises()
    found = []
    for name in layout.table(word, "MISTAKES"):
        if hasattr(layout.module(word), name):
            tree = variants.definition_of(layout.reference_source(word, name))
            stub = variants.blanked(tree, layout.functions(tree).keys() - {"__init__"})
            found.append(layout.Exercise(word, name, 0, word, -1, stub))
    return None, found


def problems(exercise, in_chapter=True, mutants=False):
    """Everything that is wrong with one exercise, in words."""
    found = hidden_problems(exercise)
    if found:
        return found        # nothing else can be judged
    found = example_problems(exercise) + solution_problems(exercise) + untouched_problems(exercise)
    found += stub_problems(exercise) if in_chapter else []
    listed = mistakes(exercise)
    found += [problem for mistake in listed for problem in mistake_problems(exercise, mistake)]
    if len(listed) < FEWEST_MISTAKES:
        found.append(f"{len(listed)} MISTAKES; at least {FEWEST_MISTAKES} are wanted")
    return found + (survivor_problems(exercise) if mutants else [])


def messages_of(exercises):
    """Print what `check` says of each known wrong answer, and the shares; 1 where a message points away."""
    counts = Counter()
    for exercise in exercises:
        counts.update(messages.shown(exercise, mistakes(exercise)))
    every = sum(counts.values())
    print("; ".join(f"{verdict}: {count} of {every}" for verdict, count in counts.items()))
    return 1 if counts[messages.AWAY] else 0


def main(arguments):
    """The command: prints a line for each problem, and for whatever has none; returns the exit code."""
    flags = {a for a in arguments if a.startswith("-")}
    word, *names = [a for a in arguments if a not in flags] or [""]
    if not word or flags - {"--mutants", "--shapes", "--answers", "--messages"}:
        print(__doc__)
        return 2
    chapter, exercises = exercises_of(word)
    if "--messages" in flags:
        return messages_of([exercise for exercise in exercises if not names or exercise.name in names])
    everything = []

    def say(name, found, good):
        everything.extend(found)
        print("\n".join([f"✗ {name}: {problem}" for problem in found] or [f"✓ {name}: {good}"]), flush=True)

    if chapter is None:
        print(f"· there is no chapters/NN_{word}.ipynb yet: only references and hidden tests are looked at")
    elif not names:
        points = sum(exercise.points for exercise in exercises)
        say(word, form.form_problems(chapter) + list(form.exercise_problems(chapter)) + name_problems(chapter),
            f"{len(exercises)} exercises, {points} points")
    for exercise in exercises:
        if not names or exercise.name in names:
            began = time.perf_counter()
            found = problems(exercise, chapter is not None, "--mutants" in flags)
            say(exercise.name, found, f"{len(mistakes(exercise))} mistakes caught, {time.perf_counter() - began:.1f} s")
            if "--answers" in flags:
                killed, passed, found = trying.tried(exercise, {seed: expected(exercise, seed) for seed in FEW})
                say(exercise.name, found, f"{killed} wrong answers caught, {passed} right ones passed")
    if "--shapes" in flags:
        say("shapes", shapes.chapter_problems(word), "the comments met are true")
    return 1 if everything else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
