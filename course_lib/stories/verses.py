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
    The best {hero.he} had, and that was true, / was a {T.look} {T}, as good as new.
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
    No {T} was there, not left, not right, / and {A} {wept} the whole long night.
give.wish
    "Your {T}," said {B}, "is so fine, / how I would love to call it mine!"
    {B} looked at {A}'s {T} all day / and {softly} asked for it to play.
give.yes
    "Then it is yours," {said} {A}, "my friend," / and gave {B} the {T} in the end.
    {A} {smiled}, "Now close your eyes and stand," / and laid the {T} in {B}'s hand.
give.thanks
    And {B} was {glad} and danced around, / {number} times above the ground.
    {B} thanked {A} and sang a song, / so {glad} was {B} all day long.
give.no
    "No," {said} {A}, "that will not do," / and hid the {T} from {B} too.
    {A} held the {T} behind a tree: / "It is not for you, it is for me."
give.hurt
    {B} went home, {B.sad} and slow, / and all the {birds} could see it so.
    {B} turned away and {wept} alone, / and sat there {B.sad} upon a stone.
borrow.ask
    "Lend me the {T}," said {B}, "please do, / on {weekday} I bring it back to you."
    {B} {asked} {A} for the {T} that day, / for just {number} hours of play.
borrow.lend
    "Take care," {said} {A}, and {B} was gone / and took the {T} across the lawn.
    So {A} lent {B} the {T} that day / and watched {B.him} {softly} walk away.
borrow.back
    On {weekday}, as was said before, / {B} laid the {T} at {A}'s door.
    {B} brought the {T} to {A} again, / and both were {glad} and danced in the rain.
borrow.keep
    But {weekday} came, and {B} kept / the {T}, and {A} sat down and wept.
    {B} kept the {T} and would not say / why {A} was {A.sad} all the day.
trade.offer
    "I have a {N.look} {N}, come see, / and swap your {T}," said {B}, "with me."
    {B} had a {N.look} {N} to show, / and {A} {softly} whispered, "Oh!"
trade.swap
    {A} took the {N} and found it fair, / {B} took the {T} and left {A} there.
    The {T} for the {N}: and {A} tried / the {N}, with the {T} at {B}'s side.
trade.pleased
    Both were {glad} with what they got, / and {softly} said they liked it a lot.
    {A} {smiled} and {B} {smiled} too, / for each had something fine and new.
trade.regret
    But {A} {wept} when it was done, / for the {N} was not a lucky one.
    {A} was {A.sad} by the stile, / and {B} ran off, and ran a mile.
mend.break
    Crack! By the {spot} it fell in two: / the {T} of {A}, as good as new.
    {A} fell down upon a stone / and broke the {T} with a groan.
mend.help
    With {stuff} {B} worked into the night / and {softly} put the {T} right.
    "I know a trick," said {B}, "you will see," / and mended the {T} with {stuff}, one, two, three.
mend.whole
    {A} was {glad} and held {B} tight, / the {T} was whole, and all was right.
    And {A} {smiled} at {B} and said, / "Now let us have some jam and bread."
mend.fail
    {B} tried {stuff}, but it would not stay, / and {A} {wept} for the {T} all day.
    It could not be mended, try as they might, / and {A} was {A.sad} till late at night.
hide.joke
    For a joke {B} took the {T} and hid / it near the {spot}, that is what {B.he} did.
    When {A} looked up to see the sky, / {B} took the {T} and sat nearby.
hide.hunt
    {A} {looked} here and {looked} there, / so {A.sad}: it was not anywhere.
    "Hot or cold?" {asked} {A} {number} times, / and {B} just sang some silly rhymes.
hide.laugh
    "It was me!" {said} {B}, and gave it back, / and {A} {smiled} at the {T} in the sack.
    {B} gave the {T} back with a grin, / and {A} {smiled}: "You always win!"
hide.angry
    But {A} {wept}, "You are no friend," / and {B} kept the {T} in the end.
    {A} ran off {A.sad} and would not play, / and {B} had the {T} that day.
stranger.need
    There {C} the {C.kind} sat, {trait} and old, / by the {spot}, all alone in the cold.
    {C}, a {C.kind} with nothing to eat, / sat by the {spot} with cold, wet feet.
stranger.kind
    {A} {gave} {C} the {T} to hold: / "Take it, and do not feel so cold."
    "You need the {T} more than I," / {A} {softly} said, and {C} looked shy.
stranger.bless
    "I thank you," {said} {C} with a bow, / and {smiled}: "I am not lonely now."
    And {C} was {glad} and {softly} sang, / and all along the hill it rang.
stranger.cold
    "No time!" {said} {A}, and walked on by, / and {C} by the road began to cry.
    But {A} went on and gave no thing, / and {C} {wept}, and no {birds} would sing.
find.spot
    By the {spot}, in the grass so green, / was the best {N.look} {N} that {A} had seen.
    {A} {looked} in the {flowers} and found / a {N.look} {N} on the ground.
