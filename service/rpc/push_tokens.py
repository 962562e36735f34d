"""Who pushes: the OpenID Connect token that Pub/Sub sends along, held against Google's keys.

What is checked is what Google asks of an endpoint: signature, issuer, audience, time, and the account that the
subscription was given (https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from service.events import errors
from service.rpc.context import CallContext


class PushTokens:
    """Checks tokens.

    Args:
        audiences: A token must be for one of these; empty: tokens are not checked.
        accounts: Email addresses of service accounts, of which the token must be one's.
        keys_url: Where the keys are, as a JSON Web Key Set.

    Raises:
        ValueError: One of `audiences` and `accounts` is empty and the other is not: anyone can have a token for any
            audience of Google, and an account may be meant for other endpoints.
    """

    def __init__(self, *, audiences: Collection[str], accounts: Collection[str], keys_url: str) -> None:
        if bool(audiences) != bool(accounts):
            raise ValueError("--push-audiences and --push-service-accounts go together: set both, or neither")
        self.enabled = bool(audiences)
        self._accounts = frozenset(accounts)
        self._claims = _claims(audiences, keys_url) if self.enabled else None
        # One thread: while the keys don't come, nothing else may run out of threads.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="footfall-push-tokens")

    async def check(self, context: CallContext) -> None:
        """Lets a call pass, whose header `authorization` is `Bearer TOKEN`.

        Raises:
            RpcError: UNAUTHENTICATED without a good token, PERMISSION_DENIED with another account's, UNAVAILABLE when
                the keys can't be had.
        """
        if self._claims is None:
            return
        scheme, _, token = context.metadata.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise errors.unauthenticated(
                "The call has no token: let the push subscription authenticate itself (--push-auth-service-account).",
                reason="PUSH_TOKEN_MISSING",
            )
        claims = await asyncio.get_running_loop().run_in_executor(self._thread, self._claims, token.strip())
        if claims.get("email") not in self._accounts or claims.get("email_verified") is not True:
            raise errors.permission_denied(
                "The token is not that of an account which may push here; the operator names those with "
                "--push-service-accounts.",
                reason="PUSH_ACCOUNT_NOT_ALLOWED",
            )


def _claims(audiences: Collection[str], keys_url: str) -> Callable[[str], dict[str, Any]]:
    """What says what a token claims; see `SignedTokens.claims`."""
    from service.rpc.signed_tokens import SignedTokens  # noqa: PLC0415  cryptography takes 9 MiB, and few servers need it

    return SignedTokens(audiences, keys_url).claims
