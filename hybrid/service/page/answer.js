// An answer as elements: claims with their verdicts, the digest and the draft apart, notes, sources.

import { announce, el } from "./dom.js";
import {
  against,
  citationLine,
  count,
  enumerationSummary,
  filterInWords,
  grouped,
  inContext,
  oneLine,
  place,
  printable,
  saidOtherwise,
  sourceLine,
  verdictInWords,
  verdictMeaning,
  visibleName,
  whoAndWhen,
  words,
} from "./wording.js";

const SHORT = 24; // characters of a cell that is not broken
const AT_ONCE = 10; // sources; of a list each row leads to its own

/** Every citation that an answer has, those of its draft included, by number. */
export const citationsOf = (answer) =>
  new Map([...answer.citations, ...(answer.draft?.citations ?? [])].map((one) => [one.number, one]));

/** The number of a citation as a button that opens it. */
export function citeButton(citation, open) {
  return el(
    "button",
    {
      type: "button",
      class: "cite",
      "data-number": citation.number,
      "aria-label": `[${citation.number}], open ${visibleName(citation.source)}, ${place(citation)}`,
      onclick: (event) => open(citation.number, event.currentTarget),
    },
    `[${citation.number}]`,
  );
}

/** A claim: what it says, the numbers of its citations, and the verdict, which explains itself when it is pressed. */
export function claimItem(claim, citations, open) {
  const quoted = claim.origin === "index";
  const speaker = quoted ? claim.citations[0]?.speaker : null;
  const numbers = (list) =>
    list.map((number) => (citations.has(number) ? citeButton(citations.get(number), open) : `[${number}]`));
  const meaning = el("p", { class: "meaning", hidden: true }, `${capital(verdictMeaning(claim))}.`, ...partsOf(claim));
  const verdict = el(
    "button",
    {
      type: "button",
      class: `verdict ${claim.verdict}`,
      "aria-expanded": "false",
      onclick: () => {
        meaning.hidden = !meaning.hidden;
        verdict.setAttribute("aria-expanded", String(!meaning.hidden));
      },
    },
    el("span", { "aria-hidden": "true" }, `${words.verdicts[claim.verdict].sign} `),
    verdictInWords(claim) + sureness(claim),
  );
  return el(
    "li",
    { class: `claim ${claim.verdict}` },
    el(
      "p",
      { class: quoted ? "said quoted" : "said" },
      speaker ? el("b", { class: "speaker" }, `${printable(speaker)}: `) : null,
      printable(quoted ? `“${claim.text}”` : claim.text),
      " ",
      numbers(claim.citations.map((one) => one.number)),
      claim.contradicted_by.length
        ? el("span", { class: "otherwise" }, " but ", numbers(claim.contradicted_by), " says otherwise")
        : null,
      claim.qualification
        ? el("span", { class: "qualification" }, claim.contradicted_by.length ? "; " : " ", printable(claim.qualification))
        : null,
      " ",
      verdict,
    ),
    meaning,
  );
}

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const sureness = (claim) =>
  claim.verdict === "likely" && claim.probability !== null ? `, ${Math.round(100 * claim.probability)} %` : "";

function partsOf(claim) {
  if (!claim.parts.length) return [];
  return [
    " It joins statements that were judged each for itself: ",
    claim.parts.map((part) => `“${printable(part.text)}” is ${part.verdict}`).join("; "),
    ".",
  ];
}

/** What is said of a claim as it arrives, for those who listen. */
export function announceClaim(claim, number) {
  const at = claim.citations.map((one) => one.number);
  const sources = at.length ? `, source ${at.join(" and ")}` : "";
  announce(`Claim ${number}, ${verdictInWords(claim)}${sources}: ${oneLine(claim.text)}`);
}

/**
 * A whole answer. `open` shows a citation by its number, `check` finds the quotes again; `made` are the claims that are
 * elements already, because they came one by one.
 */
