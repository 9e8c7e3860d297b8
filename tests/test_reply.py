"""What of a model's reply is the page: fenced, bare, in files, cut off, refused, hostile."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sampler import prompts, providers, reply

PAGE = """<!DOCTYPE html>
<html lang="en">
<head><title>Cube</title>
<style>body { margin: 0 }</style></head>
<body>
<canvas id="c"></canvas>
<script>
const scene = new THREE.Scene();
for (let i = 0; i < 3; i++) scene.add(cube(`<b>${i}</b>`));
</script>
</body>
</html>
"""
OTHER = PAGE.replace("Cube", "Sphere")
SHORT = '<!DOCTYPE html><title>Cube</title><script src="https://unpkg.com/three"></script><script>go()</script>\n'
SPLIT = PAGE.replace("<style>body { margin: 0 }</style>", '<link rel=stylesheet href="style.css">').replace(
    "<script>\n", '<script type="module" src="./js/main.js"></script><script>\n'
)


def page_of(text: str) -> str:
    """The page of a reply in which there is nothing wrong."""
    delivery, document = reply.read(text)
    assert delivery.problem is None, delivery
    assert document is not None
    assert delivery.detail.endswith(".")
    lines = text.replace("\r\n", "\n").split("\n")
    first = document.html.replace("\r\n", "\n").split("\n")[0]
    assert lines[delivery.line_offset].endswith(first) or lines[delivery.line_offset].startswith(first)
    return document.html


def recorded() -> list[str]:
    """All recorded replies."""
    texts = []
    for info in providers.available():
        model = providers.provider(info.model)
        for id_, count in (info.replies or {}).items():
            texts += [model.ask(prompts.load(id_), number).text for number in range(1, count + 1)]
    return texts


def test_recorded_replies_are_their_pages() -> None:
    """Each recorded reply is one bare document, equal to its text; in a fence with prose it is the same page."""
    texts = recorded()
    assert len(texts) > 90
    for text in texts:
        delivery, document = reply.read(text)
        assert (delivery.problem, delivery.form, delivery.line_offset) == (None, "bare", 0)
        assert document is not None
        assert document.html == text
        assert document.files == {}
        assert page_of(f"Here it is.\n\n```html\n{text}\n```\n\nDrag to orbit.").rstrip() == text.rstrip()


def test_recorded_replies_cut_off_anywhere() -> None:
    """A recorded reply that stops anywhere after its doctype and before its last tag was truncated."""
    for text in recorded()[::6]:
        for percent in range(3, 100, 8):
            cut = text[: len(text.rstrip()) * percent // 100]
            for before in ("", "```html\n", "Sure!\n\n~~~\n"):
                delivery, document = reply.read(before + cut)
                assert delivery.problem == "truncated-reply", (percent, before, cut[-80:])
                assert document is not None
                assert document.html == cut


@pytest.mark.parametrize(
    ("text", "form"),
    [
        (PAGE, "bare"),
        ("\n\n" + PAGE, "bare"),
        ("\ufeff" + PAGE, "bare"),
        ("<!-- index.html -->\n" + PAGE, "bare"),
        (PAGE.replace("\n", "\r\n"), "bare"),
        (PAGE.replace("margin", "mar\0gin"), "bare"),
        (PAGE.upper(), "bare"),
        (PAGE.removeprefix("<!DOCTYPE html>\n"), "bare"),
        ('<?xml version="1.0"?>\n' + PAGE, "bare"),
        (SHORT, "bare"),
        (PAGE.replace("</body>\n</html>\n", ""), "bare"),
        (PAGE.replace("</script>\n", ""), "bare"),
        (PAGE + "<script>more()</script>\n", "bare"),
        (PAGE.replace("go", "document.write('</html>')"), "bare"),
    ],
    ids=range(14),
)
def test_bare_page(text: str, form: str) -> None:
    """A reply that is nothing but a page is that page to the last character, marks and blank lines included."""
    assert page_of(text) == text
    assert reply.read(text)[0].form == form


@pytest.mark.parametrize(
    "wrap",
    [
        "```html\n{}```",
        "Sure! Use `three`:\n\n```html\n{}```\n\nOpen it.\n",
        "```\n{}```\n",
        '```HTML title="index.html"\n{}```\n',
        "~~~html\n{}~~~\n",
        "````html\n{}````\n",
        "```html\n{}`````\n",
        "1. The page:\n\n   ```html\n{}   ```\n",
        "\t```html\n{}\t```",
        "```xml\n{}```",
        "```javascript\n{}```",
        "```html\n{}",
        "```markdown\n# The page\n```html\n{}```\n```\n",
        "```html\n{}\n\nThat is it: press W to walk.",
        "```bash\nnpx serve\n```\n\n```html\n{}```\n",
        "```js\nconst a = 1;\n```\n\n```html\n{}```\n\n```js\nconst b = 2;\n```\n",
        '<artifact type="text/html">\n{}</artifact>\n',
        "<answer><![CDATA[\n{}]]></answer>",
        "<think>\nMaybe:\n```html\n" + OTHER + "```\n</think>\n\n```html\n{}```",
        "<think>" + OTHER + "</think>\n{}",
        "I will write:\n" + OTHER.replace("<", " <") + "</think>\nHere:\n```html\n{}```",
        "Here you are:\n\n{}\nEnjoy the scene!",
        "Here is `<!DOCTYPE html>` first. {}\nEnjoy!",
        'Start with "<html>" as always.\n{}\n\n```bash\nnpx serve\n```\n',
        "{}```\n\nDone.",
        '<file path="index.html">\n{}</file>\n',
        '<file path="index.html">\n```html\n{}```\n</file>\n',
        "```html<!-- ok -->\n{}```\n",
    ],
)  # fmt: skip
def test_wrapped_page(wrap: str) -> None:
    """Fences of every kind, prose, thinking and wrapping tags around a page are left out; the page is as written."""
    assert page_of(wrap.replace("{}", PAGE)).strip() == PAGE.strip()
    crlf = wrap.replace("{}", PAGE).replace("\n", "\r\n")
    assert page_of(crlf).strip() == PAGE.replace("\n", "\r\n").strip()


@pytest.mark.parametrize(
    "inside",
    [
        "const md = `\n\\`\\`\\`js\nlet a;\n\\`\\`\\`\n`;",
        "/*\n```\nusage\n```\n*/",
        "/*\n```js\nusage\n*/",
        "/*\n```\nhalf a fence\n*/",
        "const page = `<!DOCTYPE html>\n<html>\n</html>\n`;\n/*\n```\n*/",
    ],
)
def test_fences_in_a_script(inside: str) -> None:
    """A fence inside a page's script does not end the page, neither in a fence nor bare."""
    page = PAGE.replace("const scene", inside + "\nconst scene")
    assert page_of(page) == page
    assert page_of(f"Here.\n```html\n{page}```\nThere.\n```css\nb {{}}\n```\n") == page


