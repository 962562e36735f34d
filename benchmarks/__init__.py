"""Ratios against ceilings and peers, each measured side by side in one run: `make bench`."""
