// How many events there are: in all, by type, and in each piece of a range of time.

import { KINDS, call, path, serverNow } from "/console/api.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const AT_ONCE = 6; // calls
const AFRESH = 10_000; // milliseconds after which pieces long past may be counted again

export const RANGES = {
  hour: { step: MINUTE, pieces: 60, each: "minute", name: "In the last hour" },
  day: { step: HOUR, pieces: 24, each: "hour", name: "In the last 24 hours" },
  month: { step: DAY, pieces: 30, each: "day", name: "In the last 30 days" },
};

const iso = (milliseconds) => new Date(milliseconds).toISOString();

// Events of a parent. Without `from`: all of them.
async function counts(session, groups, from, until) {
  const { name, kind } = session.parent;
  const { events, time } = KINDS[kind];
  const query = { groupBy: groups };
  // Times are whole microseconds, and both ends belong to the range.
  if (from !== undefined) query.filter = `${time}: ["${iso(from)}", "${iso(until - 1).replace("Z", "999Z")}"]`;
  return call("GET", path("v1", name, `/${events}:count`), { query, signal: session.signal });
}

// How many events are stored, and how many of them are not joined.
export async function totals(session) {
  const { name, kind } = session.parent;
  const { events } = KINDS[kind];
  const url = path("v1", name, `/${events}`);
  const list = (query) => call("GET", url, { query: { pageSize: 1, readMask: "name", ...query }, signal: session.signal });
  const [all, unjoined] = await Promise.all([list({}), kind === "catalog" ? list({ filter: "joined = false" }) : {}]);
  return { stored: Number(all.totalSize ?? 0), unjoined: Number(unjoined.totalSize ?? 0) };
}

// The counts of one range, kept so that only what may have changed is asked for.
export class Counts {
  constructor(session, range) {
    this.session = session;
    this.range = RANGES[range];
    this.pieces = new Map(); // by their beginnings, each a Map of counts by type
    this.types = []; // [type, events] of the range, the most frequent first
    this.total = 0;
    this.from = this.until = 0;
    this.fresh = 0;
  }

  // Counts the range, and then its pieces; calls `changed` after each of the two.
  async update(changed) {
    const { step, pieces } = this.range;
    this.until = (Math.floor(serverNow() / step) + 1) * step;
    this.from = this.until - pieces * step;
    const answer = await counts(this.session, ["GROUP_BY_EVENT_TYPE"], this.from, this.until);
    this.types = (answer.counts ?? []).map(({ eventType, count }) => [eventType ?? "", Number(count)]);
    this.types.sort((one, other) => other[1] - one[1] || one[0].localeCompare(other[0]));
    this.total = Number(answer.totalCount ?? 0);
    for (const start of this.pieces.keys()) if (start < this.from || !this.total) this.pieces.delete(start);
    changed();
    if (!this.total) return;
    await (step === DAY ? this.countDays() : this.countPieces());
    changed();
  }

  async countDays() {
    const answer = await counts(this.session, ["GROUP_BY_DAY", "GROUP_BY_EVENT_TYPE"], this.from, this.until);
    this.pieces.clear();
    for (const { day, eventType, count } of answer.counts ?? []) {
      const start = Date.UTC(day.year, day.month - 1, day.day);
      if (!this.pieces.has(start)) this.pieces.set(start, new Map());
      this.pieces.get(start).set(eventType ?? "", Number(count));
    }
  }

  async countPieces() {
    const last = this.until - this.range.step;
    await this.count([...this.starts()].filter((start) => !this.pieces.has(start) || start >= last - this.range.step));
    const sum = [...this.pieces.values()].flatMap((types) => [...types.values()]).reduce((a, b) => a + b, 0);
    // Something came late, or went: into which piece, nobody says.
    if (sum !== this.total && serverNow() - this.fresh > AFRESH) {
      this.fresh = serverNow();
      await this.count([...this.starts()]);
    }
  }

  async count(starts) {
    const waiting = [...starts];
    const work = async () => {
      for (let start = waiting.pop(); start !== undefined; start = waiting.pop()) {
        const answer = await counts(this.session, ["GROUP_BY_EVENT_TYPE"], start, start + this.range.step);
        const found = (answer.counts ?? []).map(({ eventType, count }) => [eventType ?? "", Number(count)]);
        this.pieces.set(start, new Map(found));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  *starts() {
    for (let start = this.from; start < this.until; start += this.range.step) yield start;
  }
}
