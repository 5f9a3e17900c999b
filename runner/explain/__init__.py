"""The chain rule, worked out with a run's own numbers: ``backprop-explain``.

==============  ==============================================================================
``step``        one update of a run with everything that went into it, as training left it
``notation``    formulas as text and as LaTeX, numbers, and the names of neurons and parameters
``reckoning``   what a printed step comes to, and as many digits as it takes for its result
``sheet``       what the page says, block by block, in no format yet
``picture``     the network as a drawing, and which connections lie on a parameter's way
``forward``     the forward pass; ``error`` the error; ``back`` the way back from it;
                ``chain`` a parameter's chain; ``updating`` its update: blocks of the page each,
                made with what ``work`` holds
``page``        all of them in order
==============  ==============================================================================

and a file a format: ``text``, ``markdown`` (with ``svg``), ``latex``, ``html`` (with ``mathml``).
"""
