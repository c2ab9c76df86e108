"""The small world: plots are imagined, told as short stories, and read back.

>>> import random
>>> plot = imagine(random.Random(0))
>>> story = tell(plot)
>>> read(story).plot == plot
True
>>> read(story.replace(" the ", " a ", 1)).well_formed
False

Telling loses nothing, so a story is exactly as likely as its plot, and `bits(plot)` is exact: no model that is right
about the world can need fewer bits for a story on average. `floor(plots)` is that limit in bits per byte.

**Held-out stories.** One plot in sixteen is held out, by a rule on the plot itself (`split_of`), so no plot is ever in
both splits. What this does to the probabilities is exact too. `bits` and `floor` speak of the whole world. Among the
training stories each is 16/15 times as likely: log2(16/15) = 0.093 bits a story less, about 0.0001 bits per byte.
Among the held-out stories each is 16 times as likely: a model that knew the rule could save log2(16) = 4 bits a story,
0.006 bits per byte. It cannot learn the rule from training stories, none of which is held out: to a model that has
fully learned them, a held-out story is either 0.093 bits cheaper than `bits` says, or, if it has learned the rule as
well, impossible. The floor we draw is the one of the whole world.

Where to look: `world` has the words, `wordings`, `events` and `adventures` the sentences, `grammar` says how they fit
together, `plot` walks through a story, `telling` and `reading` turn plots into text and back, `tasks` asks questions.
`verses` has a second voice for the same steps, `retelling` tells a plot in it, `outlook` says how it may still end.
`judging` says which sentence of a text goes wrong. `chains` has composed questions, and texts of their own for them.
"""

from .chains import LONGEST, Chain, chain, chains
from .grammar import Beat, World
from .judging import Told, judged, keeper
from .outlook import before_the_end, beginning, outlook
from .plot import Plot
from .reading import Reader, Reading, read
from .retelling import VERSE_READER, retell, verses, voice
from .tasks import EVENT_NAMES, Question, ending, events, facts, holders, instruction, obedient, questions
from .telling import VERSE, WORLD, bits, floor, imagine, plots, split_of, tell, texts

__all__ = [
    "EVENT_NAMES", "LONGEST", "VERSE", "VERSE_READER", "WORLD", "Beat", "Chain", "Plot", "Question", "Reader",
    "Reading", "Told", "World", "before_the_end", "beginning", "bits", "chain", "chains", "ending", "events",
    "facts", "floor", "holders", "imagine", "instruction", "judged", "keeper", "obedient", "outlook", "plots",
    "questions", "read", "retell", "split_of", "tell", "texts", "verses", "voice",
]  # fmt: skip
