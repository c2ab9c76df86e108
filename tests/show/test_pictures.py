"""Pictures are judged by what is in them: the drawn data, the pixels, the words; never against a stored picture."""

import base64
import io
import json
import re
import subprocess
import sys
import warnings
from html.parser import HTMLParser

import matplotlib
import numpy as np
import pytest
import torch
from PIL import Image

from course_lib import show
from course_lib.classroom import ladder
from course_lib.show import picture

HOSTILE = [
    "$x_1^2$",
    "_hidden",
    "<script>alert(1)</script>",
    "\n\t\r ",
    "",
    "你好",
    "🙂",
    "\\frac",
    "x" * 500,
    "\x00\x1b[1m",
]


@pytest.fixture(autouse=True)
def _strict():
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a glyph that is missing, a layout that does not fit
        yield


@pytest.fixture
def figures(tmp_path, monkeypatch):
    """A ladder of our own making: two rungs and a floor."""
    monkeypatch.setattr(ladder, "FILE", tmp_path / "ladder.json")
    monkeypatch.setattr(ladder, "_session", {})
    ladder.FILE.write_text("{}", encoding="utf-8")
    entry = {"seconds": 1.0, "preset": "cpu", "seeds": [0, 1, 2], "spread": 0.01}
    new = {"gpt": 0.5, "bigram": 1.75, "floor": 0.3125}
    ladder.write({name: {"bits_per_byte": bits, **entry} for name, bits in new.items()})
    return new


WEIGHTS = torch.tensor([[1.0, 0.0, 0.0], [0.25, 0.75, 0.0], [0.5, 0.25, 0.25]])


def picture_of(name):
    return {
        "heatmap": lambda: show.heatmap(WEIGHTS, ["a", "b", "c"]),
        "grid": lambda: show.grid(torch.stack([WEIGHTS] * 5), ["a", "b", "c"]),
        "ladder": lambda: show.ladder({}),
        "bars": lambda: show.bars("abc", [0.5, 0.3, 0.2], after=[0.6, 0.4, 0.0]),
        "lines": lambda: show.lines({"one": [1, 2, 3], "two": ([0, 5], [3, 1])}, title="Two"),
        "arrows": lambda: show.arrows({"here": (1, 2), "there": (-1, 0)}),
        "stages": lambda: show.stages({"page": "as it comes", "text": "chapter 1\nclean", "ids": "2"}, columns=2),
    }[name]()


def drawn(axes):
    """{label: (xs, ys)} of the lines that a picture has."""
    return {line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in axes.get_lines()}


def words(figure):
    return [text.get_text() for text in figure.findobj(matplotlib.text.Text) if text.get_text()]


# what every picture has


@pytest.mark.parametrize("name", ["heatmap", "grid", "ladder", "bars", "lines", "arrows", "stages"])
def test_a_notebook_gets_a_png_a_text_and_an_image_with_alt(name):
    one = picture_of(name)
    data, metadata = one._repr_mimebundle_()
    png = base64.b64decode(data["image/png"])
    assert png == picture_of(name).png(), "the same data gave another picture"
    assert png == one.png(), "the same picture gave other bytes when drawn again"
    assert data["text/plain"] == repr(one) and "0x" not in data["text/plain"]
    assert one.alt.startswith(one.name) and len(one.alt) > len(one.name)
    [page] = [Reader(data["text/html"])]
    assert page.tags == ["style", "img"] and page.images == [one.alt], "one picture, whatever the theme"
    assert metadata["image/png"]["alt"] == one.alt
    pixels = Image.open(io.BytesIO(png))
    assert "Software" not in pixels.info
    ratio = pixels.width / metadata["image/png"]["width"]
    assert ratio == pytest.approx(picture.SCALE, abs=0.01)
    assert metadata["image/png"]["width"] <= 900
    assert {pixels.convert("RGB").getpixel(corner) for corner in [(0, 0), (pixels.width - 1, 0)]} == {(255, 255, 255)}


