"""gunicorn of the public service: `gunicorn -c deploy/public/gunicorn.conf.py crm.wsgi`.

sync workers were the fastest kind in the measurements; the control socket is switched off, because
nothing uses it.
"""

from __future__ import annotations

import gc
from typing import Any

workers = 2
worker_class = "sync"
control_socket_disable = True
# No log may contain a token, not even in the line of a failed request.
logger_class = "feedback.public.gunicorn_logger.MaskingLogger"
loglevel = "warning"


def post_worker_init(worker: Any) -> None:
    """Take what was loaded out of the garbage collector's rounds: each call of the API starts
    one.
    """
    gc.collect()
    gc.freeze()
