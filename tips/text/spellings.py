"""Spellings of English that mean one word: British and American ones, irregular forms, and joined words.

Everything here takes and returns one folded word in ASCII letters, and knows nothing of stems.
"""

import re

# Each line is one word in its spellings, irregular forms and derived words; the first stands for all.
_FAMILIES = """
acknowledgment acknowledgement acknowledgements
aging ageing
airplane aeroplane aeroplanes
among amongst
angry anger angered angers angrier angriest angrily
arrive arrival arrivals
begin began begun
bring brought
break broke broken
buy bought
cant cannot
catalog catalogue catalogues
check cheque cheques
child children
choose chose chosen choice choices
come came
complain complaint complaints
confuse confusion
cozy cosy
decide decision decisions
defense defence defences
deliver delivery deliveries
dialog dialogue dialogues
enroll enrol enrols enrolment enrollment
explain explanation explanations
fail failure failures
feel felt
find found
forget forgot forgotten
fulfill fulfil fulfils fulfilment fulfillment
get got gotten
give gave given
go goes going went gone
gray grey
greet greeting greetings
hear heard
hide hid hidden
hold held
inquire inquiry inquiries enquire enquiry enquiries enquired enquiring
insure insurance
installment instalment instalments
jewelry jewellery
judgment judgement judgements
keep kept
know knew known knowledge
late lateness
learn learnt
leave leaving left
license licence licences
listen listener listeners
lose lost loss losses
make made
man men
meet met
mustache moustache
offense offence offences
okay ok
pay paid payment payments
person people persons
practice practise practised practising practises
program programme programmes
prompt promptly promptness
pronounce pronunciation mispronounce mispronounced mispronouncing
recover recovery recoveries
refuse refusal refusals
remember remembered remembering
reply replies replied
respond response responses
ring rang rung
rude rudely rudeness
run ran
say said
see saw seen
sell sold
send sent
shout shouted
skeptical sceptical
skillful skilful
speak spoke spoken
steal stole stolen
take took taken
teach taught
tell told
think thought thoughts
throw threw thrown
train trainee trainees trainer trainers training
understand understood
while whilst
win won
woman women
write wrote written
"""
_FAMILY = {form: line.split()[0] for line in _FAMILIES.strip().splitlines() for form in line.split()}

# The stems of these differ from those of their relatives ("precision") already, or are words with an "s" on
# both sides of the ocean whose "-ision" must go on meeting them.
_ISE_STAYS = re.compile("(?:prec|superv|rev|telev|prom|compr|surpr|adv|dev|desp|exc|inc|expert)is")
_ISE = re.compile("(?<=[a-z]{3})(is)(?=(?:e|es|ed|er|ers|ing|ation|ations)$)")
_YSE = re.compile("(?<=(?:al|ar|ct|ro))ys(?=(?:e|es|ed|er|ers|ing)$)")
_OUR = re.compile(
    "^(arm|behavi|cand|clam|col|demean|endeav|fav|flav|harb|hon|hum|lab|misdemean|neighb|od|parl|ranc|rum|sav|savi"
    "|splend|tum|val|vap|vig|disfav|dishon|misbehavi)our"
)
_RE = re.compile("^(calib|cent|fib|(?:kilo|centi|milli)?met|lit|lust|meag|sab|spect|theat)re(?=s?$)")

# Two words that are written as one, with a hyphen or apart, and mean the same.
_PAIRS = """
back up|break down|call back|cell phone|check in|check list|check out|co worker|day care|drop off|e mail
feed back|fire side|follow through|follow up|front line|hand book|hand off|hand out|hand over|hand shake
hand written|hang up|health care|help desk|home page|key word|lap top|lay off|life time|log in|log out
lunch time|name tag|note book|pay back|pay check|pay day|pick up|role play|set up|short cut|short list
show room|sign in|sign up|start up|team mate|team work|time frame|time line|time table|trouble shoot
turn around|turn over|up sell|voice mail|wait list|wake up|walk in|walk out|web page|web site|white board
work around|work force|work load|work place|work shop
"""
PAIRS = [tuple(pair.split()) for pair in _PAIRS.strip().replace("\n", "|").split("|")]


def standard(word: str) -> str:
    """Return the word that stands for this one in all its spellings: "apologize" for "apologise"."""
    if (family := _FAMILY.get(word)) is not None:
        return family
    if len(word) < 5:
        return word
    if not _ISE_STAYS.search(word):
        word = _ISE.sub("iz", word)
    word = _RE.sub(r"\1er", _OUR.sub(r"\1or", _YSE.sub("yz", word)))
    return _FAMILY.get(word, word)
