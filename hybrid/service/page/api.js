// Requests to this server and what comes back: JSON, streams of events, errors in words. Nothing goes anywhere else.

const KEY = "hybrid-api-key";

/** What went wrong, in words that a person can act on. */
export class ApiError extends Error {
  constructor(message, { status = 0, type = "" } = {}) {
    super(message);
    this.status = status;
    this.type = type;
  }
}

let key = "";
try {
  key = sessionStorage.getItem(KEY) ?? "";
} catch {
  // Storage is switched off: the key lives as long as the page.
}

export const hasKey = () => key !== "";

/** The API key of this tab. It goes into a header, never into an address. */
export function setKey(value) {
  key = value;
  try {
    if (value) sessionStorage.setItem(KEY, value);
    else sessionStorage.removeItem(KEY);
  } catch {
    // As above.
  }
}

/** The address of something of a corpus. */
export const corpusPath = (corpus, verb = "") => `/v1/corpora/${encodeURIComponent(corpus)}${verb}`;

async function send(path, { method = "GET", body, signal } = {}) {
  const headers = {};
  if (key) headers.Authorization = `Bearer ${key}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response;
  try {
    response = await fetch(path, {
      method,
      headers,
      signal,
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError("The server cannot be reached. Is it running, and are you connected to it?");
  }
  if (!response.ok) throw await errorOf(response);
  return response;
}

async function errorOf(response) {
  let content = null;
  try {
    content = await response.json();
  } catch {
    // A proxy's page: all that is known is its status.
  }
  return failure(content, response.status);
}

/** A message as a sentence: those of the library begin small, as they stand behind the name of an error elsewhere. */
const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1) + (/[.!?…”]$/u.test(text) ? "" : ".");

function failure(content, status = 0) {
  const said = content?.error ?? {};
  let message = sentence(said.message || `The server answered with status ${status}, and did not say why`);
  if (said.retry_after) message += ` Try again in ${Math.max(1, Math.ceil(said.retry_after))} s.`;
  return new ApiError(message, { status, type: said.type });
}

/** The JSON that a request comes back with. */
export const json = async (path, options) => (await send(path, options)).json();

/** The bytes that a request comes back with, and its headers. */
export async function blob(path, options) {
  const response = await send(path, options);
  return { blob: await response.blob(), headers: response.headers };
}

/** A request of which only that it succeeded is of interest. */
export const call = async (path, options) => void (await send(path, options));

/**
 * The events of a stream, `{name, data}`, as they come. Raises what the server sends as an error. A stream that ends
 * without one of the events in `last` was cut, and that is an error, too.
 */
export async function* events(path, { last, ...options }) {
  const response = await send(path, options);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let ended = false;
  try {
    while (true) {
      let piece;
      try {
        piece = await reader.read();
      } catch (error) {
        if (error.name === "AbortError") throw error;
        break; // the connection broke: said below
      }
      if (piece.done) break;
      const blocks = (rest + piece.value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const event = parsed(block);
        if (event === null) continue;
        if (event.name === "error") throw failure(event.data);
        ended ||= last(event);
        yield event;
      }
    }
  } finally {
    reader.cancel().catch(() => {});
  }
  if (!ended) throw new ApiError("The connection broke off: what stands here is not the whole. Ask again.");
}

function parsed(block) {
  let name = "";
  const data = [];
  for (const line of block.split("\n")) {
    if (line.startsWith("event: ")) name = line.slice(7);
    else if (line.startsWith("data: ")) data.push(line.slice(6));
  }
  if (!data.length) return null; // a comment says that work goes on
  try {
    return { name, data: JSON.parse(data.join("\n")) };
  } catch {
    throw new ApiError("The server sent what cannot be read. Is there something between it and you that changes it?");
  }
}

/**
 * Upload files, `[{name, file}]`, as one form; the job that reads them. `progress` is called with the share that was
 * sent. Not `fetch`, which does not say how far it is.
 */
export function upload(corpus, files, { progress, signal }) {
  const form = new FormData();
  for (const { name, file } of files) form.append("files", file, name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", corpusPath(corpus, "/uploads"));
    if (key) request.setRequestHeader("Authorization", `Bearer ${key}`);
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total);
    });
    request.addEventListener("load", () => {
      if (request.status < 300) resolve(request.response);
      else reject(failure(request.response, request.status));
    });
    request.addEventListener("error", () =>
      reject(new ApiError("The upload broke off: nothing of it is kept. Is it larger than the server takes? Send it again, or less at a time.")),
    );
    request.addEventListener("abort", () => reject(new DOMException("The upload was cancelled", "AbortError")));
    signal.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}