def test_a_readers_own_style_changes_nothing():
    plain = show.lines({"loss": [3, 2, 1]}).png()
    with matplotlib.rc_context(
        {"font.size": 30, "lines.linewidth": 9, "figure.facecolor": "black", "text.usetex": True}
    ):
        assert show.lines({"loss": [3, 2, 1]}).png() == plain


def test_pyplot_stays_out():
    code = "import sys, course_lib.show; print('matplotlib.pyplot' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, encoding="utf-8")
    assert out.stdout.strip() == "False"


def test_a_picture_is_saved_whole(tmp_path):
    one = show.lines({"loss": [3, 2, 1]})
    assert one.save(tmp_path / "new" / "a.png").read_bytes() == one.png()
    first = one.save(tmp_path / "a.svg").read_text(encoding="utf-8")
    assert first == one.save(tmp_path / "b.svg").read_text(encoding="utf-8")
    assert "<svg" in first and one.alt in first
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.svg", "b.svg", "new"]
    with pytest.raises(ValueError, match=r"\.gif"):
        one.save(tmp_path / "a.gif")


def contrast(one, other):
    """WCAG 2.1, 1.4.3: of two colours, 1 to 21."""
    def luminance(colour):
        channels = np.array(matplotlib.colors.to_rgb(colour))
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722] + 0.05

    low, high = sorted([luminance(one), luminance(other)])
    return high / low


@pytest.mark.parametrize("colour", [picture.INK, picture.QUIET])
def test_words_can_be_read_on_the_card_and_in_the_dark(colour):
    assert contrast(colour, picture.PAPER) >= 4.5
    assert contrast(picture.DARK[colour], picture.DARK[picture.PAPER]) >= 4.5


@pytest.mark.parametrize("colour", [*picture.COLOURS, "#00224e", "#7d7c78", "#fee838"])
def test_what_is_drawn_can_be_seen_on_one_of_the_two_and_guessed_on_the_other(colour):
    assert max(contrast(colour, picture.PAPER), contrast(colour, picture.DARK[picture.PAPER])) >= 3


def shares(png):
    """How much of a picture is light, and how much dark: the shares of pixels in the lightest and darkest quarter."""
    grey = np.asarray(Image.open(io.BytesIO(png)).convert("L"))
    return (grey > 191).mean(), (grey < 64).mean()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["heatmap", "grid", "ladder", "bars", "lines", "arrows", "stages"])
def test_in_a_dark_theme_the_picture_is_dark(name):
    one = picture_of(name)
    light, dark = one.png(), one.png(dark=True)
    assert shares(light)[0] > 0.5 and shares(dark)[1] > 0.5 and shares(dark)[0] < 0.2
    assert one.png() == light and one.png(dark=True) == dark, "to draw it in one theme leaves nothing in the other"
    said = one._repr_mimebundle_()[0]["text/html"]
    rule, image = said.split("</style>")
    assert base64.b64encode(dark).decode() in rule and base64.b64encode(light).decode() in image
    [kind] = re.findall(r'class="([\w-]+)"', image)
    assert rule.startswith(f'<style>[data-jp-theme-light="false"] .{kind}, .vscode-dark .{kind} {{ content: url(data:')


def test_in_a_dark_theme_words_on_a_coloured_cell_stay_and_others_turn():
    one = show.heatmap([[1.0, 0.01], [0.5, 0.5]], ["a", "b"])
    on_cells = {text.get_text(): text.get_color() for text in one.figure.axes[0].texts}
    with picture._dark(one.figure):
        colours = {text.get_text(): text.get_color() for text in one.figure.axes[0].texts}
        assert colours == on_cells == {"1.00": "black", "0.01": "white", "0.50": on_cells["0.50"]}
        title = one.figure.axes[0].title.get_color()
        assert matplotlib.colors.to_hex(title) == picture.DARK[picture.INK]
    assert matplotlib.colors.to_hex(one.figure.axes[0].title.get_color()) == picture.INK


def test_an_error_while_it_is_drawn_dark_leaves_it_light():
    one = show.lines({"loss": [3, 2, 1]})
    light = one.png()
    with pytest.raises(RuntimeError), picture._dark(one.figure):
        raise RuntimeError
    assert one.png() == light


