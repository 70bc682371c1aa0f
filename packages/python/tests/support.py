"""The daemon that the tests meet, and a server that stands between."""

import functools
import http.client
import http.server
import json
import os
import threading
import urllib.parse
import urllib.request

from waiaas import RetryPolicy, WAIaaSClient, WAIaaSSyncClient, WAIaaSSyncOwnerClient

SCENE = json.loads(os.environ["WAIAAS_TEST_SCENE"])
URL = SCENE["url"]
QUICK = RetryPolicy(base_delay=0.01, max_delay=0.05)


def operator(**more):
    return WAIaaSSyncClient(URL, master_password=SCENE["password"], retry_policy=QUICK, **more)


def agent(wallet="evm", url=URL, **more):
    return WAIaaSSyncClient(url, SCENE[wallet]["token"], retry_policy=QUICK, **more)


def async_agent(wallet="evm", url=URL, **more):
    return WAIaaSClient(url, SCENE[wallet]["token"], retry_policy=QUICK, **more)


def sign_as_owner(message):
    request = urllib.request.Request(SCENE["owner"]["signer"], data=message, method="POST")
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as response:
        return response.read()


@functools.cache
def owned():
    """The wallet whose payments wait for its owner, from the first call on."""
    wallet, address = SCENE["careful"]["id"], SCENE["owner"]["address"]
    with operator() as client:
        client.set_owner(wallet, address)
    with WAIaaSSyncOwnerClient(URL, address, sign_as_owner) as owner:
        owner.verify(wallet)
    return wallet


class Between:
    """Hands calls on to the daemon, and loses as many answers to calls of a path as it is told to; later ones may be its own."""

    def __init__(self, path="", losses=0, answer=None, later=None):
        self.calls = []
        between = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def handle_any(self):
                length = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(length) if length else None
                is_meant = self.path.startswith(path)
                if is_meant:
                    between.calls.append((self.command, self.path, dict(self.headers.items()), body))
                if answer is not None:
                    status, headers, text = answer
                else:
                    status, headers, text = between.ask_daemon(self, body)
                if is_meant and later is not None and len(between.calls) > losses:
                    status, headers, text = later
                if is_meant and len(between.calls) <= losses:
                    self.close_connection = True
                    self.connection.close()
                    return
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any

            def log_message(self, *_):
                pass

        class QuietServer(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):
                pass

        self.server = QuietServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def ask_daemon(self, handler, body):
        to = http.client.HTTPConnection(urllib.parse.urlsplit(URL).netloc)
        headers = {name: value for name, value in handler.headers.items() if name.lower() != "host"}
        to.request(handler.command, handler.path, body=body, headers=headers)
        response = to.getresponse()
        text = response.read()
        kept = [(name, value) for name, value in response.getheaders() if name.lower() in ("content-type", "retry-after")]
        to.close()
        return response.status, kept, text

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
