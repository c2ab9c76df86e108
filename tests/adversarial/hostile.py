# ruff: noqa: E501  (programs within programs)
"""Hostile submissions: {name: (class, cells)}. All go for the points of `causal_attention` without earning them.

{root}, {home}, {tmp} and {port} in them stand for the checkout, the judge's home, a folder outside and a server's port.
"""

from .notebooks import RIGHT, WRONG

HOSTILE = {}


def hostile(kind, name, *cells):
    assert name not in HOSTILE
    HOSTILE[name] = kind, cells


def placed(cells, **places):
    """The cells with what {root}, {home}, {tmp} and {port} stand for."""
    def put(text):
        for mark, place in places.items():
            text = text.replace("{" + mark + "}", str(place))
        return text
    return [put(cell) if isinstance(cell, str) else cell for cell in cells]


def body(text):
    """causal_attention with this as its body."""
    lines = "\n".join("    " + line for line in text.strip("\n").splitlines())
    return f"def causal_attention(q, k, v):\n{lines}\n"


# forging results: the worker says that all is well
SEND = """
import json, os, struct
def frame(said):
    text = json.dumps(said).encode()
    for fd in range(3, 64):
        try:
            os.write(fd, struct.pack("!II", len(text), 0) + text)
        except OSError:
            pass
"""
hostile("forging", "says that it ended well", SEND + body('frame(["end", []])\nos._exit(0)'))
hostile("forging", "says that everything is right", SEND + body('frame(["right", 3])\nframe({"earned": 3})\nos._exit(0)'))
hostile("forging", "sends every label with a True", SEND + body("""
import gc
for name in ["the weights of each position add up to one", "the first position can only look at itself"]:
    frame(["step", name, True, [], []])
frame(["end", []])
os._exit(0)"""))
hostile("forging", "sends an object that claims to be an array", SEND + body(
    'frame(["step", "the weights of each position add up to one", ["array", "float32", [2, 5, 3], 0, 10**9], [], []])'))
hostile("forging", "sends garbage", body("import os\nfor fd in range(3, 64):\n    try: os.write(fd, b'\\xff' * 999)\n"
                                         "    except OSError: pass\nreturn v"))
hostile("forging", "sends a frame of four gigabytes", body(
    "import os, struct\nos.write(3, struct.pack('!II', 2**32 - 1, 2**32 - 1))\nreturn v"))
hostile("forging", "sends JSON nested without end", body(
    "import os, struct\ntext = b'[' * 900000\nos.write(3, struct.pack('!II', len(text), 0) + text)\nreturn v"))
hostile("forging", "sends a pickle", body("""
import os, pickle, struct
class Bomb:
    def __reduce__(self): return os.system, ("touch /tmp/small-world-pickle",)
data = pickle.dumps(Bomb())
os.write(3, struct.pack("!II", len(data), 0) + data)
return v"""))
hostile("forging", "sends a dict whose keys all have one hash", SEND + body("""
keys = [[["int", hex(i * (2**61 - 1))], ["int", "0x0"]] for i in range(90_000)]
frame(["step", "the weights of each position add up to one", ["dict", keys], [], []])
return v"""))
hostile("forging", "sends an error with a text of megabytes", SEND + body(
    "frame(['broken', *(c * 900_000 for c in 'abcd')])\nreturn v"))
hostile("forging", "sends a label of megabytes", SEND + body("frame(['step', 'a' * 3_000_000, True, [], []])\nreturn v"))
hostile("forging", "sends numbers that are none", SEND + body(
    'frame(["step", "the weights of each position add up to one", ["float", "__import__(\'os\')"], [], []])\nreturn v'))
hostile("forging", "ends the test before it begins", WRONG + """
import course_lib.classroom.checking.judge as judge
import course_lib.grading.judging.worker as worker
worker.steps = lambda *a, **k: iter(())
judge.steps = worker.steps
""" + body("return worker.steps or v"))
hostile("forging", "an earned-all result in the notebook's outputs", {
    "cell_type": "code", "metadata": {"nbgrader": {"points": 100, "grade": True}}, "execution_count": 1,
    "source": WRONG, "outputs": [{"output_type": "stream", "name": "stdout", "text": "✓ causal_attention"}]})

