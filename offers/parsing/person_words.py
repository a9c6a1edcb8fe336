"""What people say in answers to an offer, in the languages of our customers. Pure.

All patterns are for folded text.
"""

from __future__ import annotations

from offers.parsing.folding import compile_words

# A person decides, asks or negotiates.
DECISION = compile_words(r"""
    (?:wir|ich) bestellen?\b|bestellen? (?:wir|ich)\b
    bitte (?:\w+ ){0,5}(?:bestellen|bestelle)\b(?! sie)|hiermit bestell\w+
    bitte (?:\w+ ){0,6}(?:ausführen|liefern|anfertigen|produzieren|fertigen|umsetzen|einplanen)\b
    bitte (?:\w+ ){0,6}(?:veranlassen|loslegen|starten|einbauen|montieren|reservieren)\b
    nehmen? (?:wir |ich )?(?:\w+ ){0,3}(?:angebot|offerte?|offert)\w* (?:[^ ]+ ){0,6}an(?=[.,!;]| und| aber|$)
    angebot (?:[^ ]+ ){0,4}(?:angenommen|annehmen|zusagen|absagen)
    angebot (?:[^ ]+ ){0,4}(?:ablehnen|abgelehnt|passt|bestätig\w+)
    (?:auftrag|zuschlag) (?:\w+ ){0,3}(?:erteil\w*|bekommen|erhalten)
    erteilen? (?:wir |ich )?(?:\w+ ){0,3}(?:auftrag|zuschlag)|beauftrag\w+
    hiermit (?:\w+ ){0,4}auftrag
    (?:wir|ich) (?:\w+ )?(?:sagen?|nehmen?|lehnen?) (?:\w+ ){0,4}(?:zu|ab|an)(?=[.,!;]| und| aber|$)
    zusage\b|absage\b
    (?:sind|bin) (?:\w+ )?einverstanden|einverstanden
    passt (?:so|für|mir|uns|alles|gut|perfekt)|passt\b[,.!]|geht (?:klar|in ordnung)
    (?:ist|alles) in ordnung|geben (?:\w+ ){0,4}frei\b|freigegeben|freigabe
    zu (?:teuer|hoch|spät)
    (?:haben|habe) (?:uns|mich) (?:\w+ )?(?:für|gegen|anders|entschieden|leider)|anderweitig
    vergeben\b|(?:kein|keinen) (?:interesse|bedarf)|kommt (?:für uns )?nicht in frage
    rabatt|skonto|nachlass|günstiger|(?:ihr|der|die|beim|am|ihre) preise?\b
    (?:können|könnten|würden) sie (?:uns|mir|bitte|das|noch|den|die|ihr|auch)\b(?! newsletter|.{0,60}erreich)
    (?:habe|hätte) (?:ich |wir )?(?:\w+ ){0,2}(?:eine |noch |folgende |ein paar |kurze )+frage
    (?:haben|hätten) (?:ich |wir )?(?:\w+ ){0,2}(?:eine |noch |folgende |ein paar |kurze )+frage
    rückfrage(?:n)? zu|wann (?:können|könnten|kann|liefern|wäre|ist)|lieferzeit
    (?:we|i) (?:would like to |want to |hereby |will |'d like to |'ll )?(?:order|accept|decline)\b
    (?:we|i) (?:would like to |want to |hereby |will |'d like to |'ll )?(?:confirm(?! receipt| the rec)|go ahead)\b
    (?:we|i) (?:would like to |want to |hereby |will |'d like to |'ll )?(?:proceed|approve)\b
    please (?:go ahead|proceed|place|deliver)
    please (?:ship|process|book|order|send (?:us|me) (?:an? )?(?:revised|updated|new))
    (?:you|you've) (?:have )?(?:got )?(?:the order|our order|go-?ahead)
    (?:offer|quote|quotation) (?:\w+ ){0,3}(?:accepted|approved|declined|rejected)
    too (?:expensive|high|late)|went with|decided (?:to|against|for|not)|not interested
    (?:can|could) you (?:please |also |still |us |me )?(?:send|give|offer|do)
    (?:can|could) you (?:please |also |still |us |me )?(?:confirm|tell|change|deliver|reduce)
    discount|better price|lead time|sounds good|looks good|all good|agreed
    nous (?:commandons|acceptons|confirmons(?! (?:la )?(?:bonne )?rec)|refusons|avons (?:choisi|décidé|opté))
    je (?:commande|confirme|valide|vous confirme)|(?:bon pour accord|d'accord|accepté|trop cher)
    pouvez-vous|pourriez-vous|merci de (?:lancer|procéder|livrer)|passer commande
    ordiniamo|accettiamo|procedete|va bene|d'accordo|troppo car\w|accetto
    (?:confermiamo|confermo)(?! (?:la )?ric)
    (?:può|potete|potrebbe) (?:\w+ )?(?:inviar|mandar|far|conferm)\w*|abbiamo (?:deciso|scelto)
    (?:wij|we|ik) (?:bestellen|bestel|gaan akkoord|accepteren|kiezen|zien af)
    akkoord|te duur|kunt u (?:ons|mij|nog|de|het|een)\b(?!.{0,40}contact)
    graag (?:leveren|uitvoeren|bestellen)
    zamawiam\w*|akceptuj\w*|potwierdzam(?! otrzym)|zbyt drog\w*|czy (?:mog\w+|możecie)|objednávám\w*
    objednávame|souhlasím\w*|súhlasím\w*|příliš drah\w*|můžete (?:mi|nám|poslat)
    megrendel\w+|elfogad\w+|túl drága|pedimos|aceptamos|confirmamos|demasiado car\w
    pueden? (?:enviar|confirmar|mandar)
    encomendamos|aceitamos|muito car\w|podem? (?:enviar|confirmar|mandar)
    (?:vi|jag|jeg) (?:beställer|bestiller|accepterar|accepterer|aksepterer|tackar nej|takker nej)
    för dyrt|for dyrt|kan (?:ni|i|dere|du) (?:skicka|sende|bekr)|tilaamme|hyväksymme|liian kallis
    voitteko
    comandăm|acceptăm|prea scump\w*|puteți (?:trimite|confirma)|naročamo|naročam|sprejemamo
    predrag\w*|naručujemo
    prihvaćamo|preskup\w*|možete li
""")
# Clear orders and refusals, which no absence note contains.
ORDER = compile_words(r"""
    (?:wir|ich) bestellen?\b|bestellen? (?:wir|ich)\b|hiermit (?:bestell|beauftrag)\w+
    bitte (?:trotzdem|dennoch|schon|bereits|jetzt|gleich) (?:\w+ ){0,4}(?:bestell|liefer|ausführ)\w*
    bitte (?:trotzdem|dennoch|schon|bereits|jetzt|gleich) (?:\w+ ){0,4}(?:fertig|produzier)\w*
    (?:ist|sind) (?:hiermit |damit |somit |von uns )?(?:bestellt|beauftragt|angenommen|abgelehnt)\b
    nehmen? (?:wir |ich )?(?:\w+ ){0,3}(?:angebot|offert)\w* (?:[^ ]+ ){0,6}an(?=[.,!;]| und| aber|$)
    (?:wir|ich) nehmen? (?:\w+ ){0,4}an(?=[.,!;]| und| aber|$)
    (?:angebot|offerte?) (?:[^ ]+ ){0,3}(?:nehmen|nehme|lehnen|lehne) (?:wir|ich)
    (?:wir|ich) (?:lehnen|lehne|sagen|sage) (?:\w+ ){0,4}ab(?=[.,!;]| und| aber|$)
    erteilen? (?:wir |ich )?(?:\w+ ){0,3}(?:auftrag|zuschlag)|auftrag (?:ist )?(?:hiermit )?erteilt
    (?:haben|habe) (?:uns|mich) (?:\w+ )?(?:für|gegen|anders) (?:[^ ]+ ){0,6}entschieden
    (?:we|i) (?:would like to |want to |hereby |'d like to )?(?:order|accept|decline)\b
    please (?:go ahead|proceed)|please (?:place|process|book) (?:the|our|this) order
    (?:offer|quote|quotation) (?:\w+ ){0,3}(?:is|has been) (?:accepted|ordered|declined)
    nous (?:commandons|acceptons|refusons)|je (?:commande|accepte)|bon pour accord
    ordiniamo|accettiamo|(?:wij|we|ik) (?:bestellen|bestel|gaan akkoord|accepteren)
""")
# A person speaks about our offer or answers somebody.
PERSONAL = compile_words(r"""
    (?:ihr|das|dein|euer|dieses|unser|ihrem|ihres|dem|zum) (?:\w+ )?(?:angebot|offert)\w*
    angebot (?:\w+ ){0,3}(?:erhalten|geprüft|prüfen|anschauen|besprechen)
    (?:für|zu) (?:ihr|das|dein) angebot
    (?:your|the) (?:\w+ )?(?:offer|quotation|quote|proposal|estimate)|votre (?:offre|devis)
    (?:la (?:sua|vostra)|il (?:suo|vostro)) (?:offerta|preventivo)|uw (?:offerte|aanbieding)
    (?:państwa|pana|pani) (?:ofert|wycen)\w*|(?:vaši|vaše|vašu) (?:nabídk|ponuk|ponud)\w*|ajánlat\w*
    su (?:oferta|presupuesto)|(?:sua|vossa) (?:proposta|oferta|orçamento)
    (?:din|ditt|er|deres|jeres) (?:offert|tilbud)\w*|tarjouk\w*|oferta (?:dvs|dumneavoastră)|anbei\b
    im anhang|attached|ci-joint|in allegato|in (?:de )?bijlage|w załączniku|v příloze
    (?:wir|ich) (?:\w+ )?(?:prüfen?|besprechen?|schauen? (?:es |das |uns |mir ))
    (?:wir|ich) (?:\w+ )?(?:überlegen?|klären?|gebe\w* (?:ihnen )?bescheid)
    schaue? (?:es |das |ihn )?(?:mir|uns|an)\b|rücksprache|(?:i|we)(?:'ll| will) (?:discuss|let you know)|let me know
""")
OPENING = compile_words(r"""
    (?:ok|okay|ja|nein|gerne?|super|perfekt)\b(?= ?[,.!:;-])
    (?:top|prima|alles klar|yes|no|sure|great|perfect)\b(?= ?[,.!:;-])
    (?:oui|non|si|sì|nee|tak|ano|áno|igen|nem|sim|nej|nei|kyllä|da|ne)\b(?= ?[,.!:;-])
    (?:danke|merci|thanks|thx|thank you|grazie|gracias|dank|tack|tak|takk|kiitos)\b(?= ?[,.!;-])
    danke für (?:das|ihr|dein|euer) (?!e-?mail|mail|schreiben)|thanks for the\b
    vielen dank für (?:das|ihr|dein|euer) (?:angebot|schnelle|rasche|gespräch)
""")
