import contextlib
import io
import os
import re
import unittest

from support import SCENE, URL, agent, owned, sign_as_owner

with open(os.environ["WAIAAS_TEST_README"], encoding="utf-8") as file:
    BLOCKS = re.findall(r"```python\n(.*?)```", file.read(), re.S)


def run(block, **names):
    os.environ["WAIAAS_SESSION_TOKEN"] = SCENE["evm"]["token"]
    os.environ["OWNER_ADDRESS"] = SCENE["owner"]["address"]
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(block.replace("http://127.0.0.1:3100", URL), "README.md", "exec"), {"__name__": "readme", **names})
    return said.getvalue()


class Readme(unittest.TestCase):
    def test_shows_programs_that_run(self):
        paying, awaiting, owning = BLOCKS
        self.assertRegex(run(paying), "^CONFIRMED 0x[0-9a-f]{64}\n$")
        self.assertRegex(run(awaiting), r"^[\d.]+ ETH\nCONFIRMED\n$")
        owned()
        with agent("careful") as client:
            waiting = client.send(to=SCENE["recipients"]["evm"], amount="0.1", network="local-evm").id
        self.assertRegex(run(owning, sign=sign_as_owner, waiting=waiting), "^(EXECUTING|PENDING|SUBMITTED|CONFIRMED)\n$")
