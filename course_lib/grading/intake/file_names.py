"""What names say that browsers, systems and people give to files: whose a notebook is, and of which chapter."""

import re

from ...classroom import layout

COPIES = (          # what a second download or a copy of a file gets, by browser, system and language
    re.compile(r"(.+?)\s*[-_ ]\s*(copy|kopie|copie|copia|kopia)\s*(\(?\d+\)?)?", re.IGNORECASE | re.DOTALL),
    re.compile(r"(?:copy|kopie|copie|copia|kopia)\s*(?:\(\d+\))?\s+(?:of|von|de|di|van)\s+(.+)",
               re.IGNORECASE | re.DOTALL),
    re.compile(r"(.+?)\s*\(\d+\)", re.DOTALL),
    re.compile(r"(.+?)\.(?:ipynb|json|txt|download)", re.IGNORECASE | re.DOTALL),
    re.compile(r"(.*_?\d\d_\w+?)[-\s]\d{1,2}", re.DOTALL),          # Canvas and Safari count
)
LONGEST = 255       # characters of a name that a file system takes
CANVAS = re.compile(r"(?P<student>.+?)_(?P<late>LATE_)?(?P<id>\d+)_(?P<number>\d+)", re.DOTALL)


def original(stem):
    """A file's stem without what copying and downloading have added: "ada_07 (1)", "Copy of ada_07", "ada_07-Copy1"."""
    while len(stem) <= LONGEST and (found := next(filter(None, (copy.fullmatch(stem) for copy in COPIES)), None)):
        stem = found[1].strip()
    return stem


def owner(stem):
    """(student, chapter's stem or "") of a file in a flat folder: STUDENT or STUDENT_NB."""
    bare = original(stem)
    for text in dict.fromkeys((bare, re.sub(r"-\d+$", "", bare))):
        for chapter in layout.chapters():
            for name in (chapter.path.stem, chapter.word):
                if text.lower() == name.lower():
                    return "", name
                if text.lower().endswith((f"_{name}".lower(), f"-{name}".lower(), f" {name}".lower())):
                    return text[:-len(name) - 1].rstrip(" -_"), name
    return bare, ""


def on_canvas(stem):
    """(student, number, the file's own stem, remark) of a name that Canvas made, or None.

    Canvas writes STUDENT_[LATE_]ID_NUMBER_FILE. In "group_1_07_attention" the 07 is the chapter's.
    """
    whose, chapter = owner(stem)
    said = CANVAS.fullmatch(whose) if chapter else None
    file = chapter
    if not said and (longer := re.fullmatch(rf"({CANVAS.pattern})_(?P<file>.+)", stem, re.DOTALL)):
        if chapter and len(longer["number"]) < 3:       # the chapter's own number
            return None
        said, file = longer, longer["file"]
    if not said:
        return None
    remark = ""
    if not said["late"] and len(said["id"] + said["number"]) <= 3:
        remark = (f"the name is read as Canvas writes it, student {said['student']!r} with the number {said['id']}; "
                  f"otherwise the student would be {whose!r}")
    return said["student"], said["id"], file, remark


def wrapping(files):
    """The one folder around everything that was handed in, or "" where the top folders are the students'.

    files: the parts of each path, the last one of a folder "". It is taken for a wrapping where it holds another
    platform's or a flat folder's names, students' folders with assignments below, or one chapter in several folders.
    """
    tops = {parts[0] for parts in files if len(parts) > 1}
    if len(tops) != 1 or any(len(parts) == 1 for parts in files) or "_assignsubmission_" in min(tops):
        return ""
    below = [parts[1:] for parts in files if parts[-1].lower().endswith(".ipynb")]
    names = [name for parts in below for name in parts]
    if any("_assignsubmission_" in name for name in names) or any(len(parts) > 2 for parts in below):
        return tops.pop()
    flat = [parts[0].rpartition(".")[0] for parts in below if len(parts) == 1]
    if any(owner(stem)[0] and owner(stem)[1] for stem in flat):
        return tops.pop()
    chapters = [owner(parts[1].rpartition(".")[0])[1] for parts in below if len(parts) == 2]
    return tops.pop() if any(name and chapters.count(name) > 1 for name in set(chapters)) else ""
