"""What an event is: rules, normal form, identity, names and JSON. Pure: no I/O, no clock, no logging."""
