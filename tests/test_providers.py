"""The provider table and the recorded provider."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from sampler import prompts, providers
from sampler.errors import ProviderError, UnknownModelError
from sampler.providers import recorded
from sampler.records import Prompt, Usage

if TYPE_CHECKING:
    from pathlib import Path


def test_every_recorded_reply_is_given_to_the_byte() -> None:
    """Each model listed answers each of its prompts with the recorded file, and invents no usage."""
    seen = 0
    for info in providers.available():
        model = providers.provider(info.model)
        assert model.model == info.model
        for id_, count in (info.replies or {}).items():
            prompt = prompts.load(id_)
            model.check([prompt], count)
            for number in range(1, count + 1):
                reply = model.ask(prompt, number)
                name = info.model.removeprefix("recorded:")
                file = prompts.folder() / "recorded" / name / id_ / f"{number:02d}.html"
                assert reply.text.encode() == file.read_bytes()
                assert reply.usage == Usage(model_reported=info.model)
                seen += 1
    assert seen == len(list((prompts.folder() / "recorded").rglob("*.html"))) > 90


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("openai:gpt-9", "no provider 'openai'; this version has recorded"),
        ("anthropic:claude", "recorded:compact, recorded:sketch"),
        ("compact", "Did you mean recorded:compact?"),
        ("", "not written provider:model"),
        ("recorded", "not written provider:model"),
        ("recorded:", "there is recorded:compact and recorded:sketch"),
        ("recorded:skech", "Did you mean recorded:sketch?"),
        ("recorded:../recorded/compact", "no recorded set"),
        ("recorded:" + "x" * 10_000, "no recorded set"),
        ("x" * 10_000 + ":y", "not written provider:model"),
    ],
)
def test_unknown_model(model: str, says: str) -> None:
    """A model that does not exist is one short sentence that names those that do."""
    with pytest.raises(UnknownModelError) as caught:
        providers.provider(model)
    assert says in str(caught.value)
    assert len(str(caught.value)) < 300


def test_more_than_recorded() -> None:
    """Asking for more attempts than were recorded says how many there are, before any is given."""
    desktop = prompts.load("windows-11-desktop")
    model = providers.provider("recorded:compact")
    model.check([desktop], 4)
    with pytest.raises(ProviderError, match=r"4 replies to windows-11-desktop, not 20 \(-n 4 would do\)"):
        model.check([prompts.load("friends-apartment"), desktop], 20)
    for number in (0, 5):
        with pytest.raises(ProviderError):
            model.ask(desktop, number)


def test_prompt_that_was_not_recorded() -> None:
    """A prompt without recordings, or with a changed text, gets no reply that answered something else."""
    model = providers.provider("recorded:sketch")
    apartment = prompts.load("friends-apartment")
    changed = apartment.model_copy(update={"text": apartment.text + " And a cat."})
    for prompt, says in [
        (prompts.load("minecraft-clone"), "no reply to minecraft-clone"),
        (prompts.load("Make a red cube in Three.js"), "no reply to make-a-red-cube"),
        (changed, "the text of friends-apartment is not the one that was recorded"),
    ]:
        with pytest.raises(ProviderError, match=says):
            model.check([prompt], 1)
        with pytest.raises(ProviderError, match=says):
            model.ask(prompt, 1)


def test_same_text_under_another_id() -> None:
    """A recorded text that is typed instead of named gets its recorded replies."""
    apartment = prompts.load("friends-apartment")
    model = providers.provider("recorded:compact")
    assert model.ask(prompts.load(apartment.text), 3) == model.ask(apartment, 3)


def recordings(folder: Path, names: list[str]) -> Prompt:
    """A set "own" with these files as replies to one prompt."""
    asked = {"id": "cube", "title": "Cube", "text": "Draw a cube."}
    (folder / "prompts.json").write_text(json.dumps([asked]), encoding="utf-8")
    (folder / "own" / "cube").mkdir(parents=True)
    for name in names:
        (folder / "own" / "cube" / name).write_text(name, encoding="utf-8")
    return Prompt(id="cube", title="Cube", text="Draw a cube.")


def test_a_gap_ends_the_recording(tmp_path: Path) -> None:
    """Replies count from 01 to the first gap, so that no number stands for a reply that somebody took out."""
    prompt = recordings(tmp_path, ["01.html", "02.html", "04.html", "notes.txt", "3.html"])
    model = recorded.provider("own", tmp_path)
    assert model.ask(prompt, 2).text == "02.html"
    with pytest.raises(ProviderError, match="2 replies"):
        model.check([prompt], 3)


def test_damaged_recordings(tmp_path: Path) -> None:
    """A file that is gone or not UTF-8, or a damaged list, is one error that names the file."""
    prompt = recordings(tmp_path, ["01.html", "02.html"])
    model = recorded.provider("own", tmp_path)
    (tmp_path / "own" / "cube" / "01.html").write_bytes(b"\xff\xfe")
    (tmp_path / "own" / "cube" / "02.html").unlink()
    with pytest.raises(ProviderError, match=r"01\.html is not UTF-8"):
        model.ask(prompt, 1)
    with pytest.raises(ProviderError, match=r"02\.html cannot be read"):
        model.ask(prompt, 2)
    (tmp_path / "prompts.json").write_text('[{"id": 3}]', encoding="utf-8")
    with pytest.raises(ProviderError, match=r"prompts\.json is damaged"):
        recorded.provider("own", tmp_path)
    (tmp_path / "prompts.json").unlink()
    with pytest.raises(ProviderError, match=r"prompts\.json cannot be read"):
        recorded.models(tmp_path)


def test_no_recordings(tmp_path: Path) -> None:
    """Where nothing was recorded there is nothing to list, and asking says so."""
    assert recorded.models(tmp_path / "none") == ()
    with pytest.raises(UnknownModelError, match="there is none"):
        recorded.provider("compact", tmp_path / "none")


def test_half_a_surrogate_pair_can_be_stored() -> None:
    """Half of a surrogate pair in a reply becomes U+FFFD, so that the reply can be written to a file."""
    assert providers.Reply(text="a\ud83db").text == "a\ufffdb"
