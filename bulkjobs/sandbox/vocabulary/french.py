"""French postings."""

# ruff: noqa: E501  (one sentence a line)

from __future__ import annotations

from .chance import repeated
from .language import Headings, Language, occupation

FRENCH = Language(
    stop=" ",
    anonymous="Entreprise confidentielle",
    forms=repeated(
        {
            ("%s H/F", "Mid-Senior level"): 10,
            ("%s (F/H)", "Entry level"): 8,
            ("%s - CDI", "Associate"): 4,
            ("%s confirmé(e) H/F", "Mid-Senior level"): 3,
            ("%s débutant(e) accepté(e)", "Entry level"): 2,
            ("Stage – %s", "Internship"): 2,
            ("Alternance : %s", "Internship"): 1,
        }
    ),
    remote="%s - télétravail possible",
    shift="%s – travail de nuit",
    headings=Headings(
        about="Qui sommes-nous ?",
        duties="Vos missions",
        needs="Votre profil",
        benefits="Ce que nous vous proposons",
    ),
    about=(
        "Depuis plus de trente ans, {company} accompagne ses clients avec exigence, simplicité et bonne humeur.",
        "{company} est une entreprise familiale à taille humaine, présente dans une vingtaine de pays.",
        "Chez {company}, les décisions se prennent près du terrain et les réunions restent courtes.",
        "L'équipe de {company} réunit 450 collaborateurs qui partagent le goût du travail bien fait.",
        "{company} poursuit sa croissance : deux sites ont ouvert l'an dernier et presque toutes les équipes recrutent.",
        "Nous croyons chez {company} qu'un service bien tenu vaut mieux que dix promesses.",
    ),
    role=(
        "Nous recherchons pour notre site de {place} : {title}.",
        "Rattaché(e) à la direction du site ({place}), vous prenez en charge le poste « {title} ».",
        "Vous aimez {skill} et souhaitez progresser en {skill2} ? Ce poste est fait pour vous.",
        "Le poste est à pourvoir dès que possible, à temps plein, avec une période d'intégration de trois semaines.",
    ),
    duties=(
        "Travailler avec les autres services pour fixer les priorités et tenir les délais",
        "Documenter votre travail afin que chacun puisse le comprendre et le reprendre",
        "Épauler la responsable d'équipe dans la planification et signaler les risques à temps",
        "Accueillir les nouveaux arrivants et partager vos connaissances en {skill}",
        "Proposer des améliorations, les essayer et rendre compte honnêtement du résultat",
        "Veiller au respect des règles de sécurité, de qualité & de protection des données",
        "Préparer de courts rapports pour la direction",
        "Représenter {company} auprès des clients et des fournisseurs",
    ),
    needs=(
        "Diplôme dans un domaine proche, ou expérience équivalente",
        "Au moins trois ans de pratique de {skill}, idéalement aussi de {skill2}",
        "Rigueur, autonomie et sens de l'organisation",
        "Excellent français, bon niveau d'anglais à l'écrit comme à l'oral",
        "Goût du travail en équipe et de la pédagogie",
        "Des notions de {skill3} seraient un plus apprécié",
        "Permis B et déplacements ponctuels (moins de 10 % du temps)",
        "Calme et discernement, même quand l'activité s'accélère",
    ),
    benefits=(
        "25 jours de congés payés et 10 jours de RTT",
        "Jusqu'à trois jours de télétravail par semaine, selon le poste",
        "Mutuelle prise en charge à 70 % et prévoyance dès le premier jour",
        "Titres-restaurant de 9,50 € et cantine d'entreprise",
        "Participation & intéressement selon les résultats",
        "Un budget de formation de 1 500 € par an",
        "Remboursement des transports en commun ou forfait mobilités durables",
        "Places en crèche et congé parental complété",
    ),
    closings=(
        "Merci d'adresser votre candidature à emploi@{domain} ; nous répondons à toutes les personnes sous dix jours.",
        "{company} étudie à compétences égales toutes les candidatures, dont celles de personnes en situation de handicap.",
        "Le processus comprend un échange téléphonique, puis une rencontre avec l'équipe à {place}.",
        "Rémunération selon expérience, convenue avant le second entretien. Lettre de motivation facultative.",
    ),
    occupations={
        "software": occupation(
            "Développeur C++|Développeuse Python|Ingénieur logiciel|Développeur .NET / C#|Développeur Full Stack"
            "|Ingénieure logiciel embarqué",
            "C++|C#|.NET|Python|Java|SQL|Go|Git|Docker",
            "Concevoir, écrire et relire du code en {skill} et {skill2}",
            "Maintenir les tests automatiques et une mise en production sans surprise",
            "Rechercher la cause des anomalies et les corriger durablement",
        ),
        "data": occupation(
            "Data Engineer|Data Scientist|Analyste de données|Ingénieur données|Statisticienne",
            "Python|SQL|R|Spark|dbt|Power BI|statistiques",
            "Construire des chaînes de traitement fiables avec {skill}",
            "Analyser les données et dire clairement ce qu'elles permettent de conclure",
            "Suivre la qualité des données et remonter à l'origine des écarts",
        ),
        "health": occupation(
            "Infirmier diplômé d'État|Aide-soignante|Kinésithérapeute|Pharmacien|Sage-femme|Manipulateur radio",
            "soins infirmiers|pansements|administration des traitements|hygiène hospitalière|urgences|dossier patient",
            "Assurer des soins de qualité, notamment {skill}, et les consigner sans délai",
            "Accompagner les patients & leurs proches avec attention",
            "Encadrer les étudiants pendant leur service",
        ),
        "finance": occupation(
            "Comptable|Contrôleur de gestion|Gestionnaire de paie|Auditeur interne|Analyste crédit|Aide-comptable",
            "comptabilité générale|IFRS|Sage|Excel|SAP|clôtures mensuelles|TVA",
            "Préparer les clôtures mensuelles et annuelles",
            "Contrôler les factures et les règlements avec {skill}",
            "Élaborer les budgets et expliquer les écarts",
        ),
        "trades": occupation(
            "Électricien|Plombier chauffagiste|Soudeur|Menuisier|Technicien de maintenance|Couvreur|Mécanicien",
            "lecture de plans|soudure TIG|habilitation électrique|dépannage|sécurité|maintenance préventive",
            "Installer, entretenir et réparer les équipements chez nos clients",
            "Rechercher les pannes avec méthode, à l'aide de {skill}",
            "Tenir l'outillage et le véhicule en bon état",
        ),
        "logistics": occupation(
            "Préparateur de commandes|Cariste|Conducteur poids lourd|Gestionnaire de stocks|Agent de transit",
            "CACES 1-3-5|SAP|inventaire|plan de transport|permis CE|douane|Excel",
            "Réceptionner, ranger, préparer & expédier les marchandises",
            "Organiser les tournées pour que les camions roulent pleins",
            "Compter les stocks et expliquer les écarts",
        ),
        "hospitality": occupation(
            "Chef de partie|Commis de cuisine|Serveur|Réceptionniste d'hôtel|Barman|Pâtissière",
            "HACCP|service en salle|pâtisserie|gestion des stocks|anglais|accueil",
            "Préparer et servir les plats, même quand la salle est pleine",
            "Accueillir la clientèle et prendre soin des demandes particulières",
            "Tenir un poste propre et étiqueté selon les règles {skill}",
        ),
    },
)
