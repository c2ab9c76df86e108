"""The second voice of the world: each step of a story in two lines that rhyme. One line here is one couplet.

The beats are those of the prose: what happens, who holds what and how likely it is stand there and nowhere else.
A slash is the end of a line. What rhymes is never a slot, so that it rhymes whatever fills the slots.
"""

from dataclasses import replace

COUPLETS = """
open.home
    A {colour} {part} stood in the sun, / there {hero} the {hero.kind} liked to run.
    Come to the {colour} {part} and see / {hero} the {hero.kind}, {trait} and free.
    {hero} the {hero.kind}, {trait} and small, / sat by a {colour} {part}, that was all.
open.own
    A {T.look} {T} was {hero.his} delight, / {hero.he} kept it close by day and night.
    {hero.He} had a {T.look} {T} to hold, / and loved it more than any gold.
    A {T.look} {T} lay on a chair, / and all could see {hero.his} love and care.
open.walk
    {hero} took the {T} and went / down to the {place}, quite content.
    Off to the {place} with the {T} in hand / went {hero} through the {weather} land.
    On {weekday} {hero} took the {T} along / to the {place}, and sang a song.
open.meet
    There was {friend} the {friend.kind}, glad to meet / {hero} in the {weather} street.
    A {friend.kind} named {friend} came that way: / "{hero}," {friend.he} {said}, "come and play."
    Who came along, {trait} and fair? / {friend} the {friend.kind} was there.
lose.gone
    But near the {spot}, and who knows how, / the {T} was gone from {A} now.
    {A} laid the {T} upon a stone, / {A.he} looked again, and it had flown.
lose.search
    {B} {looked} behind a tree, / and {A} was {A.sad} as can be.
    They asked the {birds} far and wide, / and {A}, so {A.sad}, {softly} cried.
lose.found
    {soon} {B} saw the {T} shine, / and {A} called out, "The {T} is mine!"
    There lay the {T}, and {A} could see, / and took it, {glad} as {A.he} could be.
lose.lost
    {A} {wept} and said it was not fair, / the {T} was lost, they knew not where.
    The {T} was lost, and all that night / {A} {wept} by the moonlight.
give.wish
    {B} saw the {T} of {A} shine / and {softly} said, "Were it but mine!"
    {B} looked at {A}'s {T} all day / and {softly} asked for it to play.
give.yes
    "It is yours," {said} {A} that day, / and {B} had the {T} to play.
    {A} {smiled} and {softly} held out a hand / and gave {B} the {T} on the sand.
give.thanks
    And {B} was {glad} and danced around, / {number} times above the ground.
    {B} thanked {A} and sang a song, / so {glad} was {B} all day long.
give.no
    "No," {said} {A}, and that whole day / the {T} was kept from {B} away.
    {A} held the {T} behind a tree: / "It is not for you, it is for me."
give.hurt
    {B} went home, {B.sad} and slow, / and all the {birds} could see it so.
    {B} turned away and {wept} alone, / and sat there {B.sad} upon a stone.
borrow.ask
    "Till {weekday}, {A}," {B} {softly} said, / "I need the {T} beside my bed."
    {B} {asked} {A} for the {T} that day, / for just {number} hours of play.
borrow.lend
    {A} {softly} gave {B} the {T} to hold / and {smiled}, and was as good as gold.
    So {A} lent {B} the {T} that day / and watched {B.him} {softly} walk away.
borrow.back
    On {weekday}, as was said before, / {B} laid the {T} at {A}'s door.
    {B} brought the {T} to {A} again, / and both were {glad} and danced in the rain.
borrow.keep
    But {weekday} came, and {B} kept / the {T}, and {A} sat down and wept.
    {B} kept the {T} and would not say / why {A} was {A.sad} all the day.
trade.offer
    "This {N.look} {N} is for you," / said {B}, "if I get the {T} too."
    {B} had a {N.look} {N} to show, / and {A} {softly} whispered, "Oh!"
trade.swap
    {A} took the {N} and found it fair, / {B} took the {T} and left {A} there.
    Then {A} had the {N} to hold, / and {B} the {T}, more dear than gold.
trade.pleased
    Both were {glad} with what they got, / and {softly} said they liked it a lot.
    {A} {smiled} and {B} {smiled} too, / for each had something fine and new.
trade.regret
    But {A} {wept} when it was done, / for the {N} was not a lucky one.
    {A} was {A.sad} by the stile, / and {B} ran off, and ran a mile.
mend.break
    By the {spot} {A} fell, and near a tree / the {T} broke in one, two, three.
    {A} fell down upon a stone / and broke the {T} with a groan.
mend.help
    With {stuff} {B} worked into the night / and {softly} put the {T} right.
    {B} took some {stuff}, for all to see, / and the {T} was whole in two days or three.
mend.whole
    {A} was {glad} and held {B} tight, / the {T} was whole, and all was right.
    And {A} {smiled} at {B} and said, / "Now let us have some jam and bread."
mend.fail
    {B} tried {stuff}, but it would not stay, / and {A} {wept} for the {T} all day.
    The {T} was past all help that night, / and {A} was {A.sad} till morning light.
hide.joke
    For a joke {B} took the {T} and hid / it near the {spot}, that is what {B.he} did.
    When {A} looked up to see the sky, / {B} took the {T} and sat nearby.
hide.hunt
    {A} {looked} here and {looked} there, / so {A.sad}: it was not anywhere.
    {A} {looked} for {number} hours or more, / and {B} just {smiled} by the door.
hide.laugh
    {B} {gave} the {T} to {A} that night, / and {A} {smiled}, and all was right.
    {B} gave the {T} back with a grin, / and {A} {smiled}: "You always win!"
hide.angry
    {A} {wept} and called it a bad end, / and {B} kept the {T} and lost a friend.
    {A} ran off {A.sad} and would not play, / and {B} had the {T} that day.
stranger.need
    There {C} the {C.kind} sat, {trait} and old, / by the {spot}, all alone in the cold.
    {C}, a {C.kind} with nothing to eat, / sat by the {spot} with cold, wet feet.
stranger.kind
    {A} {gave} {C} the {T} to hold, / and {C} felt no more sad and cold.
    "You need the {T} more than I," / {A} {softly} said, and {C} looked shy.
stranger.bless
    "I thank you," {said} {C} with a bow, / and {smiled}: "I am not lonely now."
    And {C} was {glad} and {softly} sang, / and all along the hill it rang.
stranger.cold
    But {A} looked up to see the sky, / and {C} {softly} began to cry.
    But {A} went on and gave no thing, / and {C} {wept}, and no {birds} would sing.
find.spot
    By the {spot}, in the grass so green, / was the best {N.look} {N} that {A} had seen.
    {A} {looked} in the {flowers} and found / a {N.look} {N} on the ground.
find.gift
    "For you," {said} {A}, and {B} took / the {N} with a very {glad} look.
    {A} gave {B} the {N} that day, / and {B} {smiled} all the way.
find.mine
    {A} kept the {N}, and {B} {smiled} too, / for there was much for both to do.
    {A} kept the {N} and took it home, / and {A} and {B} were {glad} to roam.
rescue.cry
    By the {spot}, in water and in sand, / {C} the {C.kind} {wept} for a hand.
    High in a {tree}, so all could hear, / {C} the {C.kind} {wept} in fear.
rescue.pull
    {A} held {B}, and {B} held on / to {C}'s hand till the fear was gone.
    {A} held a {cloth}, and {B} pulled too, / and {C} was out and {smiled} too.
rescue.reward
    {C} {smiled} and gave {A} that night / a {N.look} {N}, shining bright.
    {C} had a {N.look} {N} too, / and gave it to {A}: "It is for you."
build.plan
    A {built} of {stuff} and sand / was what {A} and {B} had planned.
    {A} and {B} had a plan that day, / to build a {built} over the way.
build.work
    {A} and {B} with {stuff} and stick / {softly} worked, and it went quick.
    For {number} hours, as friends can do, / {A} held it up, and {B} did too.
build.stands
    Then it was there, so tall and good, / and {A} and {B} {smiled} where they stood.
    It stood so well that all day long / {A} and {B} sang a {glad} song.
build.falls
    Then down it came with crack and thud, / and {A} {wept} and sat in the mud.
    One {weather} wind, and down it fell, / and {A} and {B} were {A.sad} as well.
quarrel.row
    {A} had the {food}, and {B} had none, / and so the shouting had begun.
    {A} went left and {B} went right, / and by the {spot} they had a fight.
quarrel.silent
    For {number} hours, by night and day, / {A} and {B} had no word to say.
    {A} was {A.sad} and {B} was too, / and nobody knew what next to do.
quarrel.sorry
    "Sorry," {said} {A}, and {B} said too, / and both {smiled}, as friends do.
    {B} and {A} had {food} that night, / and {softly} all had come out right.
quarrel.part
    {A} went left and {B} went right, / and {A} {wept} far into the night.
    {B} {softly} said good night / and left {A} alone in the moonlight.
race.start
    {A} and {B} would run a race, / down to the {spot} at a merry pace.
    "One, two, three!" and off they ran, / {A} and {B}, as {birds} can.
race.first
    {A} came first and {smiled} wide, / and won a {N.look} {N} with pride.
    {A} was first and won the prize, / a {N.look} {N}, and {B} had {glad} eyes.
race.second
    But {B} was first by {number} feet, / and {A} {wept} in the dusty street.
    {A} fell over a root, and then / {B} won, and {A} was {A.sad} again.
rain.drops
    The rain came down on {A} that day / and on {B}, and they ran away.
    A cloud hung over the {spot} like a hat, / {A} and {B} were wet, and that was that.
rain.shelter
    {A} held a {cloth} over {B}'s head / and sang of {food} and of warm bread.
    Under the {tree} they stood quite dry, / and {A} and {B} just watched the sky.
rain.rainbow
    Then {A} saw colours over the hill, / and {B} {smiled}, and all was still.
    Out came the sun on field and tree, / and {A} and {B} {smiled} to see.
rain.flood
    It rained all {hour}, the path was gone, / and {A} {wept}, and {B} went on.
    {A} was wet and {B} was cold, / and both of them {wept}, as I was told.
share.hungry
    {A} was hungry, and {B} was too, / with {number} {birds} and {flowers} in view.
    {A} and {B} sat down to eat / on a {cloth} with {flowers} at their feet.
share.halves
    {B} had {food}, enough for two, / and {gave} {A} the best part too.
    {A} had {food} and shared it well, / {B} had the rest, with a lovely smell.
share.full
    {A} was full and {B} was too, / {glad} and warm under skies so blue.
    {A} lay down in the {tree}'s cool shade / and {smiled} at the feast that {B} had made.
share.spill
    Then all fell down into the mud, / and {B} {wept} with a bump and thud.
    But {B} had eaten all the lot, / and {A} {wept} there on the spot.
close.one
    {tonight} the {T} hung on the wall / in {K}'s house, and that is all.
    {K} took the {T} to bed that night / and {softly} put out the candlelight.
    Who has the {T}, the {birds} can say, / for {K} has it to this day.
close.two
    {K} has the {T} to have and hold, / and {M} the {N}, so I am told.
    {tonight} by {K}'s bed the {T} lay, / and the {N} by {M}'s, not far away.
close.both
    {K} has the {T}, and that is not all: / the {N} hangs beside it on the wall.
    {tonight} the {T} and the {N} lay / with {K}, who {smiled} at both all day.
close.lost
    Perhaps it lies down in a well, / the {T}, and not a soul can tell.
    The {T} was never seen again, / not in the sun, not in the rain.
close.glad
    {hero} had {food} by the {part} that night / with {friend}, and all had come out right.
    The {part} looked {glad} in the evening light, / and {hero} {smiled}: good night, good night.
close.sorry
    By the {part} sat {hero} and {wept} alone, / as cold and grey as any stone.
    {hero} came home to the {part} that night / and {wept}, for nothing had gone right.
"""


def in_verse(beats):
    """The same beats, told in couplets. raises: KeyError for a beat that has none"""
    couplets = {}
    for line in COUPLETS.strip().splitlines():
        if not line.startswith(" "):
            lines = couplets[line] = []
        else:
            lines.append(line.strip().replace(" / ", "\n "))
    return [replace(beat, lines=tuple(couplets[beat.name])) for beat in beats]
