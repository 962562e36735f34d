"""What tests of a running service share."""
