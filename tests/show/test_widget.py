"""What holds for every widget that looks into a model: its page, its picture, its words, its refusals."""

import base64
import re
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
import torch
from seen_models import TEXT, model_of

from course_lib import show
from course_lib.bpe import story_vocabulary
from course_lib.show import widget
from course_lib.show.looking import read, watch

INSIDE = ["AttentionView", "LogitLens", "Saliency"]


@pytest.fixture(scope="module")
def model():
    return model_of()


@pytest.fixture(params=INSIDE)
def made(request, model):
    return getattr(show, request.param)(model, TEXT, story_vocabulary())


def test_no_button_is_disabled_for_then_it_would_lose_the_focus():
    files = sorted(widget.STATIC.glob("*.js"))
    assert len(files) > 7
    for path in files:
        module = path.read_text(encoding="utf-8")
        assert not re.search(r"\.disabled\b|\bdisabled:|\"disabled\"", module), path.name


def test_a_page_gets_neither_comments_nor_indentation():
    for name in ("common", "attention"):
        whole, sent = ((widget.STATIC / f"{name}.js").read_text(encoding="utf-8"), widget.asset(f"{name}.js"))
        assert len(sent) < 0.95 * len(whole) and "\n//" not in "\n" + sent and "\n " not in "\n" + sent
        assert "".join(whole.split()).count("=>") >= sent.count("=>") > 10
        assert all(line.count("`") % 2 == 0 for line in whole.split("\n")), "no text runs over two lines"


@pytest.mark.parametrize("name, most", [("AttentionView", 29_000), ("LogitLens", widget.LARGEST),
                                        ("Saliency", widget.LARGEST)])
def test_the_page_is_small_and_asks_for_nothing_from_elsewhere(name, most):
    module, style = getattr(show, name)._esm, getattr(show, name)._css
    assert len((module + style).encode("utf-8")) < most
    assert not re.search(r"^\s*import\b|\bimport\(|fetch\(|XMLHttp|WebSocket|https?:", module, re.M)
    assert not re.search(r"url\(|@import", style)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", module), "text stays text"


def test_what_a_notebook_keeps(made):
    data, facts = made._repr_mimebundle_()
    assert data["text/plain"] == repr(made) and re.fullmatch(r"\w+\([\w× ]+\)", repr(made))
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert b"Software" not in base64.b64decode(data["image/png"])
    assert set(made._live()[0]) == {"application/vnd.jupyter.widget-view+json"}
    images = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: tag == "img" and images.append((tag, dict(attributes)))
    parser.feed(data["text/html"])
    [(tag, attributes)] = images
    assert tag == "img" and attributes["alt"] == facts["image/png"]["alt"]
    assert len(attributes["alt"]) > 40 and data["image/png"] in attributes["src"]
    assert set(attributes) <= {"alt", "src", "width", "height", "style", "class"}


def test_the_same_model_and_text_give_the_same_bytes_and_words(made, model):
    again = type(made)(model, TEXT, story_vocabulary())
    assert made.picture().png() == again.picture().png()
    assert repr(made) == repr(again) and made.picture().alt == again.picture().alt


def test_repr_does_not_change_with_what_is_chosen(made):
    before = repr(made)
    for name, value in [("layer", 1), ("head", 2), ("scale", "row"), ("colours", "next"), ("position", 1)]:
        if made.has_trait(name):
            setattr(made, name, value)
    assert repr(made) == before and made.picture().png()


@pytest.mark.slow
def test_no_global_state_of_pyplot_is_touched(model):
    code = (
        "import sys; sys.path[:0] = ['tests/show']; import test_widget as t\n"
        "for name in t.INSIDE:\n"
        "    made = getattr(t.show, name)(t.model_of(), t.TEXT, t.story_vocabulary()); made._repr_mimebundle_()\n"
        "print('matplotlib.pyplot' in sys.modules)")
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"


def test_anywidget_is_imported_only_when_a_widget_is_named():
    code = ("import sys; import course_lib.show as show; print('anywidget' in sys.modules); show.AttentionView; "
            "print('anywidget' in sys.modules, 'AttentionView' in show.__all__)")
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == ["False", "True True"]
    with pytest.raises(AttributeError, match="'AttentionVeiw'.*AttentionView"):
        show.AttentionVeiw  # noqa: B018


