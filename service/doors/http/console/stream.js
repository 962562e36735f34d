// What comes in, as it comes: WatchEvents as server-sent events.

import { path } from "/console/api.js";

const MOST = 300; // events a second that are worth showing
const REST = 3_000; // milliseconds without a stream when there are more
const AGAIN = 3_000; // milliseconds until another attempt, when the server refused the stream

// Calls `take` with each stored event, `refused` when one was rejected, and `tell` with how the stream is: connecting,
// live, sample or broken.
// More than can be read is not taken either: pieces of the stream are left out, and neither server nor page suffer.
export function watch(session, take, refused, tell) {
  const address = path("v1", session.parent.name, "/events:watch");
  let source = null;
  let timer = 0;
  let token = "";
  let connected = false;
  let sampled = false;
  let events = 0; // in this second

  function open() {
    close();
    if (session.signal.aborted || document.hidden) return;
    source = new EventSource(`${address}?${new URLSearchParams({ includeRejected: true, resumeToken: token })}`);
    source.addEventListener("message", onMessage);
    source.addEventListener("error", onError);
  }

  function close() {
    clearTimeout(timer);
    source?.close();
    source = null;
    connected = false;
  }

  function onMessage(message) {
    const { userEvent, clientEvent, rejectedEvent, resumeToken } = JSON.parse(message.data);
    token = resumeToken;
    if (!connected) {
      connected = true;
      tell(sampled ? "sample" : "live");
    }
    const stored = userEvent ?? clientEvent;
    if (stored) take(stored);
    else if (rejectedEvent) refused();
    else return;
    events += 1;
    if (events <= MOST) return;
    sampled = true;
    tell("sample");
    close();
    token = ""; // from then on, not from here
    timer = setTimeout(open, REST);
  }

  function onError() {
    connected = false;
    tell("broken");
    if (source?.readyState !== EventSource.CLOSED) return; // it tries again by itself
    close();
    token = ""; // which may be what was refused
    timer = setTimeout(open, AGAIN);
  }

  const seconds = setInterval(() => {
    if (connected && sampled && events < MOST / 2) {
      sampled = false;
      tell("live");
    }
    events = 0;
  }, 1000);

  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()), { signal: session.signal });
  session.signal.addEventListener("abort", () => { clearInterval(seconds); close(); }, { once: true });
  tell("connecting");
  open();
}