@pytest.mark.parametrize("pre", ["```js\nlet a;\n```", "```\nlet a;\n```", "```"])
def test_fences_in_markup(pre: str) -> None:
    """Fences that a page shows, in pairs or half, do not end it while its `</html>` is still to come."""
    page = PAGE.replace("<canvas", f"<pre>\n{pre}\n</pre>\n<canvas")
    assert page_of(page) == page
    assert page_of(f"Here.\n```html\n{page}```\nThere.\n") == page


def test_page_glued_to_its_fence() -> None:
    """A page that starts or ends on the line of its fence is still that page."""
    assert page_of(f"```html {PAGE.rstrip()}```\nEnjoy `it`.\n```css\na {{}}\n```") == PAGE.rstrip()


def test_form_detail_and_line_offset() -> None:
    """The delivery tells the form in one sentence for people, and how many lines of the reply stand before the page."""
    delivery, _ = reply.read(f"Sure, here it is:\n\n```html\n{PAGE}```\nEnjoy!")
    assert delivery.form == "fence"
    assert delivery.line_offset == 3
    assert delivery.detail == "One HTML document; 5 words of prose around it."
    delivery, _ = reply.read(f"<think>Hm.</think>\n{PAGE}")
    assert delivery.form == "bare"
    assert delivery.line_offset == 1
    assert delivery.detail == "One HTML document; thinking left out."


