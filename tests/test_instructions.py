"""Instructions against independent oracles: loops, generation, each conversation alone, the stories themselves."""

import json
import random
import sys
import types

import pytest
import torch
from torch.nn import functional

from course_lib import instructions as ins
from course_lib import stories
from course_lib.batches import IGNORED
from course_lib.gpt import GPT, Config
from course_lib.instructions import assistant as assistants
from course_lib.instructions import learning, practice, records
from course_lib.instructions.assistant import COURSES
from course_lib.sampling import generate
from course_lib.training import Engine, Recipe
from course_lib.training.storyteller import vocabulary

TOKENIZER = vocabulary()
learning_stages = sys.modules[ins.Stage.__module__]  # the package has a function of this name
ENGINE = Engine("fp32", "own", 1)
PLOTS = stories.plots("train", 30)
OPENS, CLOSES = ins.answer_ids(TOKENIZER)


def small(seed=0, **changes):
    torch.manual_seed(seed)
    sizes = {"vocab_size": TOKENIZER.vocab_size, "context_length": 256, "d_model": 16, "n_heads": 2, "n_layers": 2}
    return GPT(Config(**{**sizes, **changes})).eval()


def rows_of(count=6):
    return [ins.render([*messages, ins.said("assistant", answer)], TOKENIZER)
            for plot in PLOTS[:count] for messages, answer in ins.alone(plot)]


# -------------------------------------------------------------------------------------------------------------- tasks


@pytest.mark.parametrize("plot", PLOTS[:12], ids=range(12))
def test_questions_about_a_beginning_are_answered_by_what_stands_in_it(plot):
    for sentences in range(1, len(plot.sentences) + 1):
        told, held = stories.beginning(plot, sentences), stories.holders(plot)[sentences - 1]
        asked = ins.questions(plot, sentences)
        assert {q.text: q.answer for q in asked if q.kind == "holder"} == {
            f"Who has the {thing} now?": who or "nobody" for thing, who in held.items()}
        for question in asked:
            assert question.kind != "ending"
            assert question.answer == "nobody" or question.answer.split()[-1] in told
            names = [word.strip("?") for word in question.text.split()[1:] if word[0].isupper()]
            assert all(name in told for name in names)
    assert set(ins.questions(plot, len(plot.sentences))) == {q for q in ins.questions(plot) if q.kind != "ending"}
    assert ins.questions(plot) == stories.questions(plot)


def test_a_sentence_alone_comes_with_questions_that_it_settles():
    for plot in PLOTS:
        pairs = ins.alone(plot)
        assert len(pairs) >= 4
        for [message], answer in pairs:
            sentence, question = message["content"].rsplit("\n", 1)
            assert sentence in stories.tell(plot) and question.endswith("?")
            assert answer == "nobody" or answer.split()[-1] in sentence


def test_a_talk_asks_everything_once_in_turns():
    for plot in PLOTS:
        messages = ins.talk(plot, random.Random(0))
        ins.check_messages(messages, TOKENIZER)
        asked = [m["content"].rsplit("\n", 1)[-1] for m in messages[::2]]
        assert sorted(zip(asked, [m["content"] for m in messages[1::2]], strict=True)) == sorted(
            (q.text, q.answer) for q in stories.questions(plot))
        assert messages[0]["content"].startswith(stories.tell(plot) + "\n")


def test_an_exam_has_each_kind_and_a_wish_is_fulfilled_by_its_own_story():
    exam = ins.exam(stories.plots("validation", 120))
    assert list(exam) == list(ins.KINDS) and all(exam.values())
    assert all((answer == "nobody") == (kind == "nobody") for kind in ("holder", "nobody") for _, answer in exam[kind])
    for plot in PLOTS[:5]:
        asked, told = ins.wish(plot)
        assert stories.obedient(told["content"], asked["content"])


# ------------------------------------------------------------------------------------------------- targets and weights


def test_what_is_asked_for_is_what_the_assistant_says():
    for plot in PLOTS[:8]:
        messages = ins.talk(plot, random.Random(1))
        ids = ins.render(messages, TOKENIZER)
        targets = ins.answer_targets(torch.tensor([ids]), OPENS, CLOSES)[0]  # (T,)
        said = TOKENIZER.decode(targets[targets != IGNORED].tolist())
        assert said == "".join(m["content"] + "<|endoftext|>" for m in messages[1::2])


