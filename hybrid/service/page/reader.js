// The document beside the answer: the page that a citation stands on with its quote highlighted, as text or as an
// image of the page, or the whole document.

import { blob, corpusPath, json } from "./api.js";
import { byId, el, show } from "./dom.js";
import { count, grouped, linesOf, place, printable, visibleName, whoAndWhen } from "./wording.js";

const narrow = matchMedia("(max-width: 62rem)");
const BLOCK = 100; // lines of a document without pages that the browser lays out together

let corpus = null;
let shown = null; // { citations, number, opener, view, source, span, document, pages }
let asked = new AbortController();
let imageAddress = null;
let mediaTypes = new Map();
let onProblem = () => {};
let removes = false; // whether this key may remove documents

export function setUpReader({ problem, remove }) {
  onProblem = problem;
  byId("remove-document").addEventListener("click", () => remove(shown.info));
  byId("close-reader").addEventListener("click", closeReader);
  byId("previous-source").addEventListener("click", () => step(-1));
  byId("next-source").addEventListener("click", () => step(1));
  byId("show-text").addEventListener("click", () => mode("text"));
  byId("show-image").addEventListener("click", () => mode("image"));
  byId("show-whole").addEventListener("click", () => mode("whole"));
  narrow.addEventListener("change", cover);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !byId("reader").hidden && !byId("confirm").open) closeReader();
  });
}

/** Of which corpus documents are read; `documents` says which of them are PDF, `mayWrite` whether they can be removed. */
export function readFrom(name, documents, mayWrite) {
  if (name !== corpus) closeReader();
  removes = mayWrite;
  corpus = name;
  mediaTypes = new Map(documents.flatMap((one) => one.sources.map((source) => [source, one.media_type])));
}

/** Open one of an answer's citations: its page, with the quote in sight and the focus at the head of the reader. */
export async function openCitation(citations, number, opener) {
  const citation = citations.get(number);
  const signal = begin({ citations, number, opener, source: citation.source, title: citation.title });
  markShown();
  facts(citation);
  try {
    const view = await json(corpusPath(corpus, "/page"), { method: "POST", body: { citation }, signal });
    shown.view = view;
    shown.page = view.page;
    shown.span = [view.start, view.end];
    modes({ whole: true });
    mode("text");
  } catch (error) {
    failed(error);
    return;
  }
  if (mediaTypes.get(citation.source) === "application/pdf") await offerImage(signal);
}

/** Open a whole document. */
export async function openDocument(info, opener) {
  begin({ citations: null, number: null, opener, source: info.source, title: info.title, info });
  show(byId("reader-changes"), removes);
  byId("reader-facts").replaceChildren(
    ...(info.title === info.source ? [] : [el("p", { class: "where" }, el("b", {}, visibleName(info.source)))]),
    ...(info.sources.length > 1
      ? [el("p", { class: "hint" }, `Also ${info.sources.slice(1).map(visibleName).join(", ")}.`)]
      : []),
  );
  modes({ whole: false });
  await mode("whole");
}

export function closeReader() {
  if (byId("reader").hidden) return;
  asked.abort();
  forgetImage();
  byId("reader").hidden = true;
  byId("columns").classList.remove("reading");
  cover();
  const { opener, number } = shown;
  shown = null;
  markShown();
  const back = opener?.isConnected ? opener : document.querySelector(`.cite[data-number="${number}"]`);
  (back ?? byId("main")).focus();
}

function begin(what) {
  asked.abort();
  asked = new AbortController();
  forgetImage();
  const moved = shown !== null && what.opener === null;
  shown = { view: null, document: null, span: null, page: null, ...what, opener: moved ? shown.opener : what.opener };
  byId("reader-heading").textContent = printable(what.title);
  byId("reader-facts").replaceChildren();
  byId("sheet").replaceChildren(el("p", { class: "waiting" }, "Opening …"));
  byId("reader-note").textContent = "";
  byId("reader").hidden = false;
  byId("columns").classList.add("reading");
  show(byId("reader-steps"), what.citations !== null && what.citations.size > 1);
  show(byId("reader-modes"), false);
  show(byId("reader-changes"), false);
  if (what.citations !== null) {
    const numbers = numbersOf(what.citations);
    byId("previous-source").disabled = what.number === numbers[0];
    byId("next-source").disabled = what.number === numbers.at(-1);
  }
  cover();
  byId("reader-heading").focus({ preventScroll: !narrow.matches });
  return asked.signal;
}

/** On a narrow screen the reader lies over the rest, which is then out of reach of keys and screen readers, too. */
function cover() {
  const covered = narrow.matches && !byId("reader").hidden;
  for (const one of document.querySelectorAll("main, .top, .skip")) one.inert = covered;
}

/** Mark the number of the citation that is open, where the answer has it. */
export function markShown() {
  document.querySelector(".cite[aria-current]")?.removeAttribute("aria-current");
  const number = shown?.number ?? null;
  if (number !== null) document.querySelector(`.cite[data-number="${number}"]`)?.setAttribute("aria-current", "true");
}

