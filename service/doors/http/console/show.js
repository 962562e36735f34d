// Values as text, and elements that hold them. Events say what strangers want: nothing here ever becomes markup.

const LONGEST = 300; // characters of a cell

const count = new Intl.NumberFormat();
const percent = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const dayAndClock = new Intl.DateTimeFormat(undefined, {
  year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
});

export const number = (value) => count.format(value);
// Rounded down: "100%" is for all of them only.
export const share = (part, whole) => (whole ? percent.format(Math.floor((part / whole) * 1000) / 1000) : "–");
export const cut = (text) => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

// An element with text or other elements in it.
export function element(name, attributes = {}, ...content) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...content.map((item) => (item instanceof Node ? item : cut(String(item)))));
  return made;
}

// A name in parts between which a line may end.
export const breakable = (name) => cut(name).split(/(?<=[_.])/).flatMap((part) => [document.createElement("wbr"), part]).slice(1);

export function time(iso) {
  const moment = new Date(iso);
  if (Number.isNaN(moment.getTime())) return element("span", {}, iso ?? "–");
  const today = moment.toDateString() === new Date().toDateString();
  return element("time", { datetime: iso, title: iso }, (today ? clock : dayAndClock).format(moment));
}

// OPERATION_STATE and the like, as words.
export const words = (name, prefix = "") => name.replace(prefix, "").toLowerCase().replaceAll("_", " ");

// Keeps the rows of a table up to date: `items` by key, in order. What stays the same keeps its elements, and the focus.
// A row's `item` is what it shows.
export function fill(table, items, key, cells) {
  const body = table.tBodies[0];
  const before = new Map([...body.rows].map((row) => [row.dataset.key, row]));
  const rows = items.map((item) => {
    const found = before.get(key(item));
    before.delete(key(item));
    const row = found ?? element("tr", { "data-key": key(item) });
    row.item = item;
    update(row, cells(item));
    return row;
  });
  for (const gone of before.values()) gone.remove();
  rows.forEach((row, at) => {
    if (body.rows[at] !== row) body.insertBefore(row, body.rows[at] ?? null);
  });
  const empty = table.parentElement.querySelector(".empty");
  if (empty) empty.hidden = rows.length > 0;
  table.hidden = Boolean(empty) && rows.length === 0;
}

function update(row, cells) {
  cells.forEach((cell, at) => {
    const old = row.cells[at];
    if (!old) {
      row.append(cell);
    } else if (!old.isEqualNode(cell)) {
      const hadFocus = old.contains(document.activeElement);
      old.replaceWith(cell);
      if (hadFocus) (cell.querySelector("button") ?? row.querySelector("button"))?.focus();
    }
  });
}

// A button that shows what its row shows, as JSON.
export function detailButton(text, title = text) {
  const button = element("button", { type: "button", class: "link" }, ...breakable(text));
  button.addEventListener("click", () => showDetail(title, button.closest("tr").item));
  return button;
}

function showDetail(title, value) {
  const dialog = document.getElementById("detail");
  dialog.querySelector("h2").textContent = title;
  dialog.querySelector("pre").textContent = JSON.stringify(value, null, 2);
  dialog.showModal();
}
