// The funnel: a form that says what is asked for, and what ComputeFunnel answers, as a table with bars.

import { ApiError, KINDS, call, path, serverNow } from "/console/api.js";
import { element, number, share } from "/console/show.js";

const DAY = 86_400_000;
const MOST_STEPS = 20;
const JOB_TYPES = [
  "IMPRESSION", "VIEW", "VIEW_REDIRECT", "APPLICATION_START", "APPLICATION_FINISH", "APPLICATION_QUICK_SUBMISSION",
  "APPLICATION_REDIRECT", "APPLICATION_START_FROM_SEARCH", "APPLICATION_REDIRECT_FROM_SEARCH", "APPLICATION_COMPANY_SUBMIT",
  "BOOKMARK", "NOTIFICATION", "HIRED", "SENT_CV", "INTERVIEW_GRANTED",
];
const PATHS = {
  catalog: ["detail-page-view", "add-to-cart", "purchase-complete"],
  tenant: ["IMPRESSION", "VIEW", "APPLICATION_START", "APPLICATION_FINISH", "SENT_CV, INTERVIEW_GRANTED, HIRED"],
};
const ACTORS = {
  catalog: [["ACTOR_VISITOR", "visitors"], ["ACTOR_USER", "users"]],
  tenant: [["ACTOR_REQUEST_ID", "searches"]],
};
const SPLITS = {
  catalog: [["", "nothing"], ["day", "day"], ["experimentId", "experiment"], ["attribute", "attribute…"]],
  tenant: [["", "nothing"], ["day", "day"], ["attribute", "entry of the notes…"]],
};

const byId = (id) => document.getElementById(id);
const form = byId("funnel");
const steps = byId("funnel-steps");
const split = byId("funnel-split");
const attribute = byId("funnel-attribute");
const status = byId("funnel-status");
const result = byId("funnel-result");

let session = null;
let asked = null; // ends the call that is under way

function options(select, items) {
  select.replaceChildren(...items.map(([value, text]) => new Option(text, value)));
}

// Gives the steps their numbers anew, for those who hear them.
function renumber() {
  const items = [...steps.children];
  items.forEach((item, at) => {
    item.querySelector("input").setAttribute("aria-label", `Step ${at + 1}: event type, or several with commas`);
    const remove = item.querySelector("button");
    remove.setAttribute("aria-label", `Remove step ${at + 1}`);
    remove.disabled = items.length === 1;
  });
  byId("funnel-add").disabled = items.length === MOST_STEPS;
}

function addStep(value = "") {
  const input = element("input", { list: "funnel-types", autocomplete: "off", spellcheck: "false", required: true });
  input.value = value;
  const remove = element("button", { type: "button" }, "×");
  const item = element("li", {}, input, remove);
  remove.addEventListener("click", () => {
    const next = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    renumber();
    next.querySelector("input").focus();
  });
  steps.append(item);
  renumber();
  return input;
}

// What the form says, as a ComputeFunnelRequest.
function request() {
  const body = {
    steps: [...steps.querySelectorAll("input")].map(({ value }) => ({ eventTypes: value.split(",").map((each) => each.trim()) })),
    actor: byId("funnel-actor").value,
  };
  const window = byId("funnel-window").value;
  if (window) body.window = `${window}s`;
  const days = Number(byId("funnel-days").value);
  if (days) body.filter = `${KINDS[session.parent.kind].time} >= "${new Date(serverNow() - days * DAY).toISOString()}"`;
  if (split.value) body.split = { [split.value]: split.value === "attribute" ? attribute.value.trim() : true };
  return body;
}

function complaint(error) {
  if (!(error instanceof ApiError)) return "The server can't be reached.";
  const violations = error.details.flatMap((detail) => detail.fieldViolations ?? []);
  return violations.map(({ description }) => description).join(" ") || error.message;
}

// A time as words, from such as "93.5s".
function took(duration) {
  if (!duration) return "";
  const seconds = parseFloat(duration);
  const units = [[86_400, "d"], [3_600, "h"], [60, "min"]];
  const at = units.findIndex(([size]) => seconds >= size);
  if (at < 0) return `${number(Math.round(seconds * 10) / 10)} s`;
  const [size, name] = units[at];
  const [smaller, smallerName] = units[at + 1] ?? [1, "s"];
  return `${number(Math.floor(seconds / size))} ${name} ${Math.floor((seconds % size) / smaller)} ${smallerName}`;
}

const actors = (step) => Number(step.actorCount ?? 0);
const heads = (names) => element("thead", {}, element("tr", {}, ...names.map(([name, kind]) => element("th", { scope: "col", class: kind }, name))));

function bar(part, whole) {
  const filled = element("span", { class: "filled" });
  filled.style.inlineSize = `${whole ? (100 * part) / whole : 0}%`;
  return element("span", { class: "funnel-bar", "aria-hidden": "true" }, filled);
}

