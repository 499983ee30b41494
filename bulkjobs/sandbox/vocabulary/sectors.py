"""Sectors of the economy: what their companies are called, how they are classified, whom they hire."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sector:
    """One branch of the economy.

    Attributes
    ----------
    tails : tuple of str
        Second halves of company names.
    industries : tuple of str
        Industry names of the network, as in ``job_industry_collection``.
    occupations : tuple of str
        Fields of work it hires for, repeated by frequency.
    """

    tails: tuple[str, ...]
    industries: tuple[str, ...]
    occupations: tuple[str, ...]


SECTORS = (
    Sector(
        ("Software", "Systems", "Cloud", "Digital", "Analytics", "Robotics", "Data Works", "Interactive"),
        (
            "Software Development",
            "IT Services and IT Consulting",
            "Computer Software",
            "Information Technology & Services",
        ),
        (
            "software",
            "software",
            "software",
            "data",
            "data",
            "infrastructure",
            "product",
            "sales",
            "marketing",
            "people",
        ),
    ),
    Sector(
        ("Telecom", "Networks"),
        ("Telecommunications", "Wireless Services", "Information Technology & Services"),
        ("infrastructure", "infrastructure", "software", "data", "service", "sales", "trades"),
    ),
    Sector(
        ("Capital", "Bank", "Insurance", "Payments"),
        ("Financial Services", "Banking", "Insurance", "Investment Management", "Accounting"),
        ("finance", "finance", "finance", "data", "data", "software", "legal", "service", "sales"),
    ),
    Sector(
        ("Health", "Clinics", "Hospital Group", "Care Homes", "Dental", "Pharma"),
        (
            "Hospitals and Health Care",
            "Medical Practices",
            "Pharmaceutical Manufacturing",
            "Mental Health Care",
        ),
        ("health", "health", "health", "health", "care", "care", "data", "service", "research", "people"),
    ),
    Sector(
        ("Retail", "Outfitters", "Markets", "Garden Centres"),
        ("Retail", "Retail Apparel and Fashion", "Retail Groceries", "Consumer Services"),
        ("retail", "retail", "retail", "logistics", "marketing", "data", "service", "finance"),
    ),
    Sector(
        ("Construction", "Builders", "Electrical", "Facilities"),
        ("Construction", "Civil Engineering", "Facilities Services", "Building Materials"),
        ("trades", "trades", "trades", "engineering", "logistics", "service", "finance"),
    ),
    Sector(
        ("Manufacturing", "Foundry", "Instruments", "Motors", "Packaging"),
        (
            "Machinery Manufacturing",
            "Motor Vehicle Manufacturing",
            "Automation Machinery Manufacturing",
            "Plastics",
        ),
        ("engineering", "engineering", "trades", "logistics", "research", "software", "data", "people"),
    ),
    Sector(
        ("Logistics", "Freight", "Shipping"),
        (
            "Transportation, Logistics, Supply Chain and Storage",
            "Truck Transportation",
            "Maritime Transportation",
        ),
        ("logistics", "logistics", "logistics", "data", "service", "trades", "software"),
    ),
    Sector(
        ("Energy", "Solar", "Water"),
        (
            "Renewable Energy Power Generation",
            "Utilities",
            "Oil and Gas",
            "Environmental Services",
        ),
        ("engineering", "engineering", "trades", "research", "data", "legal", "infrastructure"),
    ),
    Sector(
        ("County Council", "Transit Authority", "Public Works"),
        ("Government Administration", "Public Safety", "Public Policy Offices"),
        ("public", "public", "public", "care", "engineering", "data", "legal", "infrastructure"),
    ),
    Sector(
        ("University", "Academy", "Learning"),
        ("Higher Education", "Primary and Secondary Education", "E-Learning Providers", "Research Services"),
        ("education", "education", "education", "research", "data", "software", "people"),
    ),
    Sector(
        ("Hotels", "Foods", "Kitchens"),
        ("Hospitality", "Restaurants", "Food and Beverage Services", "Food and Beverage Manufacturing"),
        ("hospitality", "hospitality", "hospitality", "retail", "logistics", "marketing"),
    ),
    Sector(
        ("Biosciences", "Research", "Tidal"),
        ("Biotechnology Research", "Research Services", "Oceanography", "Nanotechnology Research"),
        ("research", "research", "data", "data", "software", "engineering", "legal"),
    ),
    Sector(
        ("Talent", "& Partners", "Consulting", "Staffing"),
        (
            "Staffing and Recruiting",
            "Business Consulting and Services",
            "Human Resources Services",
            "Legal Services",
        ),
        ("people", "finance", "software", "data", "health", "sales", "legal", "logistics", "trades"),
    ),
    Sector(
        ("Media", "Studios", "Press"),
        ("Media Production", "Advertising Services", "Book and Periodical Publishing", "Design Services"),
        ("marketing", "marketing", "product", "sales", "data", "software"),
    ),
)

FUNCTIONS = {
    "software": ("Engineering", "Information Technology"),
    "data": ("Information Technology", "Analyst", "Engineering"),
    "infrastructure": ("Information Technology", "Engineering"),
    "product": ("Product Management", "Design", "Art/Creative"),
    "research": ("Research", "Science", "Analyst"),
    "engineering": ("Engineering", "Manufacturing", "Quality Assurance"),
    "health": ("Health Care Provider",),
    "care": ("Health Care Provider", "Other"),
    "finance": ("Finance", "Accounting/Auditing", "Analyst"),
    "legal": ("Legal", "Consulting"),
    "sales": ("Sales", "Business Development"),
    "marketing": ("Marketing", "Public Relations", "Writing/Editing"),
    "people": ("Human Resources", "Training"),
    "service": ("Customer Service", "Administrative"),
    "trades": ("Production", "Other"),
    "logistics": ("Supply Chain", "Distribution", "Management"),
    "retail": ("Sales", "Customer Service"),
    "hospitality": ("Customer Service", "Management", "Other"),
    "education": ("Education", "Training"),
    "public": ("Administrative", "Project Management", "Strategy/Planning"),
}
"""Job functions of the network, by field of work (`api-contract.md` 7.1, ``job_functions_collection``)."""

DESK_FIELDS = frozenset(
    {"software", "data", "infrastructure", "product", "finance", "legal", "sales", "marketing", "people", "service"}
)
"""Fields of work that can be done from home."""

INDUSTRY_NUMBERS: dict[str, int] = {}
"""The numbers of industries in the relational export (`api-contract.md` 7.2)."""
FUNCTION_NUMBERS: dict[str, int] = {}
"""The numbers of job functions, likewise."""
for _sector in SECTORS:
    for _industry in _sector.industries:
        INDUSTRY_NUMBERS.setdefault(_industry, len(INDUSTRY_NUMBERS) + 1)
for _functions in FUNCTIONS.values():
    for _function in _functions:
        FUNCTION_NUMBERS.setdefault(_function, len(FUNCTION_NUMBERS) + 1)
