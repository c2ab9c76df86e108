"""Events about the hero's thing, which may change hands in each of them. One line is one sentence; see `grammar`."""

from .grammar import beat

LOSE = [
    beat("lose.gone", """
        Near the {spot} the {T} {softly} slipped from {A}.
        At the {spot} {A} stopped short, for the {T} was gone.
        "My {T} is gone!" {A} {wept} when they came to the {spot}.
        Somewhere between the {flowers} and the {spot}, {A} lost the {T}.
        {A} put the {T} down by the {spot}, and then it was gone.
        A {weather} wind blew {A}'s {T} towards the {spot}.
        {soon} {A} felt in the {cloth}: no {T}, only {food}.
        While {A} was {activity}, the {T} rolled off towards the {spot}.
    """, moves={"T": None}, then="search"),
    beat("lose.search", """
        {A} felt so {A.sad} that {B} {looked} under every leaf.
        "Do not be {A.sad}," {said} {B}, "we will search together."
        {A} grew {A.sad}, and {B} {looked} in {number} burrows.
        {B} saw that {A} was {A.sad} and {looked} among the {flowers}.
        They asked the {birds}, they asked the wind, and {A} was {A.sad}.
        "Where was it?" {asked} {B}, but {A} was too {A.sad} to say.
        {Softly} {B} took the hand of {A}, who was {A.sad}.
        {A}, who was {A.sad}, {looked} behind the {old} {tree}.
    """, then="found lost"),
    beat("lose.found", """
        {soon} {B} {gave} {A} the {T}, and both {smiled}.
        "Your {T}!" {said} {B}, and {A} took it and was {glad}.
        It was {B} who saw the {T} by the {old} {tree}, and {A} was {glad}.
        {soon} the {T} glittered in the {flowers}, and {A} was {glad} to pick it up.
        {A} sat down on something hard, it was the {T}, and {B} {smiled}.
        {B} {went} up with the {T}, and {A} took it and {smiled}.
        The {birds} had it, and {A}, {glad} again, took back the {T}.
        "Look up!" {said} {B}, and {A} {smiled} and shook down the {T}.
    """, moves={"T": "A"}, good=True),
    beat("lose.lost", """
        The {T} did not turn up, and {A} {went} on, still {A.sad}.
        They {looked} for {number} hours, and {A} {wept}, for the {T} was lost.
        All they found was {number} feathers, and {A}, {A.sad}, left without the {T}.
        "It is no use," {wept} {A}, and left the {T} to the {birds}.
        {soon} {B} gave up, the {T} was lost, and {A} was {A.sad}.
        Whatever took the {T} kept it, and {A} {wept} all the way.
        Neither the {birds} nor {B} found the {T}, and {A} {wept}.
    """, good=False),
]

GIVE = [
    beat("give.wish", """
        {B} could not stop looking at {A}'s {T}.
        "I have always wanted a {T}," {said} {B} to {A}.
        {A} saw that {B} {softly} touched the {T} with one finger.
        {weekday} was {B}'s birthday, and {A} had only the {T}.
        "May I have your {T}?" {B} {asked}, and {A} was quiet.
        All {hour} {B} {softly} followed {A} and the {T}.
        {soon} {B} {wept} because {A} had a {T} and {B.he} had none.
        "How I would love a {T}!" {B} told {A} and the {birds}.
    """, then="yes no"),
    beat("give.yes", """
        "It is yours," {said} {A}, and {A.he} laid the {T} in {B}'s hands.
        {soon} {A} {gave} {B} the {T} and meant it.
        {A} {smiled} and {softly} held out the {T} to {B}.
        "Take the {T}, {B}," said {A} {softly}.
        With a bow of {flowers}, the {T} went from {A} to {B}.
        {B} closed {B.his} eyes, and {A} {softly} gave {B.him} the {T}.
        "One, two, {number}," counted {A}, and the {T} was {B}'s.
        {A} {went} around the {old} {tree} and gave {B} the {T}.
    """, moves={"T": "B"}, then="thanks"),
    beat("give.thanks", """
        {B} {went} {number} times around the {tree}, {glad} beyond words.
        "Thank you, {A}!" {said} {B}, so {glad} that {B.he} kissed {A.him}.
        {B} was so {glad} that {A} felt warm all over.
        "I will look after it," {said} {B}, and {A} {smiled}.
        Never had {A} seen anyone so {glad} as {B}.
        To say thank you, {B} {smiled} and let {A} have all the {food}.
        {Softly} {B} sang a song of thanks, and {A} {smiled}.
        For {number} minutes {B} was too {glad} to speak, and {A} {smiled}.
    """, good=True),
    beat("give.no", """
        "No," {said} {A}, and held the {T} behind {A.his} back.
        But {A} pulled the {T} away from {B} and {wept}.
        {soon} {A} hid the {T} from {B} under a {cloth}.
        "You would break it," {A} told {B} {softly}, holding the {T}.
        {A} shook {A.his} head, for only {A.he} might touch the {T}.
        "My {relative} says no," {said} {A}, and kept the {T}.
        {A} {went} behind the {old} {tree} with the {T}, away from {B}.
    """, then="hurt"),
    beat("give.hurt", """
        {B} turned away, and it was a {weather}, {B.sad} walk for both.
        "I only asked," {said} {B}, and felt {B.sad}.
        After that {B} was {B.sad} and said no more than {number} words.
        {B} kicked a stone and {went} ahead, {B.sad} and silent.
        {A} saw that {B} {wept}, but did nothing.
        {B} sat among the {flowers} alone, for {B.he} was {B.sad}.
        {soon} {B} was {B.sad}, and {A} said nothing.
    """, good=False),
]

