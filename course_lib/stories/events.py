"""What can happen in a story: the events, each a few beats with several endings. One line is one sentence; see `grammar`."""

from .grammar import beat

LOSE = [
    beat("lose.gone", """
        On the way to the {spot}, the {T} slipped out of {A}'s hands and was gone.
        At the {spot} {A} stopped short, for the {T} had vanished.
        "My {T} is gone!" cried {A} when they came to the {spot}.
        Somewhere between the {flowers} and the {spot}, {A} let the {T} fall without noticing.
        {A} put the {T} down near the {spot} to tie a bootlace, and a minute later it was nowhere.
        A gust of wind snatched the {T} from {A} and blew it towards the {spot}.
    """, moves={"T": None}, then="search", held=True),
    beat("lose.search", """
        {A} felt so {A.sad} that {B} looked under every leaf.
        "Do not be {A.sad}," said {B} {softly}, "we will search together."
        {A} grew {A.sad}, and {B} peered into {number} burrows.
        {B} saw how {A.sad} {A} was and crawled through the {flowers} to look.
        They asked the {birds}, they asked the wind, and still {A} was {A.sad}.
        "Where did you see it last?" asked {B}, but {A} was too {A.sad} to answer.
    """, then="found lost"),
    beat("lose.found", """
        At last {B} pulled the {T} out of the {flowers} and gave it back to {A}.
        "Here it is!" shouted {B}, and with the {T} in hand {A} was not {A.sad} any more.
        It was {B} who spotted the {T} beneath an old {tree}, and {A} hugged it tight.
        Then something glittered among the {flowers}, and there lay the {T} for {A} to pick up.
        {A} sat down to cry, sat on something hard, and it was the {T}!
        {B} whistled from a high {tree}: the {T} was safe, and {A} came running to take it.
    """, moves={"T": "A"}, good=True, weight=2),
    beat("lose.lost", """
        But the {T} did not turn up, and {A} stayed {A.sad}.
        They searched until dark, yet {A} never held the {T} again.
        All they found was {number} feathers, and {A} had to leave without the {T}.
        "It is no use," said {A} {softly}, and the {T} stayed where it was.
        In the end {B} shook {B.his} head, for the {T} was lost for good.
        Whatever had taken the {T} kept it, and {A} walked on with empty hands.
    """, good=False),
]

GIVE = [
    beat("give.wish", """
        {B} could not stop looking at {A}'s {T}.
        "I have always wanted a {T} like yours," {B} told {A} {softly}.
        {A} noticed that {B} kept touching the {T} with one finger.
        It was nearly {B}'s birthday, and {A} had nothing to give but the {T}.
        "May I have your {T}?" {B} asked {A} {softly}.
        All {hour} {B} sighed whenever {A} picked up the {T}.
    """, then="yes no", held=True),
    beat("give.yes", """
        "It is yours now," said {A}, and {A.he} laid the {T} in {B}'s hands.
        So {A} gave {B} the {T}, and meant it.
        {A} thought for a while, smiled, and handed the {T} to {B}.
        "Take the {T}, {B}," said {A} {softly}, "it likes you better than me."
        With a bow of grass around it, the {T} went from {A} to {B}.
        {B} closed {B.his} eyes, and when {B.he} opened them {A} had put the {T} in {B.his} lap.
    """, moves={"T": "B"}, then="thanks", weight=2),
    beat("give.thanks", """
        {B} danced around a {tree} {number} times, and {A} clapped.
        "Thank you, {A}!" cried {B}, and kissed {A.him} on the nose.
        {B} was so {glad} that {A} felt warm all over.
        "I will look after it," promised {B}, and {A} believed {B.him}.
        Never had {A} seen anyone so {glad} as {B}.
        To say thank you, {B} let {A} have the bigger half of the {food}.
    """, good=True),
    beat("give.no", """
        "No," said {A}, and held the {T} behind {A.his} back.
        But {A} pulled the {T} away from {B} and frowned.
        {A} pretended not to hear {B}, and rolled the {T} up in a {cloth}.
        "You would only break it," {A} told {B}, clutching the {T}.
        {A} shook {A.his} head, because nobody else might touch the {T}.
    """, then="hurt"),
    beat("give.hurt", """
        {B} turned away, and it was a long, {B.sad} walk for both of them.
        "I only asked," whispered {B}, feeling {B.sad}.
        After that {B} said no more than {number} words.
        {B} kicked a stone and went on ahead, {B.sad} and silent.
        {A} saw how {B}'s lip trembled, but said nothing.
    """, good=False),
]

