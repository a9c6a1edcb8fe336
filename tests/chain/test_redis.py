"""Redis as the broker of the queue and as the cache: a real worker runs a schedule through it."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis

from tests.chain.office import Office, office_env
from tests.chain.test_queue import cluster, query, wait_for_jobs
from tests.commands import run_manage
from tests.servers import redis as redis_server

COUNT = "from django.core.cache import caches; c = caches['counters']; c.add('signin', 0, 60); print(c.incr('signin'))"


@pytest.mark.restarts
@pytest.mark.redis
def test_a_worker_runs_a_schedule_through_redis(tmp_path: Path) -> None:
    with redis_server(tmp_path) as url:
        env = office_env(tmp_path, "http://127.0.0.1:9", 9) | {
            "QUEUE_URL": f"{url}/1",
            "CACHE_URL": f"{url}/0",
        }
        office = Office(env, tmp_path)
        for command in (["migrate", "--verbosity=0"], ["setup_schedules"]):
            run_manage(env, *command)
        query(office, "DELETE FROM django_q_schedule WHERE name != 'heartbeat'")
        query(office, "UPDATE django_q_schedule SET next_run = '2026-01-01 00:00:00'")
        with cluster(office) as worker:
            wait_for_jobs(office, worker, {"heartbeat"})
            with redis.Redis.from_url(f"{url}/1") as broker:
                assert any(b"nachfass" in key for key in broker.scan_iter())
        assert query(office, "SELECT * FROM django_q_ormq") == []
        assert [run_manage(env, "shell", "-v0", "-c", COUNT).stdout.strip() for _ in range(2)] == [
            "1",
            "2",
        ]
