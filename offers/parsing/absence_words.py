"""The words of out-of-office notes in the languages of Europe. Pure.

All patterns are for folded text. Each block is a language: German, English, French, Italian, Dutch,
Polish, Czech, Slovak, Hungarian, Spanish, Portuguese, Swedish, Danish, Norwegian, Finnish,
Romanian, Slovene, Croatian.
"""

from __future__ import annotations

from offers.parsing.folding import compile_words

# Somebody is away.
AWAY = compile_words(r"""
    actualmente estoy fuera|estoy fuera|(?:på|pa) kurs\w*|er even niet|niet op kantoor
    [\w-]{0,12}urlaub\w*|[\w-]{0,12}ferien(?!haus|wohn|park|heim|anlage)\w*|teilzeit|betriebsruhe
    abwesen\w*|au(?:ss|ß)er haus(?:e)?\b
    nicht (?:\w+ )?(?:im|in|am|an|vor ort|anwesend)
    nicht (?:\w+ )?(?:erreichbar|da\b|verfügbar|besetzt|mehr da\b|persönlich)
    (?:auf|in) (?:\w+ )?(?:(?:dienst|geschäfts|hochzeits|auslands)?reisen?|reha|kur|messe)\b
    (?:auf|in) (?:\w+ )?(?:schulung|fortbildung|lehrgang|tagung)\b|auf montage\b
    unterwegs|krank\w*|\w*elternzeit|\w*mutterschutz\w*|mutterschaft\w*|sabbatical|karenz
    geschlossen
    offline\b|(?:nur )?(?:eingeschränkt|bedingt|sporadisch|unregelmässig) (?:erreichbar|verfügbar)
    out of (?:the )?(?:office|town|country)|(?:am|i'm|be|are|we're|is|currently) (?:\w+ )?away
    away (?:from (?:the |my )?(?:office|desk|work)|until|till|on|this|next|for|today)|away$
    (?:on|annual|\w+nity|parental|sick) leave|(?:on|my|annual|summer) (?:a )?(?:vacation|holidays?)
    (?:vacation|holidays?) (?:until|till|from|through)|absent\b|absence\b
    not (?:be )?(?:in (?:the )?office|in (?:today|until|this)|at (?:my desk|work)|available)
    not (?:be )?(?:reachable|checking|reading)\b|(?:be |are |is |office |shop )closed|closed (?:for|from)
    closed (?:until|till|between|due|over|on)|(?:am|be|going) offline|offline (?:until|till|from)
    unavailable|limited access|travell?ing|ooo\b|off (?:work|until|till|today|sick)
    no access to (?:my )?(?:e-?mail|mail)
    absente?s?|absence|en formation|congés?\b|vacances|en déplacement|hors du bureau|ferm[ée]e?s?\b
    indisponible
    (?:pas|peu) (?:disponible|joignable|au bureau|présente?)
    assent[ei]|assenza|ferie|fuori (?:ufficio|sede)|in viaggio|chius[aoie]\b|(?:in )?maternità
    in trasferta
    non (?:sono|sarò|saremo|siamo) (?:in ufficio|disponibil\w|raggiungibil\w|present\w|in sede)
    afwezig\w*|vakantie|verlof|niet (?:aanwezig|bereikbaar|op kantoor|beschikbaar|werkzaam)
    buiten (?:het )?kantoor|gesloten|vrij tot
    (?:na )?(?:urlop\w*|zwolnieni\w*)|nieobecn\w*|poza biurem|niedostępn\w*|nie ma mnie
    (?:w )?delegacji|nieczynn\w*
    dovolen\w*|nepřítom\w*|mimo kancelář\w*|nedostupn\w*|služební cest\w*|zavřen\w*|nebudu
    neprítom\w*|mimo kancelári\w*|(?:na )?služobnej ceste|zatvoren\w*
    szabadság\w*|nem (?:vagyok|leszek|tartózkodom|elérhető)|távol\w*|irodán kívül|zárva
    vacaciones|fuera de (?:la |mi )?oficina|ausente|ausencia|de viaje|de baja|cerrad[ao]s?
    no (?:estoy|estaré|estaremos) (?:en|disponible)
    férias|fora do escritório|ausência|licença|encerrad[ao]s?|fechad[ao]s?|indisponível
    não (?:estou|estarei|me encontro)
    semest\w*|frånvar\w*|(?:föräldra|tjänst|barn)?ledig\w*|bortrest|tjänsteresa|stängt
    inte (?:på|tillgänglig|anträffbar|nås)
    (?:sommer|jule|vinter|efterårs|påske)?ferie(?:n|r|dag\w*)?\b
    fravær\w*|forretningsrejse|barsel\w*|lukket|ikke (?:på|til stede|tilgængelig|i )
    bortreist|permisjon|stengt|ikke tilgjengelig|holder fri|har fri
    (?:kesä|talvi|vuosi)?loma\w*|poissa\w*|en ole|vapaalla|matkoilla|virkamatkalla|suljettu
    (?:în )?concediu\w*|nu (?:sunt|voi fi)|absent[ăae]?|plecat\w*|în afara biroului|delegație|închis
    dopust\w*|odsot\w*|nisem (?:v|dosegljiv\w*)|službeni poti|zaprt[oai]\b
    (?:na )?(?:godišnj\w*|odmor\w*)|odsut\w*|izvan ureda|nisam (?:u|dostup\w*)|službenom putu
    bolovanj\w*
    (?:í|i) (?:sumar|jóla|páska|vetrar)?(?:fríi|leyfi)|fjarverandi|orlof\w*|ekki (?:við|á skrifstof\w*)
    tatil(?:de|im)\w*|yıllık izin\w*|ofis(?:in)? dışında\w*|ofiste değil\w*|ofiste olmaya\w*
    puhkusel|atostog\w*|atvaļināj\w*|izin(?:de|li)\w*|άδεια|εκτός γραφείου|отпуск\w*|відпуст\w*
""")

