"""How every story begins and ends: the beats that all stories share. One line is one sentence; see `grammar` for the slots."""

from .grammar import beat

OPENING = [
    beat("open.home", """
        Once there was a {trait} {hero.kind} called {hero}, who lived behind a {colour} {part}.
        Behind a {colour} {part} at the edge of the wood lived {hero}, a {trait} little {hero.kind}.
        {hero} was a {hero.kind} with a {colour} {part} and a very {trait} heart.
        There was only one {colour} {part} in the whole valley, and it belonged to {hero} the {hero.kind}.
        If you had walked past the {colour} {part} that {season}, you would have met a {hero.kind} named {hero}.
        Long ago, when winters were longer, {hero} the {hero.kind} painted a certain {part} {colour}.
        Everyone knew the {colour} {part}, because {hero} the {hero.kind} was always sitting beside it.
        A {colour} {part}, a pot of {flowers} and a {hero.kind} named {hero}: that is how this story begins.
        Under a crooked chimney, right next to a {colour} {part}, {hero} the {hero.kind} was {activity}.
        My {relative} once told me of {hero}, a {trait} {hero.kind} who mended a {colour} {part}.
        The sun had just reached the {colour} {part} when {hero} the {hero.kind} began {activity}.
        In a valley full of {flowers} stood a {colour} {part}, and beside it a {hero.kind} called {hero} had made a home.
        Nobody was as {trait} as {hero}, the young {hero.kind} from the house with the {colour} {part}.
        Just {number} steps from a {colour} {part} stood the bed of {hero}, a {trait} {hero.kind}.
        This is the tale of {hero}, a {hero.kind} so {trait} that even the {birds} on the {colour} {part} sang of it.
        A small {hero.kind} named {hero} had just moved into the cottage with the {colour} {part}.
        "Good {hour}, my {colour} {part}!" said {hero} every time, for {hero} was a {trait} {hero.kind}.
        Rain or shine, a {trait} {hero.kind} by the name of {hero} could be found near the {colour} {part}.
    """),
    beat("open.own", """
        {hero.He} owned one treasure, a {T.look} {T} that {hero.his} {relative} had made.
        What {hero.he} loved best in all the world was a {T.look} {T}.
        {hero.His} {relative} had given {hero.him} a {T.look} {T}, wrapped in a {cloth}.
        A {T.look} {T} went with {hero.him} everywhere, even to bed.
        On a hook in the kitchen hung {hero.his} {T.look} {T}, ready for anything.
        "Come along," {hero.he} used to say to {hero.his} {T.look} {T}, as if it could hear.
        Every {season} {hero.he} cleaned a {T.look} {T} until it was warm from rubbing.
        There was nothing grand in the house but a {T.look} {T}, and {hero} took great care of it.
        Not long before, {hero} had found a {T.look} {T} in {hero.his} {relative}'s attic.
        Some have a pony and some have a piano, but {hero} had a {T.look} {T}.
        For {number} whole weeks {hero} had saved up for a {T.look} {T}, and now it was {hero.his} own.
        "This {T.look} {T} is my luck," {hero} told the {birds} each {hour}.
        Of all {hero.his} belongings, a {T.look} {T} was the dearest.
        Last {season} a sailor had sold {hero.him} a {T.look} {T} for {number} pennies.
        Whenever {hero.he} felt lost, {hero.he} held {hero.his} {T.look} {T} very close.
        Next to {hero.his} pillow lay a {T.look} {T}, a present from {hero.his} {relative}.
    """, moves={"T": "hero"}),
    beat("open.walk", """
        One {weather} {hour} {hero} took the {T} to the {place}.
        "I shall go to the {place}," said {hero} one {weather} {hour}, and off {hero.he} went with the {T}.
        So {hero} packed some {food}, tucked the {T} under one arm, and set out for the {place}.
        When the {birds} began to sing, {hero} carried the {T} down to the {place}.
        The path to the {place} was full of {flowers}, and {hero} hopped along it with the {T}.
        There was to be {food} at the {place}, so {hero} hurried there, the {T} in {hero.his} arms.
        Early on {weekday} {hero} and the {T} were already on the road to the {place}.
        The wind smelled of {flowers}, and it drew {hero} and the {T} all the way to the {place}.
        After a breakfast of {food}, {hero} showed the {T} the way to the {place}.
        {weekday} came in {weather} and still, and {hero} wandered over to the {place} to show off the {T}.
        Because the {hour} was so {weather}, {hero} chose the long way round by the {place}, swinging the {T}.
        Down the lane and past {number} haystacks went {hero} with the {T}, until the {place} came into view.
        {hero.His} {relative} wanted {food} from the {place}, so {hero} went to fetch some and took the {T} along.
        Nothing much happened until {hero} reached the {place} with the {T} one {weather} {hour}.
        "What shall we do today?" {hero} asked the {T}, and so they ended up at the {place}.
        A {weather} {hour} is too good to waste, so {hero} and the {T} strolled to the {place}.
    """),
    beat("open.meet", """
        There {hero.he} met {friend}, a {trait} {friend.kind} who was {activity}.
        A {friend.kind} named {friend} sat on the grass, {activity}.
        "Hello," said a {friend.kind} with {number} freckles, "my name is {friend}."
        Somebody was humming: it was {friend} the {friend.kind}, busy {activity}.
        Who should be {activity} there but {friend}, the {trait} {friend.kind}?
        {friend} the {friend.kind} looked up from {activity} and waved.
        Just then a {trait} {friend.kind} came round the corner, and the name of this {friend.kind} was {friend}.
        "Is that you, {hero}?" called {friend}, the {trait} {friend.kind} from over the hill.
        {hero} nearly bumped into {friend}, a {friend.kind} carrying some {food}.
        From behind a tall {tree} peeped a {friend.kind}, and {hero} knew at once that it was {friend}.
        A nose rose out of the {flowers}, and behind it came a {friend.kind} called {friend}.
        By good luck {friend} was there too, a {friend.kind} known to all for {activity}.
        Before long a {friend.kind} came whistling by, {friend} by name, and offered {hero} some {food}.
        {friend} was {activity} there, for a {friend.kind} is never in a hurry.
        The first to say good {hour} was {friend}, a very {trait} {friend.kind}.
        Along came {friend}, and a more {trait} {friend.kind} was hard to find.
    """),
]

