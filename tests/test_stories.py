"""The small world: told, read back, weighed; what is wrong is found, and what is right is never called wrong."""

import dataclasses
import functools
import itertools
import random
import re
import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.stories import (
    EVENT_NAMES,
    WORLD,
    Reader,
    World,
    bits,
    ending,
    events,
    facts,
    floor,
    holders,
    imagine,
    instruction,
    obedient,
    plots,
    questions,
    read,
    split_of,
    tell,
    texts,
)
from course_lib.stories.plot import walk
from course_lib.stories.reading import READER
from course_lib.stories.tasks import EVENT_WORDS

NAMES, THINGS = set(WORLD.words["names"]), {*WORLD.words["things"], *WORLD.words["finds"]}


def some(n, seed=0):
    """`n` plots of the whole world."""
    rng = random.Random(seed)
    return [imagine(rng) for _ in range(n)]


# ------------------------------------------------------------------------------------------------- telling and reading


def test_what_is_told_can_be_read():
    for plot in some(800):
        reading = read(tell(plot))
        assert (reading.plot, reading.well_formed, reading.consistent, reading.problem) == (plot, True, True, "")


@pytest.mark.slow
def test_a_hundred_thousand_plots_can_be_read_back():
    rng = random.Random("many")
    for _ in range(100_000):
        plot = imagine(rng)
        assert read(tell(plot)).plot == plot


def test_plots_are_values():
    first, again, other = *some(1, seed=1), *some(1, seed=1), *some(1, seed=2)
    assert first == again and hash(first) == hash(again) and first != other
    assert len({first, again, other}) == 2 and sorted([first, other])
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.sentences = ()


def ways_on(node, rest):
    """Where each word leads from a place in the tree of sentences: a node, and what is left of a slot's value."""
    if rest:
        return {rest[0]: [(node, rest[1:])]}
    return {word: [(after, tuple(more)) for more, _, after in ways] for word, ways in node.ways.items()}


def test_no_text_is_two_sentences_and_no_sentence_begins_another():
    # Walk every pair of different places in the tree that the same words reach: in no such pair does a sentence end.
    pairs, nodes, seen = [], [READER.root], set()
    while nodes:
        node = nodes.pop()
        for places in ways_on(node, ()).values():
            pairs += itertools.combinations(places, 2)
            nodes += [after for after, more in places if (id(after), "node") not in seen]
            seen.update((id(after), "node") for after, _ in places)
        assert node.wording is None or not node.ways, "one sentence is the beginning of another"
    while pairs:
        (one, rest), (two, left) = pairs.pop()
        if (one is two and rest == left) or (id(one), rest, id(two), left) in seen:
            continue
        seen.add((id(one), rest, id(two), left))
        assert rest or one.wording is None, WORLD.wordings[one.wording].form
        assert left or two.wording is None, WORLD.wordings[two.wording].form
        here, there = ways_on(one, rest), ways_on(two, left)
        for word in here.keys() & there.keys():
            pairs += itertools.product(here[word], there[word])


def test_two_wordings_that_cannot_be_told_apart_are_refused():
    beats = list(WORLD.beats.values())
    twin = dataclasses.replace(beats[-1], name="close.twin", lines=("A {hero.kind} sat.", "A {friend.kind} sat."))
    with pytest.raises(ValueError, match="cannot be told apart"):
        Reader(World(dict(WORLD.words), [*beats, twin]))


def test_a_pronoun_comes_after_its_name():
    # A stranger has no gender before a name; the hero has one from the first sentence on, the friend from the fourth.
    for beat in (*WORLD.opening, *WORLD.quiet, *WORLD.moving):
        for wording in WORLD.of_beat[beat.name]:
            known = {"hero"} if beat in WORLD.opening else {"A", "B"}
            known = known if beat.name != "open.home" else set()
            for slot in wording.slots:
                assert slot.kind != "pronoun" or slot.role in known, wording.form
                known = known | {slot.role}


# --------------------------------------------------------------------------------------------------------- probability