@pytest.mark.parametrize("seed", range(6))
def test_weights_are_those_of_a_loop(seed):
    dice = torch.Generator().manual_seed(seed)
    targets = torch.randint(0, 9, (3, 20), generator=dice)
    targets[torch.rand(3, 20, generator=dice) < 0.4] = IGNORED
    examples = torch.randint(0, 5, (3, 20), generator=dice)
    weights = ins.example_weights(targets, examples)  # (B, T)
    each = {n: weights[(examples == n) & (targets != IGNORED)] for n in range(5)}
    counted = [w for w in each.values() if len(w)]
    assert all(torch.allclose(w, torch.full_like(w, 1 / len(w) / len(counted))) for w in counted)
    assert weights[targets == IGNORED].sum() == 0 and abs(weights.sum().item() - 1) < 1e-6


def test_the_weighed_loss_is_the_mean_over_answers_of_their_own_means():
    model, rows = small(), [ins.render(ins.talk(plot, random.Random(0), 4), TOKENIZER) for plot in PLOTS[:3]]
    rows.append(ins.render(ins.wish(PLOTS[3]), TOKENIZER))
    ids = ins.padded(rows, TOKENIZER.end)  # (B, T)
    targets = ins.answer_targets(ids, OPENS, CLOSES)
    means = []
    for row in rows:
        logits, here = model(torch.tensor([row]))[0], []
        for place, id in enumerate(row):
            if id == OPENS:
                here = []
            if id == CLOSES:
                means.append(torch.stack(here).mean())
            elif id == OPENS or here:
                here.append(functional.cross_entropy(logits[place], torch.tensor(row[place + 1])))
    loss = ins.Weighed(model, OPENS).loss(ids, targets)
    assert torch.allclose(loss, torch.stack(means).mean(), atol=1e-5)
    plain = ins.Weighed(model, OPENS, ins.token_weights).loss(ids, targets)
    assert torch.allclose(plain, model.loss(ids, targets), atol=1e-5)


def test_an_engine_computes_the_weighed_loss_as_well():
    model, rows = small(), rows_of(3)
    ids = ins.padded(rows, TOKENIZER.end)
    targets = ins.answer_targets(ids, OPENS, CLOSES)
    exact = ins.Weighed(model, OPENS).loss(ids, targets).item()
    for engine in (Engine("fp32", "fused", 1), Engine("bf16", "products", 1)):
        assert abs(engine.loss(ins.Weighed(model, OPENS))(ids, targets).item() - exact) < 0.05


# ------------------------------------------------------------------------------------------------------------- packing


def test_packed_conversations_get_the_logits_that_they_get_alone_and_leak_nothing():
    model, rows = small(n_layers=3), rows_of(4)
    ids, numbers = ins.packed(rows, 96, TOKENIZER.end)  # each (R, T)
    positions, hidden = ins.apart(numbers)
    together = ins.read_packed(model, ids, positions, hidden)  # (R, T, V)
    seen = 0
    for r, row in enumerate(numbers):
        for number in row.unique().tolist():
            if number >= 0:
                here = row == number
                assert ids[r, here].tolist() == rows[number]
                assert torch.allclose(together[r, here], model(torch.tensor([rows[number]]))[0], atol=1e-5)
                seen += 1
    assert seen == len(rows)
    other = ids.clone()
    other[0, 3] = (other[0, 3] + 1) % 2048
    moved = (ins.read_packed(model, other, positions, hidden) - together).abs().amax(-1)  # (R, T)
    mine = numbers[0] == numbers[0, 3]
    assert moved[0, mine].max() > 1e-4 and moved[0, ~mine].max() == 0 and moved[1:].max() == 0


def test_batches_by_length_have_every_row_once_and_waste_less():
    rows = rows_of(20) + [ins.render(ins.wish(plot), TOKENIZER) for plot in PLOTS]
    batches = ins.by_length(rows, 8, random.Random(0))
    assert sorted(map(tuple, sum(batches, []))) == sorted(map(tuple, rows))
    waste = lambda many: sum(max(map(len, b)) * len(b) - sum(map(len, b)) for b in many)
    assert waste(batches) < waste(learning.as_drawn(rows, 8, random.Random(0))) / 4


