"""Events about the two friends and whom they meet; no thing they hold changes hands. One line is one sentence."""

from .grammar import beat

RESCUE = [
    beat("rescue.cry", """
        "Help!" {wept} {C}, a {trait} {C.kind} stuck in a ditch by the {spot}.
        By the {spot} a {C.kind} named {C} hung from the {tree} by one foot.
        {C} the {C.kind} had fallen down by the {spot} and {wept}.
        A {trait} {C.kind} called {C} sat on top of the {spot} and {wept}.
        {soon} they saw {C}, a {C.kind}, caught in the {flowers}.
        "I cannot get down!" {said} {C} the {C.kind} from the {old} {tree}.
        Deep in a sack of {food} {wept} {C}, a lost {C.kind}.
    """, then="pull"),
    beat("rescue.pull", """
        {A} {softly} held {B}, and {B} pulled {C} out.
        {A} threw {C} the end of a {cloth}, and {B} {softly} pulled.
        {soon} {A} {went} to {C}, and {B} held out a {cloth}.
        "Hold on, {C}!" {said} {A}, and {B} {went} for a ladder.
        {A} counted to {number}, {B} {softly} pushed, and {C} was free.
        With a rope of {stuff} {A} and {B} got {C} down.
        {A} {went} up, then {B}, and {softly} they lifted {C}.
    """, then="reward"),
    beat("rescue.reward", """
        To thank them, {C} {smiled} and {gave} {A} a {N.look} {N}.
        "You saved me," {said} {C}, {glad} to give {A} a {N.look} {N}.
        {C} hugged {B}, {smiled}, and handed {A} a {N.look} {N}.
        Out of a {cloth} {C} pulled a {N.look} {N}, and {A} was {glad} to get it.
        {soon} {C} {smiled} and made {A} a present of a {N.look} {N}.
        {C} had a {N.look} {N}, and now it was {A}'s, and {B} {smiled}.
    """, moves={"N": "A"}, good=True),
]

BUILD = [
    beat("build.plan", """
        "Let us build a {built}," {said} {A} to {B}.
        {A} had a plan, {B} had {stuff}: it would be a {built}.
        By the {spot} {A} and {B} began to build a {built}.
        {A} drew a {built} in the sand, and {B} {smiled}.
        {soon} {A} asked {B} to help with a {built}.
        "A {built} is what we need," {A} told {B} and the {birds}.
        Out of {stuff} and old boards {A} and {B} made a {built}.
    """, then="work", weight=3),
    beat("build.work", """
        {A} sawed, {B} hammered, and the {birds} flew away.
        It took {A} and {B} {number} nails and some {food}.
        {B} held it while {A} {softly} tied it with {stuff}.
        "To the left," {said} {A}, and {B} {softly} pushed.
        {A} {went} for {stuff}, and {B} for {food}.
        {soon} {B} hit {B.his} thumb, and {A} {gave} {B.him} {food}.
        {Softly} {A} sang, and {B} beat time with a stick of {tree}.
    """, then="stands falls"),
    beat("build.stands", """
        {soon} it was so fine that {A} and {B} let the {birds} move in.
        It stood firm, and {A} and {B} {softly} {smiled}.
        {soon} {A} and {B} ate {food} beside it.
        "Our own work!" {said} {B}, and {A} put {flowers} on it.
        {B} {went} all around it, and {A} was {glad}.
        Even {A}'s {relative} {smiled} at it, and {B} bowed.
    """, good=True, weight=2),
    beat("build.falls", """
        {soon} it fell on {A}'s foot, and {A.he} {wept}.
        One puff of wind, and it was gone, and {A} was {A.sad}.
        "You did it wrong," {said} {A}, and {B} {went} off.
        The {birds} landed on it, it broke, and {B} was {B.sad}.
        Down it came, and {A}, {A.sad}, blamed {B}.
    """, good=False),
]

QUARREL = [
    beat("quarrel.row", """
        {A} liked the {spot}, {B} did not, and so they shouted.
        "You always go first," {said} {A}, and {B} {wept}.
        Over the last of the {food} {A} and {B} began to quarrel.
        {A} said that {birds} can count, and {B} {smiled} too long.
        {soon} {A} stepped on {B}'s {cloth}, and there was a quarrel.
        "It is {weekday}," {said} {A}, but {B} said it was not.
        {A} called {B} slow, and {B} called {A} a bag of {stuff}.
        Nobody knows why {A} and {B} fell out under the {tree}.
    """, then="silent", weight=3),
    beat("quarrel.silent", """
        For {number} hours {A} sat with {A.his} back to {B}.
        {B} threw {A.his} {cloth} into the {flowers}, and {A} felt {A.sad}.
        Neither of them spoke, and the {hour} felt {number} years long.
        {A} {softly} drew a line that {B} was not to cross.
        {B} talked to the {birds}, and {A} to a heap of {stuff}.
        {soon} {A} was {A.sad}, and {B} was {B.sad}.
        {A} hid behind the {old} {tree}, and {B} {wept}.
    """, then="sorry part"),
    beat("quarrel.sorry", """
        "Sorry," {said} {A} and {B} at the very same moment.
        {B} {softly} held out some {food}, and {A} took it.
        {soon} {A} had the hiccups, {B} {smiled}, and it was over.
        {A} held out {A.his} hand, and {B} {softly} took it.
        {A} {went} to {B} and hugged {B.him} {softly}.
        "Friends?" {asked} {A}, and {B} {smiled}.
        {B} made {A} a crown of {flowers}, and all was well.
    """, good=True, weight=2),
    beat("quarrel.part", """
        {A} {went} left and {B} {went} right.
        "Then go!" {said} {A}, and {B} {softly} did so.
        {A} could not say sorry, and {B} {softly} left.
        {soon} {B} was gone, and {A} {wept}.
        They parted by the {old} {tree}, and {A} {wept} while {B} {smiled}.
    """, good=False),
]

