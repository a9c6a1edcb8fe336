from __future__ import annotations

import subprocess
import sys

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from tests.feedback_public.live import KEY, ROOT, Service

PATH = ROOT / "docs" / "openapi.yaml"
CHECKS = [
    not_a_server_error,
    content_type_conformance,
    ignored_auth,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
]


def test_the_description_says_what_the_code_does(tmp_path):
    written = tmp_path / "openapi.yaml"
    subprocess.run(
        [sys.executable, "-m", "tests.feedback_public.openapi", written], check=True, cwd=ROOT
    )
    assert written.read_text() == PATH.read_text(), (
        "Write it anew: python -m tests.feedback_public.openapi docs/openapi.yaml"
    )


def check_contract(service: Service, examples: int) -> None:
    """Call every operation with generated requests, valid ones and broken ones."""
    schema = schemathesis.openapi.from_path(str(PATH))
    schema.config.update(base_url=service.url)
    for result in schema.get_all_operations():
        for mode in GenerationMode:
            call_many(result.ok(), mode, examples)


def call_many(operation, mode: GenerationMode, examples: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def check(case) -> None:
        response = case.call(headers={"Authorization": f"Api-Key {KEY}"})
        case.validate_response(response, checks=CHECKS)

    try:
        check()
    except Unsatisfiable:
        # A call without parameters and body cannot be broken.
        assert mode is GenerationMode.NEGATIVE


@pytest.mark.django_db
def test_generated_calls_find_no_breach_of_the_contract(service):
    check_contract(service, 5)


@pytest.mark.torture
@pytest.mark.django_db
def test_many_generated_calls_find_no_breach_of_the_contract(service):
    check_contract(service, 300)