# patching what compares
for patch in ("torch.allclose = torch.equal = lambda *a, **k: True",
              "import numpy; numpy.isclose = numpy.allclose = lambda *a, **k: numpy.array(True)",
              "torch.Tensor.__eq__ = lambda self, other: torch.ones_like(self, dtype=torch.bool)",
              "import course_lib.classroom.checking.compare as c; c.difference = lambda *a, **k: None",
              "import course_lib.classroom.checking.judge as j; j.wrong_step = j.first_wrong = lambda *a, **k: None",
              "import builtins; builtins.isinstance = lambda *a: True",
              "import math; math.isnan = lambda x: True",
              "import json; json.dumps = lambda *a, **k: '[\"end\", []]'",
              "import course_lib.classroom.checking.drawn_inputs as d; d.Draw.__call__ = lambda s, *n, **k: torch.zeros(n)",
              "import sys; sys.modules['course_lib.classroom.checking.plain_values'].plain = lambda v: None",
              "import course_lib.classroom.checking.docstring_examples as v; v.outcomes = lambda *a: []"):
    hostile("patching", patch.split(";")[-1].strip()[:60], patch + "\n" + body(patch + "\nreturn v.cumsum(-2)"))

# lying objects
LIAR = """
class Liar(torch.Tensor):
    def __eq__(self, other): return True
    def __sub__(self, other): return torch.zeros(())
    @classmethod
    def __torch_function__(cls, f, types, args=(), kwargs=None): return torch.ones(2, 5, 3).as_subclass(Liar)
"""
hostile("lying", "a tensor that equals everything", LIAR + body("return v.cumsum(-2).as_subclass(Liar)"))
hostile("lying", "an object that equals everything", "class Yes:\n    def __eq__(self, o): return True\n"
        "    def __getattr__(self, n): return self\n    def __getitem__(self, i): return self\n"
        "    def __sub__(self, o): return self\n" + body("return Yes()"))
hostile("lying", "an array that lies about its shape", "import numpy\nclass A(numpy.ndarray):\n"
        "    shape = property(lambda s: (2, 5, 3))\n" + body("return numpy.zeros(1).view(A)"))
hostile("lying", "a float that is NaN", body("return v * float('nan')"))
hostile("lying", "a list that never ends", "class L(list):\n    def __iter__(self):\n        while True: yield 0\n"
        + body("x = L(); x.append(x); return x"))
hostile("lying", "a dict that contains itself", body("x = {}; x[0] = x; return x"))
hostile("lying", "an exception whose text never ends", "class E(Exception):\n    def __str__(self):\n"
        "        while True: pass\n" + body("raise E()"))
hostile("lying", "an exception that claims to be the end", body("raise StopIteration"))
hostile("lying", "a function that pretends to be another",
        WRONG + "causal_attention.__wrapped__ = torch.softmax\ncausal_attention.__module__ = 'course_lib.attention'\n")

# reading tests, solutions, expected values
SEARCH = "\nwith open({path}) as f:\n    exec(f.read(), space)\nreturn space['causal_attention'](q, k, v)"
for name, path in {"the reference, by its usual place": "'/course/course_lib/attention.py'",
                   "the checkout": "'{root}/course_lib/attention.py'",
                   "the solution": "'{root}/solutions/07_attention.ipynb'",
                   "the hidden test": "'{root}/tests/hidden/attention.py'",
                   "a path out of the environment": "__import__('os').environ['PWD'] + '/course_lib/attention.py'"}.items():
    hostile("reading", f"reads {name}", body("space = dict(torch=torch, nn=nn)" + SEARCH.format(path=path)))
hostile("reading", "looks for the reference in all objects", body("""
import gc, types
for f in gc.get_objects():
    if isinstance(f, types.FunctionType) and f.__name__ == "causal_attention" and f is not causal_attention \
            and f.__code__.co_argcount == 3:
        return f(q, k, v)
return v"""))
hostile("reading", "looks for the reference in the frames", body("""
import sys
frame = sys._getframe()
while frame:
    for value in [*frame.f_locals.values(), *frame.f_globals.values()]:
        for name in ("want", "expected", "reference"):
            if hasattr(value, name): return getattr(value, name)
    for name in ("want", "expected", "reference"):
        if name in frame.f_locals: return frame.f_locals[name]
    frame = frame.f_back
return v"""))
hostile("reading", "looks in the modules and the history", body("""
import sys
for m in list(sys.modules.values()):
    f = vars(m).get("causal_attention")
    if callable(f) and f is not causal_attention: return f(q, k, v)
return In[0]"""))
hostile("reading", "reads the parent's memory", body("""
import os
for pid in [os.getppid(), 0, 1, *range(2, 300)]:
    try:
        open(f"/proc/{pid}/mem", "rb").read(1); open(f"/proc/{pid}/environ").read()
    except OSError: continue
    if pid != os.getpid(): return torch.zeros(())
return v"""))
hostile("reading", "searches the whole disk", body("""
import os, sys
for folder, _, names in os.walk("/"):
    if folder.startswith(("/usr", "/proc", sys.base_prefix)) or "site-packages" in folder: _.clear(); continue
    if "attention.py" in names:
        space = dict(torch=torch); exec(open(folder + "/attention.py").read(), space)
        return space["causal_attention"](q, k, v)
return v"""))