find.gift
    "For you," {said} {A}, and {B} took / the {N} with a very {glad} look.
    {A} gave {B} the {N} that day, / and {B} {smiled} all the way.
find.mine
    {A} kept the {N}, and {B} {smiled} too, / for there was much for both to do.
    "It is yours," said {B}, "you saw it first," / and {A}, with the {N}, was {glad} fit to burst.
rescue.cry
    "Help!" {wept} {C} the {C.kind}, "come quick, / I sit by the {spot} in mud so thick!"
    High in a {tree}, and in great fear, / {C} the {C.kind} called, "I am here!"
rescue.pull
    {A} held {B}, and {B} held on / to {C}'s hand till the fear was gone.
    {A} threw a rope, and {B} pulled too, / till {C} was out, as good as new.
rescue.reward
    {C} {smiled} and gave {A} that night / a {N.look} {N}, shining bright.
    "A {N.look} {N}, {A}, for you," / {said} {C}, so {glad}, and {B} was too.
build.plan
    "A {built}," {said} {A} to {B}, "would be grand, / let us make it of {stuff} and sand."
    {A} and {B} had a plan that day, / to build a {built} over the way.
build.work
    {A} held the boards and {B} the nails, / and {softly} they told each other tales.
    It took {number} hours, some {food}, some rope, / and {A} and {B} were full of hope.
build.stands
    Then it was there, so tall and good, / and {A} and {B} {smiled} where they stood.
    It was so fine, so straight and strong, / that {A} was {glad}, and {B}, all day long.
build.falls
    Then down it came with crack and thud, / and {A} {wept} and sat in the mud.
    "You did it!" {said} {A}, for down it fell, / and {B} was {B.sad}, you could tell.
quarrel.row
    "You ate the {food}," {said} {A}, "not me!" / and {B} shouted back by the tree.
    {A} said, "Go left," and {B}, "Go right," / and by the {spot} began a fight.
quarrel.silent
    For {number} hours they would not speak, / {A} to {B}: it felt like a week.
    {A} was {A.sad} and {B} was too, / and nobody knew what next to do.
quarrel.sorry
    "Sorry," {said} {A}, and {B} said so too, / and both {smiled}, as good friends do.
    {B} held out some {food}, {A} took a bite, / and {softly} they made it all come right.
quarrel.part
    {A} went left and {B} went right, / and {A} {wept} far into the night.
    "Then go!" {said} {A}, and {B} was gone, / {softly}, alone, across the lawn.
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
    Drip, drop, the rain came down that day / on {A} and {B}, and they ran away.
    A cloud hung over the {spot} like a hat, / {A} and {B} were wet, and that was that.
rain.shelter
    {A} held a {cloth} over {B}'s head / and sang of {food} and of warm bread.
    Under the {tree} they stood quite dry, / and {A} and {B} just watched the sky.
rain.rainbow
    Then {A} saw colours over the hill, / and {B} {smiled}, and all was still.
    Out came the sun on field and tree, / and {A} and {B} {smiled} to see.
rain.flood
    It rained all {hour}, the path was gone, / and {A} {wept}, and {B} went on.
    "You did it!" {said} {A}, so wet and cold, / and {B} {wept}, as I was told.
share.hungry
    {A} was hungry, and {B} was too, / with {number} {birds} and {flowers} in view.
    "I could eat {number} cakes," {said} {A}, "or more," / and {B} laid a {cloth} on the forest floor.
share.halves
    {B} cut the {food}, as good friends do, / a half for {A}, and for {B} one too.
    {A} had {food} and shared it well, / {B} had the rest, with a lovely smell.
share.full
    {A} was full and {B} was too, / {glad} and warm under skies so blue.
    They left {number} crumbs, and in the shade / {A} {smiled} at {B} for the meal they made.
share.spill
    Then all fell down into the mud, / and {B} {wept} with a bump and thud.
    "You ate it all!" {said} {A}, "for shame!" / and {B} went back the way {B.he} came.
close.one
    {tonight} the {T} hung on the wall / in {K}'s house, and that is all.
    {K} took the {T} to bed that night / and {softly} put out the candlelight.
    Who has the {T}, the {birds} can say, / for {K} has it to this day.
close.two
    {K} has the {T} to have and hold, / and {M} the {N}, so I am told.
    {tonight} by {K}'s bed the {T} lay, / and the {N} by {M}'s, not far away.
close.both
    {K} has the {T}, and that is not all: / the {N} hangs beside it on {K}'s wall.
    {tonight} the {T} and the {N} lay / with {K}, who {smiled} at both all day.
close.lost
    Where the {T} is, no one can tell, / perhaps at the bottom of a well.
    The {T} was never seen again, / not in the sun, not in the rain.
close.glad
    By the {part} sat {hero}, {glad} and warm, / safe with {friend} from wind and storm.
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
            lines.append(line.strip().replace(" / ", "\n"))
    return [replace(beat, lines=tuple(couplets[beat.name])) for beat in beats]
