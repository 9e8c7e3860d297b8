"""Checks: pure functions from the facts of a render to evidence of what is wrong, one file a family."""

from __future__ import annotations

from sampler.checks import canvas, delivery, loading, motion
from sampler.checks.base import Check

CHECKS: tuple[Check, ...] = (
    delivery.no_document,
    delivery.truncated_reply,
    delivery.refused,
    delivery.identical_reply,
    loading.page_error,
    loading.promise_rejected,
    loading.module_missing,
    loading.asset_missing,
    loading.request_blocked,
    loading.asset_unavailable,
    loading.load_hang,
    loading.later_hang,
    loading.page_crash,
    loading.dialog,
    canvas.no_canvas,
    canvas.no_webgl_context,
    canvas.context_lost,
    canvas.shader_error,
    canvas.blank_canvas,
    canvas.blank_page,
    canvas.covered_canvas,
    canvas.canvas_size,
    motion.frozen,
)
"""All checks, in the order in which a report shows them."""

__all__ = ["CHECKS", "Check"]
