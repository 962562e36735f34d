// Delivery, shared by the pixel and the job tracker. An event is kept in localStorage until the server has said that it
// was taken, and sent again until then, from the next page too. That is safe: an event carries its time, or its id, from
// when it was queued, and the server stores the same event once.

const BATCH_DELAY_MS = 500;
const RETRY_MS = 2_000; // after the first failure; twice as long after each further one
const LONGEST_RETRY_MS = 60_000;
const TIMEOUT_MS = 30_000;
const MAX_WAITING = 500; // events; the oldest go first
const MAX_BATCH_EVENTS = 100;
const MAX_BATCH_CHARS = 16_000;
const MAX_KEPT_ALIVE_CHARS = 20_000; // of at most three bytes: browsers carry 64 KiB past the end of a page
const MAX_AGE_MS = 30 * 24 * 3_600_000; // then an event is given up, at the next page
const FINAL = [400, 413]; // the server won't take it, however often it is sent; it keeps what was wrong
// It has no such catalog, or path. So does a proxy say while the server is away, but not in the server's words.
const FINAL_IN_ITS_WORDS = [404, 405];

const config = {};

const origin = document.currentScript && new URL(document.currentScript.src).origin;

const debug = (...words) => config.debug && console.log('[footfall]', ...words);

const randomId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

// The time now in milliseconds, never the same twice, so that two equal events of a page stay two.
let lastTime = 0;
const now = () => (lastTime = Math.max(Date.now(), lastTime + 1));

const optedOut = () => config.honorGlobalPrivacyControl && navigator.globalPrivacyControl;

function storageOf(name) {
  try {
    return window[name] || {};
  } catch {
    return {}; // forbidden here: then memory has to do
  }
}

// A page must not trip over what it reports.
function attempt(action) {
  try {
    action();
  } catch (error) {
    console.warn('[footfall] an event was passed over:', error);
  }
}

// A page that the browser makes ready ahead of time counts once it is shown.
function whenShown(start) {
  if (document.prerendering) document.addEventListener('prerenderingchange', start, { once: true });
  else start();
}

// Runs what is in the array `name` of the page, and what will be pushed on to it; also where this script is there twice.
function follow(name, run) {
  const list = (window[name] = window[name] || []);
  if (list.followed) return;
  list.followed = true;
  const push = list.push;
  list.push = function (...entries) {
    const length = push.apply(this, entries);
    run(entries);
    return length;
  };
  run([...list]);
}

// Takes the settings among entries such as ['projectId', 'p'], and returns the others, those not seen before.
const seen = new WeakSet();
function withoutSettings(entries, commands) {
  const fresh = [...entries].filter((entry) => Array.isArray(entry) && !seen.has(entry) && seen.add(entry));
  for (const [name, value] of fresh) {
    if (!commands.includes(name)) config[name] = value;
  }
  return fresh.filter(([name]) => commands.includes(name));
}

// A queue whose events are stored under `prefix`; `encode` makes the body of a request of the texts of several.
function deliveryQueue(prefix, encode) {
  const storage = storageOf('localStorage');
  const waiting = new Map(); // by their keys in the storage; oldest first
  let timer = 0;
  let sending = false;
  let failures = 0;

  for (const key of Object.keys(storage).filter((each) => each.startsWith(prefix)).sort()) {
    const [url, text] = storage[key].split('\n');
    const queued = parseInt(key.slice(prefix.length), 36);
    if (queued > Date.now() - MAX_AGE_MS) waiting.set(key, { key, url, text });
    else forget(key);
  }

  function add(url, text) {
    const key = `${prefix}${now().toString(36)}.${randomId()}`;
    waiting.set(key, { key, url, text });
    try {
      storage[key] = `${url}\n${text}`;
    } catch {
      debug('the storage of this page is full: an event is kept in memory only');
    }
    if (waiting.size > MAX_WAITING) forget(waiting.keys().next().value);
    if (document.visibilityState === 'hidden') sendBeacons();
    sendIn(BATCH_DELAY_MS);
  }

  function forget(key) {
    waiting.delete(key);
    delete storage[key];
  }

  function sendIn(milliseconds) {
    timer = timer || setTimeout(send, milliseconds);
  }

  async function send() {
    clearTimeout(timer);
    timer = 0;
    if (sending || !waiting.size) return;
    sending = true;
    let failed = false;
    for (const batch of batches([...waiting.values()])) {
      if (!(await delivered(batch))) failed = true;
    }
    sending = false;
    failures = failed ? failures + 1 : 0;
    const backoff = Math.min(RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS) * (0.5 + Math.random());
    if (waiting.size) sendIn(failed ? backoff : BATCH_DELAY_MS);
  }

  async function delivered(batch) {
    const body = encode(batch.map((event) => event.text));
    batch.forEach((event) => (event.onItsWay = true));
    try {
      const response = await fetch(batch[0].url, {
        method: 'POST',
        body,
        credentials: 'omit',
        keepalive: body.length <= MAX_KEPT_ALIVE_CHARS,
        signal: AbortSignal.timeout && AbortSignal.timeout(TIMEOUT_MS),
      });
      const answer = await response.text(); // an answer that is not read holds its part of those 64 KiB
      debug(response.status, body, answer);
      if (isFinal(response.status, answer)) console.warn('[footfall] rejected:', answer);
      else if (!response.ok) throw new Error(`the server answered ${response.status}`);
      batch.forEach((event) => forget(event.key));
      return true;
    } catch (error) {
      debug('not delivered, to be sent again:', error.message);
      batch.forEach((event) => (event.onItsWay = false));
      return false;
    }
  }

  function isFinal(status, answer) {
    return FINAL.includes(status) || (FINAL_IN_ITS_WORDS.includes(status) && answer.includes('google.rpc.'));
  }

  // The browser does not say what becomes of a beacon, so its events stay until a later request confirms them.
  function sendBeacons() {
    for (const batch of batches([...waiting.values()].filter((event) => !event.onItsWay))) {
      const sent = navigator.sendBeacon(batch[0].url, encode(batch.map((event) => event.text)));
      batch.forEach((event) => (event.onItsWay = sent));
    }
  }

  function* batches(events) {
    for (const url of new Set(events.map((event) => event.url))) {
      let batch = [];
      let size = 0;
      for (const event of events.filter((each) => each.url === url)) {
        size += event.text.length;
        if (batch.length && (size > MAX_BATCH_CHARS || batch.length === MAX_BATCH_EVENTS)) {
          yield batch;
          batch = [];
          size = event.text.length;
        }
        batch.push(event);
      }
      yield batch;
    }
  }

  addEventListener('online', send);
  addEventListener('pageshow', send);
  addEventListener('pagehide', sendBeacons);
  document.addEventListener('visibilitychange', () => (document.visibilityState === 'hidden' ? sendBeacons() : send()));
  if (waiting.size) sendIn(BATCH_DELAY_MS);

  return { add, clear: () => [...waiting.keys()].forEach(forget) };
}