CLOSING = [
    beat("close.one", """
        That night the {T} hung above {K}'s bed.
        The {T} stayed with {K}, who put it on the shelf between the {food} and the jam.
        When the lamps were lit, {K} still had the {T} close by.
        If you ask who keeps the {T} today, the answer is {K}.
        "Good night, little {T}," whispered {K} at bedtime.
        {K} wrapped the {T} in a {cloth} and carried it home.
        By the time the {birds} were quiet, the {T} stood on {K}'s table.
        And so the {T} spent the night at {K}'s house, next to a plate of {food}.
        In the light of the moon {K} looked at the {T} once more.
        {K} took the {T} home and hung a wreath of {flowers} on it.
        Before supper {K} made a place for the {T} by the fire.
        The {T} was in {K}'s hands when the first star came out.
    """, then="glad sorry"),
    beat("close.two", """
        That night {K} had the {T}, and {M} had the {N}.
        The {T} belonged to {K} now, and the {N} to {M}.
        When evening came, {K} carried home the {T}, while the {N} went home with {M}.
        At bedtime the {N} lay on {M}'s chair and the {T} on {K}'s.
        {K} kept the {T}, {M} kept the {N}, and both slept on a full belly.
        Look through the windows: there is {K} with the {T}, and {M} with the {N}.
        The {T} found its corner at {K}'s house, the {N} a shelf at {M}'s.
        "The {T} is safe with {K}," said the {birds}, "and the {N} is safe with {M}."
    """, then="glad sorry"),
    beat("close.lost", """
        Nobody ever saw the {T} again.
        Somewhere under the {flowers} the {T} is lying still.
        The {T} never came back, though {hero} dreamed of it for {number} nights.
        On the shelf at home the place of the {T} stayed empty.
        Perhaps the {birds} know what became of the {T}.
        For {number} days {hero} put up notes on every {tree}, but the {T} was gone for ever.
        Who has the {T} now, only the wind can tell.
        A fisherman may find the {T} some day, or a child with a net.
    """, then="glad sorry"),
    beat("close.glad", """
        Then {hero} sat down by the {colour} {part} and felt {glad} right to the toes.
        The {colour} {part} had never looked so friendly as it did to {hero} that {hour}.
        {friend} walked {hero} back to the {colour} {part}, and they promised to meet on {weekday}.
        Behind the {colour} {part} {hero} ate some {food}, laughing at nothing at all.
        Home again, {hero} patted the {colour} {part} and said, "What a {weather} day!"
        As the moon climbed over the {colour} {part}, {hero} fell asleep with a smile.
        "Come tomorrow!" called {hero} from the {colour} {part}, and {friend} waved until the lane grew dark.
        Even the {colour} {part} seemed {glad} when {hero} came dancing up the path.
        {hero} told it all to the {colour} {part}, and the {birds} listened too.
        The last light lay on the {colour} {part}, and {hero} was the most {glad} {hero.kind} under the sky.
        There was a note on the {colour} {part} next {hour}: "You are my best friend, {hero}," it said.
        And from that day there were two chairs beside the {colour} {part}, one for {hero} and one for {friend}.
        {hero} hung a wreath of {flowers} on the {colour} {part}, so that all might see how {glad} {hero.he} was.
        A song drifted out past the {colour} {part} that night, for {hero} was singing in the bath.
    """, good=True),
    beat("close.sorry", """
        {hero} leaned on the {colour} {part} for a long time and wished the {hour} had gone another way.
        At the {colour} {part} {hero} stopped, sighed, and wiped {hero.his} eyes with a {cloth}.
        Rain ran down the {colour} {part}, and {hero} watched it all alone.
        Nobody was waiting at the {colour} {part} when {hero} came home.
        "Tomorrow I will do better," {hero} told the {colour} {part} {softly}.
        {hero} shut the {colour} {part} out of {hero.his} mind and lay awake till the {birds} woke.
        The {colour} {part} was cold to the touch, and {hero} went to bed without {food}.
        Past the {colour} {part} crept {hero}, and not even the {birds} said good night.
        That {hour} the {colour} {part} looked smaller than before, and {hero} felt smaller too.
        By the {colour} {part} {hero} began a letter: "Dear {friend}, I am sorry."
    """, good=False),
]
