"""The demo: a fictitious company with a year of offers, played through the real import, mails and
form.
"""
