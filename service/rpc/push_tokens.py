"""Who pushes: the OpenID Connect token that Pub/Sub sends along, held against Google's keys.

What is checked is what Google asks of an endpoint: signature, issuer, audience, time, and the account that the
subscription was given (https://cloud.google.com/pubsub/docs/authenticate-push-subscriptions).
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import jwt
from jwt.exceptions import PyJWKClientConnectionError, PyJWTError

from service.events import errors
from service.rpc.context import CallContext

_ISSUERS: Final = ("https://accounts.google.com", "accounts.google.com")
_LEEWAY_SECONDS: Final = 30  # by which clocks may differ
_KEYS_SECONDS: Final = 3_600  # for which fetched keys are good; an unknown one has them fetched again
_FETCH_SECONDS: Final = 5


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
        self._audiences = list(audiences)
        self._accounts = frozenset(accounts)
        self._keys = jwt.PyJWKClient(keys_url, lifespan=_KEYS_SECONDS, timeout=_FETCH_SECONDS)
        # One thread: while the keys don't come, nothing else may run out of threads.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="footfall-push-tokens")

    async def check(self, context: CallContext) -> None:
        """Lets a call pass, whose header `authorization` is `Bearer TOKEN`.

        Raises:
            RpcError: UNAUTHENTICATED without a good token, PERMISSION_DENIED with another account's, UNAVAILABLE when
                the keys can't be had.
        """
        if not self.enabled:
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

    def _claims(self, token: str) -> dict[str, Any]:
        """What a good token says. Blocks."""
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._keys.get_signing_key_from_jwt(token),
                algorithms=["RS256"],
                audience=self._audiences,
                issuer=_ISSUERS,
                leeway=_LEEWAY_SECONDS,
                options={"require": ["aud", "exp", "iss"]},
            )
        except (PyJWKClientConnectionError, OSError) as error:
            raise errors.unavailable(
                "The keys that tokens are signed with can't be had now (--push-keys-url); send the call again a little "
                "later.",
                reason="PUSH_KEYS_UNAVAILABLE",
                retry_after_s=5.0,
            ) from error
        except (PyJWTError, ValueError) as error:
            raise errors.unauthenticated(f"The token is not good: {error}.", reason="PUSH_TOKEN_INVALID") from error
        return claims
