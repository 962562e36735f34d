// The page: which catalog or tenant it shows, and everything that is at work for that.

import { ApiError, parseParent, repeat } from "/console/api.js";
import { draw } from "/console/chart.js";
import { Counts, RANGES, totals } from "/console/counts.js";
import { startEvents, startRejections } from "/console/events.js";
import { startFunnel } from "/console/funnel.js";
import { startOperations } from "/console/operations.js";
import { startSender } from "/console/sender.js";
import { number, share } from "/console/show.js";

const DEFAULT_PARENT = "projects/local/locations/global/catalogs/default_catalog"; // the command line's, too
const POLL_SECONDS = 3;
const REMEMBERED = 10;
const STATES = {
  connecting: "Connecting…",
  live: "Live",
  sample: "Live, a sample",
  broken: "Not connected, trying again…",
  paused: "Paused",
};

const byId = (id) => document.getElementById(id);
const input = byId("parent");
const pauseButton = byId("pause");
let stop = null; // ends what is at work
let parent = null;

function remembered() {
  try {
    const found = JSON.parse(localStorage.getItem("footfall.parents") ?? "[]");
    return Array.isArray(found) ? found.filter((name) => typeof name === "string" && parseParent(name)) : [];
  } catch {
    return [];
  }
}

function remember(name) {
  const names = [name, ...remembered().filter((other) => other !== name)].slice(0, REMEMBERED);
  byId("parents").replaceChildren(...names.map((each) => new Option(each, each)));
  try {
    localStorage.setItem("footfall.parents", JSON.stringify(names));
  } catch {
    // the address still says it
  }
}

function tell(state) {
  byId("state").dataset.state = state;
  if (byId("state").textContent !== STATES[state]) byId("state").textContent = STATES[state];
}

// What is at work for one parent until it is stopped, and what is wrong with any of it.
function newSession() {
  const controller = new AbortController();
  const failures = new Map();
  const show = () => {
    const [error] = failures.values();
    const problem = byId("problem");
    problem.hidden = !error;
    const text = error instanceof ApiError ? error.message : "The server can't be reached; what is shown may be old.";
    if (error && problem.textContent !== text) problem.textContent = text;
  };
  const session = {
    parent,
    signal: controller.signal,
    failed(task, error) {
      if (!(error instanceof ApiError) && !(error instanceof TypeError)) console.error(error);
      failures.set(task, error);
      show();
    },
    succeeded(task) {
      if (failures.delete(task)) show();
    },
  };
  return [session, () => controller.abort()];
}

const chosenRange = () => document.querySelector("#ranges input:checked").value;

function startCounts(session) {
  const stopped = new AbortController();
  const counts = new Counts(session, chosenRange());
  const { name, each } = RANGES[chosenRange()];
  byId("in-range-name").textContent = name;
  byId("chart-title").textContent = `Events per ${each}`;
  const signal = AbortSignal.any([session.signal, stopped.signal]);
  counts.session = { ...session, signal };
  repeat(counts.session, POLL_SECONDS, async () => {
    await counts.update(() => {
      byId("in-range").textContent = number(counts.total);
      draw(counts);
    });
  });
  return () => stopped.abort();
}

function startTotals(session) {
  byId("joined-tile").hidden = session.parent.kind !== "catalog";
  repeat(session, POLL_SECONDS, async () => {
    const { stored, unjoined } = await totals(session);
    byId("stored").textContent = number(stored);
    byId("joined").textContent = share(stored - unjoined, stored);
    byId("unjoined").textContent = stored ? `${number(unjoined)} not joined` : "";
  });
}

function start() {
  stop?.();
  const [session, end] = newSession();
  startTotals(session);
  let stopCounts = startCounts(session);
  const changeRange = () => {
    stopCounts();
    stopCounts = startCounts(session);
  };
  byId("ranges").addEventListener("change", changeRange, { signal: session.signal });
  startEvents(session, tell);
  startRejections(session);
  startOperations(session);
  startSender(session);
  startFunnel(session);
  stop = end;
}

function pause(paused) {
  pauseButton.setAttribute("aria-pressed", String(paused));
  pauseButton.textContent = paused ? "Resume" : "Pause";
  if (!paused) {
    start();
    return;
  }
  stop();
  tell("paused");
}

function show(name, { push = false } = {}) {
  parent = parseParent(name);
  byId("parent-error").textContent = parent ? "" : "Write projects/…/locations/…/catalogs/… or projects/…/tenants/….";
  input.value = name;
  input.setAttribute("aria-invalid", String(!parent));
  if (!parent) return;
  remember(parent.name);
  const address = `?${new URLSearchParams({ parent: parent.name })}`;
  if (push && location.search !== address) history.pushState(null, "", address);
  document.title = `${parent.name.split("/").pop()} – Footfall`;
  pause(false);
}

const asked = () => new URLSearchParams(location.search).get("parent");

byId("parent-form").addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  show(input.value.trim(), { push: true });
});
pauseButton.addEventListener("click", () => pause(pauseButton.getAttribute("aria-pressed") !== "true"));
addEventListener("popstate", () => show(asked() ?? DEFAULT_PARENT));
show(asked() ?? remembered()[0] ?? DEFAULT_PARENT);