function facts(citation) {
  const known = whoAndWhen(citation);
  byId("reader-facts").replaceChildren(
    el(
      "p",
      { class: "where" },
      el("span", { class: "number" }, `[${citation.number}] `),
      el("b", {}, visibleName(citation.source)),
      `, ${place(citation)}`,
    ),
    el(
      "p",
      { class: "hint" },
      printable(known),
      citation.privileged ? [known ? " " : "", el("span", { class: "warned" }, "marked privileged")] : null,
    ),
    citation.status ? el("p", { class: "hint" }, `Status: ${printable(citation.status.name)}, ${printable(citation.status.reason)}.`) : "",
  );
}

const numbersOf = (citations) => [...citations.keys()].sort((a, b) => a - b);

async function step(by) {
  const numbers = numbersOf(shown.citations);
  const next = numbers[numbers.indexOf(shown.number) + by];
  if (next !== undefined) await openCitation(shown.citations, next, null);
}

function modes({ whole }) {
  show(byId("reader-modes"), whole);
  byId("show-image").hidden = true;
}

/** Show it as text, as an image of the page, or as the whole document. */
async function mode(name) {
  for (const one of ["text", "image", "whole"]) byId(`show-${one}`).setAttribute("aria-pressed", String(one === name));
  const sheet = byId("sheet");
  if (name === "image") {
    sheet.setAttribute("aria-label", "Image of the page");
    sheet.replaceChildren(
      el("img", {
        src: imageAddress,
        alt: `Page ${shown.page} of ${visibleName(shown.source)}; the same page is there as text`,
      }),
    );
    byId("reader-note").textContent = shown.marked
      ? "The quote is highlighted in the image."
      : "The quote was not found among the letters of the image; as text it is highlighted.";
    return;
  }
  sheet.setAttribute("aria-label", "Text of the document");
  byId("reader-note").textContent = name === "text" ? shown.imageProblem ?? "" : "";
  if (name === "text") {
    draw(shown.view);
    return;
  }
  try {
    shown.document ??= await json(`${corpusPath(corpus, "/document")}?${new URLSearchParams({ source: shown.source })}`, {
      signal: asked.signal,
    });
    draw(wholeView(shown.document, shown.span));
  } catch (error) {
    failed(error);
  }
}

/** The image of the page, where there can be one; where not, why not. */
async function offerImage(signal) {
  const [start, end] = shown.span;
  const query = new URLSearchParams({ source: shown.source, page: shown.page, start, end });
  try {
    const { blob: image, headers } = await blob(`${corpusPath(corpus, "/page-image")}?${query}`, { signal });
    imageAddress = URL.createObjectURL(image);
    shown.marked = headers.get("Span-Marked") === "true";
    byId("show-image").hidden = false;
  } catch (error) {
    if (error.name === "AbortError") return;
    shown.imageProblem = `Shown as text. ${error.message}`;
    if (byId("show-text").getAttribute("aria-pressed") === "true") byId("reader-note").textContent = shown.imageProblem;
  }
}

function forgetImage() {
  if (imageAddress) URL.revokeObjectURL(imageAddress);
  imageAddress = null;
}

function wholeView(found, span) {
  return {
    text: found.text,
    offset: 0,
    start: span ? span[0] : 0,
    end: span ? span[1] : 0,
    page: found.pages.length ? 1 : null,
    pages: found.pages.length,
    breaks: found.pages.slice(1),
    first_line: 1,
    cut_before: false,
    cut_after: false,
  };
}

/** Lines with their numbers, page by page, and the quote in sight. */
function draw(view) {
  const blocks = [];
  let block = null;
  const begin = (page) => {
    block = el("div", { class: "leaf" });
    if (page !== null) block.append(el("p", { class: "page-break" }, `page ${grouped(page)}${view.pages ? ` of ${grouped(view.pages)}` : ""}`));
    blocks.push(block);
  };
  const lines = linesOf(view);
  while (lines.length > 1 && !(lines.at(-1).before + lines.at(-1).quoted + lines.at(-1).after).trim()) lines.pop();
  begin(view.page);
  for (const line of lines) {
    if (line.page !== null) begin(line.page);
    else if (view.page === null && block.childElementCount >= BLOCK) begin(null);
    block.append(
      el(
        "div",
        { class: line.quoted ? "line marked" : "line", "data-number": line.number },
        el(
          "span",
          {},
          printable(line.before),
          line.quoted ? el("mark", {}, printable(line.quoted)) : null,
          printable(line.after) || (line.before || line.quoted ? "" : "\u200a"),
        ),
      ),
    );
  }
  byId("sheet").replaceChildren(
    ...(view.cut_before ? [el("p", { class: "gap" }, "…")] : []),
    ...blocks,
    ...(view.cut_after ? [el("p", { class: "gap" }, "…")] : []),
  );
  const quote = byId("sheet").querySelector("mark");
  if (quote) quote.scrollIntoView({ block: "center" });
  else byId("sheet").scrollTop = 0;
}

function failed(error) {
  if (error.name === "AbortError") return;
  byId("sheet").replaceChildren(el("p", { class: "problem" }, error.message));
  onProblem(error);
}

/** How long a document is, in words. */
export const lengthOf = (info) => (info.pages ? count(info.pages, "page") : count(info.characters, "character"));
