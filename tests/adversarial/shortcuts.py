# ruff: noqa: E501  (programs within programs)
"""Ways around what is to be built by hand: {name: cells}. All take the library's attention, and earn nothing.

{prefix} in them stands for the folder of Python's own library.
"""

from .hostile import IS_CAUSAL, SDPA, body

CALL = "return f" + IS_CAUSAL
NAMED = f"from torch.nn.functional import {SDPA} as f"
HEADS = """
T, D = q.shape[-2:]
f = nn.MultiheadAttention(D, 1, bias=False, batch_first=True, dtype=q.dtype, device=q.device)
with torch.no_grad():
    f.in_proj_weight.copy_(torch.eye(D).repeat(3, 1)); f.out_proj.weight.copy_(torch.eye(D))
    return f(q, k, v, attn_mask=torch.ones(T, T, dtype=torch.bool).triu(1))[0]
"""
BY_SPELLING = "'scaled_dot_' + 'product_attention'"
# a text that is put together, so that no word of it stands in the source
TEXT = "text = 'import torch\\ndef f(q, k, v): return torch.nn.functional.scaled_dot_' + 'product_attention(q, k, v, is_causal=True)'\n"
IN_A_THREAD = "from threading import Thread\nfound = []\n" + body(
    "t = Thread(target=lambda: found.append(torch._scaled_dot_product_attention_math" + IS_CAUSAL + "[0]))\n"
    "t.start(); t.join(); return found.pop()")
READ = "\nassert 'def' in text\nT, D = q.shape[-2:]\nm = torch.ones(T, T, dtype=torch.bool, device=q.device).triu(1)\n" \
       "return (q @ k.mT / D**0.5).masked_fill(m, -torch.inf).softmax(-1) @ v"

SHORTCUTS = {
    # an import, wherever it stands
    "imported in a try": [f"try:\n    {NAMED}\nexcept ImportError:\n    pass\n", body(CALL)],
    "imported in an else of a try": [f"try:\n    import os\nexcept ImportError:\n    pass\nelse:\n    {NAMED}\n", body(CALL)],
    "imported under an if": [f"if True:\n    {NAMED}\n", body(CALL)],
    "imported in a with": [f"import contextlib\nwith contextlib.nullcontext():\n    {NAMED}\n", body(CALL)],
    "imported in a class": [f"class A:\n    {NAMED}\n", body("return A.f" + IS_CAUSAL)],
    "imported in a method of a class": [f"class A:\n    def get(self):\n        {NAMED}\n        return f\n", body("return A().get()" + IS_CAUSAL)],
    "imported in the function": [body(f"{NAMED}\n{CALL}")],
    "imported in a function within": [body(f"def g():\n    {NAMED}\n    return f\nreturn g()" + IS_CAUSAL)],
    "imported as a global by another function": [f"def get():\n    global f\n    {NAMED}\n", body("get()\n" + CALL)],
    "imported with a name that is a variable elsewhere": [f"if True:\n    {NAMED}\n    def g(f):\n        f = 1\n", body("g(1)\n" + CALL)],
    "imported by an expression": [f"f = __import__('torch.nn.functional', fromlist=['x']).{SDPA}\n", body(CALL)],
    "imported by an expression in a lambda": ["get = lambda: __import__('importlib').import_module('torch.nn.functional')\n",
                                              body(f"return getattr(get(), {BY_SPELLING})" + IS_CAUSAL)],
    "imported by importlib in a try": ["try:\n    from importlib import import_module as get\nexcept ImportError:\n    pass\n",
                                       body("return vars(get('torch.nn.functional'))[" + BY_SPELLING + "]" + IS_CAUSAL)],
    "imported by importlib in a class": ["class A:\n    import importlib as i\n", body(f"return A.i.import_module('torch.nn.functional').{SDPA}" + IS_CAUSAL)],
    "imported with a star in a try": ["try:\n    from torch.nn.functional import *\nexcept ImportError:\n    pass\n", body(f"return {SDPA}" + IS_CAUSAL)],
    "a statement behind another on its line": [f"g = lambda: 0; from torch.nn.functional import {SDPA} as f\n", body("g()\n" + CALL)],
    "a call, and the rest of its line": [f"g = dict(); f = torch.nn.functional.{SDPA}\n", body("g.clear()\n" + CALL)],
    # other libraries' doors
    "the door of safetensors": ["import safetensors.torch as s\n", body(f"return s.torch.nn.functional.{SDPA}" + IS_CAUSAL)],
    "the door of webbrowser, to sys": ["import webbrowser\n", body(
        f"return vars(webbrowser.sys.modules['torch.nn.functional'])[{BY_SPELLING}]" + IS_CAUSAL)],
    "the door of webbrowser, by another name": ["import webbrowser\n", body(
        "m = webbrowser\nfor name, x in m.sys.modules.items():\n    if name == 'torch.nn.functional':\n"
        f"        for word in dir(x):\n            if word == {BY_SPELLING}: return x.__dict__[word]" + IS_CAUSAL)],
    "sys out of another library": ["from webbrowser import sys as s\n", body(
        f"x = s.modules['torch.nn.functional']\nreturn [v for k, v in x.__dict__.items() if k == {BY_SPELLING}][0]" + IS_CAUSAL)],
    "builtins out of torch": ["import torch\n", body(TEXT + "space = {}\ntorch.builtins.exec(text, space)\nreturn space['f'](q, k, v)")],
    # the same under another name
    "the library's many heads, as a module": [body(HEADS)],
    "the library's many heads, imported": ["from torch.nn import MultiheadAttention as M\n", body(HEADS.replace("nn.MultiheadAttention", "M"))],
    # what runs elsewhere
    "in a thread": [IN_A_THREAD],
    "in a pool of threads": ["from concurrent.futures import ThreadPoolExecutor as P\n", body(
        "with P(1) as p: return p.submit(lambda: torch._scaled_dot_product_attention_math" + IS_CAUSAL + "[0]).result()")],
    "in a child": ["import os\n", body("""
r, w = os.pipe()
if os.fork() == 0:
    torch.save(torch._scaled_dot_product_attention_math(q, k, v, is_causal=True)[0], open("x", "wb"))
    os._exit(0)
os.wait(); return torch.load("x")""")],
    # a library's code, read
    "reads a library's file": [body("text = open('{prefix}/abc.py').read()" + READ)],
    "reads it in a thread": ["from threading import Thread\nfound = []\n", body(
        "t = Thread(target=lambda: found.append(open('{prefix}/abc.py').read()))\nt.start(); t.join(); text = found.pop()" + READ)],
    "reads it by inspect": ["import inspect\n", body("text = inspect.getsource(torch.nn.functional)" + READ)],
    "reads it by inspect in a try": ["try:\n    import inspect as i\nexcept ImportError:\n    i = None\n", body("text = i.getsource(torch.nn.functional)" + READ)],
    "reads it by linecache": ["from linecache import getlines\n", body("text = ''.join(getlines('{prefix}/abc.py'))" + READ)],
    "reads it by pathlib": ["from pathlib import Path\n", body("text = Path('{prefix}/abc.py').read_text()" + READ)],
    "reads it by its own name": [body("text = open(torch.__file__).read()" + READ)],
    "runs a text by timeit": ["import timeit\n", body(TEXT + "space = {}\ntimeit.timeit(text + '\\nspace[0] = f', number=1, globals={'space': space})\nreturn space[0](q, k, v)")],
}  # fmt: skip
