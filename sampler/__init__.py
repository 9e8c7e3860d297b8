"""One-shot demo reliability sampler: the floor (p10) and the ceiling (best) of a model's Three.js scenes."""

__version__ = "0.1.0"
