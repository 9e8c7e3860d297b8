"""Chromium or Chrome, from nothing to running: find one, install one, start it, say whether it is fit."""

from sampler.browser.find import Found, find
from sampler.browser.launcher import Launched, launch

__all__ = ["Found", "Launched", "find", "launch"]