# --- several pieces ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "index.html\n```html\nPAGE```\nstyle.css\n```css\nb {}\n```\njs/main.js\n```js\ngo()\n```\n",
        "```html index.html\nPAGE```\n```css style.css\nb {}\n```\n```js:js/main.js\ngo()\n```\n",
        "```html\nPAGE```\n```css\n/* style.css */\nb {}\n```\n```js\n// main.js\ngo()\n```\n",
        "```html\nPAGE```\n### `style.css`\n\n```css\nb {}\n```\n**File: ./js/main.js**\n```javascript\ngo()\n```\n",
        "```html\nPAGE```\nThe styles:\n```css\nb {}\n```\nThe code:\n```js\ngo()\n```\n",
        "```css\nb {}\n```\n```js\ngo()\n```\nAnd the page:\n```html\nPAGE```\n",
        "<file path='index.html'>\nPAGE</file>\n<f path='style.css'>\nb {}\n</f>\n<f name='js/main.js'>\ngo()\n</f>",
        "PAGE\n\n```css\nb {}\n```\n\n```js\ngo()\n```\n",
    ],
)
def test_files_the_page_refers_to(text: str) -> None:
    """Styles and scripts in pieces of their own come along under the path by which the page asks for them."""
    delivery, document = reply.read(text.replace("PAGE", SPLIT))
    assert delivery.problem is None
    assert delivery.form == "files"
    assert document is not None
    assert document.html.strip() == SPLIT.strip()
    assert set(document.files) == {"style.css", "js/main.js"}
    assert document.files["style.css"].endswith("b {}\n")
    assert document.files["js/main.js"].endswith("go()\n")


def test_files_that_files_refer_to() -> None:
    """A module that a script imports comes along; what nobody refers to does not."""
    text = (
        f"```html\n{SPLIT}```\njs/main.js\n```js\nimport './world.js';\n```\n"
        "js/world.js\n```js\nexport {};\n```\nserver.js\n```js\nserve();\n```\nREADME.md\n```md\n# Hi\n```\n"
    )
    _, document = reply.read(text)
    assert document is not None
    assert document.files == {"js/main.js": "import './world.js';\n", "js/world.js": "export {};\n"}


def test_self_contained_page_takes_no_files() -> None:
    """Pieces beside a page that does not refer to them stay out: nothing is put in that was not asked for."""
    delivery, document = reply.read(f"```html\n{PAGE}```\n```js\ngo()\n```\n```css\nb {{}}\n```\n")
    assert delivery.form == "fence"
    assert document is not None
    assert document.files == {}


@pytest.mark.parametrize("path", ["../main.js", "/../../main.js", "C:\\main.js", "https://x.y/m.js", "//x.y/m.js"])
def test_file_paths_stay_below_the_page(path: str) -> None:
    """No file is given a path that leads out of the page's folder."""
    page = PAGE.replace("<script>\n", f'<script src="{path}"></script><script>\n')
    _, document = reply.read(f"```html\n{page}```\n```js {path}\ngo()\n```\n")
    assert document is not None
    assert all(".." not in name and ":" not in name and not name.startswith("/") for name in document.files)


@pytest.mark.parametrize(
    ("between", "second"),
    [
        ("Wait, I made a mistake. Here is the corrected version:", True),
        ("Here's an updated version that fixes the camera:", True),
        ("**Final version**", True),
        ("Alternatively, a simpler version:", False),
        ("And here is a second scene:", False),
        ("If you prefer it without fixed shadows, use this option instead:", False),
    ],
)
def test_which_of_two_documents(between: str, second: bool) -> None:  # noqa: FBT001 - a table's column
    """The first of two documents counts, unless the prose before the second one says that it replaces the first."""
    for left, right in (("```html\n", "```\n"), ("", "\n")):
        text = f"Here:\n\n{left}{PAGE}{right}\n{between}\n\n{left}{OTHER}{right}\nBye."
        assert page_of(text).strip() == (OTHER if second else PAGE).strip()


