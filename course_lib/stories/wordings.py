"""How every story begins and ends: the beats that all stories share. One line is one sentence; see `grammar`."""

from .grammar import beat

OPENING = [
    beat("open.home", """
        Once a {trait} {hero.kind} called {hero} lived behind a {colour} {part}.
        Behind a {colour} {part} lived {hero}, a {trait} little {hero.kind}.
        {hero} was a {hero.kind} with a {colour} {part} and a {trait} heart.
        Only one {colour} {part} stood in the valley, and it belonged to {hero} the {hero.kind}.
        If you pass a {colour} {part}, knock and ask for {hero}, the {trait} {hero.kind}.
        Long ago {hero} the {hero.kind} painted a certain {part} {colour}.
        Everyone knew the {colour} {part} where {hero} the {hero.kind} sat {activity}.
        A {colour} {part}, a pot of {flowers} and a {hero.kind} named {hero}: so this story begins.
        Next to a {colour} {part} {hero} the {hero.kind} was {activity}.
        My {relative} told me of {hero}, a {trait} {hero.kind} with a {colour} {part}.
        The sun had reached the {colour} {part}, and {hero} the {hero.kind} began {activity}.
        In a field of {flowers}, by a {colour} {part}, a {hero.kind} called {hero} had made a home.
        Nobody was as {trait} as {hero}, the {hero.kind} from the house with the {colour} {part}.
        Just {number} steps from a {colour} {part} slept {hero}, a {trait} {hero.kind}.
        This is the tale of {hero}, a {hero.kind} so {trait} that a {colour} {part} was named after {hero.him}.
        A small {hero.kind} named {hero} had just moved in by the {colour} {part}.
        "Good {hour}, my {colour} {part}!" {said} {hero}, for {hero} was a {trait} {hero.kind}.
        Come rain or shine, {hero} the {hero.kind} sat near the {colour} {part}, {activity}.
    """),
    beat("open.own", """
        {hero.He} owned a {T.look} {T} that {hero.his} {relative} had made.
        What {hero.he} loved most was a {T.look} {T}.
        {hero.His} {relative} had left {hero.him} a {T.look} {T} by the {part}.
        A {T.look} {T} went with {hero.him} everywhere, even to bed.
        On a hook by the {part} hung {hero.his} {T.look} {T}.
        "Come along," {hero.he} said at the {part} to {hero.his} {T.look} {T}.
        Each {season} {hero.he} sat by the {part} and rubbed a {T.look} {T} with {stuff}.
        Behind the {part} {hero.he} kept {food} and a {T.look} {T}.
        Once, in the {flowers} by the {part}, {hero} had found a {T.look} {T}.
        Some have a pony and some a piano, but {hero} had a {T.look} {T}.
        For {number} weeks {hero} had saved up for a {T.look} {T}.
        "This {T.look} {T} is my luck," {hero} told the {part} each {hour}.
        Of all {hero.his} belongings, a {T.look} {T} was the dearest.
        Last {season} a sailor at the {part} had sold {hero.him} a {T.look} {T}.
        Whenever {hero.he} felt {low}, a {T.look} {T} kept {hero.him} company.
        By {hero.his} pillow lay a {T.look} {T}, a present from {hero.his} {relative}.
    """, moves={"T": "hero"}),
    beat("open.walk", """
        One {weather} {hour} {hero} left the {part} and took the {T} to the {place}.
        "Off to the {place}!" {said} {hero} at the {part}, {T} in hand.
        With the {T} and some {food}, {hero} {went} from the {part} to the {place}.
        When the {birds} sang by the {part}, {hero} and the {T} left for the {place}.
        Past the {part} {went} {hero} with the {T}, down to the {place}.
        It was {weather} at the {part}, so {hero} carried the {T} to the {place}.
        On {weekday} {hero} waved to the {part} and {went} to the {place} with the {T}.
        The smell of {flowers} drew {hero}, {T} and all, from the {part} to the {place}.
        After some {food} by the {part}, {hero} and the {T} were off to the {place}.
        {weekday} was {weather} at the {part}, and {hero} showed the {T} the {place}.
        As the {part} was in the shade, {hero} {went} to the {place}, swinging the {T}.
        It was {number} steps from the {part} to the {place}, where {hero} {went} with the {T}.
        At the {part} {hero.his} {relative} sent {hero} to the {place}, and the {T} went too.
        Nothing happened at the {part}, so {hero} and the {T} {went} to see the {place}.
        "Goodbye, {part}!" {said} {hero}, and brought the {T} to the {place}.
        "Shall we go?" {hero} asked the {T} by the {part}, and they {went} to the {place}.
    """),
    beat("open.meet", """
        There {hero.he} met {friend}, a {trait} {friend.kind} who was {activity}.
        A {friend.kind} named {friend} sat on the grass, {activity}.
        "Hello," {said} a {trait} {friend.kind}, "my name is {friend}."
        It was {friend} the {friend.kind} who was {activity} in the sun.
        Who should be {activity} there but {friend}, the {trait} {friend.kind}?
        {friend} the {friend.kind} looked up from {activity} and {smiled}.
        A {trait} {friend.kind} {went} round the corner and said, "I am {friend}."
        "Is that you, {hero}?" {asked} {friend}, the {trait} {friend.kind} from over the hill.
        {hero} nearly bumped into {friend}, a {friend.kind} with a bag of {food}.
        From behind the {old} {tree} {went} a {friend.kind}, and {hero} knew that it was {friend}.
        A nose rose out of the {flowers}, and behind it came a {friend.kind} called {friend}.
        {friend} was there too, a {friend.kind} known to all for {activity}.
        A {trait} {friend.kind}, {friend} by name, offered {hero} some {food}.
        "I am {activity}," {said} a {friend.kind}, and {hero} saw that it was {friend}.
        The first to say good {hour} was {friend}, a very {trait} {friend.kind}.
        Along {went} {friend}, as {trait} a {friend.kind} as ever lived.
    """),
]

