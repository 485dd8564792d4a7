"""Differing tips in the words of the trade, put together from sentences with gaps.

Each has a place, a person, a trouble with its thing, what was tried, what came of it and a moral. No two
are alike; the same number gives the same tip in every run.
"""

import random
import re

COUNT = 1500

_NAMES = (
    "Abel Ada Agnes Alma Amos Anya Arlo Asha Basil Bruno Carla Cato Celia Clive Cora Dana Della Dirk Dora"
    " Edda Elif Elmo Enzo Esme Faye Finn Flora Fritz Gail Gemma Gita Gus Hana Hector Hilda Hugo Ida Igor"
    " Ilse Iris Ivo Jana Jasper Joan Juno Kai Karin Kit Lars Lena Lila Lionel Luca Mabel Maeve Magnus Mara"
    " Mina Nadia Ned Nell Nils Noel Olga Oscar Otis Pavel Pearl Petra Quinn Rafe Ramona Reza Rhoda Roman"
    " Ruth Saskia Selma Silas Stella Tariq Tess Theo Tilda Uma Ursula Vera Vito Wanda Xavier Yara Zelda"
).split()

# (place, who works there, who comes, things that they deal in)
_PLACES = [
    row.split("|")
    for row in """\
a bakery in the old town|baker|customer|birthday cake,tray of rolls,wedding cake,loaf of rye
a hotel by the harbor|receptionist|guest|room key,breakfast voucher,reservation,suitcase
the town library|librarian|reader|atlas,overdue novel,library card,reading room
a garage on the ring road|mechanic|driver|brake pad,service book,set of winter tires,estimate
a dental practice|receptionist|patient|appointment,insurance form,reminder,X-ray
a post office|clerk|visitor|parcel,customs form,sheet of stamps,registered letter
a flower shop|florist|customer|bouquet,funeral wreath,delivery slip,potted orchid
a furniture store|salesman|customer|sofa,wardrobe,armchair,delivery date
a gas company|agent|caller|meter reading,heating,bill,boiler
a museum of local history|attendant|visitor|audio guide,ticket,ramp,locker
a hospital outpatient ward|nurse|patient|test result,waiting list,wheelchair,appointment letter
a primary school office|secretary|parent|lunch box,permission slip,school bus,lost coat
an airline desk|agent|passenger|suitcase,boarding pass,missed connection,seat
a travel agency|advisor|traveler|ferry ticket,itinerary,hotel booking,visa
a pharmacy|pharmacist|customer|prescription,cough syrup,label,opening hour
a bank branch|teller|client|cash withdrawal,loan form,password,signature
a supermarket|cashier|shopper|price tag,receipt,shopping cart,coupon
a hair salon|hairdresser|client|appointment,color,mirror,waiting chair
a bicycle workshop|mechanic|cyclist|inner tube,repair ticket,wheel,helmet
a garden center|gardener|customer|rose bush,gift card,bag of soil,watering can
a veterinary practice|nurse|owner|leash,vaccination card,cat basket,invoice
a town hall|official|resident|building permit,parking fine,dog license,form
a bus company|dispatcher|rider|timetable,monthly pass,detour,snow day
a diner off the highway|waitress|guest|pancake order,bill,booth,coffee cup
a restaurant with a terrace|waiter|guest|menu,table by the window,allergy card,bottle of wine
a bookshop|bookseller|reader|signed copy,special order,gift wrapping,discount
an electronics shop|technician|customer|charger,phone screen,warranty,questionnaire
a clothing store|assistant|shopper|fitting room,jacket,refund,zipper
a dry cleaner's|presser|customer|suit,stain,ticket,button
an insurance office|agent|policyholder|claim,renewal letter,chat window,excess
a software help desk|agent|user|password,printer,update,ticket number
a gym|trainer|member|locker,membership,yoga mat,shower
a car rental counter|clerk|driver|deposit,scratch,fuel gauge,child seat
a campsite|warden|camper|tent pitch,shower token,noise rule,map
a theater box office|clerk|visitor|seat,program,interval drink,refund
a ferry terminal|steward|passenger|gangway,life jacket,delay,car deck
a water utility|agent|household|meter,bill,leak,payment plan
a moving firm|driver|family|piano,box of china,van,quote
a plumbing business|plumber|household|faucet,quote,shower,boiler
an optician's|optician|customer|pair of glasses,eye test,frame,contact lens
a call center for parcels|agent|caller|parcel,depot,tracking number,callback
a hardware store|assistant|customer|can of paint,key,ladder,snow shovel
a law office|secretary|client|letter,deadline,file,signature
an apartment management firm|caretaker|tenant|elevator,notice,radiator,spare key
a toy shop|assistant|grandparent|puzzle,gift wrapping,battery,doll
a violin school|teacher|pupil|rented violin,lesson,recital,bow
a fish market|seller|customer|salmon,order,bag of ice,price card
a city tram line|inspector|passenger|ticket,stop,wheelchair,umbrella
a vineyard tour|guide|visitor|tasting glass,bus,cellar,parking lot
a newspaper's subscription desk|agent|subscriber|cancellation,late delivery,newsletter,bill""".splitlines()
]

