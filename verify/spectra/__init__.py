"""Singular values and norms of convolutions, from their symbols: small matrices, one for each frequency."""
