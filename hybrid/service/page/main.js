// The page: who asks, which corpus, which view; the rest is in the modules beside this one.

import { call, corpusPath, hasKey, json, setKey } from "./api.js";
import { askFrom, clearHistory, setUpAsking } from "./asking.js";
import { removeDocument, setUpDocuments, showDocuments } from "./documents.js";
import { announce, byId, confirmed, el, show } from "./dom.js";
import { closeReader, readFrom, setUpReader } from "./reader.js";
import { count, loadWords } from "./wording.js";

const APPEARANCE = "hybrid-appearance";
const VIEWS = ["key-view", "no-corpus-view", "ask-view", "documents-view"];

let me = null;
let corpus = null;

async function start() {
  setUpAppearance();
  setUpReader({ problem, remove: removeDocument });
  setUpAsking({ problem });
  setUpDocuments({ problem, whenChanged: load });
  byId("key-form").addEventListener("submit", enterKey);
  byId("forget-key").addEventListener("click", forgetKey);
  byId("create-form").addEventListener("submit", create);
  byId("delete").addEventListener("click", deleteCorpus);
  byId("corpus").addEventListener("change", (event) => choose(event.target.value));
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address says which view is shown
    byId(byId("ask-view").hidden ? "main" : "question").focus();
  });
  window.addEventListener("hashchange", chooseView);
  new ResizeObserver(() => {
    document.documentElement.style.setProperty("--top-height", `${byId("top").offsetHeight}px`);
  }).observe(byId("top"));
  await loadWords();
  await enter();
}

// Who asks --------------------------------------------------------------------------------------------

async function enter() {
  const before = me;
  try {
    me = await json("/v1/me");
  } catch (error) {
    if (error.status === 401) askForKey(hasKey() ? error.message : "");
    else trouble(error);
    return;
  }
  if (before && before.name !== me.name) clearHistory(); // what one person asked is not for the next
  show(byId("asker"), hasKey());
  byId("asker-name").textContent = `${me.name}, ${me.role}`;
  await listCorpora();
}

function askForKey(message) {
  closeReader();
  setKey("");
  only("key-view");
  show(byId("corpus-choice"), false);
  show(byId("views"), false);
  show(byId("asker"), false);
  show(byId("key-problem"), Boolean(message), message);
  byId("key").setAttribute("aria-invalid", String(Boolean(message)));
  byId("key").focus();
}

async function enterKey(event) {
  event.preventDefault();
  setKey(byId("key").value.trim());
  byId("key").value = "";
  await enter();
  if (byId("key-view").hidden) byId("main").focus();
}

function forgetKey() {
  setKey("");
  clearHistory();
  corpus = null;
  announce("The key is forgotten.");
  enter();
}

/** What an error means for the whole page: a key that was taken away has to be given again. */
function problem(error) {
  if (error.status === 401) askForKey(error.message);
}

function trouble(error) {
  only(null);
  closeReader();
  byId("trouble").replaceChildren(
    el("p", {}, error.message),
    el("button", { type: "button", onclick: enter }, "Try again"),
  );
  show(byId("trouble"), true);
}

// Which corpus ----------------------------------------------------------------------------------------

async function listCorpora() {
  let corpora;
  try {
    ({ corpora } = await json("/v1/corpora"));
  } catch (error) {
    trouble(error);
    return;
  }
  const isAdmin = me.role === "admin";
  byId("corpus").replaceChildren(...corpora.map((name) => el("option", { value: name }, name)));
  show(byId("corpus-choice"), corpora.length > 0);
  show(byId("views"), corpora.length > 0);
  placeCreation(isAdmin, corpora.length > 0);
  if (!corpora.length) {
    byId("no-corpus-text").textContent = isAdmin
      ? "A corpus is a body of documents that is asked together, such as those of one matter."
      : "This key sees none. Whoever runs the server can create one, or give the key another.";
    only("no-corpus-view");
    return;
  }
  await choose(corpora.includes(corpus) ? corpus : corpora[0]);
}