def test_the_widgets_are_in_the_package():
    pattern = re.compile(r'course_lib = \[.*"\*\*/\*\.css".*"\*\*/\*\.js"')
    assert pattern.search((widget.STATIC.parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    for name in ("common", "attention", "lens", "saliency"):
        assert widget.asset(f"{name}.js") and widget.asset(f"{name}.css")


# -- wrong input ------------------------------------------------------------------------------------------------------


class Bare(torch.nn.Module):
    """A model with parameters and nothing that could be looked into."""

    def __init__(self, blocks=None):
        super().__init__()
        self.table = torch.nn.Embedding(9, 9)
        if blocks:
            self.blocks = blocks

    def forward(self, ids):
        return self.table(ids)


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.attention = torch.nn.Linear(1, 1)


@pytest.mark.parametrize("name", INSIDE)
@pytest.mark.parametrize("kind, text, error, words", [
    ("gpt", "", ValueError, "empty.*at least one word"),
    ("gpt", [], ValueError, "empty.*at least one id"),
    ("gpt", torch.zeros(0, dtype=torch.long), ValueError, "empty"),
    ("gpt", "fox " * 100, ValueError, r"\d+ tokens with the end of text before it.*48 at a time.*shorter"),
    ("gpt", list(range(49)), ValueError, "49 tokens, .*48 at a time"),
    ("gpt", [0, -1], ValueError, "id -1 is outside.*0 to"),
    ("gpt", [0, 10**6], ValueError, "id 1000000 is outside"),
    ("gpt", torch.zeros(2, 3, dtype=torch.long), ValueError, r"\(2, 3\).*one text"),
    ("gpt", 7, TypeError, "an int.*a str, or a list of ids"),
    ("gpt", None, TypeError, "None; give a str"),
    ("gpt", [0.5], TypeError, "a list; give"),
    ("bare", [1, 2], TypeError, "Bare cannot be looked into: it has no `blocks`.*gpt.GPT"),
    ("blocks", [1, 2], TypeError, r"Bare cannot be looked into: its blocks\[0\] has no `attention`"),
    ("linear", [1, 2], TypeError, r"blocks\[0\] has an attention without `project`"),
    ("str", "a", TypeError, "the model is a str; a torch model"),
])
def test_wrong_input_gets_a_clear_message(name, kind, text, error, words, model):
    wrong = {"gpt": model, "bare": Bare(), "blocks": Bare(torch.nn.ModuleList([torch.nn.Linear(1, 1)])),
             "linear": Bare(torch.nn.ModuleList([Block()])), "str": "gpt2"}[kind]
    with pytest.raises(error, match=words):
        getattr(show, name)(wrong, text, story_vocabulary())


@pytest.mark.parametrize("name", INSIDE)
def test_a_tokenizer_is_taken_from_the_model_or_asked_for(name):
    model = model_of()
    with pytest.raises(ValueError, match="does not know its tokenizer.*give the tokenizer as well"):
        getattr(show, name)(model, "A fox.")
    with pytest.raises(TypeError, match="tokenizer is an object, which cannot encode"):
        getattr(show, name)(model, "A fox.", object())
    model.tokenizer = story_vocabulary()
    assert getattr(show, name)(model, "A fox.").picture()
    assert getattr(show, name)(model_of(), [1, 2, 3]).picture(), "ids need no tokenizer"


def test_a_text_is_read_after_its_end_of_text_and_ids_as_they_are(model):
    tokenizer = story_vocabulary()
    reading = read(model, "A fox.", tokenizer)
    assert reading.ids.tolist() == [tokenizer.end, *tokenizer.encode("A fox.")]
    assert "".join(reading.tokens[1:]) == "A fox."
    for ids in (torch.tensor([[3, 4]]), np.array([3, 4]), [np.int64(3), 4]):
        assert read(model, ids, tokenizer).ids.tolist() == [3, 4]
    half = tokenizer.encode("é")[0]
    assert read(model, [half], tokenizer).tokens == ["\\xc3"]


def test_the_model_is_left_as_it_was(made, model):
    model.train()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    type(made)(model, TEXT, story_vocabulary())
    assert model.training and all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    hooks = [hook for part in model.modules() for hook in (*part._forward_hooks, *part._forward_pre_hooks)]
    assert hooks == []
    with pytest.raises(RuntimeError, match="oh"):
        watch(model, torch.tensor([1, 2]), residual=lambda layer, x: (_ for _ in ()).throw(RuntimeError("oh")))
    assert model.training
    assert not [hook for part in model.modules() for hook in (*part._forward_hooks, *part._forward_pre_hooks)]
    model.eval()


@pytest.mark.parametrize("name", [*INSIDE, "NextToken"])
@pytest.mark.parametrize("gives, words", [(None, "None; logits"), (("a", "pair"), "a tuple"),
                                          (torch.zeros(3), r"\(3,\)"), (torch.zeros(2, 1, 5), r"\(2, 1, 5\)")])
def test_a_model_that_gives_no_logits_is_told(name, gives, words):
    """As one does whose forward a learner has not finished."""
    unfinished = model_of()
    whole = unfinished.forward

    def forward(ids):
        whole(ids)
        return gives

    unfinished.forward = forward
    with pytest.raises(TypeError, match=words):
        getattr(show, name)(unfinished, "Once", story_vocabulary())
