"""Nachfass: follows up the offers that a sales team sends by e-mail."""

__version__ = "0.1.0"