function stepsTable(answer) {
  const first = actors(answer.steps[0]);
  const rows = answer.steps.map((step, at) => element("tr", {},
    element("th", { scope: "row" }, step.label),
    element("td", { class: "wide" }, bar(actors(step), first)),
    element("td", { class: "number" }, number(actors(step))),
    element("td", { class: "number" }, share(actors(step), first)),
    element("td", { class: "number" }, at ? share(actors(step), actors(answer.steps[at - 1])) : ""),
    element("td", { class: "number" }, took(step.medianTimeFromPrevious))));
  const who = byId("funnel-actor").selectedOptions[0].text;
  const head = heads([["Step"], [element("span", { class: "hidden" }, "Bar")], [who[0].toUpperCase() + who.slice(1), "number"], ["Of all", "number"], ["Of the step before", "number"], ["Median time", "number"]]);
  return element("table", { class: "funnel" }, element("caption", {}, "How far they went"), head, element("tbody", {}, ...rows));
}

function groupsTable(answer, by) {
  const name = (group) => (group.others ? "all others" : group.value ?? "(none)");
  const rows = answer.groups.map((group) => element("tr", {}, element("th", { scope: "row" }, name(group)),
    ...group.steps.map((step, at) => element("td", { class: "number" }, number(actors(step)),
      ...(at ? [" ", element("span", { class: "note" }, share(actors(step), actors(group.steps[0])))] : [])))));
  const head = heads([[by], ...answer.steps.map((step) => [step.label, "number"])]);
  return element("table", {}, element("caption", {}, `By ${by}, with the share of those who began`), head, element("tbody", {}, ...rows));
}

function advice(answer) {
  const counts = (answer.counts ?? []).map(({ kind, storyCount }) => `${kind.replace("KIND_", "").toLowerCase().replaceAll("_", " ")} (${number(Number(storyCount))})`);
  return counts.length ? [element("p", { class: "note" }, `Searches whose events don't keep Google's advice: ${counts.join(", ")}.`)] : [];
}

const scrolling = (table, label) => element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label }, table);

function show(answer, body, warnings) {
  const events = Number(answer.eventCount ?? 0);
  const without = Number(answer.eventsWithoutActorCount ?? 0);
  status.className = "note";
  status.textContent = `${number(events)} ${events === 1 ? "event" : "events"} of these types${without ? `, ${number(without)} of them without an id` : ""}.`;
  const by = body.split?.attribute ?? split.selectedOptions[0].text;
  result.replaceChildren(
    scrolling(stepsTable(answer), "The funnel"),
    ...(answer.groups?.length ? [scrolling(groupsTable(answer, by), "The funnel by groups")] : []),
    ...(warnings ? advice(warnings) : []),
  );
}

form.addEventListener("submit", async (submitted) => {
  submitted.preventDefault();
  asked?.abort();
  const mine = (asked = new AbortController());
  const { name, kind } = session.parent;
  const signal = AbortSignal.any([session.signal, mine.signal]);
  const body = request();
  status.className = "note";
  status.textContent = "Computing…";
  try {
    const answer = await call("POST", path("v1", name, `/${KINDS[kind].events}:computeFunnel`), { body, signal });
    const warnings = kind === "tenant" ? await call("GET", path("v1", name, "/clientEvents:countUsageWarnings"), { query: body.filter ? { filter: body.filter } : {}, signal }) : null;
    show(answer, body, warnings);
  } catch (error) {
    if (mine !== asked) return;
    status.textContent = signal.aborted ? "" : complaint(error);
    status.className = "error";
  }
});

function showAttribute() {
  attribute.hidden = split.value !== "attribute";
  attribute.required = !attribute.hidden;
}

split.addEventListener("change", showAttribute);
byId("funnel-add").addEventListener("click", () => addStep().focus());

async function suggest({ parent, signal }) {
  const types = parent.kind === "tenant" ? JOB_TYPES : (await call("GET", path("v1", parent.name, "/userEvents:count"), { query: { groupBy: "GROUP_BY_EVENT_TYPE" }, signal })).counts?.map(({ eventType }) => eventType) ?? [];
  byId("funnel-types").replaceChildren(...types.map((type) => new Option(type, type)));
}

// The types there are, once somebody is about to choose one.
steps.addEventListener("focusin", () => {
  if (session && !session.suggested) {
    session.suggested = true;
    suggest(session).catch(() => {}); // they are but suggestions
  }
});

export function startFunnel(started) {
  const anew = session?.parent.name !== started.parent.name;
  session = { parent: started.parent, signal: started.signal, suggested: false };
  if (!anew) return;
  const { kind } = session.parent;
  options(byId("funnel-actor"), ACTORS[kind]);
  options(split, SPLITS[kind]);
  showAttribute();
  steps.replaceChildren();
  PATHS[kind].forEach((step) => addStep(step));
  status.textContent = "";
  result.replaceChildren();
}
