"""Where events are kept: the seam (`base`), group commit (`writer`) and one folder for each engine."""
