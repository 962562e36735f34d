"use strict";

const example = `mutation ($input: SendSignalsInput!) {
  sendSignals(input: $input)
}`;

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher: GraphiQL.createFetcher({ url: "/graphql" }),
    defaultQuery: example,
    defaultEditorToolsVisibility: "variables",
  }),
);