# These are said of other things as well: `Das liegt nicht in unserem Budget`.
LOOSE = compile_words(r"""
    nicht|geschlossen|unterwegs|krank|offline|teilzeit|not|closed|unavailable|travel|no access
    ferm|indisponible|pas|peu|chius|non|niet|gesloten|nieczynn|niedost|nedostup|zavren|nebudu|zatvoren
    nem|zarva|tavol|cerrad|no|nao|encerrad|fechad|stangt|inte|lukket|ikke|stengt|suljettu|en ole
    nu|inchis|zaprt|nisam|nisem|plecat|away|in trasferta|absence
""")
# The writer or the own company is the subject.
OWN_SUBJECT = compile_words(r"""
    (?:wir (?:haben|sind)|haben wir|sind wir|\w*büros?|betrieb|geschäft|werkstatt|firma|unternehmen)\b
    (?:we are|we're|we will|office|offices|company|ufficio|uffici|azienda|entreprise|bureaux?)\b
    (?:kantoor|bedrijf|biuro|kancelar\w*|irod\w*|oficinas?|empresa|escritorio|kontor\w*|toimisto\w*)
    (?:biroul|firma|pisarn\w*|ured|cégünk|vállalatunk|vi (?:har|holder|är|er))\b
""")
# German says with them who is away: `Wir planen den Umbau in den Ferien` says nothing.
BEING = compile_words(r"""
    (?:bin|sind|befinde\w*|weile\w*|habe|haben|hätten|mache|machen|geniess\w*|genieß\w*|verbringe)\b
    (?:werde|werden|bleib\w*|verabschiede\w*|ist|mein\w*)\b
""")
IN_GERMAN = compile_words(
    r"[\w-]{0,12}urlaub|[\w-]{0,12}ferien|abwesen|\w*elternzeit|\w*mutterschutz"
)

# Somebody is there again.
BACK = compile_words(r"""
    beantwort\w*|antworte\w*|bearbeit\w*|reopen\w*|réouvert\w*|riapert\w*|répond\w*|traiter\w*
    rispond\w*|beantwoord\w*|odpowi\w*|odpov\w*|válaszol\w*|respond\w*|svar\w*|vastaan|răspund\w*
    zurück\w*|wieder|erreichbar|\w*rückkehr\w*|retour
    back\b|return\w*|available|resum\w*|respond|repl(?:y|ies)\b
    retour|de nouveau|à nouveau|repren\w*|reprise|revien\w*|joignable|rentre\w*
    rient\w*|disponib\w*|torn\w*|di nuovo
    terug\w*|weer|aanwezig|bereikbaar
    wrac\w*|wróc\w*|powro\w*|powrót\w*|ponownie|z powrotem|będę dostępn\w*
    vrát\w*|vrac\w*|návrat\w*|zpět|zpátky|opět|znovu|k dispozici
    späť|opäť|znova|k dispozícii
    vissza\w*|ismét|újra|elérhető
    vuelv\w*|volver\w*|vuelta|regres\w*|reincorpor\w*|de nuevo|estaré disponible
    regress\w*|volt[aeo]\w*|retorn\w*|disponível|novamente
    tillbaka|åter\b|åter\w*|igen|nås\b|tillgänglig
    tilbage|igen|tilbake|igjen|retur|træffes
    pala[ant]\w*|takaisin|jälleen|tavoitettavissa|paluu\w*|taas
    revin\w*|reven\w*|înapoi|întor\w*|din nou
    nazaj|vrn\w*|vrač\w*|ponovno|spet|dosegljiv\w*
    aftur|til baka|dönece\w*|dönüş\w*|geri dön\w*|tekrar
    natrag|vraća\w*|povrat\w*|opet|dostup\w*
""")

