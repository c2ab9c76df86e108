"""What a student can do next: words for every way in which a hand-in or an exercise may end."""

import re

from ..judging import states

AGAIN = "Then run the cell with your definition again: `check` shows whether the docstring's examples pass."

# (what the reason says, how to mend it), the first that fits counts
FILES = (
    # these four name files or students, whose names may hold any other's words: they come first
    (r"^there are two|more than one|twice|duplicate", "Decide which one counts, and hand in only that one."),
    (r"^there is also a student", "Hand in under your name as your instructor has it, with the same capital letters "
     "and accents."),
    (r"^its name says no student", "Put your name before the chapter's in the file's name, such as "
     "`ada_07_attention.ipynb`."),
    (r"^there is no notebook|its folder is empty", "Hand in the notebook from your `work` folder: upload the `.ipynb` "
     "itself."),
    (r"judge had trouble|process was lost|process that graded|changed while|not graded yet", "This is not your fault. "
     "Your instructor can grade it once more."),
    (r"only a pointer|web page|of XML|a PDF|packed file|is a picture|word processor|plain text|shortcut|UTF-|"
     r"unfinished merge|megabytes beside", "Open the file in JupyterLab before you hand it in: what opens and runs "
     "there can be graded."),
    (r"judge cannot deal with", "Something in it is larger or stranger than any answer to this chapter is. Leave "
     "out what is not needed, and show this page to your instructor."),
    (r"format 3", "Open it in JupyterLab, save it (File, Save Notebook), and hand in the saved file."),
    (r"\blink\b", "Hand in the file itself, not a link or a shortcut to it."),
    (r"encrypted|zip", "Hand in the notebook itself, or an ordinary zip file without a password."),
    (r"no ordinary file|leads outside|folder cannot be read", "Hand in an ordinary file, under its own name alone: the "
     "notebook from your `work` folder."),
    (r"no complete JSON|not a notebook|it is empty|cannot be read|no such file", "Open the file in JupyterLab. If it "
     "opens, save it and hand in the saved file. If it does not, the file was cut short or is of another kind: hand in "
     "the notebook from your `work` folder, and upload the `.ipynb` itself."),
    (r"\bMB\b", "Most of it is output. In JupyterLab choose Edit, Clear Outputs of All Cells, save, and hand in the "
     "smaller file."),
    (r"of the chapter|which chapter|no exercise", "Take this chapter's notebook, keep the line "
     "`check = lesson(…)` in its first code cell, and do not rename the definitions."),
)
ASK = "If you do not know what to change, show this page to your instructor."

ERRORS = (
    (r"NotImplementedError", "Something that it calls is not written yet, or `raise NotImplementedError` still stands "
     "in it."),
    (r"NameError", "A name is not known where your definition runs. What counts are imports, functions, classes and "
     "constants at the top of a cell: put what you use there, and check its spelling."),
    (r"did not end within", "It took too long. Look for a loop that does not end, or for loops that one tensor "
     "operation can replace."),
    (r"too much computing|memory", "It needed too much time or memory. Look for a loop that does not end, or for "
     "something that grows with every turn."),
    (r"crashed|ended by itself", "The whole process ended here. Look for `exit()`, for recursion without an end, or "
     "for calls into the system, and take them out."),
    (r"ImportError|ModuleNotFoundError", "An import does not work where exercises are graded. Use only what the "
     "chapter itself imports."),
    (r"Error\b|Exception\b", "Your code raised an error. Call it yourself with a small input in a cell of its own, and "
     "read the last lines of the error."),
)
STATES = {
    states.RIGHT: "Nothing is left to do here.",
    states.BLANK: f"Write the body of the definition in place of `raise NotImplementedError`; its docstring says what "
                  f"goes in and what comes out. {AGAIN}",
    states.NOTHING: f"Write the definition yourself, in a cell of your notebook, without what is named here. {AGAIN}",
}
CELLS = (
    (r"cannot be read", "Mend the cell that is named: JupyterLab marks the place when you run it."),
    (r"cannot be defined", "The cell fails before your definition can be tried. Restart the kernel, run your cells "
     "from the top, and mend the first error."),
    (r"its code has|cannot deal with", "Leave out long texts and tables: an answer to this exercise is short."),
    (r"took too much", "Do not start other processes, and look for something that grows with every turn."),
    (r"no time was left", "The exercises before this one used up the time. Mend the slow one first."),
    (r"nested too deeply", "Write it as several short statements."),
)


def for_file(problem):
    """How to mend a hand-in that could not be graded."""
    return f"{said(FILES, problem)} {ASK}".strip()


def for_exercise(exercise):
    """What to do next for an exercise, in one or two sentences."""
    state, reason = states.state(exercise), exercise["reason"]
    if state in STATES:
        if state == states.BLANK and not reason.startswith(states.UNWRITTEN):
            return (f"Your notebook has no definition named `{exercise['name']}`. If you renamed it or deleted its "
                    "cell, bring the name back: exercises are found by it.")
        return STATES[state]
    if state == states.UNJUDGED:
        return f"{said(CELLS, reason) or said(ERRORS, reason)} {ASK}".strip()
    hint = said(ERRORS, f"{reason} {exercise['got']}") if fell_over(exercise) else ""
    return f"{hint or 'Start with the first property below; the others often follow from it.'} {AGAIN}"


def fell_over(exercise):
    """True where the answer raised, hung or crashed, so that there is no value to compare."""
    return exercise["expected"] in ("", "an answer")


def said(table, text):
    return next((advice for pattern, advice in table if re.search(pattern, text[:2000])), "")
