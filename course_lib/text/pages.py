"""Stories as pages of a careless web site, so that there is something to clean whose clean form is known."""

import re
import textwrap

PAGE = """<html>
<head><title>The Small World</title>
<style>p {{ margin: 1em; }} a > b {{ color: red; }}</style></head>
<body>
<div><a href="/">Home</a> | <a href="/stories">Stories</a> | <a href="/about">About us</a></div>
<!-- page made in {took} ms -->
<p class="story">{story}</p>
<div>&copy; The Small World Caf{e} &middot; All rights reserved</div>
<script>if (width < 600 && ads > 2) {{ show("<div>Buy a lamp!</div>"); }}</script>
</body>
</html>
"""


def web_page(text, noise):
    """A text as a page of HTML with entities, odd white space, other quotes, and what stands on every page.

    `clean` and `without_repeats` make the text of it again, for every story of the small world.
    text: str of one or more lines   noise: random.Random, which makes no two pages alike
    """
    curly = noise.random() < 0.5
    if curly:
        text = re.sub(r'"([^"]*)"', r"“\1”", text).replace("'", "’")
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;").replace("'", "&#39;")
    words = [worn(word, noise) for word in text.split(" ")]
    lines = "".join(word + noise.choice([" "] * 12 + ["&nbsp;", "  ", " \u2003"]) for word in words[:-1]) + words[-1]
    story = "<br>\n".join(textwrap.fill(line, 72, break_long_words=False, break_on_hyphens=False)
                          for line in lines.split("\n"))  # fmt: skip
    return PAGE.format(took=noise.randrange(10, 99), story=story, e=noise.choice(["é", "e\u0301", "&eacute;"]))


def worn(word, noise):
    """A word as it comes out of some programs: two letters in one sign, a hyphen that is not seen, in a tag."""
    kind = noise.randrange(20)
    if kind < 4:
        return word.replace("fi", "ﬁ").replace("fl", "ﬂ")
    if kind == 4 and word.isalpha() and len(word) > 6:
        return f"{word[:4]}\u00ad{word[4:]}"
    if kind == 5 and word.isalpha():
        return f"<em>{word}</em>"
    return word
