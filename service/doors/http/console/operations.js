// Long-running operations: how far they are, and a way to cancel them.

import { call, path, repeat } from "/console/api.js";
import { detailButton, element, fill, number, time } from "/console/show.js";

const PER_PAGE = 20;
const POLL_SECONDS = 2;
const POLL_SECONDS_AT_WORK = 1;

const table = document.getElementById("operations");
const result = document.getElementById("operation-result");
const COUNTS = {
  successCount: "imported", failureCount: "rejected", deletedProductsCount: "products deleted",
  matchedEventsCount: "found", purgedEventsCount: "purged",
  examinedEventsCount: "examined", rejoinedEventsCount: "rejoined", exportedEventsCount: "exported",
};

function state(operation) {
  if (!operation.done) return ["working", "at work"];
  if (!operation.error) return ["succeeded", "succeeded"];
  return operation.error.code === 1 ? ["cancelled", "cancelled"] : ["failed", "failed"];
}

function progress(operation) {
  const parts = Object.entries(COUNTS)
    .filter(([name]) => operation.metadata?.[name])
    .map(([name, word]) => `${number(Number(operation.metadata[name]))} ${word}`);
  const failed = operation.error && operation.error.code !== 1 ? operation.error.message : "";
  return [parts.join(", ") || (operation.done ? "" : "nothing yet"), failed].filter(Boolean).join(". ");
}

const shortName = (operation) => operation.name.split("/").pop();

function row(session) {
  return (operation) => {
    const [key, word] = state(operation);
    const bar = operation.done ? [] : [element("progress", { "aria-label": `${shortName(operation)} is at work` })];
    const cancel = element("button", { type: "button", class: "danger", "aria-label": `Cancel ${shortName(operation)}` }, "Cancel");
    cancel.addEventListener("click", () => ask(session, operation));
    return [
      element("td", {}, detailButton(shortName(operation))),
      element("td", {}, element("span", { class: `badge ${key}` }, word)),
      element("td", { class: "wide" }, ...bar, progress(operation)),
      element("td", {}, time(operation.metadata?.createTime)),
      element("td", {}, ...(operation.done ? [] : [cancel])),
    ];
  };
}

function ask(session, operation) {
  const dialog = document.getElementById("confirm");
  dialog.querySelector("h2").textContent = `Cancel ${shortName(operation)}?`;
  dialog.returnValue = "no"; // what Escape means, too
  dialog.onclose = () => dialog.returnValue === "yes" && cancel(session, operation);
  dialog.showModal();
}

async function cancel(session, operation) {
  try {
    await call("POST", path("v1", operation.name, ":cancel"), { body: {}, signal: session.signal });
    result.textContent = `${shortName(operation)} stops after its present step.`;
  } catch (error) {
    result.textContent = `${shortName(operation)} could not be cancelled: ${error.message}`;
  }
}

export function startOperations(session) {
  result.textContent = "";
  const url = path("v1", session.parent.name, "/operations");
  const list = (query) => call("GET", url, { query, signal: session.signal }).then((answer) => answer.operations ?? []);
  return repeat(session, POLL_SECONDS, async () => {
    const [newest, working] = await Promise.all([
      list({ pageSize: PER_PAGE }),
      list({ pageSize: PER_PAGE, filter: "done = false" }),
    ]);
    const known = new Set(working.map((operation) => operation.name));
    const operations = [...working, ...newest.filter((operation) => !known.has(operation.name))];
    const more = working.length === PER_PAGE ? "+" : "";
    document.getElementById("working").textContent = `${number(working.length)}${more}`;
    fill(table, operations.slice(0, PER_PAGE), (operation) => operation.name, row(session));
    return working.length ? POLL_SECONDS_AT_WORK : POLL_SECONDS;
  });
}
