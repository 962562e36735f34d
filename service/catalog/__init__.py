"""Products: what a catalog holds, and the rules that bind its products to one another."""
