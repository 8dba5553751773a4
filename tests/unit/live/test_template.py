"""The template language: what it renders, and what it refuses."""

from __future__ import annotations

import contextlib
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from soundforge.live import Safe, Stream, Template
from soundforge.live.diff import Loop, StreamRows, diff, full, settle, to_html
from soundforge.live.template import TemplateError


def html(source: str, **values: object) -> str:
    return to_html(Template.parse(source)(**values))


@pytest.mark.parametrize(
    ("source", "values", "shown"),
    [
        ("<p>{x}</p>", {"x": '<&">'}, "<p>&lt;&amp;&quot;&gt;</p>"),
        ("<p>{x}</p>", {"x": None}, "<p></p>"),
        ("<p>{x}</p>", {"x": 0}, "<p>0</p>"),
        ("<p>{x}</p>", {"x": Safe("<b>")}, "<p><b></p>"),
        ("{ {'a': '}'}['a'] }", {}, "}"),
        ("{len([y for y in x if y > 1])}", {"x": [1, 2, 3]}, "2"),
        ("<p title={x}>", {"x": 'a"b'}, '<p title="a&quot;b">'),
        ("<p title={x}>", {"x": Safe('"><script>')}, '<p title="&quot;&gt;&lt;script&gt;">'),
        ("<p title={x}>", {"x": None}, "<p>"),
        ("<p hidden={x}>", {"x": True}, "<p hidden>"),
        ("<p data-n={x}>", {"x": 0}, '<p data-n="0">'),
        ("<p class={['a', x and 'b', 'c']}>", {"x": False}, '<p class="a c">'),
        ('<p class="a {x} c">', {"x": "b"}, '<p class="a b c">'),
        ("<p class='{x}'>", {"x": "'"}, "<p class='&#x27;'>"),
        ("<input value=plain disabled>", {}, '<input value="plain" disabled>'),
        ("{#if x}1{:elif x is None}2{:else}3{/if}", {"x": None}, "2"),
        ("{#if x}1{:elif x is None}2{:else}3{/if}", {"x": 0}, "3"),
        ("{#if x}1{/if}", {"x": 0}, ""),
        ("{#if x == 'a' or x == '}'}1{/if}", {"x": "}"}, "1"),
        ("{#for n, m in x}{n}{m};{/for}", {"x": [(1, 2), (3, 4)]}, "12;34;"),
        ("{#for n in {'k': 1}.items() by n}{n[0]}{/for}", {}, "k"),
        ("{#for n in x}{#for m in n}{m}{/for}|{/for}", {"x": [[1, 2], [3]]}, "12|3|"),
        ("a{!-- {not} <compiled> --}b", {}, "ab"),
        ("<!-- {x} stays -->", {}, "<!-- {x} stays -->"),
        ("<script>let a = {b: 1};</script>", {}, "<script>let a = {b: 1};</script>"),
        ("<pre>\n  {x}\n  y</pre>", {"x": 1}, "<pre>\n  1\n  y</pre>"),
        ("<p>\n    a\n\n    b\n</p>", {}, "<p>\na\nb\n</p>"),
        ("&#123;&lt;&#125;", {}, "&#123;&lt;&#125;"),
    ],
)
def test_it_renders(source, values, shown):
    assert html(source, **values) == shown


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " \x01javascript:alert(1)",
        "java\nscript:alert(1)",
        "java\tscript:alert(1)",
        "vbscript:x",
        "data:text/html,<script>1</script>",
        "file:///etc/passwd",
    ],
)
@pytest.mark.parametrize(
    "source", ["<a href={x}>", '<a href="{x}">', "<img src={x}>", "<form action='{x}'>"]
)
def test_addresses_that_run_or_leave_the_web_do_not_pass(source, address):
    shown = html(source, x=address)

    assert "about:blank#unsafe" in shown
    assert "script" not in shown.lower().replace("<form action", "")


@pytest.mark.parametrize(
    "address",
    [
        "/tracks/1",
        "?tab=a:b",
        "#part",
        "https://example.org/a",
        "blob:http://x/1",
        "a/b:c",
        "",
        "mailto:a@b.c",
    ],
)
def test_ordinary_addresses_pass(address):
    assert html("<a href={x}>", x=address) == f'<a href="{address}">'


@given(st.text())
def test_no_address_that_a_value_makes_has_a_forbidden_scheme(value):
    shown = html('<a href="{x}">', x=value)

    inner = shown.removeprefix('<a href="').removesuffix('">')
    assert '"' not in inner
    squeezed = "".join(char for char in inner if char > " ").lower()
    assert not squeezed.startswith(("javascript:", "vbscript:", "data:"))


@pytest.mark.parametrize(
    "value", ["red;background:url(x)", "url(javascript:1)", "expression(1)", '"', "a:b"]
)
def test_values_in_a_style_are_words_and_numbers(value):
    assert html('<p style="width: {x}">', x=value) == '<p style="width: ">'