/** The form that creates a corpus stands where it is of use: alone, or below the documents of another. */
function placeCreation(isAdmin, others) {
  const form = byId("create-form");
  (others ? byId("create-another") : byId("no-corpus-view")).append(form);
  show(form, isAdmin);
  show(byId("create-another"), isAdmin && others);
  show(byId("delete-corpus"), isAdmin && others);
}

async function create(event) {
  event.preventDefault();
  const name = byId("create-name").value.trim();
  show(byId("create-problem"), false);
  try {
    await call("/v1/corpora", { method: "POST", body: { name } });
  } catch (error) {
    show(byId("create-problem"), true, error.message);
    problem(error);
    return;
  }
  byId("create-name").value = "";
  corpus = name;
  location.hash = "#documents";
  await listCorpora();
  announce(`The corpus ${name} is created. Add documents to it.`);
}

async function deleteCorpus() {
  const name = corpus;
  show(byId("delete-problem"), false);
  const sure = await confirmed({
    heading: `Delete ${name}?`,
    text: "Everything in it is deleted from the server. That cannot be undone.",
    action: "Delete it",
    typed: name,
  });
  if (!sure) return;
  try {
    await call(corpusPath(name), { method: "DELETE" });
  } catch (error) {
    show(byId("delete-problem"), true, error.message);
    announce(error.message);
    problem(error);
    return;
  }
  clearHistory();
  byId("delete-corpus").open = false;
  corpus = null;
  await listCorpora();
  byId("main").focus();
  announce(`The corpus ${name} is deleted.`);
}

async function choose(name) {
  corpus = name;
  byId("corpus").value = name;
  document.title = `${name} – hybrid`;
  byId("ask-heading").textContent = `Ask ${name}`;
  byId("documents-heading").textContent = `Documents of ${name}`;
  readFrom(name, [], false); // at once: what is asked from now on is asked of this one
  askFrom(name, []);
  await load();
  chooseView();
}

/** What the corpus holds now. */
async function load() {
  const name = corpus;
  try {
    const [status, documents] = await Promise.all([json(corpusPath(name)), allDocuments(name)]);
    if (name !== corpus) return;
    byId("about-corpus").textContent = documents.length
      ? `${count(documents.length, "document")}, each answer with its sources.`
      : "It has no documents yet.";
    const mayWrite = ["writer", "admin"].includes(me.role);
    readFrom(name, documents, mayWrite);
    askFrom(name, documents);
    showDocuments(name, status, documents, mayWrite);
  } catch (error) {
    if (error.status === 401) problem(error);
    else trouble(error);
  }
}

/** The documents of a corpus, asked for page by page. */
async function allDocuments(name) {
  const found = [];
  for (let after = 0; after !== null; ) {
    const page = await json(corpusPath(name, `/documents?after=${after}`));
    found.push(...page.documents);
    after = page.next;
  }
  return found;
}

// Which view ------------------------------------------------------------------------------------------

function only(id) {
  show(byId("loading"), false);
  show(byId("trouble"), false);
  for (const one of VIEWS) show(byId(one), one === id);
}

function chooseView(event) {
  if (corpus === null || !byId("trouble").hidden) return;
  const documents = location.hash === "#documents";
  closeReader();
  only(documents ? "documents-view" : "ask-view");
  byId("columns").classList.toggle("listing", documents);
  for (const [id, here] of [["to-ask", !documents], ["to-documents", documents]]) {
    if (here) byId(id).setAttribute("aria-current", "page");
    else byId(id).removeAttribute("aria-current");
  }
  if (event) byId("main").focus();
}

function setUpAppearance() {
  const select = byId("theme");
  select.value = document.documentElement.dataset.theme ?? "system";
  select.addEventListener("change", () => {
    const chosen = select.value;
    if (chosen === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
    try {
      localStorage.setItem(APPEARANCE, chosen);
    } catch {
      // Storage is switched off: it lasts as long as the page.
    }
  });
}

start();
