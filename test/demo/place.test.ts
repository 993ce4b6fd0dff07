// Whose path a call names: of vendors whose body says all, and of those whose path holds the model and the way of answering.
import { expect, test } from "bun:test";
import { findPlace } from "../../src/demo/place.ts";
import type { Route } from "../../src/ir/route.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import { openai } from "../../src/protocols/openai/index.ts";
import type { Protocol } from "../../src/protocols/protocol.ts";

const routeOf = (path: string, stream: boolean): Route => ({
  protocol: "path",
  operation: "chat",
  method: "POST",
  path,
  target: { from: "param", names: ["target"] },
  stream: { from: "fixed", value: stream },
});

/** Names model and answer in its path, has a short form of the gateway's own, and says in a query how it streams. */
const IN_PATH: Protocol = {
  ...openai,
  id: "path",
  operations: {},
  carrier: {
    ...openai.carrier,
    id: "path",
    routes: [
      routeOf("/v9/models/:target:ask", false),
      routeOf("/v9/models/:target:streamAsk", true),
      routeOf("/:target/ask", false),
    ],
    upstreamPath: ({ upstreamModel, stream }) =>
      `/v9/models/${encodeURIComponent(upstreamModel)}:${stream ? "streamAsk?alt=sse" : "ask"}`,
  },
};

const ALL = [...Object.values<Protocol>(PROTOCOLS), IN_PATH];

test.each([
  ["/v1/chat/completions", "openai", "chat", null, null],
  ["/v1/responses", "responses", "chat", null, null],
  ["/v1/responses/input_tokens", "responses", "count", null, null],
  ["/v1/messages", "anthropic", "chat", null, null],
  ["/v1/messages/count_tokens", "anthropic", "count", null, null],
  ["/v9/models/fast-1:ask", "path", "chat", "fast-1", false],
  ["/v9/models/fast-1:streamAsk", "path", "chat", "fast-1", true],
  ["/v9/models/anthropic.x-v1%3A0:ask", "path", "chat", "anthropic.x-v1:0", false],
  ["/v9/models/anthropic.x-v1:0:ask", "path", "chat", "anthropic.x-v1:0", false],
])("%s", (path, protocol, operation, model, stream) => {
  const place = findPlace(path, ALL);
  expect([place?.protocol.id, place?.operation, place?.model, place?.stream]).toEqual([
    protocol,
    operation,
    model,
    stream,
  ]);
});

test.each(["/fast-1/ask", "/fast/v1/messages", "/v1/embeddings", "/v9/models/:ask", "/", ""])(
  "nobody's: %p",
  (path) => {
    expect(findPlace(path, ALL)).toBeNull();
  },
);
