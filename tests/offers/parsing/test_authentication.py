from __future__ import annotations

import pytest

from offers.parsing.authentication import is_forged
from offers.parsing.headers import parse_mail

OWN = "mx.firma.example"


def judge(*lines: str, servers: tuple[str, ...] = ()) -> bool:
    fields = "".join(f"Authentication-Results: {line}\r\n" for line in lines)
    mail = parse_mail(f"From: a@kunde.example\r\n{fields}\r\n".encode())
    return is_forged(mail, servers=servers, own_domains={"firma.example"})


@pytest.mark.parametrize(
    "line",
    [
        f"{OWN}; dmarc=fail",
        f"{OWN} 1; spf=pass smtp.mailfrom=x; DMARC = Fail (p=none) header.from=kunde.example",
        "firma.example;\r\n dkim=none;\r\n dmarc=fail action=none",
        f'{OWN}; spf=pass smtp.mailfrom="a;dmarc=pass"@x; dmarc=fail',
        f"{OWN} (Filter; dmarc=pass); dmarc=fail",
    ],
)
def test_a_failure_that_our_server_notes_is_believed(line: str) -> None:
    assert judge(line)


@pytest.mark.parametrize(
    "line",
    [
        "mx.fremd.example; dmarc=fail",
        "firma.example.fremd.example; dmarc=fail",
        "nichtfirma.example; dmarc=fail",
        f"{OWN}; dmarc=pass",
        f"{OWN}; dmarc=temperror",
        f"{OWN}; dkim=fail; spf=fail",
        f"{OWN}; spf=pass (dmarc=fail)",
        f"{OWN}; none",
        "spf=pass; dmarc=fail",
        "",
        ";",
    ],
)
def test_anything_else_is_no_failure(line: str) -> None:
    assert not judge(line)


def test_the_line_on_top_counts() -> None:
    assert not judge(f"{OWN}; dmarc=pass", f"{OWN}; dmarc=fail")
    assert judge("mx.fremd.example; dmarc=pass", f"{OWN}; spf=pass", f"{OWN}; dmarc=fail")


def test_a_name_that_is_set_replaces_the_own_domains() -> None:
    assert judge("Filter.example; dmarc=fail", servers=("filter.example",))
    assert not judge(f"{OWN}; dmarc=fail", servers=("filter.example",))


def test_a_long_line_takes_no_time() -> None:
    assert not judge(f"{OWN}; " + '"(' * 50_000)
    assert not judge(f"{OWN}; " + "(" * 100_000 + ")" * 100_000)
