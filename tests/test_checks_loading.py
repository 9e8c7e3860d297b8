"""Checks of the family loading: who is to blame for an error, and how bad it is for the visitor."""

from __future__ import annotations

import pytest
from page_facts import (
    FEW_WORDS,
    ORBIT,
    THREE,
    canvas,
    empty_screen,
    found,
    frame,
    frames,
    hang,
    message,
    render,
    request,
    thrown,
)

from sampler.records import Dialog
from sampler.score import findings


def test_an_exception_that_leaves_nothing_is_an_error() -> None:
    """The message says what was thrown, where, and what it means for the visitor."""
    page = render(**empty_screen(canvases=(), errors=(thrown("ReferenceError: worldUp is not defined"),)))
    assert found(page) == {"page-error": "error"}
    said = message(page, "page-error")
    assert "line 30" in said
    assert "animate" in said
    assert "worldUp" in said
    assert "sees nothing" in said


def test_an_exception_beside_a_picture_is_a_warning() -> None:
    """The visitor sees the scene; something else does not work."""
    assert found(render(errors=(thrown("TypeError: hud is null", at_seconds=1),))) == {"page-error": "warning"}


def test_an_exception_of_every_frame_counts_once() -> None:
    """180 times the same are one finding with one case and a number."""
    page = render(errors=tuple(thrown("TypeError: hud is null", at_seconds=n / 60) for n in range(100)))
    (finding,) = findings(page)
    assert finding.more == ()
    assert "100 times" in finding.message


def test_different_exceptions_are_further_cases_of_one_finding() -> None:
    """Points are taken once."""
    (finding,) = findings(render(errors=(thrown("first"), thrown("second", line=31))))
    assert "first" in finding.message
    assert len(finding.more) == 1


def test_an_exception_after_which_the_picture_rests_is_an_error() -> None:
    """The picture moved, an exception came, and the last pictures are the same."""
    still = (frame(0), frame(1), frame(1, at_seconds=3.0))
    assert found(render(frames=still, errors=(thrown("TypeError: gone", at_seconds=0.8),))) == {"page-error": "error"}
    assert found(render(frames=still)) == {}


def test_an_exception_after_which_nothing_is_drawn_is_an_error() -> None:
    """The loop ended between two pictures: at the last one nothing is drawn any more."""
    stopped = (frame(0), frame(1), frame(2, draw_calls=0))
    assert found(render(frames=stopped, errors=(thrown("TypeError: gone", at_seconds=1.2),))) == {"page-error": "error"}
    assert found(render(frames=stopped, errors=(thrown("early", at_seconds=0.0),))) == {"page-error": "warning"}


@pytest.mark.parametrize(
    "text",
    [
        "ResizeObserver loop completed with undelivered notifications.",
        "NotAllowedError: play() failed because the user didn't interact with the document first.",
        "TypeError: Failed to execute 'requestFullscreen': API can only be initiated by a user gesture.",
        "WrongDocumentError: The root document of this element is not valid for pointer lock.",
        "NotFoundError: Requested device not found",
    ],
)
@pytest.mark.parametrize("kind", ["error", "rejection"])
def test_what_a_browser_without_a_visitor_refuses_is_nobodys_fault(text: str, kind: str) -> None:
    """Sound, pointer lock, fullscreen and devices are refused to every page here."""
    assert found(render(errors=(thrown(text, kind),))) == {}


def test_a_rejection_is_found_as_its_own_check() -> None:
    """A warning beside a picture, an error where there is none."""
    rejected = (thrown("Error: no scores yet", "rejection"),)
    assert found(render(errors=rejected)) == {"promise-rejected": "warning"}
    assert found(render(**empty_screen(canvases=(), errors=rejected))) == {"promise-rejected": "error"}


def test_a_missing_addon_is_the_one_cause_of_what_follows() -> None:
    """The exception and the canvas without a picture belong to the addon; its address and the right one are named."""
    right = "https://cdn.jsdelivr.net/npm/three@0.128.0/examples/js/controls/OrbitControls.js"
    page = render(
        **empty_screen(
            canvases=(canvas(draws=0),),
            requests=(request(THREE), request(ORBIT, "missing", status=404, suggestion=right + " (a script)")),
            errors=(thrown("TypeError: THREE.OrbitControls is not a constructor"),),
        )
    )
    assert found(page) == {"module-missing": "error"}
    said = message(page, "module-missing")
    assert ORBIT in said
    assert right in said
    assert "not a constructor" in said
    assert findings(page)[0].evidence.urls == (ORBIT, right)


def test_a_missing_addon_that_nobody_misses_is_a_note() -> None:
    """The page looked whether it is there, or uses it only on a click."""
    page = render(requests=(request(THREE), request(ORBIT, "missing")))
    assert found(page) == {"module-missing": "note"}
    assert findings(page)[0].points == 0


def test_a_missing_addon_with_an_exception_beside_a_picture_is_a_warning() -> None:
    """Something that needs the addon does not work."""
    errors = (thrown("TypeError: THREE.OrbitControls is not a constructor"),)
    assert found(render(requests=(request(ORBIT, "missing"),), errors=errors)) == {"module-missing": "warning"}


