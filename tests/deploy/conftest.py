from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.authority import Authority
from tests.deploy.network import Network, network


@pytest.fixture(scope="module")
def net() -> Iterator[Network]:
    with network() as made:
        yield made


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))
