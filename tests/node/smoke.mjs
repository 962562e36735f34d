// Calls a server with Google's official Node clients over a plain-text channel, and prints what came of it as JSON.
// Usage: node smoke.mjs HOST PORT CATALOG TENANT
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

// The packages are where the test has installed them: in the working directory.
const require = createRequire(pathToFileURL(`${process.cwd()}/`));
const { UserEventServiceClient, ProductServiceClient } = require("@google-cloud/retail").v2;
const { EventServiceClient } = require("@google-cloud/talent").v4;
const grpc = require("@grpc/grpc-js");

const [host, port, catalog, tenant] = process.argv.slice(2);
const options = { servicePath: host, port: Number(port), sslCreds: grpc.credentials.createInsecure() };
const events = new UserEventServiceClient(options);
const products = new ProductServiceClient(options);
const jobs = new EventServiceClient(options);

async function failure(call) {
  try {
    await call;
  } catch (error) {
    return { code: error.code, message: error.details, reason: error.reason, violations: error.statusDetails?.length };
  }
  return null;
}

const told = {};
[told.written] = await events.writeUserEvent({
  parent: catalog,
  userEvent: { eventType: "detail-page-view", visitorId: "node", productDetails: [{ product: { id: "p1" } }] },
});
told.refused = await failure(events.writeUserEvent({ parent: catalog, userEvent: { eventType: "login" } }));
const [operation] = await events.importUserEvents({
  parent: catalog,
  inputConfig: {
    userEventInlineSource: {
      userEvents: [
        { eventType: "login", visitorId: "imported", eventTime: { seconds: 1700000000 } },
        { eventType: "login", visitorId: "imported", eventTime: { seconds: 1700000001 } },
      ],
    },
  },
});
const [, metadata] = await operation.promise();
told.imported = { success: Number(metadata.successCount), failure: Number(metadata.failureCount) };
[told.product] = await products.createProduct({
  parent: `${catalog}/branches/0`,
  product: { title: "Mug", categories: ["Kitchen"], id: "p1", type: "PRIMARY" },
  productId: "p1",
});
const [listed] = await products.listProducts({ parent: `${catalog}/branches/0` });
told.listed = listed.map((product) => product.id);
[told.clientEvent] = await jobs.createClientEvent({
  parent: tenant,
  clientEvent: {
    eventId: "node-1",
    createTime: { seconds: 1700000000 },
    jobEvent: { type: "VIEW", jobs: [`${tenant}/jobs/j1`] },
  },
});
told.late = await failure(
  events.writeUserEvent({ parent: catalog, userEvent: { eventType: "login", visitorId: "v" } }, { timeout: 0.0001, retry: null }),
);
console.log(JSON.stringify(told));
process.exit(0);