def test_unfinished_versions_do_not_count() -> None:
    """A finished document wins over one that was cut off, before or after it."""
    half = PAGE[:200]
    assert page_of(f"```html\n{half}```\nLet me start again.\n```html\n{OTHER}```\n") == OTHER
    assert page_of(f"```html\n{half}\n\n```html\n{OTHER}```\n") == OTHER
    assert page_of(f"```html\n{PAGE}```\nHere is the improved version:\n```html\n{OTHER[:200]}") == PAGE


def test_index_html_is_the_page() -> None:
    """Among named documents index.html is the page, wherever it stands."""
    assert page_of(f"about.html\n```html\n{OTHER}```\nindex.html\n```html\n{PAGE}```\n") == PAGE


def test_pieces_of_html() -> None:
    """Without a whole document the longest piece of HTML is the page, as a browser would open it."""
    piece = '<canvas id="c"></canvas>\n<script>go()</script>\n'
    assert page_of(f"Add this:\n```html\n<div></div>\n```\nand this:\n```html\n{piece}```\n") == piece
    assert page_of(f"```\n{piece}```\n") == piece
    assert page_of(piece) == piece
    assert page_of(f"Here:\n\n{piece}") == piece


# --- no page -------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", " \n\t\r\n", "\ufeff\n"])
def test_empty_reply(text: str) -> None:
    """An empty reply has no document and says so."""
    delivery, document = reply.read(text.strip("\ufeff"))
    assert document is None
    assert (delivery.problem, delivery.form, delivery.detail) == ("no-document", "empty", "The reply is empty.")


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Which version of three.js would you like? I need more details.", "prose"),
        ("You need a `<canvas>` and a `<script>`; the page starts with `<!DOCTYPE html>`.", "prose"),
        ("I can't run the code here, but you can make this scene with boxes and a light.", "prose"),
        ("I can't create files directly. Describe what you see and I will help.", "prose"),
        ("I cannot wait to see it! Monica's walls are purple.", "prose"),
        ('{"html": "<!DOCTYPE html>\\n<html></html>"}', "prose"),
        ("```js\nconst scene = new THREE.Scene();\n```\nPut that into your page.", "fence"),
        ("I can't help with that.\n```js\nscene.add(cube);\n```\n", "fence"),
        ("```jsx\nexport default () => <html><body/></html>;\n```", "fence"),
        ("```\nnpm install three\n```\nThen run it.", "fence"),
        ("```js\napp.get('/', (q, r) => r.send(`\n<!DOCTYPE html>\n<html></html>`));\n```\n", "fence"),
    ],
)
def test_no_document(text: str, form: str) -> None:
    """Prose, questions, and code without HTML are replies without a document, not refusals."""
    delivery, document = reply.read(text)
    assert document is None
    assert (delivery.problem, delivery.form) == ("no-document", form)


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I\u2019m sorry, but I can\u2019t assist with that request.",
        "I cannot create a recreation of Monica's apartment because it is copyrighted.",
        "I'm unable to help with this request.",
        "I am not able to reproduce this set, since it belongs to a studio. I could describe it.",
        "I must respectfully decline.",
        "Sorry! I won't be able to build a clone of Minecraft.",
        "This request violates our content policy.",
        "<think>They want a set from a show. I can.</think>\n\nI can't recreate this.",
    ],
)
def test_refusal(text: str) -> None:
    """A reply that says the model will not do it is a refusal."""
    delivery, document = reply.read(text)
    assert document is None
    assert delivery.problem == "refused"


def test_a_page_is_never_a_refusal() -> None:
    """A reply with a page is judged by the page, whatever it says around it or in it."""
    refusal = "I'm sorry, but I can't help with that."
    assert page_of(f"{refusal}\n\n```html\n{PAGE}```\n{refusal}") == PAGE
    assert refusal in page_of(PAGE.replace("Cube", refusal))


