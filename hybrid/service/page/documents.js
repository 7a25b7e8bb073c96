// The documents of a corpus, and what adds to them: uploads, and the jobs that read these.

import { ApiError, blob, call, corpusPath, events, json, upload } from "./api.js";
import { announce, byId, confirmed, el, save, show } from "./dom.js";
import { closeReader, lengthOf, openDocument } from "./reader.js";
import { count, grouped, printable, visibleName, words, writtenDate } from "./wording.js";

const SHOWN = 200;
const ENDED = new Set(["succeeded", "failed", "cancelled"]);

let corpus = null;
let documents = [];
let most = SHOWN;
let chosen = []; // { name, file }
let sending = null;
let watching = new AbortController();
let changed = () => {};
let onProblem = () => {};

export function setUpDocuments({ problem, whenChanged }) {
  onProblem = problem;
  changed = whenChanged;
  byId("find-document").addEventListener("input", () => {
    most = SHOWN;
    drawList();
  });
  byId("more-documents").addEventListener("click", () => {
    const first = most;
    most += SHOWN;
    drawList();
    byId("document-rows").rows[first]?.querySelector("button").focus();
  });
  byId("files").addEventListener("change", (event) => choose([...event.target.files].map(named)));
  byId("folder").addEventListener("change", (event) => choose([...event.target.files].map(named)));
  byId("upload-form").addEventListener("submit", (event) => {
    event.preventDefault();
    sendChosen();
  });
  byId("stop-sending").addEventListener("click", () => sending?.abort());
  const drop = byId("upload-form");
  drop.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", async (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    choose(await dropped(event.dataTransfer));
  });
}

/** Show the documents of a corpus; `mayWrite` says whether this key may add some. */
export function showDocuments(name, status, found, mayWrite) {
  if (name !== corpus) {
    watching.abort();
    watching = new AbortController();
    sending?.abort();
    choose([]);
    byId("find-document").value = "";
    byId("jobs").replaceChildren();
    most = SHOWN;
  }
  const other = name !== corpus;
  corpus = name;
  documents = found;
  show(byId("upload"), mayWrite);
  const memory = status.memory === "none" ? "no memory" : `memory ${status.memory}: ${words.memory[status.memory]}`;
  byId("about-documents").textContent = `${count(status.documents, "document")} from ${count(
    status.sources,
    "source",
  )}, ${count(status.chunks, "chunk")}; ${memory}.`;
  show(
    byId("no-documents"),
    !found.length,
    mayWrite ? "There is no document yet. Add some above." : "There is no document that this key may see.",
  );
  show(byId("document-list"), found.length > 0);
  drawList();
  if (other && mayWrite) listJobs();
}

function drawList() {
  const wanted = byId("find-document").value.trim().toLowerCase();
  const found = documents.filter((one) =>
    [...one.sources, one.title, one.custodian ?? ""].some((text) => text.toLowerCase().includes(wanted)),
  );
  byId("found-documents").textContent = wanted ? `${grouped(found.length)} of ${count(documents.length, "document")}` : "";
  show(byId("more-documents"), found.length > most);
  const custodians = documents.some((one) => one.custodian);
  show(byId("custodian-column"), custodians);
  byId("document-rows").replaceChildren(
    ...found.slice(0, most).map((one) =>
      el(
        "tr",
        {},
        el(
          "th",
          { scope: "row" },
          el(
            "button",
            { type: "button", class: "plain", onclick: (event) => openDocument(one, event.currentTarget) },
            visibleName(one.source),
          ),
          one.source.includes(one.title) ? null : el("span", { class: "title" }, printable(one.title)),
          one.damaged ? el("span", { class: "warned" }, `${one.damaged} is not as it was recorded`) : null,
        ),
        el("td", {}, one.date ? writtenDate(one.date.slice(0, 10)) : ""),
        custodians ? el("td", {}, printable(one.custodian ?? "")) : null,
        el("td", {}, lengthOf(one)),
      ),
    ),
  );
}

// Uploads ---------------------------------------------------------------------------------------------