BORROW = [
    beat("borrow.ask", """
        "Will you lend me the {T} until {weekday}?" {B} asked {A}.
        {B} had to go to the {spot} and begged {A} for the loan of the {T}.
        "I need a {T} for {number} days," said {B}, and looked at {A}.
        "Just for one {hour}," {B} pleaded, pointing at the {T} that {A} had.
        Now {B} wished to borrow the {T}, and {A} wondered what to say.
        "If I had the {T} for a while, I could practise," {B} hinted to {A}.
    """, then="lend", held=True),
    beat("borrow.lend", """
        {A} lent {B} the {T} and told {B.him} to keep it dry.
        "Bring it back," said {A}, and off went {B} with the {T}.
        So the {T} changed hands, and {B} ran away with it so fast that {A} laughed.
        {A} counted to {number}, took a deep breath, and let {B} have the {T}.
        "Be careful with it," said {A} {softly}, and {B} took the {T} with both hands.
    """, moves={"T": "B"}, then="back keep"),
    beat("borrow.back", """
        On {weekday} {B} brought the {T} back to {A}, cleaner than before.
        True to {B.his} word, {B} returned the {T}, and {A} found some {food} tied to it.
        "Here is your {T}, {A}," panted {B}, "I ran all the way."
        {B} knocked {number} times, bowed, and gave {A} the {T} with many thanks.
        Before the {hour} was over, {A} had the {T} again, just as {B} had promised.
    """, moves={"T": "A"}, good=True, weight=2),
    beat("borrow.keep", """
        {weekday} came and went, but {B} forgot to bring the {T} back to {A}.
        {A} waited and waited, and {B} kept the {T}.
        "I like it too much," said {B}, and would not give {A} the {T}.
        {number} times {A} asked, and {number} times {B} held on to the {T}.
        Whenever {A} knocked, {B} hid under the table with the {T}.
    """, good=False),
]

TRADE = [
    beat("trade.offer", """
        {B} drew a {N.look} {N} from under a {cloth} and said to {A}, "Shall we swap?"
        "My {N.look} {N} for your {T}," {B} proposed to {A}.
        Now {B} had a {N.look} {N}, and {A} could not take {A.his} eyes off it.
        From {B}'s basket stuck out a {N.look} {N}, and {A} longed for it.
        "I am tired of my {N.look} {N}," yawned {B}, glancing at what {A} had.
    """, moves={"N": "B"}, then="swap", held=True),
    beat("trade.swap", """
        They shook hands: {A} got the {N}, and {B} got the {T}.
        So {A} handed over the {T}, and {B} handed over the {N}.
        In the blink of an eye the {T} was {B}'s and the {N} was {A}'s.
        {A} gave the {T} for the {N}, and {B} spat in {B.his} palm to seal it.
        The {N} went to {A}, the {T} went to {B}, and the {birds} were witnesses.
    """, moves={"T": "B", "N": "A"}, then="pleased regret"),
    beat("trade.pleased", """
        Both of them thought they had made the better bargain.
        "A fair trade," said {A}, and {B} thought so too.
        {A} tried the {N} at once, and {B} was just as {glad}.
        "Yours is nicer," laughed {B}, "no, yours is," laughed {A}.
        They marched along {number} times around a {tree} to celebrate.
    """, good=True, weight=2),
    beat("trade.regret", """
        By {hour} {A} was {A.sad}, for the {N} was not half so nice as it had looked.
        Too late {A} saw a crack in the {N}, but {B} would not swap back.
        "I want my old one," said {A}, and {B} pretended to be deaf.
        {A} poked the {N} with a stick and felt {A.sad}.
    """, good=False),
]

