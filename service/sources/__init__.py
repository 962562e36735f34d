"""Where bulk events come from: objects (`gs://`), how their lines are read, and the process that decodes them."""
