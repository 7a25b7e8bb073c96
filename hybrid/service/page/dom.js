// Elements made of text: what a document says becomes words here, whatever it looks like. Nothing in this page parses
// markup, and its policy (require-trusted-types-for) refuses whoever tries.

/**
 * An element. Strings among the children are text; `null` and `false` leave one out. An attribute that is `null` or
 * `false` is left out, `true` is there without a value, and `onclick` and its kind take a function.
 */
export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") made.addEventListener(key.slice(2), value);
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export const byId = (id) => document.getElementById(id);

/** Show or hide an element; with a text, its words are these. */
export function show(element, shown, text) {
  if (text !== undefined) element.textContent = text;
  element.hidden = !shown;
}

/** Say something to those who listen: added to the live region, never taken back. */
export function announce(text) {
  const announcer = byId("announcer");
  announcer.append(el("p", {}, text));
  while (announcer.childElementCount > 20) announcer.firstElementChild.remove();
}

/**
 * Ask before something that cannot be undone; whether the answer is yes. Where `typed` is given, that name has to be
 * typed first.
 */
let settle = () => {}; // the dialog that was shown last
export function confirmed({ heading, text, action, typed = "" }) {
  const dialog = byId("confirm");
  const name = byId("confirm-name");
  const yes = byId("confirm-yes");
  const check = () => (yes.disabled = name.value.trim() !== typed);
  byId("confirm-heading").textContent = heading;
  byId("confirm-text").textContent = text;
  byId("confirm-label").textContent = `Type ${typed} to confirm`;
  yes.textContent = action;
  name.value = "";
  name.oninput = check;
  show(byId("confirm-row"), typed !== "");
  check();
  dialog.returnValue = "no"; // what Escape leaves it at
  dialog.showModal();
  settle(false);
  return new Promise((resolve) => {
    settle = resolve;
    const closed = () => {
      if (dialog.open) return; // the event comes late: it is of the time before, and the dialog is open again
      dialog.removeEventListener("close", closed);
      resolve(dialog.returnValue === "yes");
    };
    dialog.addEventListener("close", closed);
  });
}

/** Save a file that was made here or came from the server. */
export function save(name, blob) {
  const address = URL.createObjectURL(blob);
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
