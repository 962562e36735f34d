"""OpenID Connect tokens of Google: their signature, issuer, audience and time."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

import jwt
from jwt.exceptions import PyJWKClientConnectionError, PyJWTError

from service.events import errors

_ISSUERS: Final = ("https://accounts.google.com", "accounts.google.com")
_LEEWAY_SECONDS: Final = 30  # by which clocks may differ
_KEYS_SECONDS: Final = 3_600  # for which fetched keys are good; an unknown one has them fetched again
_FETCH_SECONDS: Final = 5


class SignedTokens:
    """Reads tokens.

    Args:
        audiences: A token must be for one of these.
        keys_url: Where the keys are, as a JSON Web Key Set.
    """

    def __init__(self, audiences: Collection[str], keys_url: str) -> None:
        self._audiences = list(audiences)
        self._keys = jwt.PyJWKClient(keys_url, lifespan=_KEYS_SECONDS, timeout=_FETCH_SECONDS)

    def claims(self, token: str) -> dict[str, Any]:
        """What a good token says. Blocks, as keys may have to be fetched.

        Raises:
            RpcError: UNAUTHENTICATED for a token that is not good, UNAVAILABLE when the keys can't be had.
        """
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