BORROW = [
    beat("borrow.ask", """
        "Lend me the {T} until {weekday}, {A}?" {asked} {B}.
        {B} {softly} asked {A} to lend {B.him} the {T} until {weekday}.
        "I need a {T} for {number} days," {said} {B}, and looked at {A}.
        "Just for one {hour}," {said} {B}, pointing at {A}'s {T}.
        {soon} {B} asked {A} for the loan of the {T}.
        "My {relative} would love to see the {T}," {said} {B} to {A}.
        {B} wished to show {A}'s {T} to the {birds} at the {spot}.
        "You will have it back on {weekday}," {said} {B} of {A}'s {T}.
    """, then="lend"),
    beat("borrow.lend", """
        {A} {softly} lent {B} the {T} for the {hour}.
        "Mind it," {said} {A}, and {B} {went} off with the {T}.
        {soon} the {T} changed hands, and {B} {smiled}.
        {A} counted to {number} and {softly} lent {B} the {T}.
        "Be careful," {said} {A}, and {B} {softly} took the {T}.
        So {B} {went} to the {spot} with the {T}, and {A} waved.
        {A} wrapped the {T} in a {cloth} and lent it to {B}.
        "Until {weekday}, then," {said} {A}, and {B} got the {T}.
    """, moves={"T": "B"}, then="back keep"),
    beat("borrow.back", """
        On {weekday} {B} {gave} the {T} back to {A}, who was {glad}.
        {soon} {B} {smiled} and returned the {T} to {A}, and some {food} too.
        "Your {T}, {A}," {said} {B}, and {smiled}.
        {B} knocked {number} times and {gave} {A} the {T}, and both {smiled}.
        By {weekday} {A} had the {T} again, {glad} that {B} could be trusted.
        {B} {went} back through the {flowers}, {smiled}, and {gave} {A} the {T}.
        True to {B.his} word, {B} put the {T} in {A}'s lap and {smiled}.
    """, moves={"T": "A"}, good=True),
    beat("borrow.keep", """
        {weekday} came and went, {B} kept the {T}, and {A} {wept}.
        {A} waited for {number} days, {A.sad}, and {B} kept the {T}.
        "I like it," {said} {B}, who kept the {T}, and {A} was {A.sad}.
        {Softly} {A} asked, but {B} held on to the {T}, and {A} {wept}.
        When {A} knocked, {B} {went} to hide with the {T}, and {A} {wept}.
        "Which {T}?" {asked} {B}, who had it still, and {A} {wept}.
        The {T} stayed under {B}'s {cloth}, and {A} was {A.sad}.
    """, good=False),
]