CLOSING = [
    beat("close.one", """
        {tonight} the {T} hung above {K}'s bed.
        {tonight} {K} put the {T} between the {food} and the tea.
        {tonight} {K} {softly} dusted the {T}.
        Ask the {birds} who keeps the {T}, and they say {K}.
        "Good night, {T}," said {K} {softly}.
        {K} wrapped the {T} in a {cloth} and {went} home.
        When the {birds} fell quiet, {K} still had the {T}.
        {tonight} {K} ate {food} with the {T} on the table.
        By the fire {K} {smiled} at the {T}.
        {K} hung {flowers} on the {T} and took it home.
        All {season} {K} looked after the {T}.
        {K} {went} to bed with the {T} and dreamed of {food}.
    """, then="glad sorry", weight=4),
    beat("close.two", """
        {tonight} {K} had the {T}, and {M} the {N}.
        Now the {T} belonged to {K} and the {N} to {M}.
        The {T} came home with {K}, and the {N} with {M}.
        {tonight} {K} dusted the {T} {softly}, and {M} the {N}.
        {K} slept beside the {T}, {M} beside the {N}, both full of {food}.
        The {birds} know it: {K} has the {T}, {M} has the {N}.
        All {season} {K} looked after the {T}, and {M} after the {N}.
        {K} put the {T} by a bowl of {food}, {M} hung the {N} on the {old} {tree}.
        The {T} lay under {K}'s {cloth}, and the {N} under {M}'s.
        The {N} spent {weekday} with {M}, and the {T} with {K}.
    """, then="glad sorry", weight=4),
    beat("close.both", """
        {tonight} {K} put the {T} beside the {N}.
        So {K} had the {T} as well as the {N}.
        {K} {went} home, the {T} in one hand, the {N} in the other.
        {tonight} {K} dusted the {N} {softly}, and then the {T}.
        Under {K}'s {cloth} lay both {T} and {N}.
        Between the {T} and the {N}, {K} put a plate of {food}.
        All {season} the {N} and the {T} stood on {K}'s shelf.
        "Good night, {N}, good night, {T}," {said} {K}.
        {K} tied the {T} to the {N} with {stuff}, to lose neither.
        The {birds} saw {K} asleep between the {T} and the {N}.
    """, then="glad sorry", weight=4),
    beat("close.lost", """
        Nobody ever saw the {T} again, not even the {birds}.
        Somewhere under the {flowers} the {T} is lying still.
        For {number} nights {hero} dreamed of the {T}.
        {tonight} the shelf for the {T} stayed empty.
        Perhaps the {birds} know what became of the {T}.
        Notes hung on every {tree}, but the {T} was gone for ever.
        Who has the {T} now, only the {season} wind can tell.
        Some {weather} {hour} a child may find the {T}.
    """, then="glad sorry", weight=4),
    beat("close.glad", """
        {hero} sat by the {part} and felt {glad} to the toes.
        The {part} looked {glad} all {hour}, and so did {hero}.
        {friend} {went} with {hero} as far as the {part} and {smiled}.
        By the {part} {hero} ate {food} and {smiled}.
        "What a {weather} day!" {hero} told the {part} {softly}.
        The moon rose over the {part}, and {hero} slept, {glad} and warm.
        "Come on {weekday}, {friend}!" {said} {hero} from the {part}.
        Even the {part} seemed {glad} when {hero} {went} by.
        {Softly} {hero} told the {part} how {glad} {hero.he} was.
        The {birds} sang on the {part}, and {hero}, so {glad}, sang too.
        A note hung on the {part}: "For {hero}, some {food} from {friend}."
        From {weekday} on two chairs stood by the {part}, for {hero} and {friend}.
        {hero} hung {flowers} on the {part}, so {glad} {hero.he} was.
        Home at the {part}, {hero} was soon {activity}, {glad} and warm.
    """, good=True),
    beat("close.sorry", """
        {hero} leaned on the {part} and wished for a better {weekday}.
        {hero} {wept} by the {part} until {weekday}.
        Rain ran down the {part} all {hour}, and {hero} {wept}.
        Nobody was waiting when {hero} {went} home to the {part}.
        "I will do better on {weekday}," {hero} told the {part} {softly}.
        Without a look at the {part}, {hero} {went} to bed.
        The {part} was cold, and there was no {food} for {hero}.
        Past the {part} {went} {hero}, and no {birds} sang.
        The {part} looked small that {hour}, and {hero} felt smaller.
        {hero} {softly} wrote on the {part}: "Sorry, {friend}."
        Under a {cloth} by the {part} {hero} {wept} for {number} hours.
        It was a {weather} {hour} by the {part}, but {hero} {wept}.
    """, good=False),
]