const named = (file) => ({ name: file.webkitRelativePath || file.name, file });

function choose(files) {
  chosen = files;
  show(byId("upload-problem"), false);
  const button = byId("send");
  button.disabled = !files.length;
  const size = files.reduce((sum, { file }) => sum + file.size, 0);
  button.textContent = files.length ? `Upload ${count(files.length, "file")}, ${sizeOf(size)}` : "Choose files first";
}

function sizeOf(bytes) {
  let [size, unit] = [bytes, "bytes"];
  for (const next of ["KiB", "MiB", "GiB"]) {
    if (size < 1024) break;
    [size, unit] = [size / 1024, next];
  }
  return unit === "bytes" ? count(size, "byte") : `${size.toFixed(1)} ${unit}`;
}

/** The files of a drop, those in folders with their way down. */
async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const files = [];
  const walk = async (entry, path) => {
    const name = path ? `${path}/${entry.name}` : entry.name;
    if (entry.isFile) {
      files.push({ name, file: await new Promise((done, fail) => entry.file(done, fail)) });
      return;
    }
    const reader = entry.createReader();
    const read = () => new Promise((done, fail) => reader.readEntries(done, fail));
    for (let some = await read(); some.length; some = await read()) {
      for (const one of some) await walk(one, name); // a hundred at a time, until there are none
    }
  };
  for (const entry of entries) await walk(entry, "");
  return files;
}

async function sendChosen() {
  if (!chosen.length || sending) return;
  const mine = (sending = new AbortController());
  const files = chosen;
  const said = `Sending ${count(files.length, "file")}`;
  byId("sent-label").textContent = said;
  byId("sent").value = 0;
  show(byId("upload-problem"), false);
  show(byId("sending"), true);
  byId("send").disabled = true;
  announce(`${said}.`);
  try {
    const job = await upload(corpus, files, {
      progress: (share) => (byId("sent").value = share),
      signal: mine.signal,
    });
    byId("upload-form").reset();
    choose([]);
    watch(addJob(job));
  } catch (error) {
    const message = error.name === "AbortError" ? "Cancelled: nothing of it is kept." : error.message;
    choose(files);
    show(byId("upload-problem"), true, message);
    announce(message);
    if (error instanceof ApiError) onProblem(error);
  } finally {
    sending = null;
    const stops = document.activeElement === byId("stop-sending");
    show(byId("sending"), false);
    if (stops || document.activeElement === document.body) byId("files").focus();
  }
}

/** Remove a document, once that is confirmed. Its certificate comes with the job. */
export async function removeDocument(info) {
  const others = info.sources.length > 1 ? ` It is there under ${count(info.sources.length, "name")}, all of which go.` : "";
  const sure = await confirmed({
    heading: `Remove ${visibleName(info.source)}?`,
    text: `Its text leaves the corpus, and the memory unlearns it. That cannot be undone.${others}`,
    action: "Remove it",
  });
  if (!sure) return;
  closeReader();
  try {
    watch(addJob(await json(corpusPath(corpus, "/remove"), { method: "POST", body: { sources: info.sources } })));
    byId("jobs").querySelector("button")?.focus();
  } catch (error) {
    show(byId("upload-problem"), true, error.message);
    announce(error.message);
    onProblem(error);
  }
}

// Jobs ------------------------------------------------------------------------------------------------

async function listJobs() {
  try {
    const { jobs } = await json(`/v1/jobs?${new URLSearchParams({ corpus, limit: 3 })}`);
    for (const job of jobs.reverse()) {
      const item = addJob(job, { fresh: false });
      if (!ENDED.has(job.state)) watch(item);
    }
  } catch (error) {
    onProblem(error);
  }
}

/** A job in the list. What a `fresh` one left out is spelled out at once. */
function addJob(job, { fresh = true } = {}) {
  const item = { job, fresh, element: el("li", { class: "job" }) };
  byId("jobs").prepend(item.element);
  drawJob(item);
  return item;
}