# --- cut off -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "says"),
    [
        (PAGE[: PAGE.index("cube(")], "inside its <script>"),
        (PAGE[: PAGE.index("margin")], "inside its <style>"),
        (PAGE[: PAGE.index('="c"')], "inside a tag"),
        (PAGE[: PAGE.index("</body>")].replace("</canvas>", ""), "before its end"),
        (PAGE[: PAGE.index("<style>")], "before its end"),
        (PAGE[: PAGE.index("<canvas")] + "<!-- the sc", "inside a comment"),
        (PAGE[: PAGE.index("cube(")] + "'</html>' + ", "inside its <script>"),
    ],
)
def test_cut_off(page: str, says: str) -> None:
    """A page that stops in the middle is a truncated reply that says where, with the page kept for the gallery."""
    for before in ("", "Here:\n```html\n"):
        delivery, document = reply.read(before + page)
        assert delivery.problem == "truncated-reply"
        assert says in delivery.detail
        assert document is not None
        assert document.html == page


def test_closed_fence_around_half_a_script() -> None:
    """A script that was never ended makes a truncated reply even where somebody closed the fence."""
    delivery, document = reply.read(f"```html\n{PAGE[: PAGE.index('cube(')]}\n```\n")
    assert delivery.problem == "truncated-reply"
    assert document is not None


def test_closed_fence_without_end_tags() -> None:
    """A page whose fence is closed came to its end, although it leaves out what HTML wants."""
    page = "<!DOCTYPE html>\n<html>\n<body>\n<div>\n<canvas>\n<script>go()</script>\n"
    assert page_of(f"```html\n{page}```\n") == page


@pytest.mark.parametrize(
    "text",
    [
        "<think>\nFirst the walls. ```html\n<!DOCTYPE html>",
        "Here:\n```html\n",
        "Here:\n```html\n<!DOCT",
        "```css\nbody { margin",
        "```html\n" + SPLIT + "```\njs/main.js\n```js\nfunction go() {",
    ],
)
def test_cut_off_elsewhere(text: str) -> None:
    """A reply that stops while thinking, before its page, or inside a file that the page needs was cut off too."""
    assert reply.read(text)[0].problem == "truncated-reply"


def test_cut_off_beside_the_page() -> None:
    """A reply that stops after its page, in prose or in code that the page does not need, is whole."""
    assert page_of(f"```html\n{PAGE}```\nTo run it:\n```bash\nnpx ser") == PAGE
    assert page_of(f"```html\n{PAGE}") == PAGE
    assert page_of(f"{PAGE}\n\nThe camera orb").strip() == PAGE.strip()


# --- hostile -------------------------------------------------------------------------------------

PIECES = [
    "```", "```html\n", "~~~", "\n", "\r\n", "<!DOCTYPE html>", "<html>", "</html>", "<script>", "</script>", "<!--",
    "-->", "<think>", "</think>", '<file path="a.js">', "</file>", "<body>", "`", " ", "\ufeff", "\0", "a.js",
    "<script src=a.js>", "<a b='", "\ud800", "I can't help with that. ", "x", "</title>", "<svg/>", "<![CDATA[",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join) | st.text())
@example("```html<html>")
@example("<html><!-->")
def test_any_text_has_a_delivery(text: str) -> None:
    """Whatever the reply, it never raises; a document is a stretch of the reply at the line that is named."""
    delivery, document = reply.read(text)
    clean = "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in text)
    assert (document is None) == (
        delivery.problem in {"no-document", "refused"}
    ) or delivery.problem == "truncated-reply"
    assert delivery.detail
    if document is not None:
        assert document.html
        assert document.html in clean
        assert all(content in clean for content in document.files.values())


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join))
def test_time_is_linear(unit: str) -> None:
    """No pattern repeated to 200,000 characters takes longer than a page of that size may."""
    text = (unit * 200_000)[:200_000]
    started = time.process_time()
    reply.read(text)
    assert time.process_time() - started < 4


def test_endless_reply() -> None:
    """Of an endless reply the beginning is read; a page that ends in it counts, one that does not was cut off."""
    endless = "x" * (reply.MAX_CHARACTERS + 10)
    assert page_of(f"{PAGE}\n{endless}").strip() == PAGE.strip()
    delivery, document = reply.read(PAGE.replace("Cube", endless))
    assert delivery.problem == "truncated-reply"
    assert document is not None
    assert len(document.html) == reply.MAX_CHARACTERS
    assert reply.read(endless)[0].problem == "truncated-reply"