def test_hostile_tokens_are_drawn_as_they_are():
    n = len(HOSTILE)
    everything = [
        show.heatmap(np.eye(n), HOSTILE),
        show.grid([np.eye(n)], HOSTILE, titles=["$\\alpha"]),
        show.bars(HOSTILE, [1 / n] * n),
        show.lines({f"{n}: {text}": [n, 2] for n, text in enumerate(HOSTILE)}, title="$y$\0", references={"你": 1.0}),
    ]
    for one in everything:
        data, _ = one._repr_mimebundle_()
        assert "<script" not in data["text/html"]
        assert not any(text.get_parse_math() for text in one.figure.findobj(matplotlib.text.Text))
    seen = words(everything[2].figure)
    assert "$x_1^2$" in seen and "·" not in seen and "\\u4f60\\u597d" in seen
    assert "⏎→\\r·" in seen


# attention


def pixels(one):
    """A function (row, column) -> the colour, 0 to 255, near the corner of a cell, where no number is written."""
    sheet, axes = one.figure, one.figure.axes[0]
    image = Image.open(io.BytesIO(one.png())).convert("RGB")
    scale = image.width / (sheet.get_size_inches()[0] * sheet.dpi)

    def colour(row, column):
        x, y = axes.transData.transform((column - 0.35, row - 0.35))
        return np.array(image.getpixel((round(x * scale), round(image.height - y * scale))), float)

    return colour


def test_larger_weights_are_lighter_and_hidden_ones_lightest():
    one = show.heatmap([[1.0, 0.0, 0.0], [0.9, 0.1, 0.0], [0.69, 0.3, 0.01]])
    pixel = pixels(one)
    shades = [pixel(2, 2), pixel(1, 1), pixel(2, 1), pixel(2, 0), pixel(0, 0)]
    assert all(np.diff([shade.mean() for shade in shades]) > 3), shades
    assert pixel(0, 2).min() > 230 and pixel(1, 2).min() > 230
    assert "3 cells are hidden" in one.alt


def test_a_small_weight_can_be_told_from_none():
    pixel = pixels(show.heatmap([[0.98, 0.02], [0.0, 1.0]]))
    assert np.abs(pixel(0, 1) - pixel(1, 0)).max() > 15


def test_only_a_matrix_without_any_future_has_a_hidden_one():
    leaking = torch.full((3, 3), 1 / 3)
    leaking[0, 2] = 0
    assert "hidden" not in show.heatmap(leaking).alt
    assert "hidden" not in show.heatmap([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0]]).alt, "keys differ from queries: no future"
    scores = torch.tensor([[0.5, -torch.inf], [2.0, -1.0]])
    one = show.heatmap(scores)
    assert "1 cells are hidden" in one.alt and pixels(one)(0, 1).min() > 230
    assert "The largest is 2.00: 1 at 0." in one.alt


def named(one):
    """What stands beside and above the first matrix of a picture."""
    axes = one.figure.axes[0]
    return tuple([label.get_text() for label in labels] for labels in (axes.get_yticklabels(), axes.get_xticklabels()))


LOWER = [[0.9, 0.0, 0.0], [0.2, 0.8, 0.0], [0.1, 0.0, 0.9]]


@pytest.mark.parametrize("matrix", [LOWER, np.eye(3), np.zeros((3, 3)), torch.tensor(LOWER)])
@pytest.mark.parametrize("columns", [None, show.Names("abc"), [" a", " b", " c"]])
def test_rows_that_are_names_have_no_future_however_the_matrix_looks(matrix, columns):
    rows = show.Names(["happy", "a bit sour", "sad"])
    heat, side = show.heatmap(matrix, rows, columns=columns), show.grid([matrix, matrix], rows)
    for one in (heat, side):
        assert "hidden" not in one.alt and not one.figure.axes[0].get_lines()
    assert "crossed out" not in words(heat.figure) and "hidden" in show.heatmap(matrix).alt
    assert len(heat.figure.axes[0].texts) == 9, "each number is written, 0 too"
    assert "a table of 3 × 3" in heat.name