class Each:
    """A guide that takes the n-th way through the world: an odometer over every choice."""

    def __init__(self):
        self.turns = []

    def pick(self, options):
        if self.at == len(self.turns):
            self.turns.append([0, len(options)])
        turn, self.at = self.turns[self.at][0], self.at + 1
        return options[turn]

    def beat(self, state, options):
        return self.pick(options)

    def wording(self, state, wordings):
        self.sentences.append([wording := self.pick(wordings), []])
        return wording

    def choose(self, state, slot, values):
        self.sentences[-1][1].append(value := self.pick(values))
        return value

    def recall(self, state, slot, value):
        self.sentences[-1][1].append(value)

    def all(self, world):
        """Every story of a world: its text and the state at its end."""
        while True:
            self.at, self.sentences = 0, []
            state = walk(world, self)
            yield " ".join(wording.form % tuple(words) for wording, words in self.sentences), state
            while self.turns and self.turns[-1][0] + 1 == self.turns[-1][1]:
                self.turns.pop()
            if not self.turns:
                return
            self.turns[-1][0] += 1


@functools.cache
def small_world():
    """A world of a few names, things and events, and all sixteen colours."""
    sizes = {"kinds": 2, "things": 2, "colours": 16}
    words = {key: values[: sizes.get(key, 1)] for key, values in WORLD.words.items() if key != "names"}
    kept = [beat for beat in WORLD.beats.values() if beat.event in ("open", "close", "trade", "give", "share")]
    return World(words, [dataclasses.replace(beat, lines=beat.lines[: 1 + (beat.name == "open.own")]) for beat in kept])


def test_probabilities_add_up_to_one():
    world = small_world()
    chance, held_out, told, n = 0.0, 0.0, set(), 0
    for text, state in Each().all(world):
        n += 1
        told.add(text)
        chance += 2**-state.bits
        held_out += 2**-state.bits * (state.code % 16 == 0)
    assert n == len(told) > 5_000
    assert chance == pytest.approx(1, abs=1e-9)
    assert held_out == pytest.approx(1 / 16, abs=1e-9)


def test_bits_are_those_of_the_draws():
    # In the small world the same plot is drawn twice now and then: how often, their bits say.
    world, rng, n = small_world(), random.Random(5), 6_000
    drawn = Counter(imagine(rng, world) for _ in range(n))
    twice = sum(count * (count - 1) for count in drawn.values()) / (n * (n - 1))
    # Seen in this way a plot weighs its chance twice: once to be drawn, once to be drawn again.
    assert twice == pytest.approx(sum(count * 2 ** -bits(plot, world) for plot, count in drawn.items()) / n, rel=0.1)


def test_the_floor_is_bits_over_bytes():
    told = plots("validation", 60)
    want = sum(bits(plot) for plot in told) / sum(len(tell(plot).encode()) for plot in told)
    assert floor(told) == pytest.approx(want)
    assert 0.2 < floor(told) < 0.45
    with pytest.raises(ValueError, match="at least one"):
        floor([])


def test_splits_share_nothing():
    for split in ("train", "validation"):
        assert {split_of(plot) for plot in plots(split, 30)} == {split}
    share = sum(split_of(plot) == "validation" for plot in some(2500, seed=3)) / 2500
    assert share == pytest.approx(1 / 16, abs=0.02)  # four standard deviations
    assert not set(texts("train", 100)) & set(texts("validation", 50))
    with pytest.raises(ValueError, match="'test'"):
        plots("test", 1)


def test_seeds_are_repeatable_and_independent():
    assert texts("train", 20, seed=1) == texts("train", 20, seed=1)
    assert texts("train", 5, seed=1) == texts("train", 20, seed=1)[:5]
    assert not set(texts("train", 200, seed=1)) & set(texts("train", 200, seed=2))


# ------------------------------------------------------------------------------------------------------------ mistakes

SWAPS = {"he": "she", "she": "he", "He": "She", "She": "He", "His": "Her", "Her": "His", "him": "her", "his": "her"}


