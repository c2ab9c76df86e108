"""The second voice and the outlook: the same happenings, read back; what is open; and the prose unchanged."""

import hashlib
import random
from collections import Counter

import pytest

from course_lib import stories
from course_lib.stories import VERSE, VERSE_READER, WORLD, bits, imagine, read, retell, tell, verses, voice
from course_lib.stories.plot import Script, walk
from course_lib.stories.tasks import Noting


def some(n, seed=0):
    rng = random.Random(seed)
    return [imagine(rng) for _ in range(n)]


def happened(plot, world):
    """The beats of a plot, its outcomes, what is settled for good, and who holds what: by another way than `Noting`."""
    state = walk(world, Script(plot.sentences))
    lasting = {key: value for key, value in state.facts.items() if key != "spot" and not key.endswith(".sad")}
    return state.told, state.outcomes, state.moves, lasting


def test_stories_are_letter_for_letter_what_they_were_before_there_was_a_second_voice():
    told = "\n\n".join(stories.texts("train", 200, seed=3) + stories.texts("validation", 100, seed=4))
    assert hashlib.sha256(told.encode()).hexdigest() == PROSE
    assert sum(map(bits, stories.plots("train", 50, seed=3))) == pytest.approx(BITS, abs=1e-6)


PROSE = "a1f9f216b076c220b374445aa8767d1c17650d248f547c993d32afe34a0ae96d"
BITS = 7443.261325460453


def test_a_verse_can_be_read_back_and_tells_what_the_plot_tells():
    rng = random.Random(1)
    for plot in some(300):
        verse = retell(plot, rng)
        reading = read(tell(verse, VERSE), VERSE_READER)
        assert (reading.plot, reading.consistent, reading.problem) == (verse, True, "")
        beats, outcomes, moves, lasting = happened(plot, WORLD)
        assert happened(verse, VERSE)[:3] == (beats, outcomes, moves)
        assert happened(verse, VERSE)[3] == lasting


def test_feelings_and_spots_are_kept_wherever_both_voices_name_them():
    met = 0
    for number, plot in enumerate(some(300, seed=2)):
        verse = retell(plot, random.Random(number))
        prose, couplets = Noting(plot), Noting(verse)
        walk(WORLD, prose)
        walk(VERSE, couplets)
        for one, two in zip(prose.noted, couplets.noted, strict=False):
            both = one.keys() & two.keys()
            assert all(one[key] == two[key] for key in both)
            met += len(both & {"spot", "hero.sad", "friend.sad"})
    assert met > 50


def test_every_couplet_has_two_lines_and_none_begins_another():
    forms = [wording.form for wording in VERSE.wordings]
    assert all(form.count("\n ") == form.count("\n") == 1 for form in forms)
    assert {beat.name for beat in VERSE.beats.values()} == set(WORLD.beats)
    assert len(set(forms)) == len(forms) >= 2 * len(WORLD.beats)
    assert not any(a != b and b.startswith(a) for a in forms for b in forms)


def test_what_rhymes_is_no_slot():
    for wording in VERSE.wordings:
        ends = [line.rstrip('.,!?":') for line in wording.form.split("\n")]
        assert not any(end.endswith("%s") for end in ends), wording.form


def test_a_verse_that_is_wrong_is_found_out():
    verse = verses("train", 1)[0]
    text = tell(verse, VERSE)
    name = walk(VERSE, Script(verse.sentences)).facts["hero"]
    other = "Kate" if name != "Kate" else "Rosa"
    at = text.rindex(name)
    assert not read(text[:at] + other + text[at + len(name):], VERSE_READER).consistent
    assert not read(text.replace("\n ", "\n", 1), VERSE_READER).well_formed
    assert not read(text).well_formed and not read(tell(some(1)[0]), VERSE_READER).well_formed


def test_retold_verses_are_as_likely_as_verses_that_are_imagined():
    # words that depend on nothing, and how often each event comes, in both ways of making verses
    rng = random.Random(4)
    told = [retell(plot, rng) for plot in some(1500, seed=5)]
    drawn = [imagine(rng, VERSE) for _ in range(1500)]
    for look in (lambda v: v.sentences[0][0], lambda v: len(v.sentences), lambda v: v.sentences[-1][0]):
        one, two = Counter(map(look, told)), Counter(map(look, drawn))
        assert all(abs(one[key] - two[key]) < 5 * (one[key] + two[key] + 4) ** 0.5 for key in one | two)
    mean = [sum(bits(v, VERSE) for v in some) / 1500 for some in (told, drawn)]
    assert mean[0] == pytest.approx(mean[1], rel=0.02)


def test_a_held_out_verse_tells_a_held_out_plot_and_the_floor_is_its_own():
    held = verses("validation", 20)
    assert [happened(v, VERSE)[0] for v in held] == [happened(p, WORLD)[0] for p in stories.plots("validation", 20)]
    assert verses("train", 5, seed=2) == verses("train", 9, seed=2)[:5] != verses("train", 5, seed=3)
    want = sum(bits(v, VERSE) for v in held) / sum(len(tell(v, VERSE).encode()) for v in held)
    assert stories.floor(held, VERSE) == pytest.approx(want) and 0.1 < want < 0.2


def test_the_voice_of_a_text_is_the_one_in_which_more_of_it_can_be_read():
    plot = some(1, seed=6)[0]
    verse = tell(retell(plot, random.Random(0)), VERSE)
    assert (voice(tell(plot)), voice(verse), voice("Nothing of this."), voice("")) == ("prose", "verse", "", "")
    assert voice(verse[:120]) == "verse" and voice(verse + "\n\nAnd more.") == "verse"


# ------------------------------------------------------------------------------------------------------------- outlook


def test_an_outlook_is_how_often_stories_that_begin_so_end_so():
    """Sampled: stories are imagined, and those with the same steps so far are counted by their endings."""
    rng, seen = random.Random(7), {}
    for _ in range(4000):
        plot = imagine(rng)
        names = tuple(WORLD.wordings[number].beat.name for number, _ in plot.sentences)
        for sentences in (4, 5, 6):
            seen.setdefault(names[:sentences], []).append(plot)
    checked = 0
    for begun, found in seen.items():
        if len(found) >= 150:
            outlook, ends = stories.outlook(found[0], len(begun)), Counter(map(stories.ending, found))
            assert sum(outlook.values()) == pytest.approx(1)
            for kind, chance in outlook.items():
                error = (chance * (1 - chance) / len(found)) ** 0.5
                assert abs(ends[kind] / len(found) - chance) <= 5 * error + 1e-9, (begun, kind)
            checked += 1
    assert checked > 10


def test_before_its_last_paragraph_a_story_has_settled_how_it_ends():
    for plot in some(100, seed=8):
        sentences = stories.before_the_end(plot)
        assert stories.outlook(plot, sentences)[stories.ending(plot)] == 1
        text = stories.beginning(plot, sentences)
        assert tell(plot).startswith(f"{text}\n") and "\n" not in tell(plot)[len(text) + 1:]


def test_an_outlook_of_more_sentences_than_there_are_is_refused():
    plot = some(1)[0]
    with pytest.raises(ValueError, match=f"{len(plot.sentences)} sentences.*first 99"):
        stories.outlook(plot, 99)
    with pytest.raises(ValueError, match="first -1"):
        stories.beginning(plot, -1)