# ------------------------------------------------------------------------------------------------------------- growing


@pytest.mark.parametrize("tied", [True, False])
def test_a_grown_vocabulary_keeps_all_old_bets_and_the_old_model(tied):
    model = small(tied=tied)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    ids = torch.tensor([rows_of(1)[0]])
    for start in ("mean", "random"):
        grown = ins.grow_tokens(model, TOKENIZER.vocab_size + 3, start)
        assert torch.allclose(grown(ids)[..., :-3], model(ids), atol=1e-5)
        assert (grown.head.weight is grown.token_embedding.weight) == tied
        if start == "mean":
            assert torch.allclose(grown.token_embedding.weight[-1], model.token_embedding.weight.mean(0))
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    with pytest.raises(ValueError, match="2051 tokens already"):
        ins.grow_tokens(model, 2051)
    with pytest.raises(ValueError, match="'zero'"):
        ins.grow_tokens(model, 3000, "zero")


def test_a_grown_window_is_the_old_one_where_that_reached():
    model = small(context_length=32)
    grown = ins.grow_positions(model, 48)
    ids = torch.randint(0, 99, (2, 48))
    assert torch.allclose(grown(ids[:, :32]), model(ids[:, :32]), atol=1e-6) and grown(ids).shape[1] == 48
    assert torch.allclose(grown.position_embedding.weight[40], model.position_embedding.weight[24:].mean(0))
    assert torch.equal(ins.cut_positions(grown, 32)(ids[:, :32]), grown(ids[:, :32]))
    with pytest.raises(ValueError, match="32 places already"):
        ins.grow_positions(model, 32)


# ------------------------------------------------------------------------------------------------------------- records


def test_records_of_a_list_and_of_lines_are_the_same(tmp_path):
    some = [{"instruction": f"Say {n}.", "input": "" if n % 2 else "x\ny", "output": f"{n} é"} for n in range(5)]
    wanted = [[ins.said("user", r["instruction"] + ("\n" + r["input"] if r["input"] else "")),
               ins.said("assistant", r["output"])] for r in some]
    path = tmp_path / "records"
    for text in (json.dumps(some), json.dumps(some, indent=2, ensure_ascii=False), "\ufeff \n" + json.dumps(some),
                 "\n".join(map(json.dumps, some)), "\r\n".join(map(json.dumps, some)) + "\n\n"):
        path.write_bytes(text.encode())
        assert ins.read_records(path) == wanted, text
    for text in ("[]", " [ \n ] \n", "", "\n"):
        path.write_text(text)
        assert ins.read_records(path) == []


@pytest.mark.parametrize("text, line", [
    ('[\n{"instruction": "a", "output": "b"},\n{"instruction": "a"}\n]', 3),
    ('[{"instruction": "a", "output": "b"}\n{"instruction": "a", "output": "b"}]', 2),
    ('[\n\n{"instruction": "a", "output" "b"}]', 3),
    ('[{"instruction": "a", "output": "b"}', 1),
    ('[{"instruction": "a", "output": "b"},\n]', 2),
    ('[{"instruction": "a", "output": "b"}]\n[]', 2),
    ('[1]', 1),
    ('{"instruction": "a", "output": "b"}\n\n{"instruction": "a", "output": 3}', 3),
    ('{"instruction": "a",\n"output": "b"}', 1),
])
def test_a_malformed_record_is_named_by_file_and_line(tmp_path, text, line):
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(ValueError, match=f"bad.json: line {line} "):
        ins.read_records(path)


