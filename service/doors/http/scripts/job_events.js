// The job tracker: what visitors of a page with jobs see and do, from the queue footfallJobs.

const TYPES = {
  impression: 'IMPRESSION',
  view: 'VIEW',
  applicationStart: 'APPLICATION_START',
  applicationFinish: 'APPLICATION_FINISH',
};
const SESSION = 'footfall.session';

const queue = deliveryQueue('footfall.jobs.', (texts) => `{"events":[${texts.join()}]}`);
const session = storageOf('sessionStorage');

// One for all that happens in a tab, unless the page names the search that it comes from.
function sessionId() {
  if (!config.sessionId && !session[SESSION]) session[SESSION] = randomId();
  return config.sessionId || session[SESSION];
}

function log(type, job, metadata) {
  const event = { type, jobId: job, metadata, sessionId: sessionId(), eventId: randomId(), createTime: new Date(now()).toISOString() };
  queue.add(`${config.endpoint || origin}/api/talent/events`, JSON.stringify(event));
}

// Entries are ['view', jobId, metadata] and the like, or ['event', 'BOOKMARK', jobId, metadata]. Several jobs of one
// list are several events, each with its position.
function track(entries) {
  const commands = withoutSettings(entries, [...Object.keys(TYPES), 'event']);
  if (optedOut()) {
    queue.clear();
    return;
  }
  for (const [name, ...rest] of commands) {
    const [type, jobs, metadata] = name === 'event' ? rest : [TYPES[name], ...rest];
    attempt(() => {
      if (Array.isArray(jobs)) jobs.forEach((job, index) => log(type, job, { position: index + 1, ...metadata }));
      else log(type, jobs, metadata);
    });
  }
}

whenShown(() => follow('footfallJobs', track));
