"""What people read: gallery, sentence to quote; the only package that imports Jinja2."""
