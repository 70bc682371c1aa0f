"""A client of a WAIaaS daemon: wallets for agents, whose keys stay on the operator's machine."""

from . import models
from ._flows import WalletInfo
from ._model import Model
from ._operation import CallOptions, OwnerWord, RetryPolicy
from .client import WAIaaSClient, WAIaaSOwnerClient
from .errors import (
    DaemonUnreachable,
    NotAuthorized,
    PaymentLost,
    PaymentUnknown,
    PolicyDenied,
    RateLimited,
    WAIaaSError,
)
from .sync_client import WAIaaSSyncClient, WAIaaSSyncOwnerClient

__all__ = [
    "CallOptions",
    "DaemonUnreachable",
    "Model",
    "NotAuthorized",
    "OwnerWord",
    "PaymentLost",
    "PaymentUnknown",
    "PolicyDenied",
    "RateLimited",
    "RetryPolicy",
    "WAIaaSClient",
    "WAIaaSError",
    "WAIaaSOwnerClient",
    "WAIaaSSyncClient",
    "WAIaaSSyncOwnerClient",
    "WalletInfo",
    "models",
]
