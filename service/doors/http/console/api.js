// Calls of the public API, and what the pages need to make them.

export class ApiError extends Error {
  constructor(status, error) {
    super(error?.message ?? `HTTP ${status}`);
    this.status = status;
    this.details = error?.details ?? [];
  }
}

const RETRY_SECONDS = 2;

let clockOffset = 0; // milliseconds by which the server's clock is ahead

export const serverNow = () => Date.now() + clockOffset;

export function path(version, name, rest = "") {
  return `/${version}/${name.split("/").map(encodeURIComponent).join("/")}${rest}`;
}

// Returns the answer's JSON. Throws ApiError for an error of the server, TypeError when it can't be reached.
export async function call(method, url, { query = {}, body, signal } = {}) {
  const pairs = Object.entries(query).flatMap(([name, value]) => [value].flat().map((item) => [name, item]));
  const options = { method, signal, headers: { accept: "application/json" } };
  if (body !== undefined) {
    options.headers["content-type"] = "application/json";
    options.body = typeof body === "string" ? body : JSON.stringify(body);
  }
  const answer = await fetch(pairs.length ? `${url}?${new URLSearchParams(pairs)}` : url, options);
  const date = Date.parse(answer.headers.get("date"));
  // The header has whole seconds; what it leaves out must not make the clock go back and forth.
  if (Math.abs(date - serverNow()) > 2000) clockOffset = date - Date.now();
  const isJson = answer.headers.get("content-type")?.startsWith("application/json");
  const value = isJson ? await answer.json() : await answer.text();
  if (!answer.ok) throw new ApiError(answer.status, value.error);
  return value;
}

// A catalog or a tenant by its name, or null.
export function parseParent(text) {
  const name = text.trim();
  if (/^projects\/[^/\s]+\/locations\/[^/\s]+\/catalogs\/[^/\s]+$/.test(name)) return { name, kind: "catalog" };
  if (/^projects\/[^/\s]+\/tenants\/[^/\s]+$/.test(name)) return { name, kind: "tenant" };
  return null;
}

// What catalogs and tenants call the same things.
export const KINDS = {
  catalog: { events: "userEvents", event: "userEvent", time: "eventTime", order: "event_time desc" },
  tenant: { events: "clientEvents", event: "clientEvent", time: "createTime", order: "create_time desc" },
};

// Runs `task` again and again until the session ends, `seconds` apart, or more when the server takes its time, so that
// no page is a burden; not at all while nobody looks. `task` may return other seconds to wait.
export async function repeat(session, seconds, task) {
  while (!session.signal.aborted) {
    const began = performance.now();
    let wait = seconds;
    try {
      wait = (await task()) ?? seconds;
      session.succeeded(task);
    } catch (error) {
      if (!session.signal.aborted) session.failed(task, error);
      wait = Math.min(seconds, RETRY_SECONDS);
    }
    await pause(Math.max(wait * 1000, 3 * (performance.now() - began)), session.signal);
    await visible(session.signal);
  }
  session.succeeded(task); // what was wrong with it no longer matters
}

// Both leave nothing behind at the session: that may last for days.
function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
  });
}

function visible(signal) {
  if (!document.hidden) return Promise.resolve();
  return new Promise((resolve) => {
    function done() {
      document.removeEventListener("visibilitychange", done);
      signal.removeEventListener("abort", done);
      resolve();
    }
    document.addEventListener("visibilitychange", done);
    signal.addEventListener("abort", done);
  });
}
