"""Footfall: a self-hosted event service that speaks what Google's Retail and Talent clients speak."""
