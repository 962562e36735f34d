"""What is measured, a module for each kind of path; each has `measure(bench)`, which returns rows of the table."""