def test_a_script_that_came_from_elsewhere_is_not_missed() -> None:
    """A page that catches a failed import and loads the same from another host recovers."""
    first = request("https://unpkg.com/three@0.999.0/build/three.module.js", "missing")
    second = request("https://cdn.jsdelivr.net/npm/three@0.160.0/build/three.module.min.js")
    assert found(render(requests=(first, second))) == {}


def test_an_exception_of_its_own_counts_beside_a_missing_script() -> None:
    """A syntax error has nothing to do with the addon."""
    page = render(
        requests=(request(ORBIT, "missing"),), errors=(thrown("SyntaxError: Unexpected token ')'"),), **empty_screen()
    )
    assert found(page) == {"module-missing": "error", "page-error": "error"}


def test_a_missing_texture_is_a_warning() -> None:
    """The scene is there, its surface is not; the rejection that tells of it is not a second finding."""
    missing = request("http://scene.localhost/wood.jpg", "missing", "image")
    rejected = thrown("Error: Could not load wood.jpg", "rejection")
    page = render(requests=(request(THREE), missing), errors=(rejected,))
    assert found(page) == {"asset-missing": "warning"}
    assert "wood.jpg" in message(page, "asset-missing")


@pytest.mark.parametrize("path", ["favicon.ico", "favicon-32x32.png", "apple-touch-icon.png", "site.webmanifest"])
def test_an_icon_is_never_missed(path: str) -> None:
    """No visitor of a scene asks for its icon."""
    assert found(render(requests=(request(f"http://scene.localhost/{path}", "missing", "other"),))) == {}


@pytest.mark.parametrize(
    ("url", "kind", "expected"),
    [
        ("https://api.example.com/scores", "fetch", "note"),
        ("https://static.example.com/extra.js", "script", "warning"),
        ("http://localhost:3000/api", "fetch", "warning"),
        ("http://192.168.0.12/texture.png", "image", "warning"),
        ("file:///home/me/model.glb", "fetch", "warning"),
        ("https://93.184.216.34/texture.png", "image", "note"),
    ],
)
def test_a_refused_request_weighs_by_what_it_asks_for(url: str, kind: str, expected: str) -> None:
    """A note for other hosts, a warning for scripts and for the visitor's own machine, where it works for nobody."""
    assert found(render(requests=(request(url, "refused", kind),))) == {"request-blocked": expected}


def test_a_page_of_a_refused_script_shows_nothing_for_it() -> None:
    """The engine did not come, so the exception that follows and the empty screen have one cause."""
    page = render(
        **empty_screen(
            canvases=(),
            three_revision=None,
            requests=(request("https://static.example.com/engine.js", "refused"),),
            errors=(thrown("ReferenceError: VoxelEngine is not defined"),),
        )
    )
    assert found(page) == {"request-blocked": "error"}


def test_a_host_that_cannot_be_reached_costs_nothing() -> None:
    """A note names it; the rejection that follows is not the page's."""
    page = render(
        requests=(request("https://threejs.org/examples/textures/wood.jpg", "unavailable", "image"),),
        errors=(thrown("TypeError: Failed to fetch", "rejection"),),
    )
    assert found(page) == {"asset-unavailable": "note"}
    assert findings(page)[0].points == 0


def test_a_hang_is_found_by_its_time() -> None:
    """While loading and later are two checks, and neither the blank canvas nor the stillness is a second one."""
    assert found(render(frames=(), canvases=(), hang=hang("load"))) == {"load-hang": "error"}
    assert found(render(frames=(frame(0), frame(0, at_seconds=1.0)), hang=hang("later"))) == {"later-hang": "error"}


def test_a_crash_is_found_alone() -> None:
    """A tab that died explains all else."""
    assert found(render(frames=(), canvases=(), crashed=True)) == {"page-crash": "error"}


def test_one_dialog_is_a_warning_and_many_are_an_error() -> None:
    """One alert is a nuisance; from the sixth on the page cannot be used."""
    alert = Dialog(kind="alert", message="Welcome")
    assert found(render(dialogs=(alert,))) == {"dialog": "warning"}
    assert found(render(dialogs=(alert,) * 5)) == {"dialog": "warning"}
    assert found(render(dialogs=(alert,) * 6)) == {"dialog": "error"}
    assert found(render(dialogs=(alert,), dialogs_dropped=900)) == {"dialog": "error"}


def test_the_question_whether_to_leave_is_no_finding() -> None:
    """The visitor sees it only on leaving."""
    assert found(render(dialogs=(Dialog(kind="beforeunload", message=""),))) == {}


def test_a_few_words_on_an_empty_page_do_not_make_an_error_milder() -> None:
    """Where something drawn is asked for, a line of instructions on one colour is nothing to look at."""
    words = frames(pixels=FEW_WORDS, canvas_pixels=None, scene=None)
    page = render(frames=words, canvases=(), visible_text="Drag to orbit", errors=(thrown("SyntaxError: x"),))
    assert found(page) == {"page-error": "error"}