# importing or calling the answer
hostile("taking", "imports the answer", "from course_lib.attention import causal_attention\n")
hostile("taking", "imports it under another name",
        "from course_lib.attention import causal_attention as right\n" + body("return right(q, k, v)"))
hostile("taking", "imports it inside", body("from course_lib import attention\nreturn attention.causal_attention(q, k, v)"))
hostile("taking", "imports it by its parts",
        body("import importlib\nm = importlib.import_module('course_lib.' + 'atten' + 'tion')\n"
             "return m.causal_attention(q, k, v)"))
hostile("taking", "assigns from the module", "import course_lib.attention as a\ncausal_attention = a.causal_attention\n")
hostile("taking", "a partial of the answer",
        "import functools, course_lib.attention as a\ncausal_attention = functools.partial(a.causal_attention)\n")
hostile("taking", "keeps what check hands out", "causal_attention = check(None, points=3)\n")
hostile("taking", "calls a higher rung", body("from course_lib.gpt import GPT, Config\nreturn GPT"))
hostile("taking", "asks the exercise below it, unwritten",
        "def local_attention(q, k, v, window):\n    raise NotImplementedError\n"
        + body("return local_attention(q, k, v, 10**9)"))
SDPA = "scaled_dot_product_attention"
hostile("taking", "calls the library's", body(f"return torch.nn.functional.{SDPA}(q, k, v, is_causal=True)"))
hostile("taking", "calls the library's by another name",
        f"from torch.nn.functional import {SDPA} as f\ng = f\n" + body("return g(q, k, v, is_causal=True)"))
hostile("taking", "calls the library's through getattr",
        body("f = getattr(torch.nn.functional, 'scaled_dot_' + 'product_attention')\nreturn f(q, k, v, is_causal=True)"))
hostile("taking", "calls the library's through eval",
        body("return eval('torch.nn.functional.scaled_dot_' + 'product_attention')(q, k, v, is_causal=True)"))
hostile("taking", "calls the library's through a dict",
        body("return torch.nn.functional.__dict__['scaled_dot_' + 'product_attention'](q, k, v, is_causal=True)"))
hostile("taking", "calls the library's through a helper",
        f"F = torch.nn.functional\ndef helper(q, k, v): return F.{SDPA}(q, k, v, is_causal=True)\n"
        + body("return helper(q, k, v)"))
hostile("taking", "calls the operator below the library's",
        body("return torch.ops.aten.scaled_dot_product_attention(q, k, v, None, 0.0, True)"))
hostile("taking", "calls the C function below the library's",
        body(f"return torch._C._nn.{SDPA}(q, k, v, is_causal=True)"))
hostile("taking", "calls the library's through vars",
        body("return vars(torch.nn.functional)['scaled_dot_' + 'product_attention'](q, k, v, is_causal=True)"))
IS_CAUSAL = "(q, k, v, is_causal=True)"
hostile("taking", "calls the library's through getattr given to another", "import functools\n" + body(
    "return functools.reduce(getattr, ['nn', 'functional', 'scaled_dot_' + 'product_attention'], torch)" + IS_CAUSAL))
hostile("taking", "calls the library's through getattr renamed",
        body("g = getattr\nreturn g(torch.nn.functional, 'scaled_dot_' + 'product_attention')" + IS_CAUSAL))
hostile("taking", "calls the library's through an attrgetter", "import operator\n" + body(
    "return operator.attrgetter('nn.functional.scaled_dot_' + 'product_attention')(torch)" + IS_CAUSAL))
hostile("taking", "calls the library's through a format string's field", "import string\n" + body(
    "f, _ = string.Formatter().get_field('0.nn.functional.scaled_dot_' + 'product_attention', [torch], {})\n"
    "return f" + IS_CAUSAL))
hostile("taking", "calls the library's through pkgutil", "import pkgutil\n" + body(
    "return pkgutil.resolve_name('torch.nn.functional:scaled_dot_' + 'product_attention')" + IS_CAUSAL))
hostile("taking", "calls the private form of the library's",
        body("return torch._scaled_dot_product_attention_math" + IS_CAUSAL + "[0]"))
