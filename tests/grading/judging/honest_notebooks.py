"""Notebooks as honest people write them, by what is special in each: code cells after the first, which is always FIRST.

Each says `check(…)` of every exercise that it has. WRONG are those whose answer is wrong, in a kernel too.
"""

FIRST = 'import math\nfrom course_lib.classroom import lesson\n\ncheck = lesson("start_here")'
DOT = "def dot(a, b):\n    return sum(x * y for x, y in zip(a, b, strict=True))\n"
CHECK = "dot = check(dot, points=1)\n"
ONE = DOT + "\n" + CHECK
USES = (
    "def dot(a, b):\n    total = {}\n    for x, y in zip(a, b, strict=True):\n"
    "        total += x * y\n    return total\n"
    + CHECK
)  # from what the answer starts; it is right where that is 0
SOFTMAX = (
    "def softmax(scores):\n    top = max(scores)\n    powers = [math.exp(s - top) for s in scores]\n"
    "    return [p / sum(powers) for p in powers]\nsoftmax = check(softmax, points=3)\n"
)
MATMUL = (
    "def matmul(a, b):\n    columns = [[row[j] for row in b] for j in range(len(b[0]))]\n"
    "    return [[dot(row, column) for column in columns] for row in a]\nmatmul = check(matmul, points=2)\n"
)


def starts(value):
    return USES.replace("{}", value)


