"""What the demo is made of: a metal builder near St. Gallen, its salespeople, customers, products
and what people write. All fictitious.
"""

from __future__ import annotations

from dataclasses import dataclass

DOMAIN = "muster-metallbau.example"
COMPANY = "Muster Metallbau AG"
LEGAL_NOTICE = (
    "Muster Metallbau AG, Industriestrasse 12, 9015 St. Gallen\n"
    "Handelsregister CHE-000.000.000, Geschäftsführung: Anna Huber, MWST CHE-000.000.000"
)


@dataclass(frozen=True)
class Salesperson:
    """A salesperson. `share` is the part of all offers that this one writes."""

    username: str
    first_name: str
    last_name: str
    phone: str
    share: float

    @property
    def email(self) -> str:
        return f"{self.username}@{DOMAIN}"

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"


@dataclass(frozen=True)
class Firm:
    """A customer's company with the people who ask for offers, as `(first name, last name)`."""

    name: str
    domain: str
    language: str
    people: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Product:
    """What is offered, by language, and the usual amount in EUR."""

    de: str
    fr: str
    it: str
    en: str
    amount: int


SALESPEOPLE = (
    Salesperson("p.vogt", "Petra", "Vogt", "+41 71 555 01 11", 0.34),
    Salesperson("r.ammann", "Reto", "Ammann", "+41 71 555 01 12", 0.28),
    Salesperson("s.kessler", "Sabine", "Keßler", "+49 7531 555 113", 0.22),
    Salesperson("l.bernasconi", "Luca", "Bernasconi", "+41 91 555 01 14", 0.16),
)

FIRMS = (
    Firm("Bühler Bau AG", "buehler-bau.example", "de", (("Jörg", "Bühler"), ("Nadja", "Frei"))),
    Firm("Öztürk Immobilien GmbH", "oeztuerk-immobilien.example", "de", (("Ayse", "Öztürk"),)),
    Firm(
        "Stadtwerke Musterstadt",
        "stadtwerke-musterstadt.example",
        "de",
        (("Klaus", "Weiß"), ("Ines", "Lange")),
    ),
    Firm("Hotel Seeblick", "hotel-seeblick.example", "de", (("Monika", "Graf"),)),
    Firm("Schreinerei Zumstein", "schreinerei-zumstein.example", "de", (("Urs", "Zumstein"),)),
    Firm(
        "Architekturbüro Lindner + Partner",
        "lindner-partner.example",
        "de",
        (("Eva", "Lindner"), ("Tim", "Roth")),
    ),
    Firm(
        "Wohnbau Bodensee eG",
        "wohnbau-bodensee.example",
        "de",
        (("Holger", "Maier"), ("Britta", "Sauer")),
    ),
    Firm("Gemeinde Oberdorf", "gemeinde-oberdorf.example", "de", (("Franziska", "Egli"),)),
    Firm("Alpenrad GmbH", "alpenrad.example", "de", (("Stefan", "Gruber"),)),
    Firm("Käserei Hinterberg", "kaeserei-hinterberg.example", "de", (("Beat", "Ackermann"),)),
    Firm(
        "Spital Rheintal",
        "spital-rheintal.example",
        "de",
        (("Dr. Regula", "Hofer"), ("Marco", "Thoma")),
    ),
    Firm("Autohaus Krämer", "autohaus-kraemer.example", "de", (("Dieter", "Krämer"),)),
    Firm(
        "Logistik Nord SE", "logistik-nord.example", "de", (("Jana", "Petersen"), ("Ole", "Hansen"))
    ),
    Firm("Weingut Donauleiten", "weingut-donauleiten.example", "de", (("Elisabeth", "Wimmer"),)),
    Firm("Tischlerei Pichler", "tischlerei-pichler.example", "de", (("Johann", "Pichler"),)),
    Firm(
        "Bergbahnen Hochjoch",
        "bergbahnen-hochjoch.example",
        "de",
        (("Andreas", "Mair"), ("Petra", "Köll")),
    ),
    Firm(
        "Genossenschaft Sonnenhof", "genossenschaft-sonnenhof.example", "de", (("Ruth", "Baumann"),)
    ),
    Firm("Elektro Schnell GmbH", "elektro-schnell.example", "de", (("Uwe", "Schnell"),)),
    Firm("Kieswerk Thurau", "kieswerk-thurau.example", "de", (("Walter", "Brunner"),)),
    Firm(
        "Schulverwaltung Westkreis",
        "schulverwaltung-westkreis.example",
        "de",
        (("Birgit", "Jung"),),
    ),
    Firm(
        "Brauerei Löwenbräu Musterdorf",
        "brauerei-musterdorf.example",
        "de",
        (("Max", "Huber"), ("Lena", "Vogl")),
    ),
    Firm("Textilwerk Säntis AG", "textilwerk-saentis.example", "de", (("Silvia", "Keller"),)),
    Firm("Reederei Überlingen", "reederei-ueberlingen.example", "de", (("Jens", "Möller"),)),
    Firm(
        "Maschinenbau Götz KG",
        "maschinenbau-goetz.example",
        "de",
        (("Frank", "Götz"), ("Sandra", "Böhm")),
    ),
    Firm(
        "Menuiserie du Léman SA",
        "menuiserie-leman.example",
        "fr",
        (("Élodie", "Favre"), ("Marc", "Dubois")),
    ),
    Firm("Régie Genevoise Sàrl", "regie-genevoise.example", "fr", (("François", "Rochat"),)),
    Firm(
        "Edilizia Ticino SA",
        "edilizia-ticino.example",
        "it",
        (("Paolo", "Rossi"), ("Chiara", "Bianchi")),
    ),
    Firm("Albergo Lago", "albergo-lago.example", "it", (("Giulia", "Conti"),)),
    Firm(
        "Lakeside Property Ltd",
        "lakeside-property.example",
        "en",
        (("Alice", "Morgan"), ("Peter", "O'Neill")),
    ),
    Firm("Nordic Boats AB", "nordic-boats.example", "en", (("Søren", "Åkesson"),)),
)

