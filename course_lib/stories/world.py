"""The things of the small world: who lives there, what they own, where they go, and the words that colour a telling.

Every list here is a set of equally likely choices. `GIRLS` and `BOYS` together are the names a character may have;
a name fixes the pronoun. Words in `FREE` may fill a slot of the same name in any sentence; nothing later depends on them.
"""

GIRLS = ("Mia Anna Clara Dot Fay Hana Lena Nia Rosa Tess Ivy Juno Kate Pearl Mabel Lucy").split()
BOYS = ("Tom Ben Max Otto Gus Ned Finn Hugo Jack Leo Oscar Sam Theo Bruno Kit Pip").split()

KINDS = ("fox rabbit hedgehog mouse badger mole bear duck goose hare frog squirrel cat goat beaver lamb").split()

THINGS = (
    "lamp kite drum ball boat book bell key basket whistle shell cup spoon flute map mirror "
    "compass lantern teapot marble puppet clock brush umbrella"
).split()
LOOKS = (
    "tiny shiny wooden round painted spotted polished dusty lucky golden crooked patched carved gleaming battered little"
).split()

PLACES = "mill pond bridge orchard market harbour barn well river lake station stile ferry bakery tower lighthouse".split()

# The detail of the first sentence that comes back in the last: a colour and a part of the house.
# There are exactly sixteen colours, every opening draws one and nothing depends on it: `plot.split_of` rests on that.
COLOURS = "red blue green yellow white black brown grey pink purple silver scarlet cream crimson turquoise striped".split()
PARTS = "door gate bench fence wall porch swing pump letterbox barrow".split()

SAD = "sad cross lonely gloomy worried miserable grumpy unhappy".split()
BUILT = ["den", "raft", "tree house", "dam", "wind wheel", "cart", "tower of stones", "snug hut"]

FREE = {
    "weather": "sunny windy misty frosty cloudy bright warm chilly breezy mild quiet fresh".split(),
    "hour": "morning afternoon evening day".split(),
    "weekday": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(),
    "season": "spring summer autumn winter".split(),
    "food": [
        "plum cake", "pea soup", "warm bread", "apple pie", "nut biscuits", "honey toast", "yellow cheese", "pancakes",
        "berry jam", "gingerbread", "sweet pears", "cherries",
    ],
    "softly": "softly kindly gently quietly shyly warmly brightly slowly gravely politely eagerly merrily".split(),
    "birds": "larks sparrows crickets bees swallows starlings blackbirds robins thrushes moths".split(),
    "flowers": "daisies poppies clover ferns nettles bluebells thistles buttercups reeds primroses".split(),
    "tree": "oak willow birch elm chestnut pine beech maple".split(),
    "number": "two three four five six seven eight nine".split(),
    "relative": "grandmother grandfather aunt uncle cousin mother father sister".split(),
    "activity": [
        "picking berries", "sweeping leaves", "painting a sign", "counting snails", "washing socks", "knitting a scarf",
        "mending a net", "folding paper birds", "feeding the fish", "stacking wood", "skipping stones", "drying herbs",
        "whistling a tune", "chasing butterflies", "learning a poem", "polishing buttons",
    ],
    "trait": "kind clever brave shy cheerful gentle curious careful patient bold sleepy stubborn".split(),
    "glad": "happy glad proud merry pleased cheerful delighted joyful".split(),
    "cloth": "scarf coat cloak blanket towel hat shawl sack".split(),
    "stuff": "string wire glue wax thread straw clay tar".split(),
}
