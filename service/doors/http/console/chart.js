// Events by time and type, stacked: a drawing by uPlot, and the same as tables.

import { element, fill, number, share } from "/console/show.js";

const COLOURS = 8;
const OTHERS = "other types";
const HEIGHT = 284;

const holder = document.getElementById("chart");
const readout = document.getElementById("readout");
const typesTable = document.getElementById("types");
const details = document.getElementById("numbers");

let plot = null;
let shown = null; // what is drawn: {counts, names, rows}

// Colours come from the style sheet, which knows the theme.
const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function fold(counts) {
  const names = counts.types.map(([type]) => type);
  const own = names.length > COLOURS ? names.slice(0, COLOURS - 1) : names;
  const columns = names.length > COLOURS ? [...own, OTHERS] : own;
  const rows = [...counts.starts()].map((start) => {
    const found = counts.pieces.get(start) ?? new Map();
    const values = own.map((type) => found.get(type) ?? 0);
    if (columns.length > own.length) {
      const all = [...found.values()].reduce((a, b) => a + b, 0);
      values.push(all - values.reduce((a, b) => a + b, 0));
    }
    return [start, values];
  });
  return { counts, columns, rows };
}

export function draw(counts) {
  fillTypes(counts);
  if (counts.total && !counts.pieces.size) return; // they are still being counted
  shown = fold(counts);
  const summary = counts.types.slice(0, COLOURS).map(([type, events]) => `${type} ${number(events)}`).join(", ");
  const text = `${counts.range.name}: ${number(counts.total)} ${counts.total === 1 ? "event" : "events"}${summary ? `: ${summary}` : ""}`;
  holder.setAttribute("aria-label", text);
  document.getElementById("nothing").hidden = counts.total > 0;
  holder.hidden = counts.total === 0;
  if (counts.total) paint();
  if (details.open) fillNumbers();
}

function paint() {
  const { counts, columns, rows } = shown;
  const sums = rows.map(([, values]) => values.map((_, at) => values.slice(0, at + 1).reduce((a, b) => a + b, 0)));
  // The tallest is drawn first: those before it in the stack cover its lower part.
  const stack = columns.map((_, at) => sums.map((each) => each[at])).reverse();
  const data = [rows.map(([start]) => start / 1000), ...stack];
  if (plot && plot.columns === columns.length && plot.step === counts.range.step) {
    plot.setData(data);
    return;
  }
  plot?.destroy();
  plot = new uPlot(options(counts, columns), data, holder);
  plot.columns = columns.length;
  plot.step = counts.range.step;
}

function options(counts, columns) {
  const bars = uPlot.paths.bars({ size: [0.86, 48], align: 1 });
  const axis = { stroke: () => style("--quiet"), grid: { stroke: () => style("--line"), width: 1 }, ticks: { show: false } };
  const colour = (at) => () => style(`--type-${columns.length - 1 - at}`);
  return {
    width: holder.clientWidth || 600,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: {
      x: { range: () => [shown.counts.from / 1000, shown.counts.until / 1000] },
      y: { range: (_, _low, high) => [0, Math.max(4, high * 1.1)] },
    },
    axes: [
      { ...axis, grid: { show: false }, size: 26, space: 70, values: (_, splits) => splits.map((split) => moment(split * 1000)) },
      { ...axis, size: 56, incrs: [1, 2, 5].flatMap((one) => [...Array(12).keys()].map((power) => one * 10 ** power)).sort((a, b) => a - b), values: (_, values) => values.map(number) },
    ],
    series: [{}, ...columns.map((_, at) => ({ paths: bars, points: { show: false }, fill: colour(at), stroke: colour(at), width: 0 }))],
    hooks: { setCursor: [(self) => showPiece(self.posToVal(self.cursor.left, "x") * 1000)] },
  };
}

function moment(start) {
  const hasDays = shown.counts.range.step >= 86_400_000;
  return new Date(start).toLocaleString(undefined, hasDays ? { day: "numeric", month: "short", timeZone: "UTC" } : { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

function showPiece(at) {
  const row = shown?.rows.findLast(([start]) => start <= at);
  const parts = row?.[1].map((value, place) => [shown.columns[place], value]).filter(([, value]) => value) ?? [];
  readout.textContent = row ? `${moment(row[0])}: ${parts.map(([type, value]) => `${type} ${number(value)}`).join(", ") || "none"}` : "";
}

function fillTypes(counts) {
  typesTable.caption.textContent = `By type, ${counts.range.name.toLowerCase()}`;
  const items = counts.types.map(([type, events], at) => ({ type, events, total: counts.total, colour: Math.min(at, COLOURS - 1) }));
  fill(typesTable, items, ({ type }) => type, ({ type, events, total, colour }) => [
    element("th", { scope: "row" }, element("span", { class: `swatch type-${colour}`, "aria-hidden": "true" }), type || "(none)"),
    element("td", { class: "number" }, number(events)),
    element("td", { class: "number" }, share(events, total)),
  ]);
}

function fillNumbers() {
  const table = details.querySelector("table");
  const head = ["From", ...shown.columns].map((name) => element("th", { scope: "col" }, name));
  const rows = shown.rows.filter(([, values]) => values.some(Boolean)).reverse().map(([start, values]) => element("tr", {},
    element("th", { scope: "row" }, element("time", { datetime: new Date(start).toISOString() }, moment(start))),
    ...values.map((value) => element("td", { class: "number" }, number(value)))));
  table.replaceChildren(element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows));
}

details.addEventListener("toggle", () => details.open && shown && fillNumbers());
document.documentElement.addEventListener("themechange", () => plot?.redraw(false));
new ResizeObserver(() => plot && holder.clientWidth && plot.setSize({ width: holder.clientWidth, height: HEIGHT })).observe(holder.parentElement);