def test_among_names_what_is_no_number_is_hidden_still():
    one = show.heatmap([[1.0, np.nan], [0.0, -np.inf]], show.Names("ab"))
    assert "2 cells are hidden" in one.alt and len(one.figure.axes[0].texts) == 2


def test_names_stand_as_they_are_and_of_tokens_the_blanks_are_seen():
    rows, tokens = ["block 1", "after block 2"], [" fox", "a b", "\n"]
    matrix = [[1, 2, 3], [4, 5, 6]]
    assert named(show.heatmap(matrix, show.Names(rows), columns=tokens)) == (rows, ["·fox", "a·b", "⏎"])
    assert named(show.heatmap(matrix, rows, columns=show.Names(["head 1", "head 2", "MLP"]))) == (
        ["block·1", "after·block·2"], ["head 1", "head 2", "MLP"])
    assert named(show.heatmap(np.eye(2), show.Names(rows))) == (rows, rows)
    assert named(show.grid([np.eye(2)], show.Names(rows))) == (rows, rows)
    assert "The largest is 6.00: after block 2 at ⏎." in show.heatmap(matrix, show.Names(rows), columns=tokens).alt
    assert named(show.heatmap([[1.0]], show.Names(["a long name of a row"])))[0] == ["a long name of…"]


def test_names_may_be_hostile_and_numbers_and_must_be_as_many():
    n = len(HOSTILE)
    for one in (show.heatmap(np.eye(n), show.Names(HOSTILE)), show.grid([np.eye(n)], show.Names(HOSTILE))):
        assert "<script" not in one._repr_mimebundle_()[0]["text/html"]
    assert named(show.heatmap(np.eye(2), show.Names(range(2)))) == (["0", "1"], ["0", "1"])
    with pytest.raises(ValueError, match="3 × 3, but 2 tokens"):
        show.heatmap(np.eye(3), show.Names("ab"))


def test_heads_share_one_scale():
    one = show.grid([[[0.5, 0.0], [0.5, 0.5]], [[0.1, 0.2], [0.3, 1.0]]])
    images = [image for axes in one.figure.axes for image in axes.get_images()]
    assert len({(image.norm.vmin, image.norm.vmax) for image in images[:2]}) == 1
    assert images[0].norm.vmax == 1.0


def test_with_limits_two_pictures_have_one_scale():
    def drawn_by(values):
        return show.grid([values], limits=(-0.25, 1)).figure.axes[0].get_images()[0]

    image, other = drawn_by([[1.0, -0.2], [-0.2, 1.0]]), drawn_by([[1.0, 0.3], [0.3, 1.0]])
    for value in (-0.25, 0.0, 0.4, 1.0):
        assert image.cmap(image.norm(value)) == other.cmap(other.norm(value))
    assert image.norm(0.375) == pytest.approx(0.5), "even: the colours grow with the value, not with its root"
    assert image.norm(-0.9) == 0 and image.norm(3.0) == 1, "what lies beyond has the colour of the end"


@pytest.mark.parametrize("T, S", [(24, 16), (12, 12), (1, 9), (64, 64), (200, 3)])
def test_a_heatmap_fits_a_laptop(T, S):
    one = show.heatmap(np.random.default_rng(0).random((T, S)))
    width, height = one.figure.get_size_inches() * one.figure.dpi
    assert width <= 900 and height <= 650
    rows = [label.get_window_extent() for label in one.figure.axes[0].get_yticklabels()]
    assert all(low.y1 <= high.y0 + 2.5 for high, low in zip(rows, rows[1:], strict=False)), "names of rows overlap"


def test_heads_count_from_1_where_one_reads_them():
    one = show.grid([np.eye(2)] * 2)
    assert [axes.get_title(loc="left") for axes in one.figure.axes[:2]] == ["head 1", "head 2"]


def test_everything_hidden_or_everything_nought_is_still_a_picture():
    assert "Every cell is hidden" in show.heatmap(np.full((2, 3), -np.inf)).alt
    assert "0.00" in show.heatmap(np.zeros((2, 3))).alt
    assert show.heatmap([[1.0]]).png()


