"""Laws of linear functions and of the matrices that claim to be them, one file each."""