_OPENINGS = """\
At {place} there was trouble over a {thing} last {season}, and {name}, a {who} there, remembers it well.
{name} has been a {who} at {place} for {years} years, and still learns something from each {thing}.
“Whose {thing} is this?” asked {name} on a busy {day}, and nobody at {place} knew.
It was {hour} on a {day} when a {guest} came back to {place} about a {thing}.
The {guest} at the desk of {place} held up a {thing} and said nothing at all.
Every {who} at {place} knows the {guest} who asks about the {thing} just before closing.
On {name}'s second {day} at {place}, a {thing} went to the wrong {guest}.
Ask {name}, who works at {place}, what went wrong with the {thing}, and you will get a shrug and a story.
A letter about a {thing} lay at {place} for {years} days before {name} found it.
The telephone at {place} rang at {hour}: a {guest}, a {thing}, and a great deal of noise behind.
There is a shelf at {place} for what nobody claims, and in {season} it held a {thing}.
Nobody at {place} had counted how often a {guest} asks for the same {thing}, until {name} did.
{name} never meant to change how {place} handles a {thing}.
What does a {guest} see first at {place}? For years it was a {thing} with a note on it.
The first complaint that {name} took at {place} was about a {thing}.""".splitlines()

_TROUBLES = """\
The {guest} had waited {minutes} minutes and had been told two different things.
Someone had promised it for {day}, and the promise had been made on a scrap of paper.
The price on the card and the price on the screen were not the same.
The sign that should have explained it was in small print, behind a plant.
Three colleagues had each done a part of it, and each thought that another would finish.
An e-mail had been sent, four paragraphs long, and the answer stood in the last of them.
The {guest} was hard of hearing, and the line was poor.
Nobody had been rude; it was just that nobody had looked up.
It had been mixed up with the {thing} of another {guest} with a similar name.
The form asked for a number that only the office had.
The computer said that all was well, and the {guest} could see that it was not.
It was raining, the {guest} had two children along, and the door was locked.
The {guest} had told the story to four people by then and was told to tell it to a fifth.
A new colleague had given an answer that sounded certain, because “I don't know” had not been allowed.
It worked perfectly in the morning and no longer by the time that it was needed.
The rule was clear, the rule was old, and it made no sense in this case.
The news was bad, and everyone hoped that someone else would bring it.
The voice mail had gone unheard since {day}.""".splitlines()

_TRIED = """\
{name} put the {thing} on the counter, asked one question, and let the {guest} talk.
Instead of reaching for the rule, {name} asked what the {guest} needed by tonight.
{name} wrote down three lines, read them aloud, and asked whether they were right.
So {name} walked the way that a {guest} walks, from the parking lot to the counter.
{name} rang back at {hour}, with nothing new to report, and said just that.
First {name} said what had happened and whose fault it was: ours.
{name} drew up a short list, with a name and a day beside each item.
The {who} took off the headset, went to the storeroom and looked.
{name} offered two ways out, said what each would cost, and recommended one.
{name} asked a colleague to listen in, and to say afterward what was missing.
They moved the desk by a yard, so that whoever stands there can see the line.
{name} swapped places with the newest colleague for a {day}.
For a week everyone at {place} wrote a mark on the wall whenever a {guest} asked it.
{name} called the {guest} by name, spelled it back, and wrote it down as it sounds.
They read the oldest message first, and answered the question in its last line.
{name} said “I'll find out, and you'll hear from me by {hour}.”
{name} cut the notice down to nine words and hung it at eye level.
A second {thing} was brought, with no form and no sigh.
{name} kept quiet for the length of a breath, and the {guest} went on.
The {who} who had made the mistake was the one to call.
They agreed that any {who} may spend up to {minutes} dollars to put such a thing right.
{name} told the {guest} honestly that it could not be done, and who could do it.""".splitlines()