RACE = [
    beat("race.start", """
        "I am faster than you," {said} {A} to {B}, and pointed at the {spot}.
        {A} and {B} lined up {softly} for a race to the {spot}.
        "Ready, steady, go!" {said} {A}, and off {went} {B} to the {spot}.
        On {weekday} {A} and {B} ran in the great race to the {spot}.
        {soon} {A} and {B} were racing to the {spot} through the {flowers}.
        "First to touch the {tree} wins," {A} told {B}, and {smiled}.
        The {birds} had a prize for a race, and {A} and {B} wanted it.
    """, then="first second"),
    beat("race.first", """
        {soon} {A} won, {glad} and proud, and the prize was a {N.look} {N}.
        {B} fell over {number} stones, and {A} won a {N.look} {N} and {smiled}.
        Ahead of {B} {went} {A}, and {smiled}, and won a {N.look} {N}.
        {B} stopped to smell the {flowers}, and {A} won a {N.look} {N} and was {glad}.
        The {birds} {gave} {A} the prize, a {N.look} {N}, and {B} {smiled}.
    """, moves={"N": "A"}, good=True),
    beat("race.second", """
        {B} {went} past {A} near the end, and {A} {wept}.
        {A} stopped for {food}, so {B} won, and {A} was {A.sad}.
        The winner was {B}, by {number} steps, and {A} {wept}.
        {soon} {A} was out of breath, {B} won, and {A} was {A.sad}.
        {A} ran into the {old} {tree}, and {wept}, for {B} had won.
    """, good=False),
]

RAIN = [
    beat("rain.drops", """
        It began to rain, and {A} and {B} {went} to the {old} {tree}.
        A cloud hung over the {spot}, and {A} and {B} were wet.
        "A drop!" {said} {A}, and {B} {softly} said, "That was {number}."
        Thunder rolled by the {spot}, and {A} {softly} took {B}'s hand.
        {soon} the rain came down on {A}, on {B} and on the {flowers}.
        The {birds} flew low, and {A} told {B} {softly} that it would rain.
        "My {cloth} is wet," {said} {A}, and {B} felt the rain too.
    """, then="shelter", weight=3),
    beat("rain.shelter", """
        They {went} under {A}'s {cloth}, and {B} {smiled}.
        {B} {wept}, so {A} sang {number} songs about {food}.
        The {old} {tree} had room for {A}, {B} and the {birds}.
        "We need a boat," {said} {B}, and {A} {smiled}.
        {A} held a {cloth} over {B} and told {B.him} about {food}.
        {Softly} {A} counted the drops, and {B} the {birds}.
    """, then="rainbow flood"),
    beat("rain.rainbow", """
        {soon} {A} {softly} showed {B} a rainbow.
        {soon} {A} {went} into every puddle, and {B} {went} after.
        "Smell the {flowers}," {said} {A}, for the rain was over.
        {B} saw the rainbow over the {flowers}, and {A} {smiled}.
        Out came the sun, the {birds} and {A}, and {B} {smiled}.
    """, good=True, weight=2),
    beat("rain.flood", """
        It rained all {hour}, {A} {wept}, and {B} lost a boot.
        The path was gone, and {A} {softly} blamed {B} for it.
        {soon} lightning split the {tree}, and {A} left {B} alone.
        "You and your {weather} {hour}!" {said} {A}, and {B} {wept}.
    """, good=False),
]

SHARE = [
    beat("share.hungry", """
        {A}'s stomach growled like {number} bears, and {B} {smiled}.
        "Is it time to eat?" {asked} {A}, and {B} {smiled}.
        {B} laid a {cloth} on the grass, for {A} was hungry.
        {soon} {A} and {B} sat down by the {flowers} to eat.
        "I could eat {number} dinners," {said} {A}, and {B} {smiled}.
        The smell of {food} from the {spot} made {A} and {B} hungry.
        Under the {old} {tree} {A} asked {B} for something to eat.
    """, then="halves", weight=3),
    beat("share.halves", """
        Of the {food} {A} {softly} {gave} {B} the best part.
        {A} had {food}, {B} had {food}, and they shared it.
        {B} {softly} {gave} {A} the bigger half of the {food}.
        {soon} {A} had {food} on {A.his} nose, and {B} {smiled}.
        "{Number} bites for you, {number} for me," {said} {A} to {B}.
        {Softly} {B} unpacked some {food} for {A}.
    """, then="full spill"),
    beat("share.full", """
        {A} lay in the {flowers} and {softly} told {B} a story.
        "Nothing tastes so good alone," {said} {A}, and {B} {smiled}.
        {A} and {B} left {number} crumbs for the {birds} and felt {glad}.
        {soon} {A} was full, {B} was full, and both were {glad}.
        {B} {softly} fell asleep, and {A} put a {cloth} over {B.him}.
    """, good=True, weight=2),
    beat("share.spill", """
        {soon} {A} sneezed, all fell in the mud, and {B} {wept}.
        But {B} had eaten it all, {softly}, and {A} {wept}.
        {Number} {birds} took the lot, and {A} blamed {B}.
        "That was mine!" {said} {A}, and {B} {went} off.
    """, good=False),
]

FRIEND_EVENTS = [*RESCUE, *BUILD, *QUARREL, *RACE, *RAIN, *SHARE]
