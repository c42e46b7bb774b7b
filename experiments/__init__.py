"""The paper's Appendix C, run again with the library's kernels.

Each stage takes the one before and nothing else:

    settings   what is run; a TOML file of it reproduces a run
    samples    two Gaussian classes, starting points
    training   gradient descent to critical points, kept on disk as it goes
    measures   bounds, exact eigenvalues, norms and test scores of the points that count
    study      all that is known about one draw of the data
    claims     what the paper says, each as tests with numbers
    verdicts   the same over several draws
    figures    the paper's figures 2 to 12
    report     the page and the same as JSON
    machine    where it was run
    run        all of it, in order

Nothing here computes what the library has a function for.
"""