TRADE = [
    beat("trade.offer", """
        "Shall we swap?" {B} asked {A}, holding a {N.look} {N}.
        "My {N.look} {N} for your {T}," {said} {B} to {A}.
        {soon} {B} showed a {N.look} {N}, and {A} {softly} touched it.
        {B} had a {N.look} {N}, and {A} had dreamed of it for {number} days.
        "I am tired of my {N.look} {N}," {said} {B}, and looked at {A}.
        {A} saw that {B} had a {N.look} {N} under the {food}.
        In {B}'s {cloth} lay a {N.look} {N}, and {A} longed for it.
    """, moves={"N": "B"}, then="swap"),
    beat("trade.swap", """
        {Softly} {A} took the {N}, and {B} took the {T}.
        {soon} {A} {gave} {B} the {T} and took the {N}.
        "Done!" {said} {A}, and the {T} was {B}'s, the {N} {A.his} own.
        {A} {softly} gave the {T} for the {N}, and they shook hands.
        The {N} went to {A}, the {T} to {B}, and the {birds} saw it.
        For the {N} and {food} {A} let {B} have the {T}.
        Under the {old} {tree} {B} took the {T} and {A} the {N}.
    """, moves={"T": "B", "N": "A"}, then="pleased regret"),
    beat("trade.pleased", """
        Both {smiled}, for both thought they had won.
        "A fair trade," {said} {A}, and {B} {smiled}.
        {A} tried the {N} at once, and {B} was just as {glad}.
        "Yours is nicer," {said} {B}, "no, yours is," and both {smiled}.
        They {went} around the {old} {tree}, {glad} as can be.
        {soon} {A} felt {glad}, and {B} felt {glad} too.
        {A} kissed the {N}, and {B} {smiled} at the {T}.
    """, good=True),
    beat("trade.regret", """
        By {weekday} {A} was {A.sad}, for the {N} was not so nice.
        {soon} {A} saw a crack in the {N} and {wept}.
        "I want my old one," {wept} {A}, but {B} {went} away.
        {A} {softly} poked the {N} with a stick and felt {A.sad}.
        "You tricked me!" {said} {A}, and was {A.sad} until {weekday}.
        {A} {wept} over the {N}, and {B} did not look back.
    """, good=False),
]

MEND = [
    beat("mend.break", """
        Crack went the {T}, for {A} had {softly} sat on it.
        {A} swung the {T}, and it hit the {old} {tree} and broke.
        At the {spot} a goat cart rolled over {A}'s {T}.
        "Oh no, it is broken!" {wept} {A}, holding up the {T}.
        A piece of the {T} fell off, and {A} {wept}.
        {soon} {A} fell over {number} roots and broke the {T}.
        {A} {went} into the {tree} and broke the {T}.
        While {A} was {activity}, the {T} snapped in two.
    """, then="help fail"),
    beat("mend.help", """
        With some {stuff} {B} {softly} mended the {T}.
        {B} knew a trick with {stuff}: the {T} was whole by {weekday}.
        "Hold it," {said} {B}, and tied the {T} up with {stuff}.
        {B} {went} home for {stuff} and mended the {T}.
        With {number} bits of {stuff} {B} made the {T} whole.
        {soon} {B} found {stuff} and put the {T} together again.
        "Leave it to me," {said} {B}, mending the {T} with {stuff}.
    """, then="whole"),
    beat("mend.whole", """
        {A} hugged {B} {softly}, and both {smiled}.
        "It is better than before," {said} {A} to {B}, and {smiled}.
        {A} was so {glad} that {B} got {number} kisses and some {food}.
        {Softly} {A} told {B} how {glad} {A.he} was.
        "How do you do it?" {asked} {A}, and {B} {smiled}.
        {soon} {A} was {glad} again, and {B} {smiled}.
        {A} {went} all around {B}, {glad} as the {birds}.
    """, good=True),
    beat("mend.fail", """
        They tried {stuff} and {number} knots, the {T} fell apart, and {A} {wept}.
        {B} did not know how, and {A} {wept} over the bits of the {T}.
        No {stuff} would hold the {T}, and {A} was {A.sad}.
        "It is past mending," {said} {B}, and {A} {wept} into a {cloth}.
        {B} {went} off for {stuff}, and {A} held the {T}, {A.sad}.
        {soon} {B} made it worse, and {A} sat {A.sad} by the {T}.
    """, good=False),
]

HIDE = [
    beat("hide.joke", """
        For a joke {B} hid {A}'s {T} by the {spot}.
        While {A} was {activity}, {B} {went} off with the {T}.
        {A} looked away, and {B} slipped the {T} under a {cloth}.
        "Let us see," {said} {B}, and hid {A}'s {T} in the {flowers}.
        {soon} {B} had the {T} up the {tree}, and {A} had not noticed.
        {A} smelled the {flowers}, and {B} took the {T} as a joke.
        {B} sat on {A}'s {T} and {smiled}.
    """, moves={"T": "B"}, then="hunt"),
    beat("hide.hunt", """
        {A} turned over {number} stones and grew {A.sad}.
        "Cold, warm, hot," {said} {B}, and {A} {went} on.
        {A} {looked} high and low, and {B} {softly} whistled.
        "Who took it?" {asked} {A}, and {B} {smiled}.
        {soon} {A} was {A.sad}, and {B} bit {B.his} lip.
        {A} {looked} in the {flowers}, while {B} was {activity}.
        "Was it the {birds}?" {asked} {A}, and {B} turned red.
    """, then="laugh angry"),
    beat("hide.laugh", """
        {soon} {B} put the {T} in {A}'s lap, and both {smiled}.
        {B} gave {A} the {T}, said sorry {number} times, and both {smiled}.
        But {A} saw a bit of the {T}, took it and {smiled}.
        "It was me!" {said} {B}, and {A}, {glad} about the {T}, forgave {B.him}.
        {B} {went} up to {A}, gave back the {T}, and both were {glad}.
        "Close your eyes," {said} {B}, and {smiled}, and {gave} {A} the {T}.
    """, moves={"T": "A"}, good=True),
    beat("hide.angry", """
        {soon} {A} {went} off, {A.sad}, and {B} was left with the {T}.
        "That was mean," {wept} {A}, and {B} kept the {T}.
        For {number} days {A} was {A.sad}, and {B} kept the {T}.
        {A} called {B} a thief, {wept}, and left {B.him} the {T}.
        It was no joke to {A}, who {wept}, and {B} kept the {T}.
    """, good=False),
]

