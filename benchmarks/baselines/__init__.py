"""What Footfall is measured against, as small programs; each server prints where it serves once it does."""
