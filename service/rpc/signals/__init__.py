"""footfall.v1.SignalService: hiring signals, sent and read back."""

from __future__ import annotations

from service.rpc.signals.reading import Reading
from service.rpc.signals.sending import Sending

__all__ = ["Reading", "Sending", "SignalService"]


class SignalService:
    """The two parts under one name."""

    def __init__(self, sending: Sending, reading: Reading) -> None:
        self.SendSignal = sending.SendSignal
        self.SendSignals = sending.SendSignals
        self.ListSignals = reading.ListSignals
        self.GetSignal = reading.GetSignal
        self.LookupSignalState = reading.LookupSignalState
        self.ListSignalStates = reading.ListSignalStates