MEND = [
    beat("mend.break", """
        Crack went the {T}, because {A} had stepped on a root.
        {A} swung the {T} too high, and it hit an old {tree} and broke.
        At the {spot} a goat cart rolled over the {T}, and {A} screamed.
        "Oh no, it is broken!" cried {A}, holding up the {T}.
        A piece of the {T} fell off, and {A} went quite pale.
    """, then="help fail", held=True),
    beat("mend.help", """
        With some {stuff} and a lot of patience {B} mended the {T}.
        {B} knew a trick with {stuff}, and by {hour} the {T} was whole.
        "Hold it still," said {B}, and tied the {T} together with {stuff}.
        {B} ran to the {place} for {stuff} and put every bit of the {T} back.
    """, then="whole", weight=2),
    beat("mend.whole", """
        {A} hugged {B} so hard that both of them fell over.
        "It is even better than before," said {A} {softly}.
        {A} paid {B} with {number} kisses and some {food}.
        You could still see the crack, but {A} liked it that way.
        "How do you do it?" asked {A}, and {B} turned pink.
    """, good=True),
    beat("mend.fail", """
        They tried {stuff}, but the {T} fell apart again.
        {B} only laughed, and {A} had to gather up the bits of the {T} alone.
        No {stuff} in the world would hold, and {A} was {A.sad}.
        "That is past mending," said {B}, and {A} hid {A.his} face in a {cloth}.
    """, good=False),
]

HIDE = [
    beat("hide.joke", """
        For a joke {B} took the {T} from {A} and hid it near the {spot}.
        While {A} was dozing, {B} crept up and carried the {T} off to the {spot}.
        {A} looked away for a moment, and {B} slipped the {T} under a {cloth}.
        "Let us see what happens," giggled {B}, and hid the {T} from {A} in the {flowers}.
    """, moves={"T": "B"}, then="hunt", held=True),
    beat("hide.hunt", """
        {A} turned over {number} stones and grew more and more {A.sad}.
        "Warm, warmer, cold," sang {B}, and {A} ran in circles.
        {A} searched high and low, and {B} whistled as if nothing had happened.
        "Who took it?" asked {A}, looking {A.sad}, and {B} bit {B.his} lip.
    """, then="laugh angry"),
    beat("hide.laugh", """
        At last {B} put the {T} on {A}'s head, and the two of them laughed till they ached.
        {B} could not bear it, gave {A} the {T}, and said sorry {number} times.
        Then {A} saw the tip of the {T}, grabbed it, and tickled {B} with it.
        "It was me!" said {B}, and {A} got the {T} and some {food} besides.
    """, moves={"T": "A"}, good=True, weight=2),
    beat("hide.angry", """
        When {A} found out, {A.he} stamped off, and {B} was left with the {T}.
        "That is not funny," said {A}, and went away while {B} still had the {T}.
        {B} forgot where the fun was, kept the {T}, and {A} would not speak to {B.him}.
    """, good=False),
]

RESCUE = [
    beat("rescue.cry", """
        "Help!" cried {C}, a {C.kind} who was stuck in a ditch near the {spot}.
        Close to the {spot} a {C.kind} named {C} dangled from a {tree} by one foot.
        {C} the {C.kind} had fallen into the water by the {spot} and could not swim.
        A {C.kind} called {C} sat on the roof of the {spot} and dared not come down.
    """, then="pull"),
    beat("rescue.pull", """
        {A} held {B} by the legs, and {B} pulled {C} to safety.
        {A} threw {C} the end of a {cloth}, and {B} helped to haul.
        Quick as a flash {A} climbed over to {C}, and {B} stood below with a {cloth}.
        "Hold on, {C}!" shouted {A}, and {B} ran for a ladder.
    """, then="reward"),
    beat("rescue.reward", """
        To thank them, {C} gave {A} a {N.look} {N}.
        "Without you I would be there still," said {C}, and gave {A} a {N.look} {N}.
        {C} shook the dust off, hugged {B}, and handed {A} a {N.look} {N}.
        Out of a wet bag {C} pulled a {N.look} {N}, and it was for {A}.
    """, moves={"N": "A"}, good=True),
]