NOTEBOOKS = {
    "plain": [ONE, SOFTMAX, MATMUL],
    # magics
    "%%time above a comment with a question mark": ["%%time\ntotal = 0.0  # is this a float?\n" + ONE],
    "%%capture around a definition": ["%%capture out\n" + ONE],
    "two cell magics": ["%%time\n%%capture\n" + ONE],
    "%%prun": ["%%prun -q\nzero = 0\n", starts("zero")],
    "a shell's lines and a timing": ["gpu = !echo none\nx = %timeit -o -n 1 -r 1 1+1\nimport math", SOFTMAX],
    "a continued shell line": ["!echo one \\\n  two\nzero = 0", starts("zero")],
    "a magic within try": ["try:\n    %matplotlib inline\n    zero = 0\nexcept Exception:\n    pass", starts("zero")],
    "a magic within an answer": ["def dot(a, b):\n    %config\n    !true\n" + DOT.split("\n")[1] + "\n" + CHECK],
    "%time with a name": ["%time zero = 0", starts("zero")],
    "a value of %time": ["zero = %time 1 - 1", starts("zero")],
    "help lines": ["zero = 0\nmath.exp?\nzero?", starts("zero")],
    "%%bash": ["%%bash\necho dot = 5", ONE],
    "%%writefile elsewhere": ["%%writefile /dev/null\ndef dot(a, b): return 1", ONE],
    "%%html": ["%%html\n<b>dot</b>", ONE],
    "two shell lines and a loop": [
        "!true\nfiles = !echo a b\nzero = 0\nfor file in files:\n    zero = 0",
        starts("zero"),
    ],
    "a percent sign in a string": ["text = '''\n%time\n!ls\n'''\nzero = len(text) - len(text)", starts("zero")],
    # prompts, indentation, ends of lines
    "pasted prompts": [
        ">>> zero = 0",
        "\n".join((">>> " if i == 0 else "... ") + line for i, line in enumerate(DOT.strip().split("\n")))
        + "\n>>> "
        + CHECK,
    ],
    "IPython's prompts": ["In [3]: zero = 0", starts("zero")],
    "all of it indented": ["\n".join("    " + line for line in ONE.strip().split("\n"))],
    "a line separator in a comment": ["# a\u2028b\n" + ONE],
    "a next line in a comment": ["# a\u0085b\x1cc\n" + ONE],
    "a form feed": ["\x0c\n" + ONE],
    "a separator in a string": ["zero = len('\u2028') - 1", starts("zero")],
    "carriage returns": [ONE.replace("\n", "\r\n")],
    "old Macs' ends of lines": [ONE.replace("\n", "\r")],
    "empty lines in front": ["\n\n   \n" + ONE],
    "tabs": [DOT.replace("    ", "\t") + CHECK],
    # the future, and what a kernel gives
    "annotations of the future": [
        "from __future__ import annotations",
        ONE.replace("(a, b)", "(a: Row, b: Row) -> float"),
    ],
    "the future in the middle": [
        "zero = 0\nfrom __future__ import annotations\n" + ONE.replace("a, b)", "a: Row, b)", 1)
    ],
    "display": [ONE.replace("    return", "    display(len(a))\n    return")],
    "display that is imported": [
        "from IPython.display import display, HTML",
        ONE.replace("    return", "    display(1)\n    return"),
    ],
    "get_ipython": [ONE.replace("    return", "    shell = get_ipython()\n    return")],
    "deep recursion": [
        "import sys\nsys.setrecursionlimit(9000)",
        "def dot(a, b, n=3000):\n    if n:\n        return dot(a, b, n - 1)\n" + DOT.split("\n")[1] + "\n" + CHECK,
    ],
    "main": ["if __name__ == '__main__':\n    zero = 0", starts("zero")],
    # statements at the top level
    "while": ["n = 5.0\nwhile n > 0: n -= 1", starts("n")],
    "for": ["n = 3\nfor i in range(3): n -= 1", starts("n")],
    "+=": ["n = -1", "n += 1", starts("n")],
    "update": ["d = {}", "d.update(zero=0)", starts("d['zero']")],
    "append in a loop": ["d = []", "for i in range(3):\n    d.append(i)", starts("d[0]")],
    "items": ["d = {}", "d['zero'] = 1", "d['zero'] -= 1", starts("d['zero']")],
    "walrus": ["print(n := 0)", starts("n")],
    "del": ["d = [1, 0]", "del d[0]", starts("d[0]")],
    "match": ["match 0:\n    case n: pass", starts("n")],
    "with": ["import contextlib\nwith contextlib.nullcontext(0) as n: pass", starts("n")],
    "several on a line": ["m = 1; n = m - 1; m = 5", starts("n")],
    "unpacking": ["(n, *rest), m = [0, 1], 2", starts("n")],
    "a function that fills": ["d = []\ndef fill(row): row.append(0)", "fill(d)", starts("d[0]")],
    "global": ["n = 1", "def lower():\n    global n\n    n -= 1", "lower()", starts("n")],
    "a registry": [
        "R = {}\ndef put(f):\n    R[f.__name__] = f\n    return f",
        "@put\ndef zero(): return 0",
        starts("R['zero']()"),
    ],
    "another name for it": ["d = [0]", "e = d", "e.insert(0, 0)\ne.pop()", starts("d[0]")],
    # order, copies, kinds of definitions
    "a copy that is blank": [ONE, "def dot(a, b):\n    raise NotImplementedError\n"],
    "a wrong one, then a right one": ["def dot(a, b): return 1\n" + CHECK, ONE],
    "a value by the exercise's name afterwards": [ONE, "dot = dot([1.0], [2.0])", "for dot in [1]: pass"],
    "a helper changes afterwards": ["n = 0", starts("n"), "n = 7"],
    "a helper changes before": ["n = 7\ndef zero(): return n", "n = 0", starts("zero()")],
    "a helper between definition and check": [
        "def dot(a, b): return add(x * y for x, y in zip(a, b, strict=True))\n\n"
        "def add(row): return sum(row)\n\n" + CHECK
    ],
    "a constant between definition and check": ["n = 7\n" + starts("n").replace(CHECK, "n = 0\n" + CHECK)],
    "a decorator": [
        "import functools\ndef same(f):\n    @functools.wraps(f)\n    def g(*args): return f(*args)\n    return g",
        "@same\n" + ONE,
    ],
    "a lambda": ["dot = lambda a, b: sum(x * y for x, y in zip(a, b, strict=True))\n" + CHECK],
    "nested functions": [
        "def dot(a, b):\n    total = 0\n    def add(x):\n        nonlocal total\n        total += x\n"
        "    for x, y in zip(a, b, strict=True): add(x * y)\n    return total\n" + CHECK
    ],
    "a dataclass": [
        "from dataclasses import dataclass\n\n@dataclass\nclass Sum:\n    value: float = 0",
        starts("Sum().value"),
    ],
    "an enumeration": ["import enum\nclass E(enum.IntEnum):\n    ZERO = 0", starts("E.ZERO")],
    "star import": [
        "from operator import *",
        "def dot(a, b):\n"
        "    return sum(map(mul, a, b, strict=True)) if 0 else sum(mul(x, y) for x, y in zip(a, b, strict=True))\n"
        + CHECK,
    ],
    "an import that may fail": [
        "try:\n    import nowhere\nexcept ImportError:\n    nowhere = None",
        starts("0 if nowhere is None else 1"),
    ],
    "top-level await": ["async def later(): return 0", "n = await later()", starts("n")],
    "types": ["Row = list[float]", ONE.replace("(a, b)", "(a: Row, b: Row) -> float")],
    "a constant from an answer": [ONE, "n = dot([1.0], [0.0])", SOFTMAX.replace("top = ", "top = n + ")],
    "a condition": ["if math.pi > 4:\n    n = 1\nelse:\n    n = 0", starts("n")],
    "a closure": ["def make(n):\n    def zero(): return n\n    return zero", "zero = make(0)", starts("zero()")],
    "partial": ["import functools\nzero = functools.partial(int, '0')", starts("zero()")],
    "a cell that fails elsewhere": ["1 / 0", ONE],
}

WRONG = {
    "the loop decides": ["n = 0\nfor i in range(3): n += 1", starts("n")],
    "the update decides": ["d = {'n': 0}", "d.update(n=2)", starts("d['n']")],
    "the last value before the check": ["n = 0", "n = 7", starts("n"), "n = 0"],
    "a function decides": ["d = [0]\ndef fill(row): row[0] = 4", "fill(d)", starts("d[0]")],
    "an unfinished line": ["def dot(a, b):\n    return sum(\n" + CHECK],
    "%%bash above it": ["%%bash\n: <<'end'\n" + ONE + "end\n"],
}
