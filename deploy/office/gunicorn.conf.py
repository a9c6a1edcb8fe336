"""gunicorn of the back office: `gunicorn -c deploy/office/gunicorn.conf.py crm.wsgi`.

gthread, because a sync worker cuts a long export at its time-out while the client sees a complete
200.
"""

from __future__ import annotations

workers = 1
worker_class = "gthread"
threads = 4
control_socket_disable = True
loglevel = "warning"
# A pasted search of 9,000 characters must reach the page, which says that it is too long;
# gunicorn's default limit of 8,190 shows a bare 414. The proxy before it has its own limit.
limit_request_line = 0
