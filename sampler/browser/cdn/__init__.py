"""A stand-in for the public CDNs, made of npm packages: pages get what they ask for and reach no network."""

from sampler.browser.cdn.answer import Answer
from sampler.browser.cdn.cdn import Cdn
from sampler.browser.cdn.prefetch import prefetch

__all__ = ["Answer", "Cdn", "prefetch"]
