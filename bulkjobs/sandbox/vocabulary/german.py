"""German postings."""

# ruff: noqa: E501  (one sentence a line)

from __future__ import annotations

from .chance import repeated
from .language import Headings, Language, occupation

GERMAN = Language(
    stop=" ",
    anonymous="Unternehmen (vertraulich)",
    forms=repeated(
        {
            ("%s (m/w/d)", "Mid-Senior level"): 10,
            ("%s (m/w/d)", "Entry level"): 8,
            ("%s (w/m/d)", "Associate"): 5,
            ("Senior %s (m/w/d)", "Mid-Senior level"): 4,
            ("Junior %s (m/w/d)", "Entry level"): 2,
            ("%s – Teilzeit (m/w/d)", "Not Applicable"): 2,
            ("Werkstudium %s", "Internship"): 1,
        }
    ),
    remote="%s – Homeoffice möglich",
    shift="%s – Nachtdienst",
    headings=Headings(about="Über uns", duties="Ihre Aufgaben", needs="Ihr Profil", benefits="Das bieten wir Ihnen"),
    about=(
        "{company} ist seit über vierzig Jahren ein verlässlicher Arbeitgeber in der Region und wächst mit Bedacht.",
        "Bei {company} zählen gute Ideen mehr als Titel: Wir arbeiten in kleinen Teams mit kurzen Wegen.",
        "{company} entwickelt, fertigt und prüft an drei Standorten und liefert in mehr als zwanzig Länder.",
        "Als familiengeführtes Unternehmen denkt {company} in Generationen und nicht in Quartalen.",
        "Rund 800 Kolleginnen und Kollegen machen {company} zu dem, was es ist: gründlich, freundlich, pünktlich.",
        "{company} verbindet langjährige Erfahrung mit modernen Methoden – und mit einer großen Portion Neugier.",
    ),
    role=(
        "Zur Verstärkung unseres Teams in {place} suchen wir zum nächstmöglichen Zeitpunkt: {title}.",
        "Die Stelle »{title}« ist unbefristet und in Voll- oder Teilzeit zu besetzen; Dienstort ist {place}.",
        "Sie übernehmen Verantwortung für {skill} und arbeiten eng mit den Fachabteilungen zusammen.",
        "Wer gern mit {skill} und {skill2} arbeitet und Ergebnisse sehen möchte, ist bei uns genau richtig.",
    ),
    duties=(
        "Sie stimmen sich mit Kolleginnen und Kollegen anderer Abteilungen ab und halten Zusagen ein",
        "Sie dokumentieren Ihre Arbeit so, dass andere darauf aufbauen können",
        "Sie unterstützen die Teamleitung bei der Planung und sprechen Risiken frühzeitig an",
        "Sie arbeiten neue Kolleginnen und Kollegen ein und geben Ihr Wissen über {skill} weiter",
        "Sie schlagen Verbesserungen vor, erproben sie und berichten ehrlich über das Ergebnis",
        "Sie achten auf Arbeitsschutz, Datenschutz und Qualität",
        "Sie erstellen kurze Berichte für die Geschäftsführung",
        "Sie vertreten {company} freundlich gegenüber Kunden, Lieferanten & Behörden",
    ),
    needs=(
        "Abgeschlossene Ausbildung oder Studium in einem passenden Fach – oder vergleichbare Erfahrung",
        "Mindestens drei Jahre Berufspraxis mit {skill}, gern auch mit {skill2}",
        "Sehr gute Deutschkenntnisse und gutes Englisch in Wort und Schrift",
        "Strukturierte, sorgfältige und selbstständige Arbeitsweise",
        "Freude an Teamarbeit und am Erklären schwieriger Zusammenhänge",
        "Sicherer Umgang mit den üblichen Büroprogrammen; Kenntnisse in {skill3} sind von Vorteil",
        "Führerschein der Klasse B und gelegentliche Reisebereitschaft (unter 10 %)",
        "Gespür für Prioritäten, auch wenn es einmal hektisch wird",
    ),
    benefits=(
        "30 Tage Urlaub, dazu frei am 24. und 31. Dezember",
        "Flexible Arbeitszeiten und bis zu drei Tage mobiles Arbeiten in der Woche",
        "Betriebliche Altersvorsorge und vermögenswirksame Leistungen",
        "Ein Weiterbildungsbudget von 1.500 € im Jahr – und die Zeit, es zu nutzen",
        "Zuschuss zum Deutschlandticket, Jobrad und kostenfreie Parkplätze",
        "Frisch gekochtes Mittagessen in unserer Kantine",
        "Bezahlung nach Tarif mit 13. Monatsgehalt",
        "Betriebskindergarten mit Öffnungszeiten, die zu Ihrem Dienst passen",
    ),
    closings=(
        "Bitte senden Sie Ihre Bewerbung mit Gehaltsvorstellung und Eintrittstermin an bewerbung@{domain}.",
        "Wir freuen uns über Bewerbungen aller Menschen, unabhängig von Geschlecht, Herkunft, Alter, Religion, Weltanschauung, Behinderung oder sexueller Identität.",
        "Schwerbehinderte Bewerberinnen und Bewerber werden bei gleicher Eignung bevorzugt berücksichtigt.",
        "Fragen beantwortet Ihnen unsere Personalabteilung; ein Anschreiben ist nicht nötig.",
    ),
    occupations={
        "software": occupation(
            "Softwareentwickler|Softwareentwicklerin|C++ Entwickler|.NET-Entwickler|Anwendungsentwickler Java"
            "|Go Backend-Entwickler|Softwareingenieur für Embedded-Systeme",
            "C++|C#|.NET|Java|Python|SQL|Go|Git|Linux|Docker",
            "Sie entwerfen, schreiben und prüfen Software in {skill} und {skill2}",
            "Sie pflegen automatische Tests und halten die Auslieferung schnell und langweilig",
            "Sie finden Fehlerursachen mit Protokollen, Messungen und Geduld",
        ),
        "data": occupation(
            "Datenanalyst|Data Engineer|Data Scientist|BI-Entwickler|Datenbankadministrator",
            "Python|SQL|R|Power BI|Spark|dbt|Statistik|Excel",
            "Sie bauen Datenstrecken mit {skill}, auf die sich das Haus jeden Morgen verlässt",
            "Sie werten Daten aus und erklären, was sie aussagen – und was nicht",
            "Sie überwachen die Datenqualität und gehen Abweichungen nach",
        ),
        "health": occupation(
            "Pflegefachkraft|Gesundheits- und Krankenpfleger|Physiotherapeut|Medizinische Fachangestellte"
            "|Hebamme|Altenpflegehelfer",
            "Grundpflege|Wundversorgung|Medikamentengabe|Pflegedokumentation|Hygiene|Notfallversorgung|Anleitung",
            "Sie pflegen und begleiten Patientinnen und Patienten fachlich sicher und menschlich zugewandt",
            "Sie planen die Pflege und dokumentieren sie zeitnah, insbesondere {skill}",
            "Sie leiten Auszubildende an und arbeiten mit Ärztinnen, Ärzten & Angehörigen zusammen",
        ),
        "finance": occupation(
            "Buchhalter|Finanzbuchhalter|Controller|Steuerfachangestellte|Lohnbuchhalter|Wirtschaftsprüfungsassistent",
            "DATEV|HGB|SAP FI|Excel|Kostenrechnung|Monatsabschluss|Umsatzsteuer",
            "Sie erstellen Monats- und Jahresabschlüsse nach HGB",
            "Sie prüfen Rechnungen und Zahlungen und klären offene Posten",
            "Sie planen Budgets und begleiten sie mit {skill}",
        ),
        "trades": occupation(
            "Elektroniker|Anlagenmechaniker SHK|Industriemechaniker|Schweißer|Zerspanungsmechaniker|Dachdecker"
            "|Tischler|Kfz-Mechatroniker",
            "Schaltpläne|Schweißen|CNC-Fräsen|Wartung|Fehlersuche|Arbeitssicherheit|Staplerschein",
            "Sie montieren, warten und reparieren Anlagen beim Kunden",
            "Sie lesen Zeichnungen und Schaltpläne und suchen Fehler mit Methode",
            "Sie halten Werkzeug, Fahrzeug und Arbeitsplatz in Ordnung",
        ),
        "logistics": occupation(
            "Fachkraft für Lagerlogistik|Berufskraftfahrer|Disponent|Kommissionierer|Gabelstaplerfahrer|Zollsachbearbeiter",
            "Staplerschein|SAP MM|Ladungssicherung|Tourenplanung|Inventur|Führerschein CE|Excel",
            "Sie nehmen Waren an, lagern sie ein und stellen Sendungen zusammen",
            "Sie planen Touren so, dass die Fahrzeuge voll sind",
            "Sie zählen Bestände und klären Differenzen, auch mit {skill}",
        ),
        "retail": occupation(
            "Verkäufer|Filialleiter|Kassierer|Einzelhandelskaufmann|Bäckereifachverkäuferin|Fleischer",
            "Kundenberatung|Kasse|Warenpräsentation|Bestellwesen|Lebensmittelhygiene|Teamarbeit",
            "Sie beraten unsere Kundschaft und bedienen die Kasse",
            "Sie füllen Regale auf, prüfen Preise & Haltbarkeit und gestalten Aktionsflächen",
            "Sie öffnen und schließen den Markt und rechnen die Kassen ab",
        ),
        "engineering": occupation(
            "Maschinenbauingenieur|Elektroingenieur|Konstrukteur|Qualitätsingenieur|Prozessingenieur|R&D Ingenieur",
            "SolidWorks|AutoCAD|SPS|ISO 9001|FMEA|MATLAB|C++",
            "Sie entwickeln Baugruppen von der Skizze bis zur Serie mit {skill}",
            "Sie begleiten Inbetriebnahmen vor Ort",
            "Sie verringern Ausschuss & Stillstand gemeinsam mit der Fertigung",
        ),
    },
)
