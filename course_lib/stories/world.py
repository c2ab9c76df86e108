"""The things of the small world: who lives there, what they own, where they go, and the words that colour a telling.

Every list here is a set of equally likely choices. `GIRLS` and `BOYS` together are the names a character may have;
a name fixes the pronoun. Words in `FREE` may fill a slot of the same name in any sentence; nothing later depends on them.
"""

GIRLS = ("Mia Anna Clara Dot Fay Hana Lena Nia Rosa Tess Ivy Juno Kate Pearl Mabel Lucy").split()
BOYS = ("Tom Ben Max Otto Gus Ned Finn Hugo Jack Leo Oscar Sam Theo Bruno Kit Pip").split()

KINDS = ("fox rabbit hedgehog mouse badger mole bear duck goose hare frog squirrel cat goat beaver lamb").split()

THINGS = (
    "lamp kite drum ball boat book bell key basket whistle shell cup spoon flute map mirror "
    "compass lantern teapot marble puppet clock brush parasol ring spade candle bottle flag jug bucket pencil"
).split()
LOOKS = (
    "tiny shiny wooden round painted spotted polished dusty lucky golden crooked patched carved gleaming battered little "
    "narrow heavy pretty dented funny precious magic plain"
).split()

PLACES = (
    "mill pond bridge orchard market harbour barn well river lake station stile ferry bakery tower lighthouse"
).split()

# The detail of the first sentence that comes back in the last: a colour and a part of the house.
# There are exactly sixteen colours, every opening draws one and nothing depends on it: `telling.split_of` rests on that.
COLOURS = (
    "red blue green yellow white black brown grey pink purple silver scarlet cream crimson turquoise striped"
).split()
PARTS = "door gate bench fence wall porch swing pump letterbox barrow".split()

SAD = "sad cross lonely gloomy worried miserable grumpy unhappy".split()
BUILT = ["den", "raft", "tree house", "dam", "windmill", "cart", "sandcastle", "snug hut"]

FREE = {
    # when and where
    "soon": [
        "Then", "Soon", "Presently", "Suddenly", "Afterwards", "Later", "Now", "Next", "At once", "At last",
        "By and by", "After a while", "Before long", "In the end", "All at once", "Just then",
    ],
    "tonight": [
        "That night", "At bedtime", "At dusk", "By sunset", "After supper", "By moonlight", "At nightfall",
        "By candlelight",
    ],
    "weather": (
        "sunny windy misty frosty cloudy bright warm chilly breezy mild quiet fresh damp hazy crisp lovely"
    ).split(),
    "hour": "morning afternoon evening day".split(),
    "weekday": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(),
    "season": "spring summer autumn winter".split(),
    # what is there
    "food": [
        "plum cake", "pea soup", "fresh bread", "apple pie", "nut cake", "honey toast", "soft cheese", "pancakes",
        "berry jam", "gingerbread", "sweet pears", "cherries", "porridge", "pumpkin pie", "buns", "carrots",
        "plum jam", "hot soup", "rice", "turnips", "cream", "butter", "apples", "hazelnuts",
    ],
    "birds": (
        "larks sparrows crickets bees swallows starlings blackbirds robins thrushes moths finches crows pigeons gulls "
        "beetles magpies cuckoos ants wasps doves rooks cranes geese owls"
    ).split(),
    "flowers": (
        "daisies poppies clover ferns nettles bluebells thistles buttercups reeds primroses tulips violets roses heather "
        "brambles lilies pansies ivy cowslips sunflowers marigolds weeds leaves bushes"
    ).split(),
    "old": "old tall hollow bent leafy shady mossy knotty".split(),
    "tree": "oak willow birch elm chestnut pine beech maple cedar fir hazel ash".split(),
    "cloth": "scarf coat cloak blanket towel hat shawl sack".split(),
    "stuff": "string wire glue wax thread straw clay tar".split(),
    "number": "two three four five six seven eight nine".split(),
    "relative": (
        "grandmother grandfather aunt uncle cousin mother father sister brother godmother neighbour teacher"
    ).split(),
    # what one is like and what one does
    "trait": (
        "kind clever brave shy cheerful gentle curious careful patient bold sleepy stubborn polite lively dreamy thoughtful "
        "hungry tidy noisy loyal grumbling friendly lazy wise"
    ).split(),
    "glad": "happy glad proud merry pleased cheerful delighted joyful".split(),
    "low": "lost tired small ill alone cold scared bored".split(),
    "softly": (
        "softly kindly gently quietly shyly warmly brightly slowly gravely politely eagerly merrily sweetly firmly calmly "
        "boldly proudly quickly bravely gladly"
    ).split(),
    "activity": [
        "picking berries", "sweeping leaves", "painting a sign", "counting snails", "washing socks", "knitting a scarf",
        "mending a net", "folding paper birds", "feeding the fish", "stacking wood", "skipping stones", "drying herbs",
        "whistling a tune", "chasing butterflies", "learning a poem", "polishing buttons", "digging for worms",
        "flying paper planes", "peeling apples", "writing a letter", "rolling down the hill", "watching the clouds",
        "practising cartwheels", "telling riddles", "shelling peas", "catching minnows", "making a necklace",
        "carving a stick", "drinking tea", "singing a song", "looking for shells", "tying knots",
    ],
    "said": (
        "said called whispered murmured cried laughed sighed shouted muttered declared mumbled chirped exclaimed announced "
        "hummed yelled"
    ).split(),
    "asked": "asked begged whispered called cried murmured pleaded wondered".split(),
    "went": (
        "ran walked hopped skipped trotted strolled wandered marched hurried tiptoed danced scampered rushed ambled crept "
        "raced"
    ).split(),
    "looked": "looked searched peered hunted rummaged poked dug prodded".split(),
    "smiled": "smiled grinned giggled chuckled beamed nodded blinked winked bowed blushed clapped curtsied".split(),
    "wept": "sobbed wept sniffed sighed whimpered moaned wailed groaned".split(),
    "gave": "gave handed passed brought".split(),
}

# The same words where they begin a sentence.
for word in ("softly", "number"):
    FREE[word.capitalize()] = [value.capitalize() for value in FREE[word]]