def test_tensors_with_a_gradient_or_of_half_precision_are_drawn():
    weights = torch.rand(3, 5, requires_grad=True)
    assert show.heatmap(weights).alt == show.heatmap(weights.detach().numpy()).alt
    assert show.heatmap(torch.eye(2, dtype=torch.bfloat16))


@pytest.mark.parametrize(
    "draw, complaint",
    [
        (lambda: show.heatmap(torch.rand(2, 3, 3)), r"\(2, 3, 3\).*choose one"),
        (lambda: show.heatmap(torch.rand(3, 3), ["a", "b"]), "3 × 3, but 2 tokens"),
        (lambda: show.heatmap(torch.rand(0, 3)), "shape is"),
        (lambda: show.grid([]), "no matrix"),
        (lambda: show.grid([np.eye(2)], titles=["a", "b"]), "1 titles, but 2 came"),
        (lambda: show.bars("abc", [0.5, 0.5]), "3 tokens need"),
        (lambda: show.lines({}), "empty"),
        (lambda: show.lines({"loss": ([1, 2], [1, 2, 3])}), "'loss'"),
        (lambda: show.ladder({"gtp": 1.0}), "'gtp'.*gpt"),
        (lambda: show.arrows({}), "empty"),
        (lambda: show.stages({}), "empty"),
        (lambda: show.stages({"page": ""}, columns=0), "columns is 0"),
        (lambda: show.arrows({"up": [1, 2, 3]}), r"'up' must end at two finite numbers.*\[1, 2, 3\]"),
        (lambda: show.arrows({"up": [1, np.nan]}), "'up' must end"),
    ],
)
def test_what_cannot_be_drawn_is_said(draw, complaint):
    with pytest.raises(ValueError, match=complaint):
        draw()


# lines and bars


def test_whole_xs_have_whole_ticks():
    (whole,) = show.lines({"bits": ([1, 2, 3], [3.0, 2.0, 1.5])}).figure.axes
    (between,) = show.lines({"bits": ([1, 1.5, 2], [3.0, 2.0, 1.5])}).figure.axes
    assert all(tick % 1 == 0 for tick in whole.get_xticks())
    assert any(tick % 1 for tick in between.get_xticks())


def test_lines_hold_the_given_numbers():
    (axes,) = show.lines({"a": [3, 1, 2], "b": ([0, 10], torch.tensor([5.0, 6.0]))}).figure.axes
    assert drawn(axes)["a"] == ([0, 1, 2], [3, 1, 2])
    assert drawn(axes)["b"] == ([0, 10], [5, 6])
    looks = {(line.get_color(), str(line._dash_pattern)) for line in axes.get_lines()}
    assert len({colour for colour, _ in looks}) == len({dash for _, dash in looks}) == 2, "colour alone is not enough"


@pytest.mark.parametrize("count", [2, 3, 4, 6, 10])
@pytest.mark.parametrize("name", ["a", "documentation, tokens from stories", "x" * 90])
@pytest.mark.parametrize("title", ["", "Bytes per token, of two texts with two vocabularies"])
def test_the_names_of_curves_leave_the_curves_their_room(count, name, title):
    one = show.lines({f"{n} {name}": [n, n + 1] for n in range(count)}, title=title, xlabel="x", ylabel="y")
    sheet, [axes] = one.figure, one.figure.axes
    box = axes.get_window_extent()
    width, height = sheet.get_size_inches() * sheet.dpi
    assert box.width > 0.8 * width and box.height > 200
    [legend] = [*sheet.legends, *filter(None, [axes.get_legend()])]
    place = legend.get_window_extent()
    assert place.x0 >= 0 and place.x1 <= width and place.y0 >= 0 and place.y1 <= height
    assert not box.overlaps(place) and not axes._left_title.get_window_extent().overlaps(place)


