// The form that sends a test event: the way a server would, or the way a page's pixel would.

import { ApiError, call, path } from "/console/api.js";

const form = document.getElementById("sender");
const example = document.getElementById("example");
const way = document.getElementById("way");
const body = document.getElementById("body");
const sent = document.getElementById("sent");

const VISITOR = "console-visitor";
const product = (id) => ({ product: { id }, quantity: 1 });

const EXAMPLES = {
  catalog: {
    "home-page-view": () => ({ eventType: "home-page-view", visitorId: VISITOR }),
    search: () => ({ eventType: "search", visitorId: VISITOR, searchQuery: "running shoes", productDetails: [product("shoe-1")] }),
    "detail-page-view": () => ({ eventType: "detail-page-view", visitorId: VISITOR, productDetails: [product("shoe-1")] }),
    "add-to-cart": () => ({ eventType: "add-to-cart", visitorId: VISITOR, productDetails: [product("shoe-1")] }),
    "purchase-complete": () => ({
      eventType: "purchase-complete",
      visitorId: VISITOR,
      productDetails: [product("shoe-1")],
      purchaseTransaction: { id: `order-${Date.now()}`, revenue: 59.9, currencyCode: "EUR" },
    }),
    "one that is refused": () => ({ eventType: "search" }),
  },
  tenant: Object.fromEntries(
    ["IMPRESSION", "VIEW", "APPLICATION_START", "APPLICATION_FINISH"].map((type) => [type, (parent) => ({
      eventId: crypto.randomUUID?.() ?? `console-${Date.now()}-${Math.random()}`,
      requestId: "console-request",
      createTime: new Date().toISOString(),
      jobEvent: { type, jobs: [`${parent.name}/jobs/job-1`] },
    })]),
  ),
};
const WAYS = {
  catalog: [["write", "call (userEvents:write)"], ["collect", "pixel (userEvents:collect)"]],
  tenant: [["create", "call (clientEvents)"]],
};

let session = null;

function options(select, items) {
  select.replaceChildren(...items.map(([value, text]) => new Option(text, value)));
}

function fillBody() {
  body.value = JSON.stringify(EXAMPLES[session.parent.kind][example.value](session.parent), null, 2);
}

function send({ name, kind }) {
  const text = body.value;
  if (kind === "tenant") return call("POST", path("v4", name, "/clientEvents"), { body: text });
  if (way.value === "write") return call("POST", path("v2", name, "/userEvents:write"), { body: text });
  return call("POST", path("v2", name, "/userEvents:collect"), { body: { userEvent: text } });
}

function complaint(error) {
  if (!(error instanceof ApiError)) return "Not sent: the server can't be reached.";
  const violations = error.details.flatMap((detail) => detail.fieldViolations ?? []);
  return `Refused: ${violations.map(({ description }) => description).join(" ") || error.message}`;
}

form.addEventListener("submit", async (submitted) => {
  submitted.preventDefault();
  sent.className = "";
  sent.textContent = "Sending…";
  try {
    await send(session.parent);
    sent.textContent = "Stored.";
    sent.className = "good";
  } catch (error) {
    sent.textContent = complaint(error);
    sent.className = "error";
  }
});

example.addEventListener("change", fillBody);

export function startSender(started) {
  const anew = session?.parent.name !== started.parent.name;
  session = started;
  if (!anew) return;
  const { kind } = session.parent;
  options(example, Object.keys(EXAMPLES[kind]).map((name) => [name, name]));
  options(way, WAYS[kind]);
  sent.textContent = "";
  fillBody();
}
