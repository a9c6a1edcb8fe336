"""How the subjects of automatic mails begin, in the languages of Europe. Pure.

All patterns are for folded text. They are matched at the beginning.
"""

from __future__ import annotations

import re

from offers.parsing.folding import compile_words

# With these a program begins the subject of its reply.
PLAIN_SUBJECT = compile_words(r"""
    automatische[rs]? (?:antwort|rückantwort|abwesenheit|e-?mail-?antwort|antwort-?mail|nachricht)
    automatische (?:empfangs|eingangs)bestätigung|autom\. ?antwort|automatisches antwortschreiben
    abwesenheits?(?:notiz|meldung|nachricht|assistent|info\w*|hinweis|benachrichtigung|agent)\b
    auto(?:matic|mated)?[ -]?(?:reply|response|responder|answer)\b|auto ?:
    out[ -]of[ -](?:the[ -])?office(?= ?:| re\b|$)
    (?:vacation|holiday|ooo) (?:reply|response|notice|message)|ooo ?:
    r[ée]ponse automatique|message d'absence|(?:avis|notification) d'absence
    risposta automatica|risposta automatizzata|messaggio di assenza
    automatisch (?:antwoord|bericht)|automatische (?:reactie|beantwoording)|afwezigheidsbericht
    (?:odpowiedź automatyczna|automatyczna odpowiedź|autoodpowiedź|powiadomienie o nieobecności)
    (?:automatická odpověď|automatická odpoveď|odpověď v nepřítomnosti|oznámení o nepřítomnosti)
    automatikus (?:válasz|üzenet)|távolléti (?:válasz|üzenet)|házon kívül
    respuesta automática|mensaje automático|resposta automática|ausência temporária
    autosvar|automatiskt? (?:svar|meddelande|svarsmelding)|frånvaromeddelande|fraværsmeddelelse
    fraværsassistent|fraværsmelding|automaattinen (?:vastaus|poissaoloviesti)|automaattivastaus
    poissaoloilmoitus|poissaoloviesti|răspuns automat|mesaj automat
    (?:samodejni|avtomatski) odgovor|(?:samodejno|avtomatsko) sporočilo|automatski odgovor
    automatska poruka|automaatvastus|automatinis atsakymas|automātiska atbilde|otomatik (?:yanıt|cevap)
    sjálfvirkt (?:svar|fjarvist\w*)|fjarvistar\w*|ofis dışında
    αυτόματη απάντηση|автоматичен отговор|автоматический ответ|автоответ|автоматична відповідь
""")
_RECEIPT_WORD = compile_words(
    r"""
    zugestellt|delivered|remis|consegnato|(?:un|nicht )?gelesen|ungelesen gelöscht|gelöscht
    lesebestätigung|empfangsbestätigung
    (?:not )?read|(?:not )?displayed|return receipt|read receipt|receipt|deleted|opened
    (?:non )?lu|lu et supprimé|accusé de (?:réception|lecture)|confirmation de lecture
    (?:non )?lett[oa]|lettura|conferma di lettura|ricevuta di (?:ritorno|lettura)
    (?:niet |on)?gelezen|leesbevestiging|ontvangstbevestiging
    (?:nie )?(?:przeczytan[oeay]|odczytan[oeay])|potwierdzenie (?:przeczytania|odczytu|odczytania)
    (?:ne)?přečten[oaáý]\w*|potvrzení o přečtení|(?:ne)?prečítan[éeáoý]\w*|potvrdenie o prečítaní
    (?:el)?olvas(?:va|ás|ott|ási)\w*|olvasatlan|olvasási visszaigazolás|olvasási jelentés
    (?:no )?leíd[oa]|confirmación de lectura|acuse de recibo|(?:não )?lid[oa]|recibo de leitura
    (?:o)?läst|läskvitto|(?:u)?læst|læsekvittering|kvittering for læsning|(?:u)?lest|lesebekreftelse
    (?:ei )?luettu|lukukuittaus|lukematon|(?:ne)?citit[ăe]?|confirmare de citire
    (?:ne)?prebran[oa]|potrdilo o branju|(?:ne)?pročitan[oa]|potvrda o čitanju
    loetud|perskaityta|izlasīts|okundu|αναγνώστηκε|прочетено|прочитано|прочтено
    """
)
RECEIPT_SUBJECT = re.compile(_RECEIPT_WORD.pattern + r"\s?(?:\(.{0,30}\)\s?)?(?::|- |$)")
# With these a person may begin a subject as well: somebody is away.
ABSENCE_SUBJECT = compile_words(r"""
    abwesenheit\b|abwesend\b|urlaub(?! .{0,30}angebot)\b
    (?:unsere? )?betriebs(?:urlaub|ferien|ruhe|schlie\w+)
    werks?ferien|(?:weihnachts|sommer|winter)ferien|ferien(?:abwesenheit)?\b(?!-)|weihnachtspause
    ich bin (?:derzeit |zurzeit |zur zeit |aktuell |bis .{0,20})?(?:nicht im|abwesend)
    ich bin (?:derzeit |zurzeit |zur zeit |aktuell |bis .{0,20})?(?:au(?:ss|ß)er|im urlaub)
    (?:nicht im büro|au(?:ss|ß)er haus|nicht erreichbar|urlaubsvertretung|urlaubsnotiz)\b
    wir haben geschlossen|unser (?:büro|betrieb) ist|(?:bin )?im urlaub\b
    out[ -]of[ -](?:the[ -])?office|on (?:vacation|holiday|annual leave|leave)\b|ooo\b
    (?:i am|i'm|we are) (?:currently )?(?:away|out of|on leave|on vacation|closed)\b
    away from|annual leave|office (?:closed|closure)|company holidays?|we are closed
    (?:christmas|summer) (?:closure|shutdown|break)|absent?\b|absent (?:from|until)
    absence\b|absente?\b|absen(?:t|ce) du bureau|congés?\b|fermeture|en vacances
    assenza|assente|ferie\b|fuori sede|fuori ufficio|chiusura (?:aziendale|estiva|natalizia|per)
    afwezig\w*|vakantie\b|met vakantie|gesloten|urlop|nieobecność|przerwa świąteczna
    dovolená|nepřítomnost|neprítomnost|dovolenka|celozávodní
    szabadság|távollét|vacaciones|ausencia|fuera de la oficina|ausente|férias|ausência|fora do
    semester\b|frånvaro|inte på kontoret|ferie\b|fravær|ikke på kontoret|lomalla|poissa|loma\b
    (?:jule|sommer|påske)?stengt|stängt|lukket|karácsonyi|zárva|sluiting\w*|vánoční provoz
    concediu|absen[țt]\w*|dopust|odsotnost|godišnji odmor|odsutnost|izvan ureda|kollektivni
""")
# The mail has arrived, or has to be confirmed.
ARRIVAL_SUBJECT = compile_words(r"""
    (?:ihre?|deine) (?:anfrage|nachricht|e-?mail|mitteilung|mail) (?:ist|wurde|bei uns|an uns|\[)
    (?:eingangs|empfangs)bestätigung|bestätigung (?:ihrer|des eingangs)|wir haben ihre
    (?:ticket|vorgang|case|fall) ?(?:#|nr|id|\[|\d)|neues ticket
    (?:vielen )?dank für ihre (?:nachricht|anfrage|e-?mail)
    bitte bestätigen sie (?:ihre (?:nachricht|e-?mail|mail)|den versand|ihre e-?mail)
    (?:your )?(?:request|ticket|case|message|enquiry|inquiry) (?:[^ ]+ )?(?:received|has been|was)
    (?:your )?(?:request|ticket|case) (?:[^ ]+ )?(?:created|opened|#)|we (?:have )?received your
    thank you for (?:contacting|your (?:message|e-?mail|inquiry|enquiry|request))
    (?:please )?(?:confirm|verify) your (?:message|e-?mail)|message (?:awaiting|pending)
    (?:message|mail|e-?mail) quarantined|quarantine (?:notice|notification)|quarantäne-?\w*
    nachricht zurück(?:gestellt|gehalten)|confirme su (?:correo|mensaje|dirección)
    confermi? (?:il suo|la sua) (?:messaggio|e-?mail|indirizzo)|bevestig uw (?:bericht|e-?mail|adres)
    sender verification|votre (?:demande|message) a|accusé de réception|abbiamo ricevuto
    (?:veuillez )?confirmez votre (?:message|envoi)|ontvangstbevestiging|wij hebben uw
    uw (?:bericht|vraag) is|otrzymaliśmy|potwierdzenie otrzymania|potvrzení přijetí
    (?:vi har )?mottagit|bekräftelse|kvittering|conferma di ricezione|confirmación de recepción
""")
NEWSLETTER_SUBJECT = compile_words(r"""
    (?:[^ ]+ ){0,3}\w*newsletter|rundschreiben|rundbrief|(?:[^ ]+ ){0,3}lettre d'information
    infolettre
    nieuwsbrief|biuletyn|hírlevél|boletín|nyhetsbrev|nyhedsbrev|uutiskirje|infomail
""")
ORDER_SUBJECT = compile_words(r"""
    (?:unsere )?\w*bestellung(?!seingang)\b|auftragserteilung|auftrag\b
    (?:purchase |our )?order\b(?! (?:received|confirm))|po\b
    (?:bon de )?commande|ordine|bestelling|zamówienie|objednávka|megrendelés|pedido|encomenda
    beställning|bestilling|ordre|tilaus|comandă|naročilo|narudžb\w+|absage|zusage
""")
