"""What the browser tests of the widgets that look into a model share: a model, a text, and ways to ask."""

TEXT = "Once a <img src=x onerror=document.title='caught'> & a fox."
MODEL = f"""
import torch
from course_lib import show
from course_lib.bpe import story_vocabulary
from course_lib.gpt import GPT, Config
tokenizer = story_vocabulary()
def drawn(seed):
    torch.manual_seed(seed)
    model = GPT(Config(vocab_size=tokenizer.vocab_size, context_length=64, d_model=24, n_heads=3, n_layers=2))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(std=0.3)
    model.tokenizer = tokenizer
    return model
model, text = drawn(0), {TEXT!r}
"""


def choice(out, name):
    """The select that is labelled so."""
    return out.locator("label", has_text=name).locator("select")


def until(lab, code, said):
    """Ask the kernel until it says so: what the page chose is on its way."""
    for _ in range(50):
        if lab.kernel(code) == said:
            return
        lab.page.wait_for_timeout(100)
    assert lab.kernel(code) == said
