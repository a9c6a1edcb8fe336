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
# A pasted search of 9,000 characters shall reach the page, which answers with a sentence;
# gunicorn's own limit ends at 8,190 and shows a bare 414. The proxy before it has a limit of its
# own.
limit_request_line = 0
