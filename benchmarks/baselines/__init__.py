"""What Footfall is measured against, as small programs."""
