"""The chain rule, worked out with a run's own numbers: ``backprop-explain``.

============  ================================================================================
``step``      one update of a run with everything that went into it, as training left it
``context``   that update with the names and the pen with which it is written down
``chapters``  the forward pass, the error, the way back, a parameter's chain, its update
``page``      all of them in order, as a ``document``: blocks in no format yet
``diagram``   the network as a drawing, and which connections lie on a parameter's way
``notation``  names, numbers and formulas (``runner.nn.formula``), and how they are written
``formats``   the page as text, Markdown, LaTeX and HTML
============  ================================================================================
"""