STRANGER = [
    beat("stranger.need", """
        By the {spot} sat a {trait} old {C.kind} named {C} with only a {cloth}.
        {C}, a {C.kind} far from home, asked the way to the {spot} and {wept}.
        "I am {C}, and I have no friends," {wept} a {trait} {C.kind}.
        "Can anyone help me?" {asked} {C}, a {C.kind} with {number} patches.
        {soon} {A} met {C}, a {C.kind} who {wept} by the {spot}.
        A {trait} {C.kind} called {C} had nothing left but {food}.
        On a heap of {stuff} slept {C}, a {C.kind} without a home.
    """, then="kind cold"),
    beat("stranger.kind", """
        {soon} {A} {gave} {C} the {T} and {smiled}.
        "You need the {T} more than I do, {C}," {said} {A}.
        {A} {smiled} at {B} and put the {T} into {C}'s hands.
        {Softly} {A} made {C} a present of the {T}.
        "Here, {C}, a {T} for you," {said} {A}.
        {A} {gave} {C} the {T} and some {food}.
    """, moves={"T": "C"}, then="bless"),
    beat("stranger.bless", """
        {C} bowed to {A} {number} times and {smiled}.
        "I shall never forget you," {said} {C} to {A}, and {smiled}.
        {C} {went} off singing, and {B} {smiled} at {A}.
        {soon} {C} was {glad}, and so were {A} and {B}.
        "May your {flowers} grow tall, {A}," {said} {C}, and {smiled}.
        {C} was so {glad} that {B} gave {C.him} {food}.
    """, good=True),
    beat("stranger.cold", """
        {A} looked at the {flowers} until {C} {wept} and gave up.
        "We have no time," {said} {A}, and {C} {wept}.
        {B} wished to help, but {A} {softly} pulled {B.him} away, and {C} {wept}.
        {soon} {A} and {B} {went} off, and {C} {wept} alone.
        "Ask the {birds}," {said} {A}, and {C} {wept}.
    """, good=False),
]

FIND = [
    beat("find.spot", """
        {A} {went} through the {flowers} and found a {N.look} {N}.
        Half buried by the {spot}, {A} found a {N.look} {N}.
        "What is that?" {said} {A}, and pulled a {N.look} {N} from the {flowers}.
        {soon} {A} tripped over a {N.look} {N} near the {spot}.
        High in the {old} {tree} {A} found a {N.look} {N}.
        In an old {cloth} {A} found a {N.look} {N}.
        {A} was {activity}, and found a {N.look} {N}.
    """, moves={"N": "A"}, then="gift mine"),
    beat("find.gift", """
        "You have it, {B}," {said} {A}, and {B} took the {N} and {smiled}.
        {soon} {A} {gave} {B} the {N} to keep, and both {smiled}.
        {B} {softly} touched the {N}, {A} let {B.him} have it, and both were {glad}.
        {A} {smiled} and {softly} made {B} a present of the {N}.
        {A} laid the {N} in {B}'s {cloth}, and {B} was {glad}.
        "Catch!" {said} {A}, and {B} had the {N} and {smiled}.
    """, moves={"N": "B"}, good=True),
    beat("find.mine", """
        {B} cleaned the {N} with {stuff}, {A} kept it, and both {smiled}.
        "Finders keepers," {said} {B}, and {A} kept the {N} and {smiled}.
        {A} kept the {N} in a {cloth}, and {B} {smiled}.
        They asked {number} {birds} whose it was, but {A} kept the {N}, {glad} and proud.
        {A} {went} about with the {N}, {glad} to keep it.
        {soon} it was plain that {A} kept the {N}, and both were {glad}.
    """, good=True),
]

THING_EVENTS = [*LOSE, *GIVE, *BORROW, *TRADE, *MEND, *HIDE, *STRANGER, *FIND]
