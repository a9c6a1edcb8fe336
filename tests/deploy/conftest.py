from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.deploy.authority import Authority
from tests.deploy.machine import need_machines
from tests.deploy.network import Network, network


@pytest.fixture(scope="module")
def net() -> Iterator[Network]:
    need_machines()
    with network() as made:
        yield made


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    need_machines()
    return Authority(tmp_path_factory.mktemp("authority"))
