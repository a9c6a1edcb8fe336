"""What automatic mails say, in the languages of Europe. Pure.

All patterns are for folded text.
"""

from __future__ import annotations

from offers.parsing.folding import compile_words

UNSUBSCRIBE = compile_words(r"""
    newsletter\w* .{0,60}(?:abmeld\w*|abbestell\w*|austragen)
    (?:abmeld\w*|abbestell\w*) .{0,40}newsletter
    unsubscribe|opt[ -]?out of|se désabonner|désinscri\w*|annulla(?:re)? (?:l')?iscrizione
    disiscriv\w*
    uitschrijven|afmelden|wypisz|odhlásit|leiratkoz\w*|darse de baja
    cancelar (?:a )?(?:su )?subscri\w*
    avregistrera|afmeld nyhed\w*|avmeld\w*|dezabon\w*|odjav\w*
    im browser (?:ansehen|anzeigen|öffnen)
    view (?:this|it)? ?(?:e-?mail )?(?:in|online)
""")
# A program says that it is one.
STATEMENT = compile_words(r"""
    dies(?:e|es)? ist eine? (?:automatisch\w*|maschinell\w*|autom\.)
    dies(?:e|es)? (?:e-?mail|mail) (?:wurde|wird|ist) (?:\w+ ){0,2}automatisch (?:erstellt|erzeugt)
    dies(?:e|es)? (?:e-?mail|mail) (?:wurde|wird|ist) (?:\w+ ){0,2}maschinell (?:erstellt|erzeugt)
    dies(?:e|es)? (?:e-?mail|mail) (?:wurde|wird|ist) (?:\w+ ){0,2}automatisch generiert
    dies(?:e|es)? (?:e-?mail|mail) (?:wurde|wird|ist) (?:\w+ ){0,2}automatisch versandt
    dies(?:e|es)? (?:e-?mail|mail) (?:wurde|wird|ist) (?:\w+ ){0,2}maschinell (?:generiert|versandt)
    dies(?:e|es)? nachricht (?:wurde|wird|ist) (?:\w+ ){0,2}automatisch (?:erstellt|erzeugt)
    dies(?:e|es)? nachricht (?:wurde|wird|ist) (?:\w+ ){0,2}maschinell (?:erstellt|erzeugt)
    dies(?:e|es)? antwort (?:wurde|wird|ist) (?:\w+ ){0,2}automatisch (?:erstellt|erzeugt)
    dies(?:e|es)? mitteilung (?:wurde|wird|ist) (?:\w+ ){0,2}automatisch (?:erstellt|erzeugt)
    dies(?:e|es)? antwort (?:wurde|wird|ist) (?:\w+ ){0,2}maschinell (?:erstellt|erzeugt)
    dies(?:e|es)? mitteilung (?:wurde|wird|ist) (?:\w+ ){0,2}maschinell (?:erstellt|erzeugt)
    dies(?:e|es)? nachricht (?:wurde|wird|ist) (?:\w+ ){0,2}automatisch (?:generiert|versandt)
    dies(?:e|es)? nachricht (?:wurde|wird|ist) (?:\w+ ){0,2}maschinell (?:generiert|versandt)
    dies(?:e|es)? antwort (?:wurde|wird|ist) (?:\w+ ){0,2}automatisch (?:generiert|versandt)
    dies(?:e|es)? mitteilung (?:wurde|wird|ist) (?:\w+ ){0,2}automatisch (?:generiert|versandt)
    dies(?:e|es)? antwort (?:wurde|wird|ist) (?:\w+ ){0,2}maschinell (?:generiert|versandt)
    dies(?:e|es)? mitteilung (?:wurde|wird|ist) (?:\w+ ){0,2}maschinell (?:generiert|versandt)
    dies(?:e|es)? (?:e-?mail|mail) (?:wurde|wird|ist) (?:\w+ ){0,2}automatisch verschickt
    dies(?:e|es)? (?:e-?mail|mail) (?:wurde|wird|ist) (?:\w+ ){0,2}automatisch versendet
    dies(?:e|es)? (?:e-?mail|mail) (?:wurde|wird|ist) (?:\w+ ){0,2}maschinell verschickt
    dies(?:e|es)? (?:e-?mail|mail) (?:wurde|wird|ist) (?:\w+ ){0,2}maschinell versendet
    dies(?:e|es)? (?:e-?mail|mail) (?:wurde|wird|ist) (?:\w+ ){0,2}automatisch gesendet
    dies(?:e|es)? (?:e-?mail|mail) (?:wurde|wird|ist) (?:\w+ ){0,2}automatisch beantwortet
    dies(?:e|es)? (?:e-?mail|mail) (?:wurde|wird|ist) (?:\w+ ){0,2}maschinell gesendet
    dies(?:e|es)? (?:e-?mail|mail) (?:wurde|wird|ist) (?:\w+ ){0,2}maschinell beantwortet
    dies(?:e|es)? nachricht (?:wurde|wird|ist) (?:\w+ ){0,2}automatisch (?:verschickt|versendet)
    dies(?:e|es)? nachricht (?:wurde|wird|ist) (?:\w+ ){0,2}maschinell (?:verschickt|versendet)
    dies(?:e|es)? (?:antwort|mitteilung) (?:wurde|wird|ist) (?:\w+ ){0,2}automatisch verschickt
    dies(?:e|es)? (?:antwort|mitteilung) (?:wurde|wird|ist) (?:\w+ ){0,2}automatisch versendet
    dies(?:e|es)? (?:antwort|mitteilung) (?:wurde|wird|ist) (?:\w+ ){0,2}maschinell verschickt
    dies(?:e|es)? (?:antwort|mitteilung) (?:wurde|wird|ist) (?:\w+ ){0,2}maschinell versendet
    dies(?:e|es)? nachricht (?:wurde|wird|ist) (?:\w+ ){0,2}automatisch (?:gesendet|beantwortet)
    dies(?:e|es)? nachricht (?:wurde|wird|ist) (?:\w+ ){0,2}maschinell (?:gesendet|beantwortet)
    dies(?:e|es)? (?:antwort|mitteilung) (?:wurde|wird|ist) (?:\w+ ){0,2}automatisch gesendet
    dies(?:e|es)? (?:antwort|mitteilung) (?:wurde|wird|ist) (?:\w+ ){0,2}automatisch beantwortet
    dies(?:e|es)? (?:antwort|mitteilung) (?:wurde|wird|ist) (?:\w+ ){0,2}maschinell gesendet
    dies(?:e|es)? (?:antwort|mitteilung) (?:wurde|wird|ist) (?:\w+ ){0,2}maschinell beantwortet
    (?:automatisch|maschinell) (?:generierte|erstellte)\w? (?:antwort|nachricht|e-?mail)
    (?:automatisch|maschinell) (?:erzeugte|versendete|versandte)\w? (?:antwort|nachricht|e-?mail)
    (?:automatisch|maschinell) (?:generierte|erstellte)\w? (?:mail|bestätigung|mitteilung)
    (?:automatisch|maschinell) (?:erzeugte|versendete|versandte)\w? (?:mail|bestätigung|mitteilung)
    this is an? (?:\w+ )?auto(?:mated|matic|matically|-?generated|-?reply|mail)
    this is an? (?:\w+ )?out[ -]of[ -]office
    this (?:e-?mail|message) (?:was|is|has been) (?:\w+ ){0,2}(?:automatically|auto-?generated|auto-?sent)
    this (?:reply|response|notification) (?:was|is|has been) (?:\w+ ){0,2}(?:automatically|auto-?generated|auto-?sent)
    (?:automated|automatic|automatically generated) (?:reply|response|message)
    (?:automated|automatic|automatically generated) (?:e-?mail|notification|confirmation)
    (?:ceci est|il s'agit d') ?une? (?:réponse|message|courriel|mail) (?:générée? )?automatique
    (?:message|courriel|réponse) (?:\w+ ){0,2}(?:automatique|généré automatiquement|automatiquement)
    questo è un messaggio (?:generato )?automatic\w*
    (?:messaggio|risposta) (?:\w+ ){0,2}automatic\w*
    (?:dit is een )?automatisch (?:gegenereerd|verzonden|antwoord|bericht)\w*
    automatisch gegenereerde?
    (?:wiadomość|odpowiedź) (?:\w+ ){0,4}automatycz\w+|automatycz\w+ (?:wiadomość|odpowiedź)
    (?:zpráva|e-?mail|odpověď) (?:\w+ ){0,3}automatick\w+
    automatick\w+ (?:zpráva|odpověď|správa|odpoveď)
    (?:správa|odpoveď) (?:\w+ ){0,3}automatick\w+
    automatikus(?:an)? (?:\w+ )?(?:válasz|üzenet|levél)
    (?:mensaje|respuesta|correo|mensagem|resposta) (?:\w+ ){0,3}automátic\w+
    (?:automatiskt?|autogenererat) (?:\w+ ){0,2}(?:svar|meddel\w+|melding|mejl|mail|e-post|besked)
    (?:autogenereret|autogenerert) (?:\w+ ){0,2}(?:svar|meddel\w+|melding|mejl|mail|e-post|besked)
    (?:tämä on )?automaattinen (?:vastaus|viesti)|(?:mesaj|răspuns) (?:\w+ )?(?:generat )?automat
    (?:samodejn|avtomatsk|automatsk)\w+ (?:\w+ )?(?:odgovor|sporočilo|poruka|generir\w+)
""")
# What only notes and acknowledgements say.
FORMULA = compile_words(r"""
    svara ekki (?:tölvu)?pósti|hafið samband við|(?:í|i) fjarveru minni|ef málið er brýnt
    acil (?:durum\w*|konular\w*|hallerde)|e-?posta\w* (?:okuya|yanıtlaya|cevaplaya)m\w+
    zastępuje mnie|zastupuje m[eě]|zastupuje ma|helyettes\w*|sijais\w*|mă înlocuiește|vervangt mij
    mi sostituisce|me sustituye|substitui-me|nadomešča me|zamjenjuje me|(?:stedfortræder|vikar) er
    no se (?:reenvían|reenvian|leen)|nu sunt (?:redirecționate|citite)|steht ihnen .{0,60}zur verfügung
    (?:e-?mails?|mails?|nachrichten) lese ich nicht|keine (?:e-?mails|mails)|in der zwischenzeit
    dringende (?:\w+ )?(?:anliegen|anfragen|fälle|fragen)|in meiner abwesenheit|hilft ihnen
    automatically forwarded|access to (?:my )?(?:e-?mail|messages)|limited access
    (?:accès|acces) (?:\w+ ){0,3}(?:messagerie|mails?|e-?mails?)|veuillez (?:adresser|contacter)
    merci de (?:contacter|vous adresser)|accesso (?:\w+ ){0,3}(?:posta|e-?mail|mail)
    (?:acceso|acesso) (?:\w+ ){0,3}(?:correo|e-?mail|mail)|si es urgente|nu am acces
    (?:přístup|prístup|pristup\w*|dostępu) (?:\w+ ){0,3}(?:k |do )?(?:e-?mail|e-?po[sš]t|poczt)
    nie są (?:przekierowywane|przekazywane|czytane)|nem olvas\w+|ikke l(?:æ|e)st|sjekker ikke
    (?:læser|leser|läser) (?:ikke|inte)|kontakt(?:a|er)? (?:gärna|venligst|gjerne|kollega)|palattuani
    na vaše? (?:\w+ )?(?:sporočilo|poruku) odgov\w+|ne bom prebir\w+
    (?:e-?mails?|mails?|nachrichten?) (?:\w+ ){0,5}nicht (?:\w+ )?(?:gelesen|weitergeleitet)
    (?:e-?mails?|mails?|nachrichten?) (?:\w+ ){0,5}nicht (?:\w+ )?bearbeitet
    (?:e-?mails?|mails?|nachrichten?) (?:\w+ ){0,5}nicht (?:\w+ )?(?:beantwortet|abgerufen)
    (?:lese|bearbeite) (?:\w+ ){0,5}(?:e-?mails?|mails|nachrichten) (?:\w+ ){0,3}nicht
    (?:beantworte|rufe) (?:\w+ ){0,5}(?:e-?mails?|mails|nachrichten) (?:\w+ ){0,3}nicht
    (?:wird|werden) (?:\w+ ){0,2}nicht (?:\w+ )?(?:weitergeleitet|gelesen|bearbeitet)
    (?:keinen|nur (?:eingeschränkten?|begrenzten?|sporadischen?)|eingeschränkten?) (?:\w+ )?zugriff
    (?:in|bei) (?:sehr )?(?:dringenden?|eiligen?) (?:\w+ )?(?:fällen|fall|angelegenheiten)
    (?:in|bei) (?:sehr )?(?:wichtigen?|zeitkritischen) (?:\w+ )?(?:fällen|fall|angelegenheiten)
    (?:in|bei) (?:sehr )?(?:dringenden?|eiligen?) (?:\w+ )?(?:anliegen|anfragen|fragen|themen)
    (?:in|bei) (?:sehr )?(?:wichtigen?|zeitkritischen) (?:\w+ )?(?:anliegen|anfragen|fragen|themen)
    (?:bei|in) (?:dringlichkeit|dringenden|notfällen)|während meiner abwesenheit
    (?:in|während) dieser zeit (?:\w+ ){0,3}(?:nicht|vertr|wenden|an )
    (?:meine|ihre) (?:urlaubs)?vertretung|(?:vertritt|vertreten) mich
    werde ich (?:\w+ )?(?:vertreten|durch)
    bitte (?:antworten|senden) sie nicht (?:direkt )?(?:auf|an) dies\w+
    nicht auf diese (?:e-?mail|nachricht|mail)
    wenden sie sich (?:\w+ ){0,4}(?:an|bitte)|nach (?:meiner|unserer) rückkehr
    (?:not|don't) (?:be )?(?:read|forwarded|monitored|checking|reading) ?(?:\w+ ){0,2}
    limited (?:access|e-?mail)
    (?:for|in|if|with) (?:\w+ ){0,5}(?:urgent|emergenc|immediate)\w*|during my absence|in my absence
    (?:do not|don't|not) (?:\w+ )?reply to this|please contact|(?:up)?on my return|when i return
    (?:en cas d'urgence|pour toute urgence|durant mon absence)
    (?:pendant mon absence|à mon retour|dès mon retour)
    (?:ne pas|merci de ne pas) (?:répondre|y répondre)
    (?:ne seront|ne sera) pas (?:transmis|lus|lu|transféré)\w*
    (?:in caso di urgenza|per (?:urgenze|questioni urgenti))
    (?:durante la mia assenza|al mio (?:rientro|ritorno))
    (?:non rispondere|si prega di non rispondere)
    (?:accesso limitato|non (?:verranno|saranno) (?:letti|inoltrat\w))
    (?:bij|in|voor) (?:\w+ )?(?:dringende|spoed\w*|urgente)|tijdens mijn afwezigheid
    neem (?:dan )?contact
    niet (?:worden )?(?:gelezen|doorgestuurd)|(?:beantwoord|reageer) niet op|na mijn terugkeer
    w (?:pilnych|nagłych) sprawach|w (?:sprawach|przypadku) pilnych
    (?:proszę|prosimy) (?:o )?(?:kontakt|nie odpowiadać)
    (?:podczas|w czasie) (?:mojej )?nieobecności|po powrocie|ograniczony dostęp
    (?:v naléhavých|v neodkladných|v urgentních|v nutných) |v (?:nutném|naléhavém) případě
    v době (?:mé )?nepřítomnosti
    (?:neodpovídejte|neodpovedajte)|(?:obraťte|obracejte|obráťte) se na|kontaktujte
    po (?:mém |svém )?návratu
    v (?:súrnych|naliehavých|nevyhnutn\w+)|počas (?:mojej )?neprítomnosti|po návrate|obráťte sa
    sürgős (?:esetben|ügyben)|távollétem (?:alatt|ideje)|ne válaszoljon|visszatérésem|forduljon
    (?:en caso de urgencia|para (?:asuntos|temas) urgentes)
    (?:durante mi ausencia|a mi (?:regreso|vuelta)|asuntos urgentes)
    (?:no responda|no respondan)
    (?:em caso de urgência|assuntos urgentes|durante a minha ausência|no meu regresso)
    não responda|contacte (?:o|a)\b|(?:vid|i) (?:brådskande|akuta|brådska)
    under min (?:frånvaro|semester)
    (?:svara|besvara) inte|läser inte|läses inte|(?:ved|i) (?:hastende|presserende|haste|akutte)\w*
    under mit fravær|i mitt fravær
    (?:kan ikke besvares|svar ikke|besvar ikke)|kiireellis\w+|poissaoloni aikana
    (?:älä|älkää) vastaa|ei lueta
    (?:în caz de urgență|pentru (?:urgențe|situații urgente)|în lipsa mea)
    (?:nu răspundeți|vă rog să contactați|la întoarcere)
    (?:v nujnih|za nujne) (?:primerih|zadeve)|v moji odsotnosti|ne odgovarjajte|po vrnitvi
    obrnite (?:se )?na
    (?:u hitnim|za hitne) (?:slučajevima|slučajeve)|za vrijeme (?:moje|mog) odsutnosti
    ne odgovarajte|po povratku|obratite se
""")
THANKS_FOR_MAIL = compile_words(r"""
    (?:vielen |besten |herzlichen )?dank für (?:ihre?|deine?) (?:e-?mail|mail|nachricht)
    (?:vielen |besten |herzlichen )?dank für (?:eure|die|das) (?:e-?mail|mail|nachricht)
    (?:vielen |besten |herzlichen )?dank für (?:ihre?|deine?|eure|die|das) (?:anfrage|mitteilung)
    (?:vielen |besten |herzlichen )?dank für (?:ihre?|deine?|eure|die|das) (?:zuschrift|kontakt\w*)
    danke für (?:ihre?|deine?|eure|die|das) (?:e-?mail|mail|nachricht|anfrage|mitteilung|zuschrift)
    (?:thank you|thanks|many thanks) for your (?:e-?mail|message|mail)
    (?:thank you|thanks|many thanks) for your (?:inquiry|enquiry|request|interest)
    (?:thank you|thanks|many thanks) for contacting
    (?:thank you|thanks|many thanks) for (?:getting in touch|reaching)
    merci (?:de|pour) votre (?:message|mail|courriel|e-?mail|demande)
    nous vous remercions (?:de|pour) votre (?:message|demande|mail)
    grazie per (?:la (?:sua|tua|vostra) |il (?:suo|tuo|vostro) |averci )?(?:e-?mail|mail)
    grazie per (?:la (?:sua|tua|vostra) |il (?:suo|tuo|vostro) |averci )?messaggio
    grazie per (?:la (?:sua|tua|vostra) |il (?:suo|tuo|vostro) |averci )?(?:richiesta|contattat\w)
    (?:bedankt|dank|hartelijk dank) voor (?:uw|je|jouw|het) (?:e-?mail|mail|bericht|vraag|aanvraag)
    dziękuj[ęe]\w* za (?:\w+ )?(?:wiadomość|e-?mail|maila|kontakt)
    děkuj[ui]\w* za (?:\w+ )?(?:zprávu|e-?mail|mail)
    ďakuj\w+ za (?:\w+ )?(?:správu|e-?mail)
    köszön\w+ (?:a |az )?(?:levelét|üzenetét|megkeresését|e-?mailjét)
    gracias por (?:su|tu|contactar) ?(?:mensaje|correo|e-?mail|mail)?
    obrigad[oa] (?:pelo|pela) (?:seu|sua) (?:e-?mail|mensagem|contacto)
    tack för (?:ditt|din|ert) (?:mejl|mail|meddelande|e-post)
    tak for (?:din|deres) (?:mail|e-?mail|besked|henvendelse)
    takk for (?:din|deres) (?:e-post|mail|melding|henvendelse)
    kiitos (?:viestist\w+|sähköpost\w+|yhteydenot\w+)
    (?:vă )?mulțumesc (?:pentru|de) (?:\w+ )?(?:mesaj\w*|e-?mail\w*)
    hvala (?:vam )?(?:za|na) (?:\w+ )?(?:sporočilo|e-?mail|poruci|upitu|poruku|mailu)
""")
PROMISE = compile_words(r"""
    schnellstmöglich|so (?:schnell|rasch|bald) (?:wie|als) möglich|umgehend|baldmöglichst|in kürze
    zeitnah|zum nächstmöglichen
    (?:melden|melde) (?:uns|mich)|wird (?:\w+ )?bearbeitet|innerhalb von \d+
    as soon as (?:possible|i|we)|get back to you|be in touch|shortly|within \d+|respond to you
    dans les (?:plus brefs|meilleurs) délais|dès que possible|sous \d+ heures|il prima possibile
    al più presto|entro \d+
    zo (?:snel|spoedig) mogelijk|jak najszybciej|co nejdříve|čo najskôr|amint lehet|hamarosan
    lo antes posible|a la brevedad|o mais (?:breve|rapidamente) possível
    så (?:snart|fort) (?:som )?mö?jlig\w*|hurtigst muligt
    så snart (?:vi|jeg|jag)|mahdollisimman (?:pian|nopeasti)|cât mai curând|čim prej|takoj ko
    u najkraćem roku|što prije
""")
# The mail has arrived, says a program or an assistant.
ACKNOWLEDGEMENT = compile_words(r"""
    your (?:message|e-?mail|request) (?:[^ ]+ ){0,3}(?:has been|was) received|you(?:'ve| have) reached
    accus(?:ons|e) (?:bonne )?réception|we (?:usually |aim to )?(?:reply|respond|answer) within
    (?:ihre?|deine) (?:nachricht|e-?mail|mail|anfrage) (?:\w+ ){0,4}(?:eingegangen|erhalten)
    (?:ihre?|deine) (?:nachricht|e-?mail|mail|anfrage) (?:\w+ ){0,4}(?:registriert|erfasst)
    (?:ihre?|deine) (?:mitteilung|meldung|anliegen|bestellung) (?:\w+ ){0,4}(?:eingegangen|erhalten)
    (?:ihre?|deine) (?:mitteilung|meldung|anliegen|bestellung) (?:\w+ ){0,4}(?:registriert|erfasst)
    (?:ihre?|deine) (?:nachricht|e-?mail|mail|anfrage) (?:\w+ ){0,4}(?:weitergeleitet|zugestellt)
    (?:ihre?|deine) (?:nachricht|e-?mail|mail|anfrage) (?:\w+ ){0,4}(?:empfangen|bearbeitet)
    (?:ihre?|deine) (?:mitteilung|meldung) (?:\w+ ){0,4}(?:weitergeleitet|zugestellt)
    (?:ihre?|deine) (?:anliegen|bestellung) (?:\w+ ){0,4}(?:weitergeleitet|zugestellt)
    (?:ihre?|deine) (?:mitteilung|meldung|anliegen|bestellung) (?:\w+ ){0,4}(?:empfangen|bearbeitet)
    haben (?:wir )?(?:ihre?|deine) (?:nachricht|e-?mail) (?:\w+ ){0,3}erhalten
    haben (?:wir )?(?:ihre?|deine) (?:nachricht|e-?mail) (?:\w+ ){0,3}(?:empfangen|registriert)
    haben (?:wir )?(?:ihre?|deine) (?:mail|anfrage) (?:\w+ ){0,3}(?:erhalten|empfangen|registriert)
    haben (?:wir )?(?:ihre?|deine) (?:mitteilung|meldung) (?:\w+ ){0,3}erhalten
    haben (?:wir )?(?:ihre?|deine) (?:mitteilung|meldung) (?:\w+ ){0,3}(?:empfangen|registriert)
    haben (?:wir )?(?:ihre?|deine) (?:anliegen|bestellung) (?:\w+ ){0,3}erhalten
    haben (?:wir )?(?:ihre?|deine) (?:anliegen|bestellung) (?:\w+ ){0,3}(?:empfangen|registriert)
    (?:ticket|vorgang|fall|anfrage)\b (?:[^ ]+ ){0,4}(?:erstellt|eröffnet|angelegt|erfasst)
    haben (?:sie|diese) (?:\w+ )?erhalten|(?:nachricht|e-?mail|mail|anfrage) haben wir erhalten
    (?:vorgangs|ticket|fall|bearbeitungs|referenz)-?nummer
    (?:your|this) (?:\w+ )?(?:message|e-?mail) (?:[^ ]+ )?(?:has been|was) (?:\w+ )?received
    (?:your|this) (?:\w+ )?message (?:[^ ]+ )?(?:has been|was) (?:\w+ )?(?:created|logged)
    (?:your|this) (?:\w+ )?e-?mail (?:[^ ]+ )?(?:has been|was) (?:\w+ )?(?:created|logged)
    (?:your|this) (?:\w+ )?(?:request|ticket) (?:[^ ]+ )?(?:has been|was) (?:\w+ )?received
    (?:your|this) (?:\w+ )?request (?:[^ ]+ )?(?:has been|was) (?:\w+ )?(?:created|logged)
    (?:your|this) (?:\w+ )?ticket (?:[^ ]+ )?(?:has been|was) (?:\w+ )?(?:created|logged)
    (?:your|this) (?:\w+ )?(?:message|e-?mail) (?:[^ ]+ )?(?:have been|is being) (?:\w+ )?received
    (?:your|this) (?:\w+ )?(?:message|e-?mail) (?:[^ ]+ )?have been (?:\w+ )?(?:created|logged)
    (?:your|this) (?:\w+ )?(?:message|e-?mail) (?:[^ ]+ )?is being (?:\w+ )?(?:created|logged)
    (?:your|this) (?:\w+ )?(?:request|ticket) (?:[^ ]+ )?(?:have been|is being) (?:\w+ )?received
    (?:your|this) (?:\w+ )?(?:request|ticket) (?:[^ ]+ )?have been (?:\w+ )?(?:created|logged)
    (?:your|this) (?:\w+ )?(?:request|ticket) (?:[^ ]+ )?is being (?:\w+ )?(?:created|logged)
    (?:your|this) (?:\w+ )?(?:message|e-?mail) (?:[^ ]+ )?(?:has been|was) (?:\w+ )?opened
    (?:your|this) (?:\w+ )?(?:message|e-?mail) (?:[^ ]+ )?(?:has been|was) (?:\w+ )?registered
    (?:your|this) (?:\w+ )?(?:request|ticket) (?:[^ ]+ )?(?:has been|was) (?:\w+ )?opened
    (?:your|this) (?:\w+ )?(?:request|ticket) (?:[^ ]+ )?(?:has been|was) (?:\w+ )?registered
    (?:your|this) (?:\w+ )?(?:message|e-?mail) (?:[^ ]+ )?have been (?:\w+ )?(?:opened|registered)
    (?:your|this) (?:\w+ )?(?:message|e-?mail) (?:[^ ]+ )?is being (?:\w+ )?(?:opened|registered)
    (?:your|this) (?:\w+ )?(?:request|ticket) (?:[^ ]+ )?have been (?:\w+ )?(?:opened|registered)
    (?:your|this) (?:\w+ )?(?:request|ticket) (?:[^ ]+ )?is being (?:\w+ )?(?:opened|registered)
    (?:your|this) (?:\w+ )?(?:message|e-?mail) (?:[^ ]+ )?(?:has been|was) (?:\w+ )?assigned
    (?:your|this) (?:\w+ )?(?:message|e-?mail) (?:[^ ]+ )?(?:has been|was) (?:\w+ )?processed
    (?:your|this) (?:\w+ )?(?:request|ticket) (?:[^ ]+ )?(?:has been|was) (?:\w+ )?assigned
    (?:your|this) (?:\w+ )?(?:request|ticket) (?:[^ ]+ )?(?:has been|was) (?:\w+ )?processed
    (?:your|this) (?:\w+ )?(?:message|e-?mail) (?:[^ ]+ )?have been (?:\w+ )?(?:assigned|processed)
    (?:your|this) (?:\w+ )?(?:message|e-?mail) (?:[^ ]+ )?is being (?:\w+ )?(?:assigned|processed)
    (?:your|this) (?:\w+ )?(?:request|ticket) (?:[^ ]+ )?have been (?:\w+ )?(?:assigned|processed)
    (?:your|this) (?:\w+ )?(?:request|ticket) (?:[^ ]+ )?is being (?:\w+ )?(?:assigned|processed)
    (?:your|this) (?:\w+ )?(?:inquiry|enquiry) (?:[^ ]+ )?(?:has been|was) (?:\w+ )?received
    (?:your|this) (?:\w+ )?inquiry (?:[^ ]+ )?(?:has been|was) (?:\w+ )?(?:created|logged)
    (?:your|this) (?:\w+ )?enquiry (?:[^ ]+ )?(?:has been|was) (?:\w+ )?(?:created|logged)
    (?:your|this) (?:\w+ )?(?:inquiry|enquiry) (?:[^ ]+ )?(?:have been|is being) (?:\w+ )?received
    (?:your|this) (?:\w+ )?(?:inquiry|enquiry) (?:[^ ]+ )?have been (?:\w+ )?(?:created|logged)
    (?:your|this) (?:\w+ )?(?:inquiry|enquiry) (?:[^ ]+ )?is being (?:\w+ )?(?:created|logged)
    (?:your|this) (?:\w+ )?(?:query|case|order) (?:[^ ]+ )?(?:has been|was) (?:\w+ )?received
    (?:your|this) (?:\w+ )?query (?:[^ ]+ )?(?:has been|was) (?:\w+ )?(?:created|logged)
    (?:your|this) (?:\w+ )?(?:case|order) (?:[^ ]+ )?(?:has been|was) (?:\w+ )?(?:created|logged)
    (?:your|this) (?:\w+ )?(?:query|case|order) (?:[^ ]+ )?(?:have been|is being) (?:\w+ )?received
    (?:your|this) (?:\w+ )?(?:query|case|order) (?:[^ ]+ )?have been (?:\w+ )?(?:created|logged)
    (?:your|this) (?:\w+ )?(?:query|case|order) (?:[^ ]+ )?is being (?:\w+ )?(?:created|logged)
    (?:your|this) (?:\w+ )?(?:inquiry|enquiry) (?:[^ ]+ )?(?:has been|was) (?:\w+ )?opened
    (?:your|this) (?:\w+ )?(?:inquiry|enquiry) (?:[^ ]+ )?(?:has been|was) (?:\w+ )?registered
    (?:your|this) (?:\w+ )?(?:inquiry|enquiry) (?:[^ ]+ )?have been (?:\w+ )?(?:opened|registered)
    (?:your|this) (?:\w+ )?(?:inquiry|enquiry) (?:[^ ]+ )?is being (?:\w+ )?(?:opened|registered)
    (?:your|this) (?:\w+ )?(?:query|case|order) (?:[^ ]+ )?(?:has been|was) (?:\w+ )?opened
    (?:your|this) (?:\w+ )?(?:query|case|order) (?:[^ ]+ )?(?:has been|was) (?:\w+ )?registered
    (?:your|this) (?:\w+ )?(?:query|case|order) (?:[^ ]+ )?have been (?:\w+ )?(?:opened|registered)
    (?:your|this) (?:\w+ )?(?:query|case|order) (?:[^ ]+ )?is being (?:\w+ )?(?:opened|registered)
    (?:your|this) (?:\w+ )?(?:inquiry|enquiry) (?:[^ ]+ )?(?:has been|was) (?:\w+ )?assigned
    (?:your|this) (?:\w+ )?(?:inquiry|enquiry) (?:[^ ]+ )?(?:has been|was) (?:\w+ )?processed
    (?:your|this) (?:\w+ )?(?:inquiry|enquiry) (?:[^ ]+ )?have been (?:\w+ )?(?:assigned|processed)
    (?:your|this) (?:\w+ )?(?:inquiry|enquiry) (?:[^ ]+ )?is being (?:\w+ )?(?:assigned|processed)
    (?:your|this) (?:\w+ )?(?:query|case|order) (?:[^ ]+ )?(?:has been|was) (?:\w+ )?assigned
    (?:your|this) (?:\w+ )?(?:query|case|order) (?:[^ ]+ )?(?:has been|was) (?:\w+ )?processed
    (?:your|this) (?:\w+ )?(?:query|case|order) (?:[^ ]+ )?have been (?:\w+ )?(?:assigned|processed)
    (?:your|this) (?:\w+ )?(?:query|case|order) (?:[^ ]+ )?is being (?:\w+ )?(?:assigned|processed)
    (?:we|i) (?:have )?(?:successfully )?received your (?:\w+ )?(?:message|e-?mail|request)
    (?:we|i) (?:have )?(?:successfully )?received your (?:\w+ )?(?:inquiry|enquiry|query|order)
    (?:ticket|case|reference) (?:number|id|#)|a (?:new )?(?:ticket|case) (?:has been|was)
    votre message (?:[^ ]+ ){0,2}a (?:bien )?été (?:bien )?(?:reçue?|enregistrée?)
    votre (?:demande|courriel) (?:[^ ]+ ){0,2}a (?:bien )?été (?:bien )?(?:reçue?|enregistrée?)
    votre message (?:[^ ]+ ){0,2}a (?:bien )?été (?:bien )?(?:prise?|transmise?)
    votre (?:demande|courriel) (?:[^ ]+ ){0,2}a (?:bien )?été (?:bien )?(?:prise?|transmise?)
    votre (?:mail|e-?mail|commande) (?:[^ ]+ ){0,2}a (?:bien )?été (?:bien )?(?:reçue?|enregistrée?)
    votre (?:mail|e-?mail|commande) (?:[^ ]+ ){0,2}a (?:bien )?été (?:bien )?(?:prise?|transmise?)
    (?:avons|ai) bien reçu votre (?:message|demande|courriel|mail|e-?mail)
    numéro de (?:ticket|dossier|demande)
    (?:abbiamo|ho) ricevuto (?:il suo|la sua|la tua) (?:messaggio|e-?mail)
    (?:abbiamo|ho) ricevuto (?:il suo|la sua|la tua) (?:mail|richiesta|comunicazione)
    (?:abbiamo|ho) ricevuto (?:il tuo|la vostra|il vostro) (?:messaggio|e-?mail)
    (?:abbiamo|ho) ricevuto (?:il tuo|la vostra|il vostro) (?:mail|richiesta|comunicazione)
    (?:la sua|il suo|la vostra|il vostro) (?:richiesta|messaggio|e-?mail) è stat[oa]
    numero (?:di )?ticket|preso in carico
    (?:uw|je) (?:bericht|e-?mail|mail|vraag|aanvraag) (?:\w+ ){0,3}(?:ontvangen|geregistreerd)
    hebben (?:uw|je) (?:bericht|e-?mail|vraag|aanvraag)|ticketnummer
    otrzymaliśmy (?:\w+ )?(?:wiadomość|zgłoszenie|e-?mail)
    zgłoszenie (?:[^ ]+ ){0,3}(?:zarejestrowane|przyjęte|utworzone)|numer zgłoszenia
    (?:obdrželi|přijali|prijali|dostali) (?:jsme|sme) (?:vaši |váš |vašu )?(?:zprávu|e-?mail)
    (?:obdrželi|přijali) (?:jsme|sme) (?:vaši |váš |vašu )?(?:správu|požadavek|dotaz)
    (?:prijali|dostali) (?:jsme|sme) (?:vaši |váš |vašu )?(?:správu|požadavek|dotaz)
    (?:požadavek|požiadavka) (?:[^ ]+ ){0,3}(?:zaregistrov|přijat|zaevid|prijat)\w*
    megkaptuk|(?:üzenete|levele|megkeresése) (?:\w+ )?(?:megérkezett|rögzít\w+)
    (?:hemos|he) recibido (?:su|tu) (?:mensaje|correo|solicitud|consulta|e-?mail)
    su (?:mensaje|solicitud|consulta) ha sido|número de (?:ticket|caso|incidencia)
    recebemos (?:a sua|o seu|a tua) (?:mensagem|e-?mail|pedido|solicitação)
    (?:sua|seu) (?:mensagem|pedido|e-?mail) foi|número (?:do|de) (?:ticket|pedido)
    (?:vi har|har vi) (?:mottagit|modtaget) (?:ditt|din|ert|deres|di) (?:\w+ )?(?:mejl|mail)
    (?:vi har|har vi) (?:mottagit|modtaget) (?:ditt|din|ert|deres|di) (?:\w+ )?(?:meddelande|ärende)
    (?:vi har|har vi) (?:mottatt|tagit emot) (?:ditt|din|ert|deres|di) (?:\w+ )?(?:mejl|mail)
    (?:vi har|har vi) (?:mottatt|tagit emot) (?:ditt|din) (?:\w+ )?(?:meddelande|ärende)
    (?:vi har|har vi) (?:mottatt|tagit emot) (?:ert|deres|di) (?:\w+ )?(?:meddelande|ärende)
    (?:vi har|har vi) (?:mottagit|modtaget) (?:ditt|din) (?:\w+ )?(?:e-post|henvendelse)
    (?:vi har|har vi) (?:mottagit|modtaget) (?:ert|deres|di) (?:\w+ )?(?:e-post|henvendelse)
    (?:vi har|har vi) (?:mottatt|tagit emot) (?:ditt|din) (?:\w+ )?(?:e-post|henvendelse)
    (?:vi har|har vi) (?:mottatt|tagit emot) (?:ert|deres|di) (?:\w+ )?(?:e-post|henvendelse)
    (?:vi har|har vi) (?:mottagit|modtaget) (?:ditt|din|ert|deres|di) (?:\w+ )?besked
    (?:vi har|har vi) (?:mottagit|modtaget) (?:ditt|din|ert|deres|di) (?:\w+ )?(?:melding|e-?mail)
    (?:vi har|har vi) (?:mottatt|tagit emot) (?:ditt|din|ert|deres|di) (?:\w+ )?besked
    (?:vi har|har vi) (?:mottatt|tagit emot) (?:ditt|din|ert|deres|di) (?:\w+ )?(?:melding|e-?mail)
    (?:ditt|din|ert) (?:ärende|meddelande|henvendelse) (?:\w+ ){0,2}(?:mottaget|registrer\w+)
    (?:ditt|din|ert) (?:ärende|meddelande|henvendelse) (?:\w+ ){0,2}(?:mottagits|modtaget|mottatt)
    (?:ditt|din|ert) (?:mejl|sag|melding|e-post) (?:\w+ ){0,2}(?:mottaget|registrer\w+)
    (?:ditt|din|ert) (?:mejl|sag|melding|e-post) (?:\w+ ){0,2}(?:mottagits|modtaget|mottatt)
    (?:ärende|sags|saks)nummer
    (?:olemme vastaanottaneet|vastaanotettu) (?:viesti\w*|pyyntö\w*)|viestinne on|viestisi on
    tapausnumero
    am primit (?:mesajul|solicitarea|e-?mailul)
    (?:mesajul|solicitarea) (?:\w+ )?a fost (?:primit|înregistrat)\w*
    prejeli smo vaše? (?:sporočilo|zahtevo|povpraševanje)
    vaše (?:sporočilo|povpraševanje) (?:\w+ )?(?:prejeto|sprejeto)|zaprimili smo
    (?:primili|zaprimili) smo (?:vašu poruku|vaš upit|vašu)
""")
# A program lets mails through only after a reply: it says what it is, and what to do.
GUARD = compile_words(r"""
    spam-?\w{0,10}|anti-?spam\w*|absender\w{0,15}|zugestellt|zustell\w*|zurückgehalten|quarantäne
    (?:sender|e-?mail) verification|quarantine\w*|(?:not (?:yet )?be|be) delivered|held|whitelist\w*
    allow-?list\w*|(?:a )?human|unknown sender|boxbe|mailinblack|spamarrest|protect\w* (?:my|this)
    correo no deseado|antispam|filtro|remitente|protegid\w+|posta indesiderata|mittente|protett\w+
    indésirables?|expéditeur|beveilig\w+|ongewenste|afzender\w*|consegn\w+|abgeliefert|protected
    liste blanche|protég[ée]e?|en attente|lista bianca|in attesa|bezorg\w*|dostarcz\w*|entregad\w*
""")
CLICK = compile_words(r"""
    klick\w* (?:\w+ ){0,4}link|(?:klick|link) (?:\w+ ){0,6}bestätig\w*|bestätigen sie (?:\w+ ){0,6}absender
    (?:klick|klicken)\b .{0,40}(?:link|zugestellt)|(?:über|auf) (?:\w+ ){0,3}link|erst nach (?:\w+ )?klick
    (?:click|follow) (?:\w+ ){0,4}(?:link|here|button)|verify (?:that )?(?:you|your)|link below
    (?:reply|respond) to this (?:message|e-?mail) to (?:confirm|verify)|confirm (?:that )?you
    (?:cliquez|cliquer) (?:\w+ ){0,4}(?:lien|ici)|clicc\w+ (?:\w+ ){0,4}(?:link|qui)
    (?:hier|einmalig|einmal) bestätigen|bestätigen sie .{0,40}(?:hier|link|adresse)|code ein(?:geben|zugeben)
    (?:confirm|verify|press|enter) .{0,40}(?:link|here|button|below|code|address)
    (?:pulse|haga clic|pinche|siga|confirme) .{0,30}(?:enlace|aquí|botón|dirección)
    (?:clicc|conferm|prem)\w+ .{0,40}(?:link|qui|pulsante|indirizzo)
    (?:cliqu|confirm|suiv|valid)\w+ .{0,40}(?:lien|ici|bouton|adresse)
    (?:klik|bevestig)\w* .{0,40}(?:link|hier|knop|adres)
    klik (?:\w+ ){0,4}(?:link|hier)|kliknij|klikn[eě]t\w*|haga clic|clique (?:\w+ ){0,3}(?:link|aqui)
""")
# What a gateway says about a mail that it keeps back.
QUARANTINE = compile_words(r"""
    (?:wurde|wird|ist) .{0,80}(?:in (?:die |der )?quarantäne|unter quarantäne)
    (?:was|been|is|being) (?:placed|held|moved|put|kept)? ?(?:in|into|under) (?:\w+ )?quarantine
    (?:was|been|is being) (?:quarantined|held (?:for|by|until|pending))
    (?:mis|mise|placé|placée|retenu|retenue|bloqué|bloquée) .{0,30}(?:en|dans la) quarantaine
    (?:messo|messa|posto|posta|trattenuto|trattenuta|bloccato) .{0,30}in quarantena
    (?:puesto|puesta|retenido|retenida|enviado|bloqueado) .{0,30}en cuarentena
    (?:is|werd|wordt) .{0,60}in quarantaine|in quarantaine (?:geplaatst|gehouden)
""")
RECEIPT_TEXT = compile_words(r"""
    (?:dies ist )?eine? (?:lese|empfangs|eingangs)bestätigung (?:\(.{0,40}\) )?für
    ihre (?:nachricht|e-?mail) .{0,200}wurde (?:am .{0,60})?(?:gelesen|geöffnet|angezeigt)
    this is a (?:return|read|delivery) receipt
    your (?:message|e-?mail) .{0,200}(?:was|has been) (?:(?:read|opened) (?:on|at|by)|displayed|deleted)
    (?:ceci est un |)accusé de (?:réception|lecture)
    votre message .{0,200}a été (?:lu|ouvert|affiché)
    (?:questa è una )?(?:ricevuta|conferma) di (?:ritorno|lettura)
    il (?:suo|tuo|vostro) messaggio .{0,200}è stato letto
    (?:dit is een )?(?:lees|ontvangst)bevestiging|uw bericht .{0,200}is gelezen
    (?:potwierdzenie (?:przeczytania|odczytu)|potvrzení o přečtení|olvasási visszaigazolás)
    (?:confirmación de lectura|läskvitto|lukukuittaus)
    final-recipient ?:|disposition ?: ?(?:manual|automatic)-action
""")