def test_all_faults_of_a_file_are_named_up_to_five(tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_text("\n".join(["3", '{"instruction": "a"}', '{"instruction": "a", "output": "b"}', *"{" * 5]))
    with pytest.raises(ValueError, match="line 1 is no object; line 2 has no text as its 'output'; line 4 .* 2 more"):
        ins.read_records(path)


def test_data_sets_come_by_the_library_where_it_is_installed(tmp_path, monkeypatch):
    asked = []

    def load_dataset(*name, **options):
        asked.append((name, options))
        return [{"instruction": "a", "input": None, "output": "b"}]

    monkeypatch.setitem(sys.modules, "datasets", types.SimpleNamespace(load_dataset=load_dataset))
    wanted = [[ins.said("user", "a"), ins.said("assistant", "b")]]
    path = tmp_path / "lines.jsonl"
    path.write_text("")
    assert ins.from_hub("somebody/alpaca", "test") == wanted == ins.from_hub(path)
    assert asked == [(("somebody/alpaca",), {"split": "test"}),
                     (("json",), {"data_files": str(path), "split": "train"})]
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(ImportError, match="pip install datasets"):
        records.from_hub("somebody/alpaca")


# ------------------------------------------------------------------------------------------------------------ learning


class Parrot(torch.nn.Module):
    """A model that goes on as the rows do that it was given, wherever it has read the beginning of one."""

    def __init__(self, rows):
        super().__init__()
        self.next = {tuple(row[:place]): row[place] for row in rows for place in range(1, len(row))}

    def forward(self, ids):
        after = [[self.next.get(tuple(row[: t + 1]), 65) for t in range(len(row))] for row in ids.tolist()]
        return functional.one_hot(torch.tensor(after), TOKENIZER.vocab_size).float()


def test_a_grade_is_what_a_greedy_model_would_write():
    pairs, known = [pair for plot in PLOTS[:4] for pair in ins.alone(plot)], []
    for number, (messages, answer) in enumerate(pairs):
        row = ins.render([*messages, ins.said("assistant", answer)], TOKENIZER)
        known.append((row, row[:-1], [*row[:-2], 66, TOKENIZER.end], [*row[:-1], 66, TOKENIZER.end])[number % 4])
    model = Parrot(known)
    prompts = [ins.render(messages, TOKENIZER, reply=True) for messages, _ in pairs]
    told = generate(model, prompts, 12, end=TOKENIZER.end, temperature=0)
    right = sum(row[len(prompt):] == [*TOKENIZER.encode(answer), TOKENIZER.end]
                for prompt, row, (_, answer) in zip(prompts, told, pairs, strict=True))
    assert right == -(-len(pairs) // 4)
    found = ins.graded(model, TOKENIZER, {"all": pairs, "one": pairs[:1], "none": []}, batch_size=3)
    assert found == {"all": right / len(pairs), "one": 1.0, "none": 0.0}


def test_teaching_is_repeatable_and_reads_every_row():
    rows, losses = rows_of(2), []
    for _ in range(2):
        losses.append(ins.teach(small(), TOKENIZER, rows, steps=4, recipe=Recipe(rate=1e-3), engine=ENGINE,
                                batch_size=4, seed=5))
    assert losses[0] == losses[1]
    asked = []

    def targets_of(ids, opens, closes):
        asked.extend(map(tuple, ids.tolist()))
        return ins.answer_targets(ids, opens, closes)

    ins.teach(small(), TOKENIZER, rows, steps=-(-len(rows) // 4), recipe=Recipe(rate=1e-3), engine=ENGINE,
              batch_size=4, targets_of=targets_of)
    assert len(asked) == len(rows)


def test_a_reply_is_the_text_behind_the_prompt_and_obedience_is_what_the_world_says(monkeypatch):
    model = small()
    talks = [[ins.said("user", "Who?")], [ins.said("user", "Where did he go?")]]
    told = ins.replies(model, TOKENIZER, talks, n=5, temperature=0)
    alone = [generate(model, torch.tensor([ins.render(t, TOKENIZER, reply=True)]), 5, end=TOKENIZER.end,
                      temperature=0)[0].tolist() for t in talks]
    for text, row, talk in zip(told, alone, talks, strict=True):
        assert text == TOKENIZER.decode([i for i in row[len(ins.render(talk, TOKENIZER, reply=True)):]
                                         if i != TOKENIZER.end])
    plots = PLOTS[:4]
    monkeypatch.setattr(learning, "replies", lambda *a, **o: [stories.tell(p) for p in (*plots[:3], PLOTS[9])])
    assert ins.obedience(model, TOKENIZER, plots) == 0.75


# ----------------------------------------------------------------------------------------------------------- assistant


def test_an_assistant_is_made_in_stages_kept_and_loaded_again(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(assistants, "ROOT", tmp_path)
    model, said = small(), []
    before = [weight.clone() for weight in model.parameters()]
    losses = ins.instruct(model, TOKENIZER, plan=ins.stages("smoke"), engine=ENGINE, say=said.append)
    assert list(losses) == [stage.name for stage in ins.stages("smoke")] and len(said) == 3
    assert not any(torch.equal(old, new) for old, new in zip(before, model.token_embedding.parameters(), strict=False))
    folder = tmp_path / "work" / "runs" / "assistant"
    ins.save_assistant(model, TOKENIZER, {"holder": 0.5, "bits": 1.0}, folder)
    again, tokenizer = ins.load_assistant()
    assert "your own assistant: holder 50%, 1.000 bits" in capsys.readouterr().out
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.cpu().parameters(), strict=True))
    assert tokenizer.special == TOKENIZER.special
    next(folder.glob("*.safetensors")).write_bytes(b"broken")
    ins.load_assistant()
    said = capsys.readouterr().out
    assert "Your assistant cannot be used" in said and "the course's assistant" in said


def test_a_stage_reads_what_its_shares_say_cut_to_what_a_story_begins_with():
    plots, opens = PLOTS[:8], OPENS
    for name, task in ins.TASKS.items():
        stage = ins.Stage("one", {name: 1}, 1, 1, Recipe(rate=1e-3))
        rows = ins.lesson(stage, plots, TOKENIZER, random.Random(3))
        assert rows == [row for dice in [random.Random(3)] for plot in plots if dice.random() < 1
                        for row in task(plot, TOKENIZER, dice)] and max(map(len, rows)) <= 256
        assert not ins.lesson(ins.Stage("none", {name: 0}, 1, 1, Recipe(rate=1e-3)), plots, TOKENIZER, random.Random(3))
    for plot in plots:
        whole, = ins.TASKS["wishes"](plot, TOKENIZER, None)
        begun, = ins.TASKS["wishes, begun"](plot, TOKENIZER, None)
        assert begun == whole[: len(begun)] and len(begun) - begun.index(opens) == 41
    half = ins.lesson(ins.Stage("half", {"wishes": 0.5, "plain stories": 1}, 1, 1, None), PLOTS, TOKENIZER,
                      random.Random(0))
    assert len(PLOTS) + 5 < len(half) < 2 * len(PLOTS) - 5


def test_a_stage_has_plots_enough_for_its_steps_and_none_over_the_most():
    for stage in (*ins.stages("cpu"), *ins.stages("gpu")):
        some = stories.plots("train", min(stage.plots, 300), seed=5)
        rows = len(ins.lesson(stage, some, TOKENIZER, random.Random(0))) / len(some) * stage.plots
        assert stage.plots == learning_stages.MOST or rows > 0.9 * stage.steps * stage.batch_size


@pytest.mark.parametrize("good", [[], [2], [0, 1, 2]])
def test_an_assistant_practises_on_those_of_its_own_stories_that_obey(monkeypatch, good):
    heard, learned = [], []
    plots = [stories.plots("train", 3, seed=500 + number) for number in (20, 21)]  # those of its two rounds
    wishes = {stories.instruction(plot): (n, plot) for some in plots for n, plot in enumerate(some)}

    def replies(model, tokenizer, asked, **dials):
        heard.append(len(asked))
        mine = [wishes[messages[-1]["content"]] for messages in asked]
        return [stories.tell(plot if n in good else plots[0][n - 1]) for n, plot in mine]

    monkeypatch.setattr(practice, "replies", replies)
    monkeypatch.setattr(practice, "WISHES", 2)
    monkeypatch.setattr(practice, "teach", lambda model, tokenizer, rows, **given: learned.append((rows, given)))
    model = small()
    made = ins.practised(model, TOKENIZER, ENGINE, seed=2, rounds=2, count=3)
    assert heard == [2, 1] * 2 and made is not model and not made.training
    for (rows, given), some in zip(learned, plots, strict=True):
        own, rest = rows[:len(good)], [TOKENIZER.decode(row) for row in rows[len(good):]]
        assert [TOKENIZER.decode(row) for row in own] == [
            f"<|user|>{stories.instruction(some[n])}<|assistant|>{stories.tell(some[n])}<|endoftext|>" for n in good]
        told = f"<|endoftext|>{stories.tell(some[0])}<|endoftext|>"
        assert rest[0].startswith(f"<|user|>{stories.tell(some[0])}\n") and rest[1:] == [told]
        assert given["steps"] == 1 and max(map(len, rows)) <= 256


@pytest.mark.parametrize("release", [False, True])
def test_an_assistant_has_its_lesson_then_practises_and_what_has_practised_is_kept(monkeypatch, release):
    monkeypatch.setenv("COURSE_PRESET", "smoke")
    model, other, heard, kept = small(), small(seed=1), [], []
    monkeypatch.setattr(assistants, "storyteller", lambda *wanted: (model, TOKENIZER))
    monkeypatch.setattr(assistants, "load", lambda *given: (model, TOKENIZER, None))
    monkeypatch.setattr(assistants, "quickest", lambda model: ENGINE)
    monkeypatch.setattr(assistants, "instruct", lambda taught, tokenizer, **given: heard.append(
        ("lesson", taught, given["seed"], given["engine"], [stage.steps for stage in given["plan"]])))
    monkeypatch.setattr(assistants, "practised", lambda taught, tokenizer, engine, seed, **few: heard.append(
        ("practice", taught, seed, engine, few)) or other)
    monkeypatch.setattr(assistants, "marks", lambda asked, tokenizer, count: {"bits": float(asked is other)})
    monkeypatch.setattr(assistants, "save_assistant", lambda saved, tokenizer, found: kept.append(saved))
    monkeypatch.setattr(assistants, "publish", lambda saved, tokenizer: kept.append(saved) or {"bits": 1.0})
    make = ins.release_assistant if release else ins.train_assistant
    assert make(3, say=lambda line: None) == {"bits": 1.0} and kept == [other]
    steps, few = ([450, 500, 2800], {}) if release else ([1, 1, 1], {"rounds": 1, "count": 4})
    assert heard == [("lesson", model, 3, ENGINE, steps), ("practice", model, 3, ENGINE, few)]


def test_the_assistant_of_the_course_is_there_whole_and_answers():
    model, tokenizer = ins.load_assistant()
    assert model.config.context_length == 256 and COURSES.with_suffix(".safetensors").stat().st_size < 2e6
    found = ins.graded(model, tokenizer, ins.exam(stories.plots("validation", 12)))
    assert found["kind"] >= 0.75 and found["holder"] >= 0.75


# -------------------------------------------------------------------------------------------- plain texts, and the race


def test_a_plain_text_among_conversations_is_asked_for_whole_and_counts_as_one():
    story, talk = [CLOSES, 5, 6, 7, CLOSES], [2048, 5, OPENS, 6, CLOSES]
    ids = ins.padded([story, talk, [*story[:3], CLOSES]], CLOSES)
    targets = learning.asked_for(ids, OPENS, CLOSES)
    x = IGNORED
    assert targets.tolist() == [[5, 6, 7, CLOSES, x], [x, x, 6, CLOSES, x], [5, 6, CLOSES, x, x]]
    weights = ins.example_weights(targets, ins.answers_of(ids, OPENS))
    assert torch.allclose(weights.sum(-1), torch.full((3,), 1 / 3))


def test_the_race_says_a_row_for_each_seed(monkeypatch):
    from course_lib.instructions import races

    said = []
    monkeypatch.setattr(races, "load", lambda *given: (small(), TOKENIZER, None))
    monkeypatch.setattr(races, "stages", lambda name: ins.stages("smoke"))
    monkeypatch.setattr(races, "engine", lambda: ENGINE)
    monkeypatch.setattr(races, "marks", lambda model, tokenizer: {"holder": len(said) / 10, "bits": 1.0})
    races.RACES["instructions"](said.append, None, 2)
    assert said[0] == "before: holder 0%, 1.000 bits per byte" and said[1].startswith("seed 2: holder 10%")
    assert said[4:] == ["lowest: holder 10%, 1.000 bits per byte", "highest: holder 30%, 1.000 bits per byte"]
