"""Everything that touches Chromium; the only package that imports playwright."""
