"""Which configuration, shape and values break a rule? `verify.search`, `verify.configurations` and what they share."""