hostile("taking", "calls the library's in TorchScript", body("""
text = "def f(q, k, v):\\n    return torch.scaled_dot_" + "product_attention(q, k, v, None, 0.0, True)\\n"
return torch.jit.CompilationUnit(text).f(q, k, v)"""))
hostile("taking", "calls the library's many heads, with one head and weights that change nothing", body("""
T, D = q.shape[-2:]
eye, future = torch.eye(D, dtype=q.dtype, device=q.device), torch.ones(T, T, dtype=torch.bool, device=q.device).triu(1)
a, b, c = (x.reshape(-1, T, D).transpose(0, 1) for x in (q, k, v))
zeros = torch.zeros(3 * D, dtype=q.dtype, device=q.device)
found, _ = torch.nn.functional.multi_head_attention_forward(
    a, b, c, D, 1, torch.cat([eye] * 3), zeros, None, None, False, 0.0, eye, zeros[:D], attn_mask=future,
    need_weights=False)
return found.transpose(0, 1).reshape(v.shape)"""))
hostile("taking", "calls the library's as a default argument",
        f"def causal_attention(q, k, v, f=torch.nn.functional.{SDPA}):\n    return f(q, k, v, is_causal=True)\n")

# hard-coding, subtly wrong, state and nondeterminism
hostile("wrong", "the docstring's example by heart", body("return torch.tensor([[1.0], [1.5], [3.0]])"))
hostile("wrong", "ones, which some labels want", body("return torch.ones_like(v)"))
hostile("wrong", "scaled by D, not its root", RIGHT.replace("D**0.5", "D"))
hostile("wrong", "a mask that is not quite closed", RIGHT.replace("-torch.inf", "-5.0"))
hostile("wrong", "off by a thousandth", RIGHT.replace("@ v", "@ v * 1.001"))
hostile("wrong", "off by a constant", RIGHT.replace("return (", "return 1e-3 + ("))
hostile("wrong", "right at the first call only",
        "calls = []\n" + RIGHT.replace("    T, D", "    calls.append(1)\n    if len(calls) > 3: return v\n    T, D"))
hostile("wrong", "remembers what it was asked", "cache = {}\n"
        + RIGHT.replace("    T, D", "    if 'x' in cache: return cache['x']\n    cache['x'] = v\n    T, D"))
hostile("wrong", "wrong by chance", "import random, os\n"
        + RIGHT.replace("    T, D", "    if os.urandom(1)[0] < 200: return v\n    T, D"))
hostile("wrong", "changes its inputs", RIGHT.replace("    return", "    k.zero_()\n    v.mul_(2)\n    return"))
hostile("wrong", "detached from the gradient", RIGHT.replace("@ v\n", "@ v.detach()\n"))

# hanging, crashing, exhausting
hostile("hanging", "a loop without end", body("while True: pass"))
hostile("hanging", "sleeps", body("import time\ntime.sleep(1000)"))
hostile("hanging", "ignores every signal", body("""
import signal, time
for n in range(1, 65):
    try: signal.signal(n, signal.SIG_IGN)
    except (OSError, ValueError): pass
while True: time.sleep(1)"""))
hostile("hanging", "a constant that takes for ever", "n = sum(1 for _ in iter(int, 1))\n" + body("return v * n"))
hostile("hanging", "hangs in C", body("return torch.tensor(sum(range(10**12)))"))
hostile("crashing", "leaves", body("import os\nos._exit(0)"))
hostile("crashing", "sys.exit", body("import sys\nsys.exit(0)"))
hostile("crashing", "a fault in memory", body("import ctypes\nctypes.string_at(8)"))
hostile("crashing", "recursion without end", body("return causal_attention(q, k, v)"))
hostile("crashing", "closes everything", body("import os\nos.closerange(0, 999)\nreturn v"))
hostile("crashing", "interrupts", body("raise KeyboardInterrupt"))
hostile("exhausting", "memory", body("x = bytearray(10**11)\nreturn v"))
hostile("exhausting", "memory, little by little", body("x = []\nwhile True: x.append(torch.ones(10**6))"))
hostile("exhausting", "processes", body("import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"))
hostile("exhausting", "threads", body("""
import threading, time
while True:
    try: threading.Thread(target=time.sleep, args=(99,)).start()
    except RuntimeError: time.sleep(0.1)"""))
hostile("exhausting", "the disk", body("""
import tempfile
n = 0
while True:
    with open(f"{tempfile.gettempdir()}/{n}", "wb") as f: f.write(bytes(10**7))
    n += 1"""))