PRODUCTS = (
    Product("Stahltreppe", "Escalier en acier", "Scala in acciaio", "Steel staircase", 14_800),
    Product("Geländer und Handlauf", "Garde-corps", "Parapetto", "Railing and handrail", 6_400),
    Product("Balkonanlage", "Balcons", "Balconi", "Balcony system", 38_500),
    Product("Vordach mit Glas", "Marquise en verre", "Pensilina in vetro", "Glass canopy", 9_200),
    Product(
        "Brandschutztür T30",
        "Porte coupe-feu EI30",
        "Porta tagliafuoco EI30",
        "Fire door EI30",
        4_700,
    ),
    Product("Fluchttreppe", "Escalier de secours", "Scala di emergenza", "Fire escape", 27_300),
    Product(
        "Fassadenunterkonstruktion",
        "Sous-construction de façade",
        "Sottostruttura",
        "Façade substructure",
        61_000,
    ),
    Product(
        "Tor mit Antrieb", "Portail motorisé", "Cancello motorizzato", "Motorised gate", 11_900
    ),
    Product("Carport", "Abri de voiture", "Tettoia auto", "Carport", 8_300),
    Product(
        "Wartung Toranlagen",
        "Entretien de portails",
        "Manutenzione cancelli",
        "Gate maintenance",
        1_900,
    ),
    Product(
        "Podest und Laufsteg",
        "Plateforme et passerelle",
        "Piattaforma",
        "Platform and walkway",
        17_600,
    ),
    Product("Wintergarten", "Véranda", "Veranda", "Conservatory", 44_000),
)

# The words before and after the number, as salespeople really write them.
SUBJECTS = {
    "de": (
        "Ihr Angebot {number} {product} {place}",
        "Angebot Nr. {number} für {product}",
        "Unser Angebot {number}: {product}, {place}",
        "AW: Anfrage {product} - Angebot {number}",
        "Offerte {number} / {product} / {place}",
    ),
    "fr": ("Offre {number} {product}", "Notre offre N° {number}: {product}"),
    "it": ("Offerta n. {number} {product}", "Preventivo {number} {product}, {place}"),
    "en": ("Quotation {number} - {product}", "Our quotation No. {number}: {product}, {place}"),
}
PLACES = (
    "Musterstrasse 12",
    "Neubau Seeweg",
    "Haus B",
    "Werk 2",
    "Ueberbauung Burgweg",
    "Trakt Süd",
    "Lager Ost",
    "Bahnhofplatz 3",
)

# What customers write beside a decline reason, by its code, and how often each reason is chosen.
COMMENTS = {
    "price": (
        "Ein Mitbewerber lag rund 12 % darunter.",
        "Bei gleicher Leistung war Ihr Angebot das teuerste von drei.",
        "",
    ),
    "budget": ("Der Preis hat unser Budget leider überschritten.", ""),
    "competitor": (
        "Wir haben uns für einen Betrieb aus der Nachbarschaft entschieden.",
        "Vergeben an unseren bisherigen Partner.",
        "",
    ),
    "no-decision": ("Der Gemeinderat hat abgelehnt.", ""),
    "postponed": (
        "Das Bauvorhaben verschiebt sich auf das nächste Jahr.",
        "Die Baubewilligung fehlt noch.",
    ),
    "scope": (
        "Wir hätten die Montage gern mit im Angebot gehabt.",
        "Es war ein anderer Umfang gemeint.",
    ),
    "delivery-time": (
        "14 Wochen Lieferzeit sind für uns zu lang.",
        "Wir brauchen die Treppe bis Ende Mai.",
    ),
    "other": ("Das Projekt wurde eingestellt.", "Die Liegenschaft wird verkauft."),
}
REASON_WEIGHTS = {
    "price": 30,
    "budget": 9,
    "competitor": 20,
    "no-decision": 8,
    "postponed": 14,
    "scope": 6,
    "delivery-time": 10,
    "other": 3,
}
INTERESTED_COMMENTS = (
    "",
    "",
    "Bitte rufen Sie mich wegen der Termine an.",
    "Können Sie die Treppe auch verzinkt anbieten?",
    "Passt soweit, wir warten noch auf die Freigabe des Bauherrn.",
)
REPLIES = (
    "Guten Tag\n\nbesten Dank, wir melden uns Ende der Woche.\n\nFreundliche Grüsse",
    "Hallo,\n\nkönnen wir dazu kurz telefonieren? Ich bin ab 14 Uhr erreichbar.\n\nGruß",
    "Guten Tag\n\ndie Unterlagen liegen beim Architekten, bitte noch etwas Geduld.\n\nMit freundlichen Grüßen",
)