export function answerParts(answer, { open, check, made = [] }) {
  const citations = citationsOf(answer);
  const claims = answer.claims.map((claim, at) => ({
    part: digestPart(answer, claim),
    item: made[at] ?? claimItem(claim, citations, open),
  }));
  const own = claims.filter(({ part }) => part === null);
  const parts = [];
  if (answer.where) parts.push(el("p", { class: "searched" }, `Searched only: ${filterInWords(answer.where)}.`));
  const cautions = answer.notes.filter((note) => words.cautions.includes(note));
  const rest = answer.notes.filter((note) => !cautions.includes(note));
  parts.push(...cautions.map((note) => el("p", { class: "caution" }, note)));
  if (!answer.found) parts.push(el("p", { class: "nothing" }, printable(answer.text)));
  if (answer.enumeration) parts.push(...enumeration(answer.enumeration, citations, open));
  else if (own.length) parts.push(el("ol", { class: "claims" }, own.map(({ item }) => item)));
  if (answer.digest.length && !answer.enumeration) parts.push(digest(answer, claims));
  if (rest.length) parts.push(notes(rest));
  if (answer.draft) parts.push(draft(answer.draft, citations, open));
  if (answer.citations.length) parts.push(sources(answer, open, check));
  parts.push(el("p", { class: "facts" }, facts(answer)));
  return parts;
}

function digestPart(answer, claim) {
  if (claim.origin !== "index" || !claim.citations.length) return null;
  const number = claim.citations[0].number;
  return answer.digest.find((part) => part.citations.includes(number)) ?? null;
}

function digest(answer, claims) {
  const groups = answer.digest.map((part) => {
    const here = claims.filter((one) => one.part === part).map(({ item }) => item);
    if (!here.length) return null;
    return el(
      "section",
      { class: "digest-part" },
      el("h4", {}, printable(sourceLine(part.title, part.author, part.date))),
      el("ol", { class: "claims" }, here),
    );
  });
  return el(
    "section",
    { class: "digest" },
    el("h3", {}, "Digest"),
    el("p", { class: "hint" }, "The documents' own sentences on the question, document by document."),
    groups,
  );
}

function notes(list) {
  return el(
    "section",
    { class: "notes" },
    el("h3", {}, list.length === 1 ? "Note" : "Notes"),
    el("ul", {}, list.map((note) => el("li", {}, printable(note)))),
  );
}

function draft(made, citations, open) {
  return el(
    "details",
    { class: "draft" },
    el("summary", {}, `${words.drafts[made.origin]} (${count(made.claims.length, "sentence")})`),
    el(
      "ul",
      {},
      made.claims.map((claim) =>
        el(
          "li",
          { class: "drafted" },
          printable(claim.text),
          " ",
          el("span", { class: `verdict ${claim.verdict}` }, `${words.verdicts[claim.verdict].sign} ${against(claim)}`),
          claim.contradicted_by.map((number) => [" ", citeButton(citations.get(number), open)]),
        ),
      ),
    ),
    made.citations.length
      ? [el("h3", {}, "What says otherwise"), el("ol", { class: "sources" }, made.citations.map((one) => source(one, open)))]
      : null,
  );
}

function enumeration(found, citations, open) {
  const excluded = found.rows.some((row) => row.not_counted);
  const names = [...found.columns.map(oneLine), ...(excluded ? ["Not counted"] : []), "Row"];
  const rows = found.rows.map((row) =>
    el(
      "tr",
      {},
      row.cells.map((cell) => el("td", { class: cell.length <= SHORT ? "short" : null }, oneLine(cell))),
      excluded ? el("td", {}, oneLine(row.not_counted)) : null,
      el("td", {}, citeButton(citations.get(row.citation), open)),
    ),
  );
  const label = `${oneLine(found.what)}: rows`;
  return [
    el(
      "div",
      { class: "rows", tabindex: "0", role: "region", "aria-label": label },
      el(
        "table",
        {},
        el("caption", { class: "unseen" }, label),
        el("thead", {}, el("tr", {}, names.map((name) => el("th", { scope: "col" }, name)))),
        el("tbody", {}, rows),
      ),
    ),
    saidOtherwise(found).map((line) => el("p", { class: "otherwise" }, printable(line))),
    el("p", { class: "facts" }, enumerationSummary(found)),
  ].flat();
}

