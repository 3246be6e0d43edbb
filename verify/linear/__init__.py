"""Is this function linear, and is this matrix, or that adjoint, its own?"""
