"""Reading HDF5 files, as far as models saved by Keras need it.

Our own reader rather than h5py's, because it meets files that nobody vouches for: of 4,000 small files changed by
chance, 38 kept HDF5 2.0 in a loop without end (h5py 3.16), which no Python code can leave. Here every address is
compared with the size of the file, nothing is visited twice, and a damaged file ends in one kind of error. The tests
compare it with h5py, which also writes our own files.

Source: The HDF Group, HDF5 File Format Specification, Version 3.0. What Keras writes is its oldest form: superblock 0,
groups as symbol tables, object headers of version 1, arrays in one piece.
"""

from jaxcnn.models.hdf5.reader import Hdf5 as Hdf5
