"""A notebook's bytes read as text: its code cells, or in words why it is none. Nothing of it is executed here."""

import json
import re

LARGEST = 100_000_000       # bytes of a notebook with its outputs
LARGEST_CODE = 20_000_000   # without them
ANOTHER = "hand in the notebook itself, the .ipynb file from your `work` folder"
OTHERS = (                  # how files begin that are handed in as notebooks
    (rb"version https://git-lfs\.github\.com/spec/", "it is only a pointer of Git LFS, not the file that it stands "
     "for: run `git lfs pull` and hand in the file that you get"),
    (rb"/annex/objects/|\.git/annex/", "it is only a pointer of git-annex, not the file that it stands for: "
     "run `git annex get` and hand in the file that you get"),
    (rb"(?i)(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype html|html|head|body)\b", "it is a web page, saved under a "
     f"notebook's name (a page to log in, perhaps, or a view of the notebook): {ANOTHER}"),
    (rb"(?i)<\?xml|<", f"it is a file of XML, not of a notebook: {ANOTHER}"),
    (rb"%PDF-", f"it is a PDF under a notebook's name: {ANOTHER}"),
    (rb"PK\x03\x04", f"it is a packed file (zip, or a document of an office program): unpack it, and {ANOTHER}"),
    (rb"\x1f\x8b|7z\xbc\xaf|Rar!|BZh|\xfd7zXZ", f"it is a packed file: unpack it, and {ANOTHER}"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8", f"it is a picture: {ANOTHER}"),
    (rb"\{\\rtf", f"it is a text of a word processor: {ANOTHER}"),
    (rb"#|%|import |from |def |class |\"\"\"|'''|check = ",
     f"it is a plain text or a program, not a notebook: {ANOTHER}"),
    (rb"\[InternetShortcut\]|\[Desktop Entry\]|bplist00", f"it is a shortcut to somewhere else: {ANOTHER}"),
)
ENCODINGS = ((b"\xff\xfe\0\0", "UTF-32"), (b"\0\0\xfe\xff", "UTF-32"), (b"\xff\xfe", "UTF-16"),
             (b"\xfe\xff", "UTF-16"))
MERGE = re.compile(rb"^(<{7}|>{7})( |\r?$)", re.MULTILINE)


class Unfit(ValueError):
    """A notebook that cannot be graded, and why."""


class Unreadable(ValueError):
    """The file is no notebook that can be graded, and why."""


def cells_of(data):
    """The code cells' texts of a notebook's bytes, by number. Unreadable where it is none."""
    if len(data) > LARGEST_CODE:
        raise Unreadable(f"it has {len(data) / 1e6:.0f} MB; a notebook of this course has less than one")
    try:
        book = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError, MemoryError):
        raise Unreadable(cause(data)) from None
    if isinstance(book, dict) and ("worksheets" in book or book.get("nbformat") in (1, 2, 3)):
        raise Unreadable("it is of notebook format 3: open it in JupyterLab and save it again")
    cells = book.get("cells") if isinstance(book, dict) else None
    if not isinstance(cells, list):
        raise Unreadable(f"it is not a notebook: there are no cells in it; {ANOTHER}")
    found = {}
    for number, cell in enumerate(cells):
        text = cell.get("source") if isinstance(cell, dict) and cell.get("cell_type") == "code" else None
        if isinstance(text, list) and all(isinstance(line, str) for line in text):
            text = "".join(text)
        if isinstance(text, str):
            found[number] = text
    return found


def cause(data):
    """Why bytes are no notebook, and how to mend it."""
    begin = data[:2000].removeprefix(b"\xef\xbb\xbf").lstrip()
    encoding = next((name for mark, name in ENCODINGS if data.startswith(mark)), "")
    if not encoding and data[:200].count(b"\0") > len(data[:200]) // 4:
        encoding = "UTF-16"
    if encoding:
        return f"its text is in {encoding}, not in UTF-8: open it in an editor and save it in UTF-8, or {ANOTHER}"
    if MERGE.search(data):
        return ("the marks of an unfinished merge (<<<<<<<, =======, >>>>>>>) stand in it: keep one of the two "
                "versions, with `git mergetool` or `git checkout --ours FILE`, and see whether it opens in JupyterLab")
    for pattern, said in OTHERS:
        if re.match(pattern, begin, re.DOTALL):
            return said
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return f"its text is not in UTF-8: open it in an editor and save it in UTF-8, or {ANOTHER}"
    return f"it is not a notebook: its text is no complete JSON; {ANOTHER}"