function sources(answer, open, check) {
  const items = answer.citations.map((one) => source(one, open));
  const rest = items.splice(answer.citations.length > AT_ONCE + 2 ? AT_ONCE : items.length);
  const said = el("p", { class: "hint", role: "status" });
  return el(
    "section",
    { class: "all-sources" },
    el("h3", {}, answer.citations.length === 1 ? "Source" : `Sources (${grouped(answer.citations.length)})`),
    el("ol", { class: "sources" }, items),
    rest.length
      ? el(
          "details",
          {},
          el("summary", {}, `${grouped(rest.length)} more`),
          el("ol", { class: "sources", start: items.length + 1 }, rest),
        )
      : null,
    el(
      "p",
      { class: "actions" },
      el("button", { type: "button", onclick: () => check(answer, said) }, "Check the quotes again"),
    ),
    said,
  );
}

/** Where a citation stands, who says it and when, and its quote highlighted in the text around it. */
function source(citation, open) {
  const { before, quote, after } = inContext(citation);
  const known = whoAndWhen(citation);
  const titled = citation.source.includes(citation.title) ? null : `${printable(citation.title)} · `;
  const copied = el("span", { class: "hint" });
  return el(
    "li",
    { class: "source" },
    el(
      "p",
      { class: "where" },
      el("span", { class: "number" }, `[${citation.number}] `),
      titled,
      el("b", {}, visibleName(citation.source)),
      `, ${place(citation)}`,
      known ? el("span", { class: "known" }, ` · ${printable(known)}`) : null,
      citation.privileged ? [" ", el("span", { class: "warned" }, "marked privileged")] : null,
    ),
    citation.status ? el("p", { class: "hint" }, `Status: ${printable(citation.status.name)}, ${printable(citation.status.reason)}.`) : null,
    el("blockquote", {}, before, el("mark", {}, quote), after),
    citation.copies.length
      ? el(
          "details",
          {},
          el("summary", {}, count(citation.copies.length, "copy", "copies")),
          el("ul", {}, citation.copies.map((name) => el("li", {}, visibleName(name)))),
        )
      : null,
    el(
      "p",
      { class: "actions small" },
      el(
        "button",
        {
          type: "button",
          "aria-label": `Open in its document: [${citation.number}]`,
          onclick: (event) => open(citation.number, event.currentTarget),
        },
        "Open in its document",
      ),
      el(
        "button",
        {
          type: "button",
          "aria-label": `Copy: [${citation.number}] with its place`,
          onclick: async () => {
            try {
              await navigator.clipboard.writeText(citationLine(citation));
              copied.textContent = "Copied.";
            } catch {
              copied.textContent = "The browser does not let this page copy.";
            }
            announce(copied.textContent);
          },
        },
        "Copy",
      ),
      copied,
      el(
        "span",
        { class: "fingerprint", title: citation.sha256 },
        `characters ${grouped(citation.start)}–${grouped(citation.end)} · sha256 ${citation.sha256.slice(0, 12)}…`,
      ),
    ),
  );
}

function facts(answer) {
  const { route } = answer;
  const took = Object.values(answer.seconds).reduce((sum, one) => sum + one, 0);
  return [
    `Route ${route.name}${route.forced ? ", chosen by you" : ""}, comprehension ${route.p_comprehension.toFixed(2)}`,
    answer.commit === null ? null : `commit ${answer.commit}`,
    took ? `${took.toFixed(2)} s` : null,
  ]
    .filter(Boolean)
    .join(" · ");
}
