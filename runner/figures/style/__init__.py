"""What all figures share: axes, the encoding of runs, panels, style sheets."""
