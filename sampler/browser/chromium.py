"""Chromium or Chrome, from nothing to running: find one, install one, start it, say whether it is fit."""

from sampler.browser.doctor import Doctor, doctor
from sampler.browser.driver import require as require_driver
from sampler.browser.find import Found, find
from sampler.browser.install import install
from sampler.browser.launcher import Launched, launch

__all__ = ["Doctor", "Found", "Launched", "doctor", "find", "install", "launch", "require_driver"]
