// Asking: the question with its filters, the answer as it arrives, and what was asked before in this tab.
//
// Questions of a legal team are work product: they are kept in this tab's memory alone, and nothing of them is
// written to a disk, not even to the browser's storage, which sessions are restored from.

import { announceClaim, answerParts, citationsOf, claimItem } from "./answer.js";
import { ApiError, blob, corpusPath, events, json } from "./api.js";
import { announce, byId, el, save, show } from "./dom.js";
import { closeReader, markShown, openCitation } from "./reader.js";
import { count, filterInWords, oneLine } from "./wording.js";

let corpus = null;
let entries = []; // { question, after, answer }, the oldest first
let current = null; // the entry that is shown
let running = null; // the AbortController of the answer that is on its way
let onProblem = () => {};

export function setUpAsking({ problem }) {
  onProblem = problem;
  byId("ask-form").addEventListener("submit", (event) => {
    event.preventDefault();
    ask();
  });
  byId("question").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    ask();
  });
  byId("cancel").addEventListener("click", () => running?.abort());
  byId("options").addEventListener("input", sayChosen);
  byId("clear-filters").addEventListener("click", () => {
    clearFilters();
    byId("sources").focus();
  });
  byId("clear-history").addEventListener("click", () => {
    clearHistory();
    byId("question").focus();
    announce("What was asked in this tab is forgotten.");
  });
  byId("save-report").addEventListener("click", (event) => saved(event.currentTarget, "/report", "report.html"));
  byId("save-exhibits").addEventListener("click", (event) => saved(event.currentTarget, "/exhibits", "exhibits.csv"));
}

/** Of which corpus is asked from now on. What was asked of another is forgotten: it is another matter. */
export function askFrom(name, documents) {
  if (name !== corpus) {
    running?.abort();
    clearHistory();
    clearFilters();
  }
  corpus = name;
  const custodians = [...new Set(documents.map((one) => one.custodian).filter(Boolean))].sort();
  const chosen = byId("custodian").value;
  byId("custodian").replaceChildren(
    el("option", { value: "" }, "any"),
    ...custodians.map((one) => el("option", { value: one }, one)),
  );
  byId("custodian").value = custodians.includes(chosen) ? chosen : "";
  sayChosen();
}

export function clearHistory() {
  running?.abort();
  entries = [];
  current = null;
  closeReader();
  show(byId("answer"), false);
  byId("answer-body").replaceChildren();
  byId("answer-heading").textContent = "";
  byId("announcer").replaceChildren();
  show(byId("no-answer"), true);
  drawHistory();
}

// The question and its filters ------------------------------------------------------------------------

function chosenFilter() {
  const sources = byId("sources").value.split("\n").map((line) => line.trim()).filter(Boolean);
  const metadata = {};
  if (byId("custodian").value) metadata.custodian = [byId("custodian").value];
  if (byId("status").value) metadata.status = [byId("status").value];
  const where = {};
  if (sources.length) where.sources = sources;
  if (Object.keys(metadata).length) where.metadata = metadata;
  for (const bound of ["since", "until"]) {
    const given = byId(bound).value.trim();
    if (given) where[bound] = given;
  }
  return Object.keys(where).length ? where : null;
}

function clearFilters() {
  for (const id of ["sources", "since", "until", "custodian", "status", "route"]) byId(id).value = "";
  sayChosen();
}

function sayChosen() {
  const where = chosenFilter();
  const route = byId("route").value;
  const said = [where ? filterInWords(where) : null, route ? `route ${route}` : null].filter(Boolean);
  byId("chosen").textContent = said.length ? `· ${said.join(" · ")}` : "";
}

async function ask() {
  const question = byId("question").value.trim();
  show(byId("question-problem"), false);
  if (!question) {
    show(byId("question-problem"), true, "Write a question first.");
    byId("question").focus();
    return;
  }
  running?.abort();
  const mine = (running = new AbortController());
  const before = entries.at(-1);
  const after = byId("follow-up").checked && before ? [...before.after, before.question] : [];
  const body = { question, history: after };
  const where = chosenFilter();
  if (where) body.where = where;
  if (byId("route").value) body.route = byId("route").value;
  begin(question);
  try {
    await receive(body, mine.signal, { question, after });
  } catch (error) {
    if (running !== mine) return;
    if (error.name === "AbortError") stopped();
    else failed(error);
  } finally {
    if (running === mine) {
      running = null;
      busy(false);
    }
  }
}

function begin(question) {
  closeReader();
  current = null;
  show(byId("no-answer"), false);
  show(byId("answer-problem"), false);
  byId("answer-heading").textContent = question;
  byId("answer-body").replaceChildren();
  show(byId("answer"), true);
  busy(true);
  stage("Looking through the documents …");
  announce("Looking through the documents.");
  drawHistory();
}

function busy(on) {
  byId("answer").setAttribute("aria-busy", String(on));
  const asks = document.activeElement === byId("cancel");
  show(byId("cancel"), on);
  if (!on) {
    show(byId("stage"), false);
    if (asks) byId("question").focus(); // a button that goes takes the focus with it
  }
}

function stage(text) {
  byId("stage-text").textContent = text;
  show(byId("stage"), true);
}

