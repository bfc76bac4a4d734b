import { describe, expect, test } from "vitest";
import { escapeHtml, html, raw } from "./html.ts";
import {
  headingHtml,
  join,
  markdownCode,
  name,
  names,
  say,
  strong,
  toHtml,
  toMarkdown,
  toPlain,
  visible,
} from "./text.ts";

test("html escapes what is interpolated, and only that", () => {
  const evil = `<script>"'&`;
  expect(
    html`<p title="${evil}">${evil}${raw("<b>")}${["<", html`<i>`]}${undefined}${false}${7}</p>`.markup,
  ).toBe(`<p title="&lt;script&gt;&quot;&#39;&amp;">&lt;script&gt;&quot;&#39;&amp;<b>&lt;<i>7</p>`);
});

test("escapeHtml replaces what HTML forbids and keeps what it allows", () => {
  expect(escapeHtml("a\u0000b\ud800c\u001bd\te\nf\u0085")).toBe("a�b�c�d\te\nf�");
  expect(escapeHtml("🙂 日本")).toBe("🙂 日本");
});

describe("one sentence, three ways out", () => {
  const sentence = say`Shuffling ${name("a<b>|`c")} costs ${strong("0.1")} & ${names(["x", "y", "z"])}.`;
  test("HTML", () =>
    expect(toHtml(sentence).markup).toBe(
      "Shuffling “<bdi>a&lt;b&gt;|`c</bdi>” costs <b>0.1</b> &amp; “<bdi>x</bdi>”, “<bdi>y</bdi>” and “<bdi>z</bdi>”.",
    ));
  test("plain", () => expect(toPlain(sentence)).toBe('Shuffling "a<b>|`c" costs 0.1 & "x", "y" and "z".'));
  test("Markdown", () =>
    expect(toMarkdown(sentence)).toBe("Shuffling `` a<b>\\|`c `` costs **0.1** &amp; `x`, `y` and `z`."));
});

test("a heading that is a name has no quotation marks", () => {
  expect(headingHtml(say`${name("tenure")}`).markup).toBe("<bdi>tenure</bdi>");
  expect(headingHtml(say`Of ${name("tenure")}`).markup).toBe("Of “<bdi>tenure</bdi>”");
});

test("join leaves out what is missing or empty", () => {
  expect(toPlain(join([say`A.`, undefined, say``, say`B.`]))).toBe("A. B.");
});

test("a code fence is longer than any run of backticks inside", () => {
  expect(markdownCode("a``b")).toBe("``` a``b ```");
});

describe("visible", () => {
  test.each([
    ["escape sequences", "\u001b[31mred", "�[31mred"],
    ["direction overrides", "a\u202eb", "a�b"],
    ["zero-width marks", "a\u200bb\ufeffc", "a�b c"],
    ["lone surrogates", "a\udc00", "a�"],
    ["white space", " a\n\t b\u2028c ", "a b c"],
    ["nothing", "", "(empty)"],
    ["only blanks", "  \n", "(empty)"],
    ["family emoji", "👩‍👧", "👩‍👧"],
  ])("%s", (_, given, shown) => expect(visible(given, 80)).toBe(shown));

  test("cuts the middle, in characters", () => {
    expect(visible("abcdefghij", 6)).toBe("abc…ij");
    expect(Array.from(visible("🙂".repeat(100), 10))).toHaveLength(10);
  });

  test("a cell of 10 MB takes no time", () => {
    expect(visible("x\u0000".repeat(5_000_000), 80)).toHaveLength(80);
  });
});
