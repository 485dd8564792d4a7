"""Synonyms, with a start that fits the trade."""

import django.db.models.deletion
from django.db import migrations, models

from tips.text import stems

# One group a line.
START = """
angry, irate, furious, upset, mad, annoyed, hostile, frustrated, irritated
unhappy, dissatisfied, disappointed
yell, shout, scream, loud
swear, curse, foul language, abusive, insult
calm, composure, self-control, temper, lose my cool, keep your cool, de-escalate, defuse, soothe
patience, patient, impatient
sorry, apology, regret, forgive
excuse, blame, fault, defensive, finger pointing
complaint, grievance, gripe, criticism, concern
rude, impolite, disrespectful, bad manners, unfriendly
polite, courteous, courtesy, good manners, respect
customer, client, guest, patron, shopper, buyer, visitor
regular, loyal, loyalty, retain, retention, repeat business, customer for life
elderly, older, senior citizen, old people
child, kid, toddler, daughter, son
disability, wheelchair, accessible, step-free
deaf, hard of hearing, hearing loss
blind, visually impaired, poor eyesight
lift, elevator, stairs
chair, seat, bench, sit
accent, foreign, language barrier, non-native, translate
name, pronounce
spell, alphabet
doctor, physician
hospital, clinic, nurse
restaurant, waiter, waitress, server, cafe
hotel, motel, inn
government, council, municipal, city hall, permit, county
employee, staff, worker, personnel, team member
coworker, colleague, teammate
manager, boss, supervisor, leader
new hire, beginner, newcomer, new employee, new staff, recruit, rookie, onboarding, orientation, induction, first week
training, coaching, mentoring, teach
shadow, work alongside, job swap
teamwork, cooperation, collaboration
meeting, huddle, briefing
praise, compliment, recognize, recognition, good work, positive feedback, kudos
thank, gratitude, grateful, appreciate
encourage, reassure, comfort, confidence, morale
motivate, enthusiasm, energy, passion, apathy, indifferent, don't care
strength, talent, potential, ability, bring out the best
persistence, perseverance, determination, give up, tenacity
stress, pressure, burnout, overwhelmed
nervous, anxious, anxiety, worried, afraid, scared, intimidated
empathy, sympathy, compassion, point of view, perspective, in their shoes
listen, hear, pay attention
interrupt, cut off, talk over, finish their sentence
talkative, chatty, wordy, ramble, long-winded, stop talking
silence, pause, quiet
private, privacy, confidential, discreet, whisper
ignore, overlook, neglect, look up
prejudice, stereotype, bias, reputation
assume, assumption, jump to conclusions, guess
distraction, multitasking, background noise, noisy
body language, eye contact, posture, facial expression
smile, friendly, warm, cheerful
greeting, welcome, hello, first impression
receptionist, reception, front desk
counter, desk, till, service window
phone, telephone, call, caller
mobile, cell phone, smartphone
voicemail, answering machine
on hold, hold music, hold time, kept waiting
callback, ring back, return a call
follow up, after-sales, check back, get back to, proactive
email, message, inbox
subject line, headline
letter, correspondence, leaflet, brochure, pamphlet
readable, legible, large print, easy to read
website, web page, online, app
social media, facebook, twitter, instagram
computer, software, technology, laptop, screen
system down, outage, glitch, tech support, help desk
artificial intelligence, chatbot, automated, AI
script, scripted, canned, robotic, slogan
handover, hand off, shift change, overlap, pass on
wait, queue, line
late, delay, overdue, behind schedule
backlog, unanswered, catch up, loose ends
busy, crowded, swamped, rush hour, time crunch
hurry, rush, rushed
fast, quick, speed, prompt
slow, sluggish
responsive, responsiveness, turnaround, response time
waste time, respect their time, punctual
closing, closing time, last minute, end of the day
weather, snow, storm, closure
cancel, call off
postpone, reschedule, put off
appointment, booking, reservation
promise, commitment, guarantee, overpromise
expectation, expect
estimate, forecast, not sure, uncertain
next step, what happens next, keep informed, in the dark, status update
refund, money back, reimburse, return, exchange
compensate, make up for, make amends, remedy, recover, put right
bill, invoice, statement
price, cost, fee, expensive, pay more, premium
sell, sales, upsell
order, purchase
stock, out of stock, sold out, shortage
delivery, shipping, shipment, parcel, package, courier
broken, damaged, faulty, defective, crooked, workmanship
fix, repair, mend, solve, resolve, resolution
mistake, error, blunder, mix-up, botched, went wrong, typo
proofread, double-check, quality check, quality assurance, QA
problem, issue, trouble
refuse, decline, turn down, say no, the answer is no
alternative, instead, option, other choice
policy, rule, regulation, procedure
exception, bend the rules, bend a rule, flexibility, discretion, empower
priority, prioritize, at once, same time, serve first
explain, clarify, describe
confused, unclear, puzzled, misunderstood, misunderstanding
jargon, technical, acronym, plain language, plain words
question, inquiry, ask
answer, reply, response
don't know, can't answer, find out
repeat, twice, over and over, again and again
form, paperwork
sign, signage, signpost, notice board
feedback, survey, suggestion box, comment card, complaint box
bad news, break the news, disappoint
directions, find the way, can't find, aisle, point the way
honest, honesty, truthful, sincere, integrity, ethical, ethics
lie, mislead, deceive
value, principle, mission
culture, atmosphere, work environment
consistent, consistency, predictable, predictability, reliable, dependable
competitor, competition, rival, stand out, differentiate, unique
imitate, copy, best practice, benchmark, role model
exceed expectations, go the extra mile, delight, above and beyond, exceptional, wow
celebrate, celebration, reward, party
change, adapt, adjust, pivot
ownership, responsibility, accountable
shop, store, retail
uniform, dress code, clothing
holiday, christmas
tidy, clean, declutter
voice, tone
lost, locked out, lockout
"""


def add_start(apps, schema_editor):
    """Add the groups that a site starts with. Staff change them as they like."""
    group_model, synonym_model = apps.get_model("tips", "SynonymGroup"), apps.get_model("tips", "Synonym")
    database = schema_editor.connection.alias
    known = set()
    for line in START.strip().splitlines():
        group = group_model.objects.using(database).create()
        keys = {" ".join(stems.stems(text)): text for text in reversed(line.split(", "))}
        synonym_model.objects.using(database).bulk_create(
            synonym_model(group=group, text=text, key=key)
            for key, text in reversed(keys.items())
            if key not in known
        )
        known |= keys.keys()


class Migration(migrations.Migration):
    # What the index holds of each tip took another form with this one (see ``triggers``).
    rebuilds_search = True
    dependencies = [("tips", "0003_names_by_key")]

    operations = [
        migrations.CreateModel(
            name="SynonymGroup",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
            ],
            options={
                "verbose_name": "group of synonyms",
                "verbose_name_plural": "synonyms",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="Synonym",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.CharField(max_length=60)),
                ("key", models.CharField(editable=False, max_length=500)),
                (
                    "group",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="synonyms",
                        to="tips.synonymgroup",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("key"),
                        name="synonym_in_one_group",
                        violation_error_message=(
                            "This word, or another form of it, is among the synonyms already."
                        ),
                    )
                ],
            },
        ),
        migrations.RunPython(add_start, migrations.RunPython.noop),
    ]
