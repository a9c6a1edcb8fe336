"""gunicorn's logs without tokens, chosen by gunicorn's `--logger-class`."""

from __future__ import annotations

import logging
from typing import Any

from gunicorn.glogging import Logger

from feedback.public.logs import MaskingFormatter


class MaskingLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Puts the masking formatter on every handler that gunicorn makes."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for log in (self.error_log, self.access_log):
            for handler in log.handlers:
                plain = handler.formatter or logging.Formatter()
                handler.setFormatter(MaskingFormatter(plain._fmt, plain.datefmt))