# The same, said so that nothing else can be meant.
RETURN = compile_words(r"""
    wieder (?:\w+ ){0,3}(?:erreichbar|da\b|im (?:büro|haus|dienst))
    wieder (?:\w+ ){0,3}(?:für sie|zurück|anwesend|verfügbar)
    zurück (?:im|in|am|ab)\b|(?:be|am|are|i'm) back\b|back (?:in the office|at (?:my desk|work))
    back (?:on )?(?:monday|tuesday|wednesday|thursday|friday)|return (?:on|to the office)
    returning (?:on|to the office|monday)
    de retour|rientr(?:o|erò|eremo)\b|torner\w+|terug (?:op|in)\b|weer (?:aanwezig|bereikbaar|op)\b
    wrac(?:am|amy)\b(?! do tem)|wróc[ęi]\w*|vrátím\w*|vrátim\w*|zpět (?:v|od)\b|späť (?:v|od)\b|visszatér\w*
    vuelvo|volveré|regres(?:o|aré|sarei|so)\b|(?:är|er) (?:tillbaka|tilbage|tilbake)|palaan
    revin\b|revenim|vrnem|vračam|vraćam
""")

# The writer speaks of himself or of the own company.
FIRST_PERSON = compile_words(r"""
    (?:ich|mich|mir|wir|uns|bin|sind|melde|unser\w*|meine\w*)\b
    (?:i|i'm|i'll|we|we're|me|us|am|my|our|office)\b
    (?:je|j'\w+|nous|suis|serai|serons|sommes|mon|ma|mes|notre|nos)\b
    (?:sono|sarò|siamo|saremo|mio|mia|nostr[aoi]|uffici[oi])\b
    (?:ik|ben|wij|we|zijn|ons|onze|mijn|kantoor)\b
    (?:jestem|będę|przebywam|jesteśmy|będziemy|wracam|moj\w*|nasz\w*|biuro|firma)\b
    (?:jsem|budu|jsme|budeme|čerpám|náš|naše|kancelář|nebudu|som|budem|sme|čerpám)\b
    (?:vagyok|leszek|vagyunk|leszünk|tartózkodom|irodánk|cégünk)\b
    (?:estoy|estaré|estamos|estaremos|me|nos|nuestr\w+|encuentro|oficina)\b
    (?:estou|estarei|estamos|estaremos|encontro|nosso|nossa|nossos)\b
    (?:jag|vi|mig|oss|min|mitt|vårt|vår)\b
    (?:jeg|vi|mig|meg|os|min|mit|vores|vår|vårt)\b
    (?:olen|olemme|en|emme|toimisto\w*|yritykse\w*)\b
    (?:sunt|suntem|voi|vom|mă|ne)\b
    (?:sem|smo|bom|bomo|nisem|moj\w*|naš\w*)\b
    (?:sam|smo|ću|ćemo|nisam|naš\w*)\b
    olen|esu|εγώ|είμαι|я|мы|ég\b|við (?:erum|verðum)|skrifstofan\b|ben\b|biz\b
    (?:izinde|izinli|tatilde|dışında)(?:yim|yiz)|değil(?:im|iz)\b|ofisimiz
""")

# Somebody else: `Frau Lutz ist bis Freitag im Urlaub`.
THIRD_PERSON = compile_words(r"""
    (?:chef\w*|boss|bauherr\w*|inhaber\w*|geschäftsführer\w*|architekt\w*|auftraggeber\w*|kunde)\b
    (?:client|customer|husband|wife|owner|manager|patron|capo|cliente|titolare|mann|partner)\b
    (?:frau|herrn?|kolleg\w*|\w*lieferant\w*|vertreter\w*|vertretung|stellvertret\w*|hersteller)\b
    (?:mr|mrs|ms|colleagues?|he|she|they|suppliers?|deputy|manufacturer)\b
    (?:monsieur|madame|mme|collègues?|fournisseur\w*|colleg[ah]\w*|fornitor\w+|signor\w*)\b
    (?:mevrouw|meneer|dhr|mevr|leverancier\w*|pan|pani|pán|paní|dostawc\w*|dodavatel\w*)\b
    (?:señora?|sr|sra|senhora?|herr|fru|leverantör\w*|leverandør\w*|domnul|doamna|gospa|gospod\w*)\b
""")
FIRST_SINGULAR = compile_words(r"""
    (?:ich|mich|mir|bin|i|i'm|i'll|am|me|je)\b
    (?:j'\w+|suis|serai|sono|sarò|ik|ben|jestem|będę|przebywam)\b
    (?:jsem|budu|nebudu|som|budem|vagyok|leszek|tartózkodom)\b
    (?:estoy|estaré|estou|estarei|jag|jeg|mig|meg)\b
    (?:ég|izindeyim|izinliyim|tatildeyim|dışındayım|değilim|olacağım)\b
    (?:olen|en|sunt|sem|bom|nisem|sam|nisam|ću|mă|я)\b
""")

