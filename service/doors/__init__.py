"""Ways in. A door translates a transport into calls of `rpc/`; no rule and no SQL lives here."""