/** Show the events of an answer as they come: each claim as soon as it is verified. */
async function receive(body, signal, entry) {
  const list = el("ol", { class: "claims" });
  const citations = new Map();
  const open = (number, opener) => openCitation(citations, number, opener);
  const made = []; // the claims as elements: what was opened or has the focus stays so when the answer is complete
  let drafted = 0;
  byId("answer-body").append(list);
  const stream = events(corpusPath(corpus, "/stream"), {
    method: "POST",
    body,
    signal,
    last: (event) => event.name === "end",
  });
  for await (const { name, data } of stream) {
    if (signal.aborted) return;
    if (name === "route") {
      if (data.question !== body.question) {
        list.before(el("p", { class: "searched" }, `Understood as: ${data.question}`));
      }
    } else if (name === "evidence") {
      stage(`Comparing ${count(data.hits.length, "passage")} …`);
    } else if (name === "draft") {
      drafted += data.text.split(/\s+/).length - 1;
      stage(`A draft is written and verified, ${count(drafted, "word")} so far …`);
    } else if (name === "citation") {
      citations.set(data.citation.number, data.citation);
    } else if (name === "claim") {
      made.push(claimItem(data.claim, citations, open));
      list.append(made.at(-1));
      announceClaim(data.claim, made.length);
    } else if (name === "end") {
      entry.answer = data.answer;
      for (const [number, one] of citationsOf(data.answer)) citations.set(number, one); // the draft's, too
      entries.push(entry);
      finished(entry, made);
    }
  }
}

function finished(entry, made) {
  const { answer } = entry;
  const focused = document.activeElement;
  draw(entry, made);
  if (focused !== document.activeElement && focused.isConnected) focused.focus();
  markShown();
  const sources = answer.citations.length;
  announce(
    answer.found
      ? `The answer is complete: ${count(answer.claims.length, "claim")}, ${count(sources, "source")}` +
          `${answer.notes.length ? `, ${count(answer.notes.length, "note")}: ${answer.notes.join(" ")}` : "."}`
      : answer.text,
  );
  byId("question").value = "";
  byId("follow-up").checked = false;
  drawHistory();
}

/** Show an entry's answer. */
function draw(entry, made = []) {
  current = entry;
  const citations = citationsOf(entry.answer);
  const open = (number, opener) => openCitation(citations, number, opener);
  byId("answer-heading").textContent = entry.question;
  const follows = entry.after.length
    ? [el("p", { class: "searched" }, "A follow-up to ", el("q", {}, entry.after.at(-1)))]
    : [];
  byId("answer-body").replaceChildren(...follows, ...answerParts(entry.answer, { open, check, made }));
  show(byId("answer"), true);
  show(byId("answer-problem"), false);
  show(byId("no-answer"), false);
}

function stopped() {
  show(byId("answer-problem"), true, "Cancelled: what stands here is not the whole answer.");
  announce("Cancelled.");
}

function failed(error) {
  const began = byId("answer-body").querySelector(".claim") !== null;
  let said = error.message;
  if (!(error instanceof ApiError)) {
    console.error(error); // a fault of this page, whose words help nobody who asks
    said = "This page failed to show what the server sent. Reload it; where that does not help, report it.";
  }
  show(byId("answer-problem"), true, began ? `${said} What stands here is not the whole answer.` : said);
  announce(said);
  onProblem(error);
}

/** Find every quote of an answer again in the documents as they are now. */
async function check(answer, said) {
  said.textContent = "Checking …";
  try {
    const { problems } = await json(corpusPath(corpus, "/verify"), { method: "POST", body: { answer } });
    said.textContent = problems.length
      ? `Not as it was: ${problems.join("; ")}.`
      : "Every quote was found again, character for character.";
  } catch (error) {
    said.textContent = error.message;
    onProblem(error);
  }
}

// What was asked before -------------------------------------------------------------------------------

function drawHistory() {
  show(byId("history"), entries.length > 0);
  const last = entries.at(-1);
  show(byId("follow-up-row"), Boolean(last));
  byId("follow-up-of").textContent = last ? clipped(oneLine(last.question)) : "";
  byId("history-list").replaceChildren(
    ...[...entries].reverse().map((entry) =>
      el(
        "li",
        {},
        el(
          "button",
          {
            type: "button",
            class: "plain",
            "aria-current": entry === current ? "true" : null,
            onclick: () => {
              running?.abort();
              running = null;
              busy(false);
              closeReader();
              draw(entry);
              drawHistory();
              byId("answer-heading").focus();
            },
          },
          entry.question,
        ),
        " ",
        el(
          "span",
          { class: "hint" },
          entry.answer.found ? count(entry.answer.citations.length, "source") : "nothing found",
        ),
      ),
    ),
  );
}

const clipped = (text) => (text.length > 80 ? `${text.slice(0, 79).trimEnd()}…` : text);

async function saved(button, verb, name) {
  button.disabled = true;
  try {
    const body = { answers: entries.map((entry) => entry.answer) };
    const { blob: file } = await blob(corpusPath(corpus, verb), { method: "POST", body });
    save(`${corpus}-${name}`, file);
    announce("Saved.");
  } catch (error) {
    show(byId("answer-problem"), true, error.message);
    onProblem(error);
  } finally {
    button.disabled = false;
  }
}
