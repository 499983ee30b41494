"""Countries that postings come from, and their cities as the network displays them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Country:
    """A country that postings come from.

    Attributes
    ----------
    name : str
        Full English name, as in the record's ``country``.
    weight : int
        Share of postings, roughly per thousand.
    currency : str
        Key of :data:`~bulkjobs.sandbox.vocabulary.pay.CURRENCIES`.
    languages : str
        Codes of the languages it advertises in, repeated by frequency: ``"de de en"``.
    legal_forms : str
        Endings of company names, separated by ``|``; an empty one means a bare name.
    """

    name: str
    weight: int
    currency: str
    languages: str
    legal_forms: str

    def locations(self) -> tuple[str, ...]:
        """Give the display texts of its cities."""
        cities = _CITIES[self.name].split("|")
        if self.name in _BARE:
            return tuple(cities)
        return tuple(f"{city}, {self.name}" for city in cities)


COUNTRIES = (
    Country("United States", 330, "USD", "en", "||| Inc.| LLC"),
    Country("United Kingdom", 95, "GBP", "en", "|| Ltd| plc"),
    Country("India", 80, "INR", "en", "|| Pvt Ltd| Private Limited"),
    Country("Germany", 70, "EUR", "de de en", "| GmbH| GmbH| AG| SE"),
    Country("France", 55, "EUR", "fr fr en", "|| SAS| SA"),
    Country("Canada", 42, "CAD", "en en en en fr", "|| Inc.| Ltd."),
    Country("Brazil", 32, "BRL", "pt pt pt en", "| Ltda| S.A."),
    Country("Spain", 30, "EUR", "es es en", "| S.L.| S.A."),
    Country("Australia", 28, "AUD", "en", "|| Pty Ltd"),
    Country("Netherlands", 24, "EUR", "en", "| B.V."),
    Country("Japan", 22, "JPY", "ja ja ja en", "| K.K."),
    Country("China", 22, "CNY", "zh zh zh en", "| Co., Ltd."),
    Country("Italy", 20, "EUR", "en", "| S.p.A.| S.r.l."),
    Country("Mexico", 18, "MXN", "es es es en", "| S.A. de C.V."),
    Country("Poland", 16, "PLN", "en", "| sp. z o.o.| S.A."),
    Country("Switzerland", 12, "CHF", "de fr en", "| AG| SA"),
    Country("Ireland", 11, "EUR", "en", "| Ltd"),
    Country("Singapore", 10, "SGD", "en", "| Pte. Ltd."),
    Country("Portugal", 9, "EUR", "pt pt en", "| Lda.| S.A."),
    Country("Belgium", 8, "EUR", "fr en en", "| NV| SA"),
    Country("Sweden", 8, "SEK", "en", "| AB"),
    Country("Austria", 7, "EUR", "de de en", "| GmbH"),
    Country("Argentina", 7, "USD", "es es en", "| S.A."),
    Country("Colombia", 6, "USD", "es es en", "| S.A.S."),
    Country("Denmark", 5, "EUR", "en", "| A/S| ApS"),
    Country("Norway", 5, "EUR", "en", "| AS"),
    Country("Chile", 5, "USD", "es es en", "| SpA"),
    Country("South Africa", 5, "ZAR", "en", "| (Pty) Ltd"),
    Country("United Arab Emirates", 5, "USD", "en", "| LLC"),
    Country("Philippines", 5, "USD", "en", "| Inc."),
    Country("Malaysia", 4, "USD", "en", "| Sdn Bhd"),
    Country("Indonesia", 4, "USD", "en", "| PT"),
    Country("South Korea", 4, "USD", "en", "| Co., Ltd."),
    Country("Israel", 4, "USD", "en", "| Ltd."),
    Country("Romania", 4, "EUR", "en", "| S.R.L."),
    Country("Czechia", 4, "EUR", "en", "| s.r.o.| a.s."),
    Country("Finland", 3, "EUR", "en", "| Oy"),
    Country("New Zealand", 3, "AUD", "en", "| Ltd"),
    Country("Turkey", 3, "EUR", "en", "| A.Ş."),
    Country("Hungary", 2, "EUR", "en", "| Kft."),
    Country("Greece", 2, "EUR", "en", "| S.A."),
    Country("Vietnam", 2, "USD", "en", "| JSC"),
    Country("Saudi Arabia", 2, "USD", "en", "| Co."),
    Country("Taiwan", 2, "USD", "en", "| Co., Ltd."),
    Country("Kenya", 2, "USD", "en", "| Ltd"),
    Country("Egypt", 2, "USD", "en", "| S.A.E."),
    Country("Luxembourg", 1, "EUR", "fr en", "| S.à r.l."),
    Country("Unknown", 10, "USD", "en", ""),
)

# Their display texts do not end with the country's name.
_BARE = frozenset({"United States", "Unknown"})

_CITIES = {
    "United States": (
        "New York, NY|Fort Worth, TX|Austin, TX|Houston, TX|Dallas, TX|Chicago, IL|Boston, MA|Seattle, WA"
        "|Denver, CO|Atlanta, GA|San Francisco, CA|Los Angeles, CA|San Diego, CA|Sacramento, CA"
        "|Portland, OR|Phoenix, AZ|Salt Lake City, UT|Minneapolis, MN|St. Louis, MO|Kansas City, MO"
        "|Nashville, TN|Charlotte, NC|Raleigh, NC|Philadelphia, PA|Pittsburgh, PA|Columbus, OH"
        "|Cleveland, OH|Detroit, MI|Milwaukee, WI|Tampa, FL|Miami, FL|Orlando, FL|Baltimore, MD"
        "|Washington, DC|Richmond, VA|New Orleans, LA|Omaha, NE|Boise, ID|Anchorage, AK|Honolulu, HI"
        "|Cañon City, CO|San Francisco Bay Area|New York City Metropolitan Area|Greater Boston"
    ),
    "United Kingdom": (
        "London, England|London, England|Manchester, England|Birmingham, England|Leeds, England"
        "|Bristol, England|Newcastle upon Tyne, England|Cambridge, England|Oxford, England"
        "|Edinburgh, Scotland|Glasgow, Scotland|Aberdeen, Scotland|Cardiff, Wales|Swansea, Wales"
        "|Belfast, Northern Ireland"
    ),
    "India": (
        "Bengaluru, Karnataka|Hyderabad, Telangana|Pune, Maharashtra|Mumbai, Maharashtra"
        "|Chennai, Tamil Nadu|Gurugram, Haryana|Noida, Uttar Pradesh|Kolkata, West Bengal"
        "|Ahmedabad, Gujarat|Kochi, Kerala|Delhi"
    ),
    "Germany": (
        "Berlin|Berlin|München, Bayern|Hamburg|Köln, Nordrhein-Westfalen|Frankfurt am Main, Hessen"
        "|Leipzig, Sachsen|Stuttgart, Baden-Württemberg|Düsseldorf, Nordrhein-Westfalen|Nürnberg, Bayern"
        "|Bremen"
    ),
    "France": (
        "Paris, Île-de-France|Paris, Île-de-France|Lyon, Auvergne-Rhône-Alpes|Toulouse, Occitanie"
        "|Nantes, Pays de la Loire|Bordeaux, Nouvelle-Aquitaine|Lille, Hauts-de-France|Rennes, Bretagne"
        "|Nîmes, Occitanie"
    ),
    "Canada": (
        "Toronto, Ontario|Vancouver, British Columbia|Montréal, Quebec|Calgary, Alberta|Ottawa, Ontario"
        "|Halifax, Nova Scotia|Winnipeg, Manitoba|Québec, Quebec"
    ),
    "Brazil": (
        "São Paulo, São Paulo|Rio de Janeiro, Rio de Janeiro|Belo Horizonte, Minas Gerais"
        "|Curitiba, Paraná|Florianópolis, Santa Catarina|Recife, Pernambuco|Brasília, Federal District"
    ),
    "Spain": (
        "Madrid, Community of Madrid|Barcelona, Catalonia|Valencia, Valencian Community"
        "|Sevilla, Andalusia|Málaga, Andalusia|Bilbao, Basque Country|A Coruña, Galicia"
    ),
    "Australia": (
        "Sydney, New South Wales|Melbourne, Victoria|Brisbane, Queensland|Perth, Western Australia|Hobart, Tasmania"
    ),
    "Netherlands": "Amsterdam, North Holland|Rotterdam, South Holland|Utrecht|Eindhoven, North Brabant",
    "Japan": (
        "Tokyo, Tokyo|Chiyoda-ku, Tokyo|Osaka, Osaka|Yokohama, Kanagawa|Nagoya, Aichi|Fukuoka, Fukuoka"
        "|Sapporo, Hokkaido"
    ),
    "China": (
        "Shanghai, Shanghai|Beijing, Beijing|Shenzhen, Guangdong|Guangzhou, Guangdong|Hangzhou, Zhejiang"
        "|Chengdu, Sichuan"
    ),
    "Italy": "Milan, Lombardy|Rome, Latium|Turin, Piedmont|Bologna, Emilia-Romagna",
    "Mexico": "Mexico City|Monterrey, Nuevo León|Guadalajara, Jalisco|Mérida, Yucatán",
    "Poland": "Warsaw, Mazowieckie|Kraków, Małopolskie|Wrocław, Dolnośląskie|Gdańsk, Pomorskie",
    "Switzerland": "Zürich, Zürich|Genève, Geneva|Basel, Basel|Lausanne, Vaud|Bern, Bern",
    "Ireland": "Dublin, County Dublin|Cork, County Cork|Galway, County Galway",
    "Singapore": "Singapore|Central Region",
    "Portugal": "Lisbon|Porto|Braga|Coimbra|Évora",
    "Belgium": "Brussels, Brussels Region|Antwerp, Flemish Region|Liège, Walloon Region",
    "Sweden": "Stockholm, Stockholm County|Göteborg, Västra Götaland County|Malmö, Skåne County",
    "Austria": "Wien, Vienna|Graz, Styria|Linz, Upper Austria",
    "Argentina": "Buenos Aires|Córdoba, Córdoba|Rosario, Santa Fe",
    "Colombia": "Bogotá, D.C.|Medellín, Antioquia|Cali, Valle del Cauca",
    "Denmark": "København, Capital Region|Aarhus, Central Denmark Region",
    "Norway": "Oslo, Oslo|Bergen, Vestland|Tromsø, Troms",
    "Chile": "Santiago, Santiago Metropolitan Region|Valparaíso, Valparaíso",
    "South Africa": "Cape Town, Western Cape|Johannesburg, Gauteng|Durban, KwaZulu-Natal",
    "United Arab Emirates": "Dubai, Dubai|Abu Dhabi, Abu Dhabi Emirate",
    "Philippines": "Makati, National Capital Region|Cebu City, Central Visayas",
    "Malaysia": "Kuala Lumpur|George Town, Penang",
    "Indonesia": "Jakarta, Jakarta|Bandung, West Java",
    "South Korea": "Seoul, Seoul|Busan, Busan|Pangyo, Gyeonggi",
    "Israel": "Tel Aviv-Yafo, Tel Aviv District|Haifa, Haifa District",
    "Romania": "Bucharest|Cluj-Napoca, Cluj|Iași, Iași|Timișoara, Timiș",
    "Czechia": "Prague|Brno, South Moravia|Plzeň, Plzeň",
    "Finland": "Helsinki, Uusimaa|Jyväskylä, Central Finland",
    "New Zealand": "Auckland, Auckland|Wellington, Wellington|Dunedin, Otago",
    "Turkey": "İstanbul, İstanbul|Ankara, Ankara|İzmir, İzmir",
    "Hungary": "Budapest|Győr, Győr-Moson-Sopron",
    "Greece": "Athens, Attica|Thessaloniki, Central Macedonia",
    "Vietnam": "Ho Chi Minh City|Hà Nội|Đà Nẵng",
    "Saudi Arabia": "Riyadh, Riyadh|Jeddah, Makkah",
    "Taiwan": "Taipei City|Hsinchu",
    "Kenya": "Nairobi, Nairobi County|Mombasa, Mombasa County",
    "Egypt": "Cairo|Alexandria",
    "Luxembourg": "Luxembourg|Esch-sur-Alzette",
    "Unknown": "Remote|Worldwide|EMEA|Latin America|Anywhere",
}
