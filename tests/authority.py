"""A certificate authority for the tests, in the place of Let's Encrypt and of the company's own."""

from __future__ import annotations

import subprocess
from pathlib import Path


class Authority:
    """`certificate` is what clients trust."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.certificate, self._key = folder / "ca.pem", folder / "ca.key"
        openssl("req", "-x509", "-nodes", "-newkey", "rsa:2048", "-subj", "/CN=Nachfass tests", "-days", "30",
                "-addext", "keyUsage=critical,keyCertSign,cRLSign",  # Python 3.13 asks for it
                "-keyout", self._key, "-out", self.certificate)  # fmt: skip

    def issue(self, name: str, folder: Path, *, days: int = 30) -> None:
        """Write fullchain.pem and privkey.pem for a name into the folder, as certbot leaves them.
        A negative number of days makes a certificate that has expired.
        """
        folder.mkdir(parents=True, exist_ok=True)
        request, extensions = folder / "request.pem", folder / "extensions.cnf"
        extensions.write_text(f"subjectAltName=DNS:{name}\nauthorityKeyIdentifier=keyid\n")
        openssl("req", "-nodes", "-newkey", "rsa:2048", "-subj", f"/CN={name}",
                "-keyout", folder / "privkey.pem", "-out", request)  # fmt: skip
        openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key, "-CAcreateserial",
                "-days", str(days), "-extfile", extensions, "-out", folder / "fullchain.pem")  # fmt: skip


def openssl(*arguments: str | Path) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)