def slips(text, rng):
    """One holder, one object and one pronoun of a told story, each swapped for another, as (what, new text)."""
    places = {"holder": [], "object": [], "pronoun": []}
    words = list(re.finditer(r"[A-Za-z]+", text))
    cast = sorted({word.group() for word in words} & NAMES)
    for word in words:
        said = word.group()
        if said in cast:
            places["holder"].append((word, [name for name in cast if name != said]))
        elif said in THINGS:
            places["object"].append((word, sorted(THINGS - {said})))
        elif said in SWAPS:
            places["pronoun"].append((word, [SWAPS[said]]))
        elif said == "her":
            places["pronoun"].append((word, ["his", "him"]))
    for what, found in places.items():
        if found:
            word, others = rng.choice(found)
            yield what, text[: word.start()] + rng.choice(others) + text[word.end() :], word.group()


def test_a_swapped_holder_object_or_pronoun_is_caught():
    rng = random.Random(8)
    tried, missed = Counter(), []
    for plot in some(700, seed=8):
        text = tell(plot)
        for what, wrong, said in slips(text, rng):
            tried[what] += 1
            if read(wrong).consistent:
                missed.append((what, said, text))
    assert min(tried.values()) > 500
    assert len(missed) < 0.01 * sum(tried.values())
    # What cannot be caught is truly another story: a new thing that the story names only once.
    for what, said, text in missed:
        assert what == "object" and len(re.findall(rf"\b{said}\b", text)) == 1


START = """\
Behind a red gate lived Mia, a kind little fox. What she loved most was a tiny lamp. \
One sunny morning Mia left the gate and took the lamp to the mill. \
There she met Leo, a brave bear who was picking berries."""
QUARREL = """
Over the last of the rice Mia and Leo began to quarrel. For two hours Mia sat with her back to Leo. \
Mia ran left and Leo ran right."""
GIFT = """
Leo could not stop looking at Mia's lamp. "Take the lamp, Leo," said Mia softly. \
"Thank you, Mia!" cried Leo, so glad that he kissed her."""
TRADE = """
"My round ring for your lamp," said Leo to Mia. Mia softly gave the lamp for the ring, and they shook hands. \
Mia wept over the ring, and Leo did not look back."""
GLAD = """
All spring Leo looked after the lamp. By the gate Mia ate rice and bowed."""
SORRY = """
That night Leo had the lamp, and Mia the ring. Nobody was waiting when Mia crept home to the gate."""


