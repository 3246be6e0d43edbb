"""The sections of `benchmarks.gpu`: each module has `rows(options)`, run in a process of its own."""