/** Follow a job to its end. */
async function watch(item) {
  const { signal } = watching;
  try {
    const stream = events(`/v1/jobs/${item.job.id}/events`, { signal, last: ({ data }) => ENDED.has(data.state) });
    for await (const { data } of stream) {
      item.job = data;
      drawJob(item);
    }
    announce(sentence(item.job));
    await changed();
  } catch (error) {
    if (error.name === "AbortError") return;
    item.problem = error.message;
    drawJob(item);
    onProblem(error);
  }
}

const KINDS = { ingest: "Reading", removal: "Removal of", verification: "Proof of the deletion of" };
const STATES = {
  queued: "in line",
  running: "under way",
  succeeded: "done",
  failed: "failed",
  cancelled: "cancelled; what was read stays",
};

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

const sentence = ({ kind, inputs, state }) =>
  `${KINDS[kind]} ${inputs.length === 1 ? visibleName(inputs[0]) : count(inputs.length, "file")}: ${STATES[state]}.`;

function drawJob(item) {
  const { job, element } = item;
  const focused = element.contains(document.activeElement);
  const running = !ENDED.has(job.state);
  const stages = job.progress.map((one) =>
    el(
      "p",
      { class: "step" },
      el("span", {}, one.stage),
      el("progress", { max: one.total || 1, value: one.total ? one.done : null, "aria-label": one.stage }),
      el("span", { class: "hint" }, one.total ? `${grouped(one.done)} of ${grouped(one.total)}` : ""),
    ),
  );
  element.replaceChildren(
    el("p", {}, el("b", {}, sentence(job)), job.waits_for ? ` ${job.waits_for}.` : null),
    ...(running ? stages : []),
    ...(job.failure ? [el("p", { class: "problem" }, printable(capital(job.failure.message)))] : []),
    ...(item.problem ? [el("p", { class: "problem" }, item.problem)] : []),
    ...(job.report ? report(job.report, item.fresh) : []),
    el(
      "p",
      { class: "actions small" },
      running && job.kind === "ingest" ? action(item, "Cancel", "/cancel") : null,
      ["failed", "cancelled"].includes(job.state) ? action(item, "Go on with it", "/resume") : null,
      job.report?.certificate ? certificate(item) : null,
    ),
  );
  if (focused) (element.querySelector("button") ?? byId("files")).focus();
}

function action(item, label, verb) {
  return el(
    "button",
    {
      type: "button",
      "aria-label": `${label}: ${sentence(item.job)}`,
      onclick: async () => {
        item.problem = null;
        try {
          await call(`/v1/jobs/${item.job.id}${verb}`, { method: "POST" });
          if (verb === "/resume") watch(item);
        } catch (error) {
          item.problem = error.message;
          drawJob(item);
          onProblem(error);
        }
      },
    },
    label,
  );
}

function certificate(item) {
  return el(
    "button",
    {
      type: "button",
      "aria-label": `Save the certificate: ${sentence(item.job)}`,
      onclick: async () => {
        try {
          const { blob: file } = await blob(`/v1/jobs/${item.job.id}/certificate`);
          save(`${corpus}-deletion-${item.job.id.slice(0, 8)}.json`, file);
        } catch (error) {
          item.problem = error.message;
          drawJob(item);
          onProblem(error);
        }
      },
    },
    "Save the certificate",
  );
}

function report(found, fresh) {
  const counts = ["added", "changed", "unchanged", "duplicates", "renamed", "removed"]
    .filter((name) => found[name].length)
    .map((name) => `${grouped(found[name].length)} ${name}`);
  if (found.skipped.length) counts.push(`${grouped(found.skipped.length)} left out`);
  return [
    el("p", {}, `${counts.join(", ") || "Nothing to do"}.`),
    found.skipped.length
      ? el(
          "details",
          { open: fresh },
          el("summary", {}, `Left out (${grouped(found.skipped.length)})`),
          el(
            "ul",
            {},
            found.skipped.map((one) => el("li", {}, `${visibleName(one.source)}: ${printable(one.reason)}`)),
          ),
        )
      : "",
    ...found.notes.map((note) => el("p", { class: "hint" }, printable(note))),
  ];
}
