"""English postings: the general sentences."""

# ruff: noqa: E501  (one sentence a line)

from __future__ import annotations

from .chance import repeated
from .english_occupations import OCCUPATIONS
from .language import Headings, Language

ENGLISH = Language(
    stop=" ",
    anonymous="Confidential Company",
    forms=repeated(
        {
            ("%s", "Mid-Senior level"): 180,
            ("%s", "Entry level"): 170,
            ("%s", "Associate"): 100,
            ("%s", "Not Applicable"): 110,
            ("Senior %s", "Mid-Senior level"): 140,
            ("Sr. %s", "Mid-Senior level"): 20,
            ("Junior %s", "Entry level"): 60,
            ("Lead %s", "Mid-Senior level"): 30,
            ("Principal %s", "Mid-Senior level"): 14,
            ("Trainee %s", "Entry level"): 14,
            ("%s Intern", "Internship"): 26,
            ("%s II", "Associate"): 14,
            ("%s - Immediate Start!", "Entry level"): 10,
            ("%s (f/m/x)", "Mid-Senior level"): 12,
            ("%s – 12 month contract", "Mid-Senior level"): 10,
            ("%s, R&D", "Mid-Senior level"): 8,
            # A title is as hostile as any other text of a posting.
            ("%s <b>URGENT</b>", "Entry level"): 3,
            ("%s <script>alert(1)</script>", "Not Applicable"): 1,
        }
    ),
    remote="%s (Remote)",
    shift="%s – Night Shift",
    headings=Headings(about="About us", duties="What you will do", needs="What you bring", benefits="What we offer"),
    about=(
        "{company} was founded by a handful of people who thought that good work deserves better tools, and it has grown carefully ever since.",
        "At {company} we keep teams small, decisions close to the work and meetings short.",
        "{company} serves customers in more than twenty countries and is still run by the people who built it.",
        "We are {company}, and we believe that a quiet, well-kept process beats a heroic rescue every time.",
        "For over thirty years {company} has been a steady employer in the region, and we plan to stay one.",
        "{company} is growing: last year we opened two new sites, and this year we are hiring in nearly every team.",
        "Our customers come to {company} because we answer the phone, keep our promises and fix our own mistakes.",
        "{company} is a family-owned business with the reach of a much larger group.",
        "People join {company} for the work and stay for their colleagues; the average time with us is seven years.",
        "{company} combines deep experience with modern methods, and we publish what we learn.",
        "Everything we do at {company} starts from the needs of the communities that we serve.",
    ),
    role=(
        "Could you be our next {title}? The team in {place} would like to meet you.",
        "As {title} you will work closely with colleagues across {place} and report to the head of the department.",
        "This is a hands-on position: as {title} you will own your area from the first idea to daily operation.",
        "The {title} position is new, so you will have real influence on how we work with {skill} and {skill2}.",
        "For our team in {place} we are looking for a colleague ({title}) who knows {skill} well and is curious about {skill2}.",
        "If you enjoy {skill}, like to explain what you do and want to see the results, this {title} role is for you.",
    ),
    duties=(
        "Work with colleagues from other departments to agree on priorities and to deliver what was agreed",
        "Keep clear records of your work so that others can follow it, check it and build on it",
        "Support the team lead in planning the coming weeks and raise risks before they become problems",
        "Help new colleagues to settle in, and share what you know about {skill} with the whole team",
        "Propose improvements to the way we work, try them out and tell us honestly what came of them",
        "Prepare short reports for management and answer questions about them in plain language",
        "Follow our rules on safety, data protection and quality, and speak up where they do not fit",
        "Take part in our rota outside usual hours, about one week in six, with time off in return",
        "Represent {company} to customers, suppliers and visitors in a friendly and reliable manner",
        "Use {skill} and {skill2} every day, and choose the right one for each task",
    ),
    needs=(
        "At least three years of experience with {skill}, or a convincing story of how you learned it faster",
        "A degree or vocational qualification in a related field, or equivalent practical experience",
        "Sound working knowledge of {skill} and {skill2}; some exposure to {skill3} is a plus",
        "A careful, structured way of working and the ability to keep several things moving at once",
        "Good written and spoken English; any further language is welcome",
        "The habit of asking early when something is unclear, and of finishing what you start",
        "Confidence in using everyday office software & the willingness to learn our own systems",
        "You are comfortable working both independently and as part of a mixed team",
        "Willingness to travel to other sites now and then (less than 10 % of your time)",
        "The right to work in the country where this position is based; we regret that we cannot sponsor visas",
    ),
    benefits=(
        "28 days of paid leave plus public holidays, and your birthday off",
        "A contributory pension with up to 6 % matched by us",
        "Private health, dental and vision cover from your first day",
        "A personal training budget of 1,500 a year and the time to use it",
        "Flexible hours, and up to three days a week from home where the work allows it",
        "A yearly bonus that depends on the result of the whole company",
        "Cycle-to-work scheme, free parking and a subsidised canteen",
        "Sixteen weeks of fully paid parental leave for every parent",
        "Modern equipment of your own choice and a desk that goes up & down",
        "Clear bands of pay, reviewed every spring and open to everyone",
    ),
    closings=(
        "Please send your application to jobs@{domain}. We answer every one of them within ten working days.",
        "{company} is an equal opportunity employer. We welcome applications from people of every background, age, gender, religion, orientation and ability, and we are glad to adjust the process to your needs.",
        "Interviews are held online and on site in {place}; you will meet the people you would work with.",
        "To apply, follow the link above and tell us in a few lines why {skill} matters to you. No cover letter needed.",
        "The position is open until filled. Salary depends on experience and is agreed before the second interview.",
        "Applicants must pass a reference check before the start date. No agencies, please.",
    ),
    occupations=OCCUPATIONS,
)
