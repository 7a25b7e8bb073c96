// What the page says, in the words of the library's own displays (hybrid.display, hybrid.text.formatting): a test puts
// both side by side. Offsets of the server count characters as Python does, so that text is cut by code points here.

/** The words of verdicts, origins and drafts, as the library has them. */
export let words = null;

export async function loadWords() {
  words = await (await fetch("/page/words.json")).json();
}

// Characters that would move what stands around them or are not seen, and those within words that say nothing.
const MOVING =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ud800-\udfff\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\u{e0000}-\u{e007f}]/gu;
const UNSEEN = /[\u00ad\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/gu;
const IN_NAME = new RegExp(`${MOVING.source}|${UNSEEN.source}|[\\n\\t\\u200c\\u200d]|\\\\(?=[uU\\\\])`, "gu");
const ADDRESS = /(?<=\S) <[^<>]*>$/u;
const ISO_DATE = /^(\d{4})-(\d\d)(?:-(\d\d)(?:[T ](\d\d:\d\d)[\d:.]*(?:Z|[+-][\d:]+)?)?)?$/;
const MONTHS =
  "January February March April May June July August September October November December".split(" ");
const FULL_LINE = 55; // characters: a shorter line was not broken to fit a page
const CLOSING = /["”’'»)\]\ue000\ue001]+$/u;
const LEAST_AFTER = 100; // characters after a quote; less stands there only where the document ends

export const printable = (text) => text.replace(MOVING, "\ufffd").replace(UNSEEN, "");
export const oneLine = (text) => printable(text).trim().split(/\s+/u).join(" ");

/** The name of a source with every character escaped that is not seen: different names look different. */
export const visibleName = (name) =>
  name.replace(IN_NAME, (found) => {
    const code = found.codePointAt(0);
    return code < 0x10000 ? `\\u${code.toString(16).padStart(4, "0")}` : `\\U${code.toString(16).padStart(8, "0")}`;
  });

export const grouped = (number) => number.toLocaleString("en-US");
export const count = (number, one, many = `${one}s`) => `${grouped(number)} ${number === 1 ? one : many}`;

/** `text[start:end]` as Python cuts it. */
export function slice(text, start, end) {
  if (!/[\ud800-\udbff]/.test(text)) return text.slice(start, end);
  return Array.from(text).slice(start, end).join("");
}

/** How many characters a text has, as Python counts them. */
export const length = (text) => (/[\ud800-\udbff]/.test(text) ? Array.from(text).length : text.length);

/** Where a citation, a hit or a page view stands: "page 3, lines 12-14", "line 7". */
export function place(span) {
  const [first, last] = span.lines;
  const lines = first === last ? `line ${first}` : `lines ${first}-${last}`;
  if (span.page === null) return lines;
  const label = span.page_label ? oneLine(span.page_label) : "";
  const labelled = label ? ` (labelled ${label})` : "";
  if (span.page === span.last_page) return `page ${span.page}${labelled}, ${lines}`;
  return `pages ${span.page}-${span.last_page}${labelled}, line ${first} to line ${last}`;
}

/** An ISO date as people write it, as precise as it is. */
export function writtenDate(date) {
  const [, year, month, day, time] = ISO_DATE.exec(date) ?? [];
  if (!year || month < 1 || month > 12) return date;
  return `${day ? `${Number(day)} ` : ""}${MONTHS[month - 1]} ${year}${time ? `, ${time}` : ""}`;
}

function whoWhen(who, date) {
  return [who ? who.replace(ADDRESS, "") : null, date ? writtenDate(date) : null].filter(Boolean).join(", ");
}

/** Who says it and when, in a document of which status and from whose files, as far as this is known. */
export function whoAndWhen(citation) {
  const author = citation.speaker || citation.author;
  const who = whoWhen(author, null);
  const copies = citation.copies.length;
  const others = citation.custodians.filter((one) => one !== who || copies);
  return [
    whoWhen(author, citation.date),
    citation.status?.name,
    others.length ? `custodian${others.length > 1 ? "s" : ""} ${others.join(", ")}` : null,
    copies ? count(copies, "copy", "copies") : null,
    citation.ocr !== null ? `read by OCR, confidence ${citation.ocr.toFixed(2)}` : null,
  ]
    .filter(Boolean)
    .join("; ");
}

/** A document as it is named above what is quoted of it. */
export function sourceLine(title, author, date) {
  const known = whoWhen(author, date);
  return oneLine(known ? `${title} (${known})` : title);
}

/** One citation on a line, to be copied: number, place, who and when, quote. */
export function citationLine(citation) {
  const known = whoAndWhen(citation);
  const at = `${visibleName(citation.source)}, ${place(citation)}${known ? ` (${known})` : ""}`;
  return `[${citation.number}] ${at}: "${oneLine(citation.quote)}"`;
}

/** The verdict as a reader takes it: what the index brings is quoted. */
export function verdictInWords(claim) {
  if (claim.verdict === "verbatim") return claim.origin === "index" ? "quoted" : "word for word";
  return claim.verdict;
}

const worth = (claim) => (claim.probability === null ? "" : `, probability ${claim.probability.toFixed(2)}`);

/** What the verdict on a claim means, who made the claim, and who decided. */
export const verdictMeaning = (claim) =>
  `${words.verdicts[claim.verdict].meaning}; ${words.origins[claim.origin]}; decided by ${claim.decided_by}${worth(claim)}`;

/** The verdict on a claim of a draft. */
export function against(claim) {
  const numbers = claim.contradicted_by;
  if (!numbers.length) return claim.verdict;
  const marks = numbers.map((number) => `[${number}]`).join("");
  return `${claim.verdict}: ${marks} ${numbers.length === 1 ? "says" : "say"} otherwise`;
}

const SHOWN_VALUES = 8;

/** A filter: "custodian J. Doe, since 2024-03". */
export function filterInWords(where) {
  const named = [
    ["source", where.sources ?? []],
    ...Object.entries(where.metadata ?? {}),
    ["since", where.since ? [where.since] : []],
    ["until", where.until ? [where.until] : []],
  ];
  const said = named
    .filter(([, values]) => values.length)
    .map(([name, values]) => {
      const left = values.length - SHOWN_VALUES;
      return `${name} ${[...values.slice(0, SHOWN_VALUES), ...(left > 0 ? [`${grouped(left)} more`] : [])].join(" or ")}`;
    });
  return oneLine(said.join(", ")) || "all documents";
}

const endsLine = (line) => length(line) < FULL_LINE || /[.:;!?]$/u.test(line.trimEnd().replace(CLOSING, ""));

/** The text with its lines joined where they seem broken to fit a page. */
export function reflowed(text) {
  const made = [];
  let goesOn = false;
  for (const raw of printable(text).split("\n")) {
    const line = raw.trim().split(/\s+/u).join(" ");
    if (line && goesOn) made[made.length - 1] += ` ${line}`;
    else if (line) made.push(line);
    goesOn = line !== "" && !endsLine(line);
  }
  return made.join("\n");
}

/** A quote between the text before and after it, reflowed together: three texts. */
export function inContext(citation) {
  const [open, close] = ["\ue000", "\ue001"]; // of private use: what the documents have of them is replaced
  const plain = (text) => text.replaceAll("\ue000", "\ufffd").replaceAll("\ue001", "\ufffd");
  const around = reflowed(`${plain(citation.before)}${open}${plain(citation.quote)}${close}${plain(citation.after)}`);
  const [before, rest] = around.split(open);
  const [quote, after] = rest.split(close);
  return {
    before: `${length(citation.before) < citation.start ? "… " : ""}${before}`,
    quote,
    after: `${after}${length(citation.after) > LEAST_AFTER ? " …" : ""}`,
  };
}

// Lists -----------------------------------------------------------------------------------------------

const amount = (text) => {
  const [whole, part] = String(text).split(".");
  return whole.replace(/\B(?=(\d{3})+$)/g, ",") + (part === undefined ? "" : `.${part}`);
};

/** How many rows there are, how many count, and their sum. */
export function enumerationSummary(found) {
  let said = `${grouped(found.rows.length)} of ${grouped(found.found)} shown`;
  if (found.count !== found.found) said += `, ${grouped(found.count)} counted`;
  const sums = Object.entries(found.sums).map(([currency, sum]) =>
    length(currency) === 1 ? `${currency}${amount(sum)}` : `${currency} ${amount(sum)}`.trim(),
  );
  if (sums.length) said += `; sum of ${oneLine(found.summed)}: ${sums.join(", ")}`;
  return said + (found.dated_by ? `, ${oneLine(found.dated_by)}` : "");
}

function ranges(numbers) {
  const runs = [];
  for (const number of [...new Set(numbers)].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last && last[1] === number - 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([first, last]) => (first === last ? `[${first}]` : `[${first}]-[${last}]`)).join("");
}

/** What other documents say of rows, and against them, a line for each sentence. */
export function saidOtherwise(found) {
  const lines = new Map();
  for (const row of found.rows) {
    for (const [joined, spans] of [["by", row.said_by], ["but", row.against]]) {
      for (const one of spans) {
        const id = JSON.stringify([joined, one]);
        if (!lines.has(id)) lines.set(id, { joined, one, rows: [] });
        lines.get(id).rows.push(row.citation);
      }
    }
  }
  return [...lines.values()].map(({ joined, one, rows }) => {
    const who = whoWhen(one.speaker, one.date);
    const at = `${visibleName(one.source)}${one.page ? `, page ${one.page}` : ""}${who ? ` (${who})` : ""}`;
    const number = one.citation ? `[${one.citation}] ` : "";
    return `${rows.length === 1 ? "Row" : "Rows"} ${ranges(rows)}, ${joined} ${number}${at}: “${oneLine(one.quote)}”`;
  });
}

// Pages -----------------------------------------------------------------------------------------------

/** The lines of a page view: number, text before, in and after the quote, and the page that begins with it. */
export function linesOf(view) {
  const found = [];
  const breaks = new Set(view.breaks);
  let number = view.first_line;
  let page = view.page;
  let at = view.offset;
  for (const content of view.text.split("\n")) {
    let begins = null;
    if (breaks.has(at) && page !== null) {
      page += 1;
      number = 1;
      begins = page;
    }
    const size = length(content);
    const start = Math.min(Math.max(view.start - at, 0), size);
    const end = Math.max(Math.min(view.end - at, size), start);
    found.push({
      number,
      before: slice(content, 0, start),
      quoted: slice(content, start, end),
      after: slice(content, end),
      page: begins,
    });
    at += size + 1;
    number += 1;
  }
  return found;
}