_CAME_OF_IT = """\
The {guest} laughed, and came back on {day} with a friend.
It took {minutes} minutes, and saved an hour later on.
By {season} nobody could recall how it had been done before.
Questions about the {thing} have fallen to a handful a month.
The {guest} was not thrilled, but could make plans.
Two colleagues have begun to do the same, without being asked.
Their supervisor had her doubts, and has since copied the idea.
There was still a bill to be paid, but no longer a quarrel about it.
The {guest} wrote a card, which hangs next to the coffee machine.
It did not work the first time, and it worked the second.
The line at the counter is as long as ever, but its mood is another.
A month later the same {guest} called, and only wanted to say thanks.
They sell no more than before, and take back far less.
It cost next to nothing, apart from the pride of one manager.
Since then a new {who} hears about it on the first morning.
What surprised {name} most was how little the {guest} had wanted.""".splitlines()

_THOUGHTS = """\
We tend to fix the thing and forget the person who brought it.
People will forgive a delay sooner than silence.
A {guest} cannot see how hard you work behind the door.
Most anger is worry that has waited too long.
It is easy to answer the question that you expected.
What is routine for a {who} is a first time for a {guest}.
A rule is a good servant as long as someone may bend it.
Nobody reads a notice when both hands are full.
Training shows you the keys; it rarely shows you the reason.
The last minute of a visit is the one that is told at home.
Kind words cost little, and an exact hour costs even less.
You can hear a hurry, even over the telephone.
A colleague who hears praise on {day} works differently on the day after.
Each extra step is a place at which somebody gives up.
There are things that no computer at {place} will ever ask.
A promise is only as good as the place where it is written.""".splitlines()

_MORALS = """\
Look at the {thing} from the other side of the counter, once a week.
Say when, say who, and then keep to it.
Ask before you explain.
Put it right first, and put it on paper after that.
If a {guest} asks twice, change the sign.
Tell people what you know, as soon as you know it.
Give the {guest} a choice, even a small one.
Let whoever hears of the trouble own it to the end.
Write it so that a tired {guest} understands it at once.
Make the next step easy to see.
Listen for what is not being said about the {thing}.
Do the small thing now; the big one can be planned.
Thank the one who told you.
Treat the next {guest} as the first of the day.
Count what annoys people, then take one away.
Trust the person at the desk to decide.
Call before they have to call you.
Leave the {guest} better informed than you found them.""".splitlines()

_TITLES = """\
The {thing} and the {guest}
What a {thing} Taught Us
{name} and the {thing}
A {guest} on a {day}
Mind the {thing}
One {thing}, Two Answers
The {who} Who Asked
Before You Hand Over the {thing}
{name}'s Rule
Late on {day}""".splitlines()

_DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday".split()
_HOURS = "half past eight,ten to nine,noon,a quarter past two,four o'clock,ten to six".split(",")
_SEASONS = "spring summer fall winter".split()


def tip(number):
    """Return the composed tip of this number (from 0) as a dict of title, body (plain text) and takeaway."""
    made = random.Random(number)
    place, who, guest, things = made.choice(_PLACES)
    gaps = {
        "place": place,
        "who": who,
        "guest": guest,
        "thing": made.choice(things.split(",")),
        "name": made.choice(_NAMES),
        "day": made.choice(_DAYS),
        "hour": made.choice(_HOURS),
        "season": made.choice(_SEASONS),
        "years": made.randint(2, 30),
        "minutes": made.randint(4, 60),
    }
    told = [
        made.choice(_OPENINGS),
        *made.sample(_TROUBLES, 2),
        *made.sample(_TRIED, 3),
        *made.sample(_CAME_OF_IT, 2),
        *made.sample(_THOUGHTS, 2),
    ]
    sentences = [_capital(line.format(**gaps)) for line in told]
    return {
        "title": f"{_capital(made.choice(_TITLES).format(**gaps))} ({number + 1})",
        "body": "\n\n".join([" ".join(sentences[:3]), " ".join(sentences[3:8]), " ".join(sentences[8:])]),
        "takeaway": " ".join(_capital(line.format(**gaps)) for line in made.sample(_MORALS, 2)),
    }


def _capital(text):
    text = re.sub(r"\b([Aa]) (?=[aeio]|umb)", r"\1n ", text)
    return text[:1].upper() + text[1:]