def test_who_holds_what_is_known_after_each_sentence():
    reading = read(START + QUARREL + TRADE + SORRY)
    assert reading.problem == ""
    assert holders(reading.plot) == [
        {},
        *[{"lamp": "Mia"}] * 6,
        {"lamp": "Mia", "ring": "Leo"},
        *[{"lamp": "Leo", "ring": "Mia"}] * 4,
    ]
    assert events(reading.plot) == ["quarrel", "trade"] and ending(reading.plot) == "sad"
    answers = {question.text: question.answer for question in questions(reading.plot)}
    assert answers["Who has the lamp now?"] == "Leo" and answers["Who has the ring now?"] == "Mia"
    assert answers["What kind of animal is Leo?"] == "bear" and answers["What colour is the gate?"] == "red"
    assert answers["Where did Mia go with the lamp?"] == "to the mill" and answers["How does the story end?"] == "sad"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "there is no story: the text is empty"),
        (" \n ", "there is no story: the text is empty"),
        ("Once there was a dragon. The end.", 'sentence 1 is none of this world: "Once there was a dragon."'),
        (START, "the story stops after sentence 4, before its end"),
        (START + GIFT, "the story stops after sentence 7, before its end"),
        (START + GIFT + GLAD[:-1], 'sentence 9 is none of this world: "By the gate Mia ate rice and bowed"'),
        (START + GLAD, 'sentence 5 cannot stand here: "All spring Leo looked after the lamp."'),
        (START + GIFT + GIFT + GLAD, "sentence 8 cannot stand here: \"Leo could not stop looking at Mia's lamp.\""),
        (START + GIFT + GLAD + "\nThe end.", 'the story has ended, but the text goes on: "The end."'),
        (START + GIFT + GLAD + "\n", "the sentences are right, but the spaces or paragraphs between them are not"),
        (START + " " + GIFT + GLAD, "the sentences are right, but the spaces or paragraphs between them are not"),
        (START + GIFT.replace("her.", "him."), "sentence 7: “him” is said of Mia, it should be “her”"),
    ],
)
def test_the_first_thing_that_is_not_well_formed_is_said(text, problem):
    reading = read(text)
    assert problem in reading.problem
    assert (reading.plot, reading.well_formed, reading.consistent) == (None, False, False)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("Leo looked after", "Mia looked after", "sentence 8: Mia holds the lamp, but Leo got it in sentence 6"),
        ("after the lamp", "after the kite", "sentence 8: the kite stands where the lamp should"),
        ("he kissed her", "he kissed him", "sentence 7: “him” is said of Mia, it should be “her”"),
        ("What she loved", "What he loved", "sentence 2: “he” is said of Mia, it should be “she”"),
        ("met Leo", "met Tom", "sentence 4: Tom cannot be the friend's name"),
        ("a tiny lamp", "a tiny ring", "sentence 2: ring cannot be the hero's own thing"),
        ("to the mill", "to the brook", "sentence 3: brook cannot be where the story goes"),
        ('you, Mia!"', 'you, Leo!"', "sentence 7: Leo stands where Mia should"),
        ("By the gate", "By the pump", "sentence 9: pump here, but gate in sentence 1"),
        ("By the gate Mia ate rice and bowed.", "Mia wept by the gate until Friday.",
         "sentence 9: a sad end, but the last event went well"),
        ("All spring Leo looked after the lamp.", "Some cloudy day a child may find the lamp.",
         "sentence 8: the lamp is lost here, but Leo got it in sentence 6"),
        ("All spring Leo looked after the lamp.", "So Leo had the lamp as well as the ring.",
         "sentence 8: another thing is named here, but only the lamp is in this story"),
    ],
)  # fmt: skip
def test_the_first_contradiction_is_said(old, new, problem):
    told = START + GIFT + GLAD
    assert read(told).consistent and told.count(old) == 1
    reading = read(told.replace(old, new))
    assert (reading.plot, reading.well_formed, reading.consistent, reading.problem) == (None, True, False, problem)


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_text_can_be_read(text):
    reading = read(text)
    assert not reading.well_formed and reading.plot is None and reading.problem


DAMAGE = st.tuples(st.integers(0, 700), st.sampled_from(["cut", "twice", "swap", "word"]))


@given(st.integers(0, 50), st.lists(DAMAGE, max_size=4))
@settings(max_examples=300, deadline=None)
def test_any_damaged_story_can_be_read(seed, damage):
    words = tell(some(1, seed)[0]).split(" ")
    for at, how in damage:
        at %= len(words)
        if how == "cut":
            words = words[:at] + words[at + 1 :] or ["."]
        elif how == "twice":
            words = words[: at + 1] + words[at:]
        elif how == "swap":
            words[at], words[-1] = words[-1], words[at]
        else:
            words[at] = "lamp\ud800\x00"
    reading = read(" ".join(words))
    assert reading.consistent == (reading.plot is not None) == (reading.problem == "")
    assert reading.well_formed or not reading.consistent
    if reading.plot:
        assert tell(reading.plot) == " ".join(words)


# ----------------------------------------------------------------------------------------------------------- the prose


