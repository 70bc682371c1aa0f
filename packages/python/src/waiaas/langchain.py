"""Tools for LangChain, from the extra waiaas[langchain]. Not tested: the project's tests have no LangChain."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ._model import encode
from .errors import WAIaaSError
from .sync_client import WAIaaSSyncClient


def waiaas_tools(client: WAIaaSSyncClient) -> list[Any]:
    """Tools that pay, and that read the balance, the limits and a transaction, for a session's client.

    A refusal is an answer, so that the model reads what would pass. The call of a tool has no key: a model that calls `send_payment`
    twice pays twice.
    """
    try:
        from langchain_core.tools import StructuredTool
    except ImportError as cause:
        raise ImportError('these tools need LangChain: pip install "waiaas[langchain]"') from cause

    def send_payment(to: str, amount: str, token: str | None = None, network: str | None = None) -> str:
        """Pay whole units, such as "2" of the token "USDC", and wait until it is in a block or a person has to decide."""
        return _said(lambda: client.send(to=to, amount=amount, token=token, network=network))

    def get_balance(network: str | None = None) -> str:
        """Read the balance of the wallet, on one network or on all."""
        return _said(lambda: client.get_balance(network or "all"))

    def get_limits(network: str | None = None) -> str:
        """Read what may be spent now, and who allows more."""
        return _said(lambda: client.get_limits(network=network))

    def get_transaction(id: str) -> str:
        """Read what became of a payment."""
        return _said(lambda: client.get_transaction(id))

    tools = (send_payment, get_balance, get_limits, get_transaction)
    return [StructuredTool.from_function(tool) for tool in tools]


def _said(ask: Callable[[], Any]) -> str:
    try:
        return json.dumps(encode(ask()))
    except WAIaaSError as error:
        remedy = error.remedy.message if error.remedy else error.hint
        said = {"code": error.code, "message": error.message, "remedy": remedy, "details": error.details}
        return json.dumps({name: said[name] for name in said if said[name]}, default=str)