# The day belongs to something else than an absence.
OTHER_MATTER = compile_words(r"""
    gültig\w*|\w*frist|lieferbar|liefer\w*|rückmeld\w*|antworten sie|\w*angebot\w*|offert\w*
    aktion\w*
    \w*rabatt\w*|bewerb\w*|anmeld\w*|\w*preise?\b|bestellen sie|sichern sie|rechnung\w*|\w*vertrag
    valid|offers?\b|quot\w+|deadline|register|discount|sale|promotion\w*|invoice|deliver\w*
    order by
    valables?|validité|offres?|devis|livr\w+|factur\w+|scad\w+|valid[oa]|offert[ae]|consegn\w+
    geldig|korting|levering|ważn\w*|platn\w*|érvényes|válid[oa]|vál\w+|giltig|gyldig|voimassa
    valabil
    veljav\w*|vrijed\w*
""")
OTHER_PLACE = compile_words(r"""
    \w*messe\w*|\w*ausstell\w*|\w*hausausstellung|halle|messestand|stand\b|tag der offenen
    besuchen sie
    (?:trade )?fairs?|\w*expo\w*|exhibition|trade show|booth|hall|visit us|meet us|open day
    salon|foire|hall|visitez|retrouvez|fiera|stand|padiglione|visitate|beurs|vakbeurs|bezoek ons
    targi\w*|targach|veletrh\w*|veľtrh\w*|výstav\w*|kiállít\w*|vásáron|feria|feira|mässa\w*|messen
    messut|messuilla|târg\w*|sejem|sejm\w*|saj(?:am|m)\w*
    \w*termin\w*|besprechung\w*|treffen|webinar\w*|seminar\w*|veranstalt\w*|workshop\w*|einladung\w*
    meetings?|appointments?|events?|conference|rendez-vous|rdv|réunion|appuntament\w*|riunion\w*
    afspraak|spotkani\w*|schůzk\w*|stretnut\w*|megbeszél\w*|reunión|cita\b|reunião|möte|møde|møte
    kokous|ședin\w*|sestank\w*|sastan\w*
""")
OTHER_LIFE = compile_words(r"""
    \w*shop|portal|hotline|server|ansprechpartner\w*
    contact person|interlocut\w+|referente|contactpersoon|kontaktperson\w*
    (?:\w+-)*adress\w*|postfach|\w*nummer\w*|domain|konto|system|website|webseite|telefonanlage
    umzug\w*
    umziehen|zieh\w+|neue\w* anschrift|e-mail-adress\w*
    address\w*|mailbox|account|numbers?|phone|moving|move|relocat\w*
    adresse\w*|numéro|boîte|déménag\w*|indirizz\w*|casella|numero|traslo\w*|adres\w*|číslo
    doručov\w*
    direccion\w*|endereço\w*|osoite\w*|naslov\w*|cím\w*
""")
# Somebody has left for good.
NOT_ANY_MORE = compile_words(r"""
    nicht (?:mehr|länger) (?:\w+ ){0,3}(?:für|bei|tätig|beschäftigt|im unternehmen|in der firma)
    ausgeschieden|(?:unternehmen|firma) (?:\w+ ){0,3}verlass\w*|ruhestand
    no longer (?:work\w*|employed|with (?:the|this) company|at)|have left|leaving the company|retired
    ne (?:travaille|fais) plus|quitté|à la retraite|non lavoro più|niet meer werkzaam
    już nie pracuj\w*|nie pracuj\w* już|již nepracuj\w*|už nepracuj\w*|ya no trabaj\w*
    já não trabalh\w*
    (?:arbetar|arbejder|jobber) (?:\w+ )?(?:inte|ikke) (?:længere|lenger|kvar)|slutat
""")
# A note says whom to ask until then: `wenden Sie sich bis zum 7.12. an`.
DEPUTY = compile_words(r"""
    (?:wenden|kontaktieren|rufen|schreiben|melden) sie|vertritt|vertreten|vertretung
    (?:contact|reach out|call|cover\w*|filling in)|contact\w*|remplac\w*|adress\w* (?:vous|à)
    rivolg\w*|contattat\w*|neem contact|skontakt\w*|kontakt\w*|contacte\w*|póngase|contact\w*
""")