@pytest.mark.parametrize("ends", [{"the question": [2.0, 1.0], "place 0": [2, 0], "place 1": [-1, 2]},
                                  {"far": (300, 1)}, {"down": (0, -0.001)}, {"none": (0, 0)}])
def test_arrows_have_heads_and_axes_alike(ends):
    one = show.arrows(ends)
    [axes] = one.figure.axes
    assert axes.get_aspect() == 1, "a right angle is a right angle"
    shafts = [text for text in axes.texts if text.arrow_patch]
    assert [tuple(shaft.xy) for shaft in shafts] == [tuple(end) for end in ends.values()]
    assert all(shaft.arrowprops["arrowstyle"] == "-|>" for shaft in shafts)
    assert [text.get_text() for text in axes.texts if not text.arrow_patch] == list(ends)
    width, height = one.figure.get_size_inches() * one.figure.dpi
    for text in axes.texts:
        box = text.get_window_extent()
        assert -1 <= box.x0 and box.x1 <= width + 1 and -1 <= box.y0 and box.y1 <= height + 1


@pytest.mark.parametrize("xs, some, none", [
    ([1, 30, 3000], {"1", "2", "50", "1000", "2000"}, set()), ([0.01, 1], {"0.01", "0.05", "0.5"}, set()),
    ([1e-6, 1e3], {"1e-06", "0.1", "1000"}, {"0.2", "5"}),
])
def test_a_logarithmic_x_axis_has_plain_numbers_and_not_too_many(xs, some, none):
    (axes,) = show.lines({"a": (xs, xs)}, logx=True).figure.axes
    axes.figure.canvas.draw()
    said = {label.get_text() for label in axes.get_xticklabels()}
    assert some <= said and not none & said and not any("$" in text for text in said)


@pytest.mark.parametrize("logy", [False, True])
def test_level_lines_are_drawn_and_their_names_do_not_overlap(logy):
    levels = {"floor": 0.233, "gpt": 0.2385, "close": 0.24, "counting": 2.0}
    one = show.lines({"training": ([1, 2], [4.0, 2.0])}, references=levels, logy=logy)
    (axes,) = one.figure.axes
    assert {ys[0] for _, ys in drawn(axes).values() if ys[0] == ys[-1]} == set(levels.values())
    one.figure.canvas.draw()
    boxes = sorted((text.get_window_extent() for text in axes.texts), key=lambda box: box.y0)
    assert [text.get_text() for text in sorted(axes.texts, key=lambda text: text.get_window_extent().y0)] == [
        "floor 0.23", "gpt 0.24", "close 0.24", "counting 2.00"]  # fmt: skip
    assert all(low.y1 <= high.y0 for low, high in zip(boxes, boxes[1:], strict=False))


@pytest.mark.parametrize("ys", [[1.4, 0.2], [1.4, 3e-7], [0.5, 1e-12], [1e7, 0.0, 2e-3], [1e20, 1e-20]])
def test_the_marks_of_a_logarithmic_axis_do_not_overlap(ys):
    one = show.lines({"a": ys}, logy=True)
    (axes,) = one.figure.axes
    one.figure.canvas.draw()
    low, high = axes.get_ylim()
    labels = [label for label, y in zip(axes.get_yticklabels(), axes.get_yticks(), strict=True) if low <= y <= high]
    boxes = sorted((label.get_window_extent() for label in labels), key=lambda box: box.y0)
    assert len(boxes) >= 3
    assert all(a.y1 <= b.y0 for a, b in zip(boxes, boxes[1:], strict=False))


def test_no_two_of_many_lines_look_alike():
    axes = show.lines({f"line {n}": [0, n] for n in range(20)}).figure.axes[0]
    looks = {(line.get_color(), str(line._unscaled_dash_pattern)) for line in axes.get_lines()}
    assert len(looks) == 20


