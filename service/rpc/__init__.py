"""One module for each gRPC service: check, normalise, hand over, answer. No transport and no SQL lives here."""