BUILD = [
    beat("build.plan", """
        "Let us build a {built}," {A} said to {B}.
        {A} had a plan, and {B} had {stuff}: together they would make a {built}.
        There were boards lying near the {spot}, enough for {A} and {B} to build a {built}.
        {A} drew a {built} in the sand, and {B} rolled up {B.his} sleeves.
    """, then="work"),
    beat("build.work", """
        {A} sawed and {B} hammered until the {birds} flew away.
        It took {number} hours, {number} nails and a great deal of {food}.
        {B} held the ladder while {A} tied the beams with {stuff}.
        "A little to the left," said {A}, and {B} pushed with all {B.his} might.
    """, then="stands falls"),
    beat("build.stands", """
        When it was done, the {built} was so fine that the {birds} moved in.
        The {built} stood as firm as a rock, and {A} painted both their names on it.
        {A} and {B} had their supper in the {built}, and no {food} ever tasted better.
        "Our own {built}!" said {B}, and {A} nailed {flowers} over it for luck.
    """, good=True, weight=2),
    beat("build.falls", """
        Then the {built} leaned over, groaned, and fell on {A}'s foot.
        One puff of wind, and the {built} was a heap of sticks, and {A} was {A.sad}.
        "You did it wrong," said {A}, and {B} walked out of what was left of the {built}.
    """, good=False),
]

QUARREL = [
    beat("quarrel.row", """
        {A} wanted to go to the {spot}, but {B} did not, and soon they were shouting.
        "You always go first," grumbled {A}, and {B} said it was not true.
        Over the last bit of {food} {A} and {B} began to quarrel.
        {A} said that {birds} can count, and {B} called it nonsense.
    """, then="silent"),
    beat("quarrel.silent", """
        For a whole {hour} {A} sat with {A.his} back to {B}.
        {B} threw {A.his} {cloth} into the {flowers}, and {A} felt {A.sad}.
        Neither of them spoke, and the {hour} grew {weather} and long.
        {A} drew a line in the sand that {B} was not to cross.
    """, then="sorry part"),
    beat("quarrel.sorry", """
        "I am sorry," said {A} and {B} at the very same moment.
        {B} pushed a plate of {food} across, and {A} took it as a peace offering.
        Then {A} had the hiccups, {B} had to laugh, and it was over.
        {A} held out {A.his} hand, and after {number} seconds {B} shook it.
    """, good=True, weight=2),
    beat("quarrel.part", """
        {A} went left and {B} went right, and neither looked back.
        "Then go!" shouted {A}, and {B} really did go.
        The sorry that {A} wanted to say stayed in {A.his} throat, and {B} left.
    """, good=False),
]

RACE = [
    beat("race.start", """
        "I bet I am faster than you," {A} said to {B}, and pointed at the {spot}.
        {A} and {B} lined up for a race to the {spot}.
        "Ready, steady, go!" cried {A}, and off {B} shot towards the {spot}.
        A race was held that {hour}, and {A} and {B} ran for the {spot} with all the rest.
    """, then="first second"),
    beat("race.first", """
        {A} won by a whisker, and the prize was a {N.look} {N}.
        {B} tripped over {number} cabbages, so the prize, a {N.look} {N}, was {A}'s.
        Ahead of {B} all the way, {A} came in first and was handed a {N.look} {N}.
    """, moves={"N": "A"}, good=True),
    beat("race.second", """
        {B} overtook {A} at the last bend and won a {N.look} {N}.
        {A} stopped to smell the {flowers}, so the prize, a {N.look} {N}, was {B}'s.
        The winner was {B}, and a {N.look} {N} was hung around {B.his} neck.
    """, moves={"N": "B"}, good=True),
]

RAIN = [
    beat("rain.drops", """
        Without warning it began to rain, and {A} and {B} ran for an old {tree}.
        A black cloud stopped over the {spot}, and soon {A} and {B} were wet to the skin.
        "That was a drop," said {A}, and {B} said, "That was {number}."
        Thunder rolled over the hill, and {A} grabbed {B} by the sleeve.
    """, then="shelter"),
    beat("rain.shelter", """
        They crept under {A}'s {cloth} and told each other riddles.
        {B} shook like a leaf, so {A} sang {number} songs about {food}.
        In a hollow {tree} there was room for {A}, for {B}, and for a family of {birds}.
    """, then="rainbow flood"),
    beat("rain.rainbow", """
        Then the sun came out, and {A} showed {B} a rainbow with both its ends.
        When it was over they jumped in every puddle, first {A}, then {B}.
        "Smell that," said {A}, for after the rain the {flowers} were sweeter than {food}.
    """, good=True, weight=2),
    beat("rain.flood", """
        It rained until dark, and {A} caught a cold and {B} lost a boot.
        The path was washed away, and {A} blamed {B} for every step of the long way back.
        Lightning split the {tree}, and {A} and {B} fled home by different roads.
    """, good=False),
]

