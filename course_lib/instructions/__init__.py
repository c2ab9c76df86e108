"""Instructions: a conversation as tokens, what is learned from it, and a model that answers in it."""

from .assistant import in_words, load_assistant, marks, release_assistant, save_assistant, train_assistant
from .growing import cut_positions, grow_positions, grow_tokens
from .learning import answer_ids, by_length, graded, obedience, padded, replies, teach
from .packing import apart, packed, read_packed
from .practice import CAREFULLY, practised
from .records import conversations, from_hub, read_records
from .stages import TASKS, Stage, instruct, lesson, stages
from .targets import Weighed, answer_targets, answers_of, example_weights, token_weights
from .tasks import KINDS, alone, ask, exam, kind_of, questions, said, talk, wish
from .template import STORY, Template, check_messages, register_template, render, template_of

__all__ = ["CAREFULLY", "KINDS", "STORY", "TASKS", "Stage", "Template", "Weighed", "alone", "answer_ids",
           "answer_targets", "answers_of", "apart", "ask", "by_length", "check_messages", "conversations",
           "cut_positions", "exam", "example_weights", "from_hub", "graded", "grow_positions", "grow_tokens",
           "in_words", "instruct", "kind_of", "lesson", "load_assistant", "marks", "obedience", "packed", "padded",
           "practised", "questions", "read_packed", "read_records", "register_template", "release_assistant",
           "render", "replies", "said", "save_assistant", "stages", "talk", "teach", "template_of", "token_weights",
           "train_assistant", "wish"]