def test_stories_are_worth_reading():
    told = texts("train", 1500, seed=4)
    sizes = [len(text.encode()) for text in told]
    assert 550 < sum(sizes) / len(sizes) < 700 and min(sizes) >= 400 and max(sizes) <= 900
    assert len({word for text in told for word in re.findall(r"[a-z]+", text.lower())}) >= 600
    grams = Counter()
    for text in told:
        words = ["_" if word in NAMES | THINGS else word.lower() for word in re.findall(r"[A-Za-z]+", text)]
        grams.update(set(zip(*(words[i:] for i in range(5)), strict=False)))
    gram, most = grams.most_common(1)[0]
    assert most <= 0.10 * len(told), gram
    assert not [text for text in told if re.search(r"\b[Aa] [aeiou]|\b[Aa]n [^aeiou]|\b(\w+) \1\b|[.] [a-z]", text)]
    assert all(text.isascii() and text == text.strip() for text in told)


def test_no_skeleton_comes_twice_in_a_story():
    assert len({wording.form for wording in WORLD.wordings}) == len(WORLD.wordings)
    for plot in some(1000, seed=6):
        forms = [WORLD.wordings[number].form for number, _ in plot.sentences]
        assert len(set(forms)) == len(forms)


def test_the_detail_of_the_first_sentence_returns_in_the_last():
    for plot in some(300, seed=7):
        (first, opening), (last, closing) = plot.sentences[0], plot.sentences[-1]
        find = lambda number, words: [
            word for slot, word in zip(WORLD.wordings[number].slots, words, strict=True) if slot.kind == "part"
        ]
        assert find(first, opening) == find(last, closing) != []


# --------------------------------------------------------------------------------------------------------------- tasks


def test_every_event_and_ending_happens():
    seen = some(1500, seed=9)
    assert {event for plot in seen for event in events(plot)} == set(EVENT_NAMES)
    assert len(EVENT_NAMES) >= 10
    assert {ending(plot) for plot in seen} == {"happy", "mended", "sour", "sad"}


def test_the_end_of_the_story_says_who_holds_what():
    for plot in some(400, seed=10):
        last = holders(plot)[-1]
        asked = {question.text: question.answer for question in questions(plot)}
        for thing, who in last.items():
            assert asked[f"Who has the {thing} now?"] == (who or "nobody")
        number, words = plot.sentences[-2]
        wording = WORLD.wordings[number]
        said = {slot.role: word for slot, word in zip(wording.slots, words, strict=True)}
        assert wording.beat.name == "close.lost" or last[said["T"]] == said["K"]


def test_the_bare_facts_are_what_the_reader_finds_in_the_story():
    """Told again from its text alone, a plot has the same facts; each stands in the story, but for the event's name."""
    for plot in plots("train", 300, seed=5):
        words, story = facts(plot), tell(plot)
        assert facts(read(story).plot) == words
        names = {EVENT_WORDS[event] for event in events(plot)} | {"good", "bad"}
        for word in words:
            assert word in names or re.search(rf"\b{word}\b", story), f"{word} in {story}"
        assert words[0] in instruction(plot) and words[3] in instruction(plot)
        assert [word for word in words[9:] if word in EVENT_WORDS.values()] == [
            EVENT_WORDS[event] for event in events(plot)], story


def test_two_stories_of_the_same_facts_differ_in_nothing_that_the_world_remembers():
    plot = plots("train", 1, seed=6)[0]
    words = facts(plot)
    for old, new in (3, "whistle"), (6, "ferry"):  # the thing, the place
        other = read(re.sub(rf"\b{words[old]}\b", new, tell(plot))).plot
        assert facts(other) == [*words[:old], new, *words[old + 1:]] != words


def test_instructions_are_obeyed_by_their_own_story_only():
    first, second = some(2, seed=11)
    assert obedient(tell(first), instruction(first))
    assert not obedient(tell(second), instruction(first))
    assert not obedient("no story", instruction(first))


@pytest.mark.slow
def test_speed_on_one_core():
    told = some(4000, seed=12)
    best = lambda work: max(len(told) / seconds(work) for _ in range(3))
    stories = [tell(plot) for plot in told]
    assert best(lambda: [tell(plot) for plot in told]) > 20_000
    assert best(lambda: [read(text) for text in stories]) > 2_500  # 5,000 and more where nothing else runs


def seconds(work):
    """CPU seconds that `work()` takes."""
    start = time.process_time()
    work()
    return time.process_time() - start