def test_bars_are_as_long_as_the_probabilities_and_sorted():
    one = show.bars(["a", "b", "c", "d"], [0.1, 0.6, 0.3, 0.0], after=[0.0, 0.7, 0.3, 0.0], top=3)
    axes = one.figure.axes[0]
    assert [round(bar.get_width(), 6) for bar in axes.patches] == [0.6, 0.3, 0.1, 0.7, 0.3, 0.0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["b", "c", "a"]
    assert axes.yaxis_inverted(), "the likeliest stands on top"
    assert "1 more are not drawn" in one.alt


def test_bars_of_named_things_are_shares_and_keep_their_spaces():
    axes = show.bars(show.Names(["the story", "15 answers"]), [0.7, 0.3]).figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["the story", "15 answers"]
    assert axes.get_xlabel() == "share"
    axes = show.bars(["the story", "x"], [0.7, 0.3]).figure.axes[0]
    assert axes.get_yticklabels()[0].get_text() != "the story" and axes.get_xlabel() == "probability"


# the ladder


def test_the_ladder_draws_built_missing_and_own_rungs_each_in_its_way(figures):
    one = show.ladder({"gpt": 0.6, "attention": 1.2})
    (axes,) = one.figure.axes
    climbing = [rung for rung in ladder.RUNGS if rung.name != "floor"]
    assert [label.get_text() for label in axes.get_yticklabels()] == [rung.label for rung in climbing]
    heights = {rung.name: y for y, rung in enumerate(climbing)}
    solid = {(line.get_xdata()[0], line.get_ydata()[0]) for line in axes.get_lines() if line.get_marker() == "o"}
    hollow = {
        (line.get_xdata()[0], line.get_ydata()[0], line.get_markerfacecolor())
        for line in axes.get_lines()
        if line.get_marker() == "D"
    }
    assert solid == {(figures["gpt"], heights["gpt"]), (figures["bigram"], heights["bigram"])}
    assert hollow == {(0.6, heights["gpt"], "none"), (1.2, heights["attention"], "none")}
    assert words(one.figure).count("not built yet") == len(climbing) - 3
    floor = [line for line in axes.get_lines() if list(line.get_xdata()) == [figures["floor"]] * 2]
    assert len(floor) == 1 and any("floor 0.31" in text for text in words(one.figure))
    low, high = axes.get_xlim()
    assert low < figures["floor"] and high > 8


def test_the_ladder_draws_what_was_climbed_in_this_session(figures):
    ladder.climb("gpt", 0.45, 12)
    assert "your own GPT 0.45" in show.ladder().alt
    assert "your own" not in show.ladder({}).alt


def test_a_smoke_run_puts_no_figure_onto_the_ladder(figures, monkeypatch, capsys):
    noted = []
    monkeypatch.setattr(ladder.progress_file, "update", noted.append)
    monkeypatch.setenv("COURSE_PRESET", "smoke")
    ladder.climb("gpt", 7.9, 1)
    assert ladder.own() == {} and noted == [] and "preset smoke" in capsys.readouterr().out
    with pytest.raises(ValueError, match="'gtp'"):
        ladder.climb("gtp", 7.9, 1)
    monkeypatch.setenv("COURSE_PRESET", "cpu")
    ladder.climb("gpt", 0.45, 1)
    assert ladder.own() == {"gpt": 0.45} and len(noted) == 1


def test_an_empty_ladder_has_only_missing_rungs(figures):
    ladder.FILE.write_text("{}", encoding="utf-8")
    one = show.ladder({})
    assert words(one.figure).count("not built yet") == len(ladder.RUNGS) - 1


def test_figures_are_written_in_the_ladders_order_and_the_others_kept(figures):
    entry = {"bits_per_byte": 8.0, "seconds": 0.0, "preset": "cpu", "seeds": [], "spread": 0.0}
    ladder.write({"uniform": entry})
    read = json.loads(ladder.FILE.read_text(encoding="utf-8"))
    assert list(read) == ["uniform", "bigram", "gpt", "floor"]
    assert read["uniform"] == entry and read["gpt"]["bits_per_byte"] == figures["gpt"]
    before = ladder.FILE.read_bytes()
    for wrong in [{"gtp": entry}, {"gpt": {"bits_per_byte": 1.0}}, {"gpt": {**entry, "bits_per_byte": float("nan")}}]:
        with pytest.raises(ValueError):
            ladder.write(wrong)
    assert ladder.FILE.read_bytes() == before


@pytest.mark.parametrize("bits", [0.0, -1.0, float("nan"), float("inf")])
def test_no_model_has_such_bits(figures, bits):
    with pytest.raises(ValueError, match="above 0"):
        ladder.climb("gpt", bits, 1)


def test_the_committed_ladder_can_be_read():
    for name, entry in ladder.figures().items():
        assert name in {rung.name for rung in ladder.RUNGS} and set(entry) == ladder.FIELDS
        assert 0 < entry["bits_per_byte"] <= 8 and entry["spread"] >= 0


# tokens


class Bytes:
    def encode(self, text):
        return list(text.encode("utf-8"))

    def token(self, number):
        return bytes([number])


class Letters:
    def encode(self, text):
        return [ord(letter) for letter in text]

    def decode(self, ids):
        return "".join(map(chr, ids))


class Reader(HTMLParser):
    """Collects the tags, the titles and the text of a page."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.titles, self.text, self.images = [], [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.titles += [value for name, value in attrs if name == "title"]
        self.images += [value for name, value in attrs if tag == "img" and name == "alt"]

    def handle_data(self, data):
        self.text.append(data)


@pytest.mark.parametrize("text", ["Mia took the lamp.", "né 你 🙂\n", "".join(HOSTILE), ""])
def test_tokens_show_every_id_and_every_byte(text):
    page = Reader(show.tokens(text, {"bytes": Bytes(), "<b>": Letters()})._repr_html_())
    assert set(page.tags) <= {"div", "span", "strong"}
    data = text.encode("utf-8")
    said = [title.split("bytes ")[1] for title in page.titles]
    assert bytes.fromhex("".join(said)) == data * 2
    ids = [int(title.split()[1].rstrip(",")) for title in page.titles]
    assert ids == [*data, *map(ord, text)]
    assert "<b>" in page.text, "a name is text too"


def test_a_token_is_text_and_never_markup():
    class Whole(Letters):
        def encode(self, text):
            return [7]

        def decode(self, ids):
            return "<i onclick=alert(1)>&amp;</i>"

    page = Reader(show.tokens("x", Whole())._repr_html_())
    assert "i" not in page.tags and "<i·onclick=alert(1)>&amp;</i>" in page.text


def test_what_cannot_be_seen_is_said_by_its_code_point():
    assert picture.visible("abcd", 4) == "abcd" and picture.visible("abcde", 4) == "abcd…"
    assert picture.visible("日本", 12) == "\\u65e5\\u672c" and picture.visible("日本語", 12) == "\\u65e5\\u672c…"
    assert picture.visible("a\u00a0\u200b\u00adb") == "a\\u00a0\\u200b\\u00adb"


def test_half_a_letter_is_shown_as_its_bytes():
    shown = show.tokens("é你", Bytes())
    assert repr(shown) == "Bytes: 5 bytes, 5 tokens\n  \\xc3 | \\xa9 | \\xe4 | \\xbd | \\xa0"
    assert "你" in repr(show.tokens("你", Letters())), "a page has fonts that a picture lacks"


# printed texts


@pytest.mark.parametrize("text", ["Mia took the lamp to the pond. " * 20, "", "\n\n", "one\n\n    two " + "three " * 60,
                                  "a " * 49 + "well-known " * 9, "\u2028 and \x0c " * 40])
@pytest.mark.parametrize("width", [20, 100])
def test_a_wrapped_text_has_short_lines_and_all_its_words_whole(text, width):
    lines = show.wrapped(text, width).split("\n")
    assert max(map(len, lines)) <= width
    assert " ".join(lines).split() == text.split(), "no word is cut, and none is lost"
    assert len(lines) >= len(text.split("\n"))


def test_a_wrapped_text_keeps_its_own_lines_and_indents():
    assert show.wrapped("one\n\n    two three", 12) == "one\n\n    two\nthree"
    assert show.wrapped("x" * 30, 20) == "x" * 20 + "\n" + "x" * 10, "a word that has no room in any line"