@pytest.mark.parametrize("value", ["12.5%", "#fff", "calc-x", -3, "1px, 2px"])
def test_words_and_numbers_pass_into_a_style(value):
    assert html('<p style="width: {x}">', x=value) == f'<p style="width: {value}">'


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("\n\n{x", "t:3: not an expression"),
        ("{1 +}", "t:1: not an expression"),
        ("{}", "t:1: empty braces"),
        ("a } b", "t:1: } without {"),
        ("{/if}", "t:1: {/if} without a beginning"),
        ("{#if x}", "t:1: {#if} without {/if}"),
        ("{#if x}{:else}{:else}{/if}", "t:1: {#if} without {/if}"),
        ("{#for x in y}", "t:1: {#for} without {/for}"),
        ("{#for x in y}{/if}", "t:1: {#for} without {/for}"),
        ("{#for x.y in z}{/for}", "t:1: {#for} takes plain names"),
        ("{#for x in y if x}{/for}", "t:1: {#for} takes one loop"),
        ("{#for x}{/for}", "t:1: {#for} is not"),
        ("{#while x}{/while}", "t:1: unknown block {#while}"),
        ("{!-- open", "t:1: not an expression"),
        ("<!-- open", "t:1: --> is missing"),
        ("<p", "t:1: the tag does not end"),
        ("<p class='", "t:1: attribute class does not end"),
        ("<p class=>", "t:1: attribute class has no value"),
        ("<p {x}>", "t:1: { between attributes"),
        ("<p {#if x}hidden{/if}>", "t:1: { between attributes"),
        ("<p {x}='1'>", "t:1: { between attributes"),
        ("<{x}>", "t:1: < that begins no tag"),
        ("1 < 2", "t:1: < that begins no tag"),
        ("<p onclick={x}>", "t:1: attribute onclick may not"),
        ("<p onclick='f({x})'>", "t:1: attribute onclick may not"),
        ("<iframe srcdoc={x}>", "t:1: attribute srcdoc may not"),
        ("<p style={x}>", "t:1: write style="),
        ('<a href="java{x}">', "t:1: in href, text before an expression"),
        ('<a href="{x}{y}">', "t:1: in href, / ? #"),
        ("<script>", "t:1: <script> does not end"),
    ],
)
def test_faults_name_file_and_line(source, fault):
    with pytest.raises(TemplateError) as raised:
        Template.parse(source, path="t")

    assert str(raised.value).startswith(fault)


@given(st.text(alphabet="<>{}/#:!-='\"abif for\n", max_size=40))
def test_any_text_is_compiled_or_refused(source):
    with contextlib.suppress(TemplateError):
        Template.parse(source)


def test_a_fault_at_run_time_names_the_template_and_the_line():
    template = Template.parse("<p>\n\n{1 / x}</p>", path="page.html")

    with pytest.raises(ZeroDivisionError) as raised:
        template(x=0)

    last = raised.traceback[-1]
    assert (str(last.path), last.lineno + 1) == ("page.html", 3)


def test_expressions_have_no_door_to_the_rest_of_python():
    with pytest.raises(NameError):
        html("{open('/etc/passwd')}")
    with pytest.raises((ImportError, NameError)):
        html("{__import__('os')}")


def test_a_component_is_a_tree_within_the_tree():
    row = Template.parse("<li>{item}</li>")
    page = Template.parse("<ul>{row(item=1)}</ul>", row=row)

    wire = full(page())

    assert wire["0"] == {"s": ["<li>", "</li>"], "0": "1"}


def test_a_list_in_a_place_for_text_is_a_fault_not_its_repr():
    with pytest.raises(TypeError, match="#for"):
        html("{x}", x=[1, 2])


def test_the_same_key_twice_stays_two_entries():
    loop = Template.parse("{#for x in xs by 1}{x}{/for}")(xs=[1, 2]).dynamics[0]

    assert isinstance(loop, Loop)
    assert [key for key, _ in loop.entries] == [(1, 0), (1, 1)]


def test_a_loop_over_a_stream_gives_its_changed_rows():
    stream = Stream("jobs")
    stream.insert(SimpleNamespace(id=7, name="<x>"))
    page = Template.parse("{#for dom_id, job in s}\n<p id={dom_id}>{job.name}</p>\n{/for}")

    part = page(s=stream).dynamics[0]

    assert isinstance(part, StreamRows)
    assert part.rows == ((' id="jobs-7"', "&lt;x&gt;"),)
    assert part.changes == ["jobs", [["jobs-7", -1, None, False]], []]


def test_a_component_in_a_row_costs_its_values_only():
    bar = Template.parse("<meter max='100' value={value}></meter>")
    card = Template.parse("<h3>{job.name}</h3>{bar(value=job.progress)}<p>end</p>", bar=bar)
    page = Template.parse(
        "{#for dom_id, job in s}<li id={dom_id}>{card(job=job)}</li>{/for}", card=card
    )
    stream = Stream("jobs")

    def render(number, progress):
        stream.forget()
        stream.insert(SimpleNamespace(id=number, name="x", progress=progress))
        return page(s=stream)

    first, second = render(1, 5), render(2, 6)

    assert to_html(first) == (
        '<li id="jobs-1"><h3>x</h3><meter max=\'100\' value="5"></meter><p>end</p></li>'
    )
    change = diff(settle(first), second)
    assert change["0"]["k"]["0"] == {"0": ' id="jobs-2"', "1": "x", "2": ' value="6"'}
    assert "s" not in change["0"]


def test_rows_made_up_in_different_ways_are_sent_all_the_same():
    cards = {"a": Template.parse("<a>{x}</a>"), "b": Template.parse("<b>{x}</b>")}
    page = Template.parse("{#for _, row in s}<li>{cards[row.id](x=1)}</li>{/for}", cards=cards)
    stream = Stream("s")
    for name in cards:
        stream.insert(SimpleNamespace(id=name))

    assert to_html(page(s=stream)) == "<li><a>1</a></li><li><b>1</b></li>"


def test_each_render_has_the_same_statics_object():
    page = Template.parse("{#if x}<p>{x}</p>{/if}")

    first, second = page(x=1), page(x=2)

    assert first.statics is second.statics
    assert first.dynamics[0].statics is second.dynamics[0].statics