STRANGER = [
    beat("stranger.need", """
        By the {spot} sat an old {C.kind} named {C}, who had nothing but a {cloth}.
        {C}, a {C.kind} far from home, asked the way to the {spot} and shivered.
        A thin little {C.kind} pulled {A} by the sleeve, and said {softly}, "I am {C}, and I have no friends."
        "Is there anyone who can help me?" asked {C}, a {C.kind} with {number} patches on one {cloth}.
    """, then="kind cold", held=True),
    beat("stranger.kind", """
        {A} thought of it only for a moment, then gave {C} the {T}.
        "You need the {T} more than I do, {C}," said {A}.
        {A} whispered with {B}, nodded, and put the {T} into {C}'s hands.
    """, moves={"T": "C"}, then="bless", weight=2),
    beat("stranger.bless", """
        {C} could not speak for joy, and bowed to {A} {number} times.
        "I shall remember you when I am a hundred," said {C} to {A}.
        {C} went away singing, and {B} squeezed {A}'s hand.
    """, good=True),
    beat("stranger.cold", """
        {A} looked at the {flowers} until {C} gave up and left.
        "We have no time," said {A}, and {B} hurried past {C} as well.
        {B} wanted to help {C}, but {A} pulled {B.him} away.
    """, good=False),
]

FIND = [
    beat("find.spot", """
        {A} kicked at a heap of leaves, and out rolled a {N.look} {N}.
        Half buried by the {spot}, {A} discovered a {N.look} {N}.
        "What is shining there?" said {A}, and dug a {N.look} {N} from the {flowers}.
    """, moves={"N": "A"}, then="gift mine"),
    beat("find.gift", """
        "You have it, {B}," said {A}, and made {B.him} a present of the {N}.
        {A} had found it, but {B} needed it, so the {N} was soon {B}'s.
        Because {B} had never owned anything, {A} gave {B.him} the {N}.
    """, moves={"N": "B"}, good=True),
    beat("find.mine", """
        {B} showed {A} how to clean the {N} with {stuff}, and it was fit for a king.
        They asked at the {place} whose it was, and the miller let {A} keep the {N}.
        {A} dropped the {N} into a {cloth} and bought {B} some {food} to celebrate.
    """, good=True),
]

SHARE = [
    beat("share.hungry", """
        {A}'s stomach growled so loudly that {B} laughed.
        "Is it time to eat?" asked {A}, and {B} sniffed the air.
        {B} spread out a {cloth} on the grass, for {A} was as hungry as a wolf.
    """, then="halves"),
    beat("share.halves", """
        There was only one piece of {food}, so {A} cut it and {B} chose.
        {A} had brought {food}, {B} had brought cider, and they put it all together.
        {B} broke the {food} in two and let {A} have the part with the crust.
    """, then="full spill"),
    beat("share.full", """
        Afterwards {A} lay in the grass and taught {B} the names of the clouds.
        "Nothing tastes so good alone," said {A}, and {B} licked {B.his} spoon.
        {A} and {B} left {number} crumbs for the {birds}, and felt {glad}.
    """, good=True, weight=2),
    beat("share.spill", """
        Then {A} sneezed, and everything flew into the mud, and {B} cried.
        When {A} turned round, {B} had eaten it all, every crumb.
        A crow swooped down and took the lot, and {A} scolded {B} for it.
    """, good=False),
]

EVENTS = [
    *LOSE, *GIVE, *BORROW, *TRADE, *MEND, *HIDE, *RESCUE, *BUILD, *QUARREL, *RACE, *RAIN, *STRANGER, *FIND, *SHARE,
]  # fmt: skip
