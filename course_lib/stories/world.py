"""The words of the small world: who lives there, what they own, where they go, and what colours a telling.

Every list is a set of equally likely choices. A slot of a sentence is filled from the list of its name (see `grammar`).
"""

import re

_LISTS = """
# who lives there; a name fixes the pronoun, and heroes, friends and strangers have names of their own
hero girls: Mia, Anna, Clara, Dot, Hana, Lena, Rosa, Kate
hero boys: Tom, Ben, Max, Otto, Gus, Finn, Hugo, Sam
friend girls: Ada, Bella, Ida, Lucy, Nora, Olive, Pia, Tess
friend boys: Carl, Emil, Felix, Jack, Leo, Nick, Paul, Toby
stranger girls: Agnes, Edith, Flora, Greta
stranger boys: Albert, Barney, Edgar, Oswald
kinds: fox, rabbit, hedgehog, mouse, badger, mole, bear, duck, goose, hare, frog, squirrel, cat, goat, beaver, lamb
# what the hero owns, what is won, found or swapped later, where the story goes and where an event goes
things: lamp, kite, drum, ball, boat, book, bell, key, basket, whistle, shell, cup, flute, map, mirror, lantern,
    teapot, puppet, clock, parasol
finds: ring, comb, ribbon, marble, spoon, candle, brush, mask, crown, telescope, compass, trumpet, fan, jug, purse,
    bracelet, medal, fiddle, globe, rattle
looks: tiny, shiny, wooden, round, painted, spotted, polished, dusty, lucky, golden, crooked, patched, carved,
    gleaming, battered, little, narrow, heavy, pretty, dented, funny, precious, magic, plain
places: mill, pond, bridge, orchard, market, harbour, barn, well, river, lake, station, stile, ferry, bakery, tower,
    lighthouse
spots: brook, quarry, chapel, cottage, stable, haystack, fountain, statue, rock, castle, church, school, dairy, smithy,
    shed, mound
# the detail of the first sentence: a part of the house, which comes back in the last, and its colour.
# There are exactly sixteen colours, every opening draws one and nothing depends on it: `telling.split_of` rests on it
colours: red, blue, green, yellow, white, black, brown, grey, pink, purple, silver, scarlet, cream, crimson,
    turquoise, striped
parts: door, gate, bench, fence, wall, porch, swing, pump, letterbox, barrow, window, hedge, railing, sundial, trellis,
    archway
# what an event remembers until it ends: a feeling
sad: sad, cross, lonely, gloomy, worried, miserable, grumpy, unhappy
# from here on nothing is remembered: when it is
soon: Then, Soon, Presently, Suddenly, Afterwards, Later, Now, Next, At once, At last, By and by, After a while,
    Before long, In the end, All at once, Just then
tonight: That night, At bedtime, At dusk, By sunset, After supper, By moonlight, At nightfall, By candlelight
weather: sunny, windy, misty, frosty, cloudy, bright, warm, chilly, breezy, mild, quiet, fresh, damp, hazy, crisp,
    lovely
hour: morning, afternoon, evening, day
weekday: Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday
season: spring, summer, autumn, winter
# what is there
food: plum cake, pea soup, fresh bread, apple pie, nut cake, honey toast, soft cheese, pancakes, berry jam,
    gingerbread, sweet pears, cherries, porridge, pumpkin pie, buns, carrots, plum jam, hot soup, rice, turnips,
    cream, butter, apples, hazelnuts
birds: larks, sparrows, crickets, bees, swallows, starlings, blackbirds, robins, thrushes, moths, finches, crows,
    pigeons, gulls, beetles, magpies, cuckoos, ants, wasps, doves, rooks, cranes, geese, owls
flowers: daisies, poppies, clover, ferns, nettles, bluebells, thistles, buttercups, reeds, primroses, tulips,
    violets, roses, heather, brambles, lilies, pansies, foxgloves, cowslips, sunflowers, marigolds, weeds, leaves,
    bushes
old: old, tall, hollow, bent, leafy, shady, mossy, knotty
tree: oak, willow, birch, elm, chestnut, pine, beech, maple, cedar, fir, hazel, ash
cloth: scarf, coat, cloak, blanket, towel, hat, shawl, sack
built: den, raft, tree house, dam, windmill, cart, sandcastle, snug hut
stuff: string, wire, glue, wax, thread, straw, clay, tar
number: two, three, four, five, six, seven, eight, nine
relative: grandmother, grandfather, aunt, uncle, cousin, mother, father, sister, brother, godmother, neighbour,
    teacher
# what one is like and what one does
trait: kind, clever, brave, shy, cheerful, gentle, curious, careful, patient, bold, sleepy, stubborn, polite,
    lively, dreamy, thoughtful, hungry, tidy, noisy, loyal, grumbling, friendly, lazy, wise
glad: happy, glad, proud, merry, pleased, cheerful, delighted, joyful
low: lost, tired, small, ill, alone, cold, scared, bored
softly: softly, kindly, gently, quietly, shyly, warmly, brightly, slowly, gravely, politely, eagerly, merrily,
    sweetly, firmly, calmly, boldly, proudly, quickly, bravely, gladly
activity: picking berries, sweeping leaves, painting a sign, counting snails, washing socks, knitting a scarf,
    mending a net, folding paper birds, feeding the fish, stacking wood, skipping stones, drying herbs, whistling a
    tune, chasing butterflies, learning a poem, polishing buttons, digging for worms, flying paper planes, peeling
    apples, writing a letter, rolling down the hill, watching the clouds, practising cartwheels, telling riddles,
    shelling peas, catching minnows, making a necklace, carving a stick, drinking tea, singing a song, looking for
    shells, tying knots
said: said, called, whispered, murmured, cried, laughed, sighed, shouted, muttered, declared, mumbled, chirped,
    exclaimed, announced, hummed, yelled
asked: asked, begged, whispered, called, cried, murmured, pleaded, wondered
went: ran, walked, hopped, skipped, trotted, strolled, wandered, marched, hurried, tiptoed, danced, scampered,
    rushed, ambled, crept, raced
looked: looked, searched, peered, hunted, rummaged, poked, dug, prodded
smiled: smiled, grinned, giggled, chuckled, beamed, nodded, blinked, winked, bowed, blushed, clapped, curtsied
wept: sobbed, wept, sniffed, sighed, whimpered, moaned, wailed, groaned
gave: gave, handed, passed, brought
"""

WORDS: dict[str, tuple[str, ...]] = {}
for _line in re.sub(r"#.*\n", "", _LISTS).replace("\n    ", " ").split("\n"):
    if _line:
        _name, _, _values = _line.partition(": ")
        WORDS[_name] = tuple(_values.split(", "))
for _name in ("softly", "number"):  # the same words where they begin a sentence
    WORDS[_name.capitalize()] = tuple(value.capitalize() for value in WORDS[_name])
