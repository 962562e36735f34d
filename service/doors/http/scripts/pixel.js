// The pixel: user events of a shop's pages, from the queue _gre, cloud_retail.logEvent and the data layer.

const COOKIE = 'footfall_visitor';
const COOKIE_SECONDS = 395 * 24 * 3_600; // the longest that browsers grant
const MAX_URI_CHARS = 5_000;
// Events of GA4 that say something of a shop even without items; others are taken when they have some.
const GA4_EVENTS = 'view_homepage view_search_results search view_item_list view_item add_to_cart remove_from_cart view_cart purchase';

Object.assign(config, { locationId: 'global', catalogId: 'default_catalog' });

const queue = deliveryQueue('footfall.pixel.', (texts) => texts.join('\n'));
const withoutProject = [];
const pageViewId = randomId();
let ownVisitorId;

const uri = () => location.href.slice(0, MAX_URI_CHARS);
const referrerUri = () => document.referrer.slice(0, MAX_URI_CHARS);

function visitorId() {
  if (config.visitorId) return config.visitorId;
  if (!ownVisitorId) {
    const found = document.cookie.match(`(?:^|; )${COOKIE}=([^;]+)`);
    ownVisitorId = found ? found[1] : randomId();
    const domain = config.cookieDomain ? `; domain=${config.cookieDomain}` : '';
    const secure = location.protocol === 'https:' ? '; secure' : '';
    document.cookie = `${COOKIE}=${ownVisitorId}; path=/; max-age=${COOKIE_SECONDS}; samesite=lax${domain}${secure}`;
  }
  return ownVisitorId;
}

const FILLED = {
  visitorId,
  eventTime: () => new Date(now()).toISOString(),
  uri,
  referrerUri,
  pageViewId: () => pageViewId,
};

// The request for a UserEvent; what the page left out is filled in.
function ofUserEvent(given) {
  const event = { ...given };
  for (const [name, value] of Object.entries(FILLED)) {
    const snakeName = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    if (!event[name] && !event[snakeName]) event[name] = value();
  }
  return { userEvent: JSON.stringify(event) };
}

// The request for an event of GA4, in the form of its export, which the server maps; undefined for what is none.
function ofGa4(entry) {
  // gtag('event', name, fields) pushes its arguments
  const [name, fields] = entry[0] === 'event' ? [entry[1], entry[2] || {}] : [entry.event, { ...entry, ...entry.ecommerce }];
  if (typeof name !== 'string' || !(Array.isArray(fields.items) || GA4_EVENTS.split(' ').includes(name))) return undefined;
  const { event, user_id, items, ...parameters } = fields;
  return {
    prebuiltRule: 'ga4_bq',
    rawJson: JSON.stringify({
      event_name: name,
      event_timestamp: now() * 1_000,
      user_pseudo_id: visitorId(),
      user_id,
      event_params: Object.entries({
        page_location: uri(),
        page_referrer: referrerUri(),
        page_view_id: pageViewId,
        ...parameters,
      }).flatMap(([key, value]) => parameter(key, value)),
      items: items && items.map(({ item_id, quantity, price, promotion_id }) => ({ item_id, quantity, price, promotion_id })),
    }),
  };
}

function parameter(key, value) {
  if (key.startsWith('gtm.')) return []; // a tag manager's own
  if (Number.isFinite(value)) return { key, value: Number.isSafeInteger(value) ? { int_value: value } : { double_value: value } };
  return value && typeof value === 'string' ? { key, value: { string_value: value } } : [];
}

function log(request) {
  if (!request) return;
  const text = JSON.stringify(request);
  if (config.projectId) queue.add(collectUrl(), text);
  else withoutProject.push(text);
}

function collectUrl() {
  const [project, location, catalog] = [config.projectId, config.locationId, config.catalogId].map(encodeURIComponent);
  const key = config.apiKey ? `?key=${encodeURIComponent(config.apiKey)}` : '';
  return `${config.endpoint || origin}/v2/projects/${project}/locations/${location}/catalogs/${catalog}/userEvents:collect${key}`;
}

// Settings count for all events of a list, wherever they stand in it, and from then on.
function logEvent(entries) {
  const commands = withoutSettings(entries, ['logEvent']);
  if (optedOut()) {
    queue.clear();
    return;
  }
  for (const [, event] of commands) attempt(() => log(ofUserEvent(event)));
  if (config.projectId) withoutProject.splice(0).forEach((text) => queue.add(collectUrl(), text));
}

function onDataLayer(entries) {
  if (optedOut()) return;
  for (const entry of entries) {
    if (entry && entry.cloud_retail) attempt(() => log(ofUserEvent(entry.cloud_retail)));
    if (entry && config.ga4) attempt(() => log(ofGa4(entry)));
  }
}

whenShown(() => {
  window.cloud_retail = { logEvent, ...window.cloud_retail };
  follow('_gre', logEvent);
  follow('dataLayer', onDataLayer);
});
