"""One HTTP request of a WHIP or WHEP client; nothing but the standard library."""

import ssl
import urllib.error
import urllib.request

# A test server signs its own certificate.
TRUSTING = ssl.create_default_context()
TRUSTING.check_hostname = False
TRUSTING.verify_mode = ssl.CERT_NONE


def ask(method, address, token, body=None, **headers):
    """(status, headers, text) of one request; refusals are answers too."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(address, body.encode() if body else None, headers, method=method)
    tls = {"context": TRUSTING} if address.startswith("https:") else {}
    try:
        with urllib.request.urlopen(request, timeout=15, **tls) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.headers, refusal.read().decode()
