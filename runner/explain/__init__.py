"""The chain rule, worked out with a run's own numbers: ``backprop-explain``.

==============  ==============================================================================
``step``        one update of a run with everything that went into it, as training left it
``notation``    formulas as text and as LaTeX, numbers, and the names of neurons and parameters
``sheet``       what the page says, block by block, in no format yet
``chain``       the blocks of the forward pass, of the error and of the chain
``updating``    the blocks of the optimizer's update and of the check
``picture``     where neurons and connections stand in a drawing
==============  ==============================================================================

and a file a format: ``text``, ``markdown``, ``latex``, ``html`` (with ``mathml``).
"""
