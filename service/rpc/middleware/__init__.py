"""What holds for every call, one file for each concern, the same for every door."""
