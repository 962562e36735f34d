// The latest events and the latest rejections.

import { KINDS, call, path, repeat } from "/console/api.js";
import { breakable, detailButton, element, fill, number, time, words } from "/console/show.js";
import { watch } from "/console/stream.js";

const ROWS = 50; // that are kept
const PER_PAGE = 25;
const POLL_SECONDS = 15; // for what the stream leaves out
const PAINT_MILLISECONDS = 500;
const A_WHILE = 60_000; // milliseconds between an event and its receipt that are worth telling
const SPEAK_MILLISECONDS = 15_000; // between two announcements, so that a screen reader has a say in between

const latest = document.getElementById("latest");
const rejections = document.getElementById("rejections");
const flow = document.getElementById("flow");

// What an event was about, in a few words.
function about(kind, event) {
  if (kind === "tenant") {
    const jobs = event.jobEvent?.jobs ?? [];
    return `${jobs.slice(0, 3).map((name) => name.split("/").pop()).join(", ")}${jobs.length > 3 ? ` and ${jobs.length - 3} more` : ""}`;
  }
  const details = event.productDetails ?? [];
  const products = details.slice(0, 3).map(({ product }) => product?.title || product?.id || "?");
  if (details.length > 3) products.push(`${details.length - 3} more`);
  const purchase = event.purchaseTransaction;
  return [
    event.searchQuery && `“${event.searchQuery}”`,
    products.join(", "),
    (event.pageCategories ?? []).join(" > "),
    purchase && `${purchase.revenue ?? 0} ${purchase.currencyCode ?? ""}`,
  ].filter(Boolean).join(" · ");
}

// When it happened, where that is not when it came in.
function happened(received, moment) {
  if (Math.abs(new Date(received) - new Date(moment)) < A_WHILE) return [];
  return [element("span", { class: "note block" }, "happened ", time(moment))];
}

function eventRow(kind) {
  const field = KINDS[kind].event;
  return (stored) => {
    const event = stored[field];
    const type = kind === "catalog" ? event.eventType : words(event.jobEvent?.type ?? "unspecified");
    const joined = kind === "catalog" ? [element("td", {}, stored.joined ? "yes" : "no")] : [];
    return [
      element("td", { class: "when" }, time(stored.receiveTime), ...happened(stored.receiveTime, event[KINDS[kind].time])),
      element("td", { class: "middle" }, detailButton(type)),
      element("td", {}, (kind === "catalog" ? event.visitorId : event.requestId) ?? ""),
      element("td", { class: "wide" }, about(kind, event)),
      element("td", {}, words(stored.source ?? "unknown", "EVENT_SOURCE_")),
      ...joined,
    ];
  };
}

export async function startEvents(session, tell) {
  const { name, kind } = session.parent;
  const { events, event, order } = KINDS[kind];
  latest.querySelector("[data-joined]").hidden = kind !== "catalog";
  latest.querySelector("[data-who]").textContent = kind === "catalog" ? "Visitor" : "Request";
  let rows = [];
  let came = 0;
  let spoke = -Infinity;
  let last = null;
  let sampled = false;
  let due = 0;

  const row = eventRow(kind);
  const paint = () => {
    due = 0;
    if (session.signal.aborted) return;
    fill(latest, rows, (stored) => stored.name, row);
    if (came && performance.now() - spoke > SPEAK_MILLISECONDS) {
      spoke = performance.now();
      const said = sampled ? "More came than can be shown" : `${number(came)} came since the page was opened`;
      flow.replaceChildren(`${said}, the last one `, time(last.receiveTime));
    }
  };

  const take = (stored) => {
    came += 1;
    last = stored;
    rows = [stored, ...rows.slice(0, ROWS - 1)];
    due ||= setTimeout(paint, PAINT_MILLISECONDS);
  };

  flow.textContent = "";
  watch(session, take, () => session.rejectionCame?.(), (state) => {
    sampled ||= state === "sample";
    tell(state);
  });
  await repeat(session, 3600, async () => {
    const query = { pageSize: PER_PAGE, orderBy: order };
    const answer = await call("GET", path("v1", name, `/${events}`), { query, signal: session.signal });
    const known = new Set(rows.map((stored) => stored.name));
    const older = (answer[events] ?? []).filter((stored) => stored[event] && !known.has(stored.name));
    older.sort((one, other) => new Date(other.receiveTime) - new Date(one.receiveTime));
    rows = [...rows, ...older].slice(0, ROWS);
    paint();
  });
}

// The reason of a google.rpc.Status, and the fields that it names.
function explained(status) {
  const details = status?.details ?? [];
  const fields = details.flatMap((detail) => detail.fieldViolations ?? []).map(({ field }) => field).filter(Boolean);
  return { reason: details.find((detail) => detail.reason)?.reason ?? "", fields: [...new Set(fields)] };
}

function rejectionRow(rejected) {
  const { reason, fields } = explained(rejected.status);
  const place = rejected.uri ? `${rejected.uri}, line ${rejected.lineNumber ?? "?"}` : "";
  return [
    element("td", {}, time(rejected.receiveTime)),
    element("td", { class: "middle" }, detailButton(reason || "UNKNOWN"), ...(fields.length ? [element("span", { class: "note block" }, ...breakable(fields.slice(0, 3).join(", ")))] : [])),
    element("td", { class: "wide" }, rejected.status?.message ?? ""),
    element("td", {}, words(rejected.source ?? "unknown", "EVENT_SOURCE_"), ...(place ? [element("span", { class: "note block" }, place)] : [])),
  ];
}

export function startRejections(session) {
  const read = async () => {
    const url = path("v1", session.parent.name, "/rejectedEvents");
    const answer = await call("GET", url, { query: { pageSize: PER_PAGE }, signal: session.signal });
    document.getElementById("rejected").textContent = number(Number(answer.totalSize ?? 0));
    fill(rejections, answer.rejectedEvents ?? [], (rejected) => rejected.name, rejectionRow);
  };
  let due = 0;
  session.rejectionCame = () => {
    due ||= setTimeout(() => {
      due = 0;
      if (!session.signal.aborted) read().catch(() => {}); // the next of those below tells
    }, PAINT_MILLISECONDS);
  };
  return repeat(session, POLL_SECONDS, read);
}