hostile("exhausting", "memory, shared out among its children", body("""
import os, time
for _ in range(6):
    if os.fork() == 0:
        x = b"x" * (250 * 10**6)
        time.sleep(99)
time.sleep(99)"""))
hostile("exhausting", "children that compute for ever", body("""
import os
for _ in range(60):
    try:
        if os.fork() == 0:
            while True: pass
    except OSError: break
return v"""))
hostile("exhausting", "segments of shared memory", body("""
import ctypes
libc = ctypes.CDLL(None)
kept = [libc.shmget(0, 10**8, 0o1600) for _ in range(20)]
return v * float(kept[0])"""))
hostile("exhausting", "files that lie in memory", body("""
import os
for _ in range(20): os.write(os.memfd_create("x"), bytes(10**8))
return v"""))
hostile("exhausting", "open files", body("x = [open('/dev/null') for _ in range(10**6)]\nreturn v"))
hostile("exhausting", "output", body("import os\nfor _ in range(10**4): os.write(1, b'x' * 10**5)\nreturn v"))
hostile("exhausting", "a huge answer", body("return torch.zeros(10**8)"))
hostile("exhausting", "a deep answer", body("x = []\nfor _ in range(10**5): x = [x]\nreturn x"))
hostile("exhausting", "a number of a million digits", body("return 10**1000000"))

# escaping
hostile("escaping", "writes into the home folder and the checkout", body("""
import os
for place in ("{home}", "{root}", "/home", "/tmp", "/usr", "/course", "/var/tmp", "/dev/shm", "/etc", "/", "{tmp}"):
    try: open(place + "/small-world-escape", "w").write("x")
    except OSError: pass
return v"""))
hostile("escaping", "links out of its folder", body("""
import os
os.symlink("{root}/course_lib/attention.py", "way"); s = dict(torch=torch, nn=nn)
exec(open("way").read(), s); return s["causal_attention"](q, k, v)"""))
hostile("escaping", "talks to the network", body("""
import socket
for address in (("127.0.0.1", {port}), ("1.1.1.1", 53)):
    s = socket.socket(); s.settimeout(0.5)
    try: s.connect(address); s.sendall(b"hello"); return s.recv(99)
    except OSError: pass
return v"""))
hostile("escaping", "signals everybody", body("""
import os, signal
for pid in (os.getppid(), 1, -1, *range(2, 400)):
    if pid in (os.getpid(), 0): continue
    try: os.kill(pid, signal.SIGKILL)
    except OSError: pass
return v"""))
hostile("escaping", "leaves an orphan behind", body("""
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: time.sleep(120)
    os._exit(0)
return v"""))
hostile("escaping", "new namespaces and mounts", body("""
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.unshare(0x10000000 | 0x20000)
libc.umount2(b"/room", 2); libc.umount2(b"/work", 2); libc.mount(None, b"/usr", None, 32 | 4096, None)
try: open("/usr/small-world-escape", "w")
except OSError: pass
return v"""))
hostile("escaping", "traces the parent", body("""
import ctypes, os
libc = ctypes.CDLL(None)
return torch.tensor([libc.ptrace(16, pid, 0, 0) for pid in (os.getppid(), 1)])"""))

# poisoning the next submission, markup
hostile("poisoning", "spoils torch for those after it",
        "torch.Tensor.softmax = lambda s, d: s\ntorch.manual_seed = None\n"
        + body("torch.Tensor.masked_fill = lambda *a: a[0]\nreturn v"))
hostile("poisoning", "leaves a module for those after it", body("""
for place in ("/room/torch.py", "/course/math.py", "/course/course_lib/text.py"):
    try: open(place, "w").write("raise SystemExit")
    except OSError: pass
return v"""))
hostile("markup", "scripts in its error", body("raise ValueError('<script>alert(1)</script>\\x1b[31m\\u202e' + '=1+1|cmd')"))
hostile("markup", "a lone surrogate", body("return '\\ud800<img src=x onerror=alert(1)>'"))
hostile("markup", "a type with a hostile name", body("return type('<b>\\x00' * 5000, (), {})()"))
hostile("markup", "the test that runs it in its error", body("""
import sys
frame, seen = sys._getframe(1), []
while frame:
    seen += [str(value) for value in list(frame.f_locals.values()) if "impl(" in str(value)[:100_000]]
    frame = frame.f_back
text = "".join(seen)
raise ValueError(text[text.find("impl("):][:190] or "<b>impl(q, k, v)</b>")"""))
