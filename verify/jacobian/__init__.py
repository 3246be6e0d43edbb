"""A Jacobian that claims to be that of a function, compared entry by entry, and told by row and column."""
