// Every two protocols that embed, rerank or count: what a client of one asks reaches a lane of the other, and the answer is the same.

import { describe, expect, test } from "bun:test";
import type { IrEmbedRequest } from "../../src/ir/embed.ts";
import type { Operation } from "../../src/ir/facts.ts";
import { NO_SPELLING } from "../../src/ir/request.ts";
import type { IrRerankRequest } from "../../src/ir/rerank.ts";
import type { Route } from "../../src/ir/route.ts";
import { UNKNOWN_USAGE } from "../../src/ir/usage.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import type { Protocol } from "../../src/protocols/protocol.ts";
import { asObject, type JsonObject } from "../../src/std/json.ts";
import { embedRequest } from "../harness/builders.ts";
import { createCore, type Got } from "../harness/core.ts";
import { deploymentOf, laneOf } from "../harness/deployments.ts";
import { MAKER } from "../harness/dialects.ts";
import { bodyText } from "../harness/scripted-answers.ts";
import type { FetchCall } from "../harness/virtual-effects.ts";

const ALL: readonly Protocol[] = Object.values(PROTOCOLS);

/** Models whose vendors have several shapes for them; any name will do elsewhere. */
const MODELS: Readonly<Record<string, readonly string[]>> = {
  bedrock: ["amazon.titan-embed-text-v2:0", "cohere.embed-v4:0"],
};

const newId = (length: number): string => "0".repeat(length);

function offering(operation: "embed" | "rerank" | "count"): readonly Protocol[] {
  return ALL.filter(({ operations }) => operations[operation] !== undefined);
}

function pairs(operation: "embed" | "rerank" | "count"): [string, Protocol, Protocol, string][] {
  const offered = offering(operation);
  return offered.flatMap((client) =>
    offered.flatMap((lane) => {
      const models = operation === "embed" ? (MODELS[lane.id] ?? ["m"]) : ["m"];
      return models.map((model): [string, Protocol, Protocol, string] => {
        return [`${client.id} client, ${lane.id} lane of ${model}`, client, lane, model];
      });
    }),
  );
}

/** By name or in the body; of several the one for many inputs, which comes after the one for a single one. */
function routeFor(client: Protocol, operation: Operation): Route {
  const isDirect = ({ path, target }: Route): boolean =>
    !/^\/openai\/|\/projects\/|\/publishers\//.test(path) &&
    (target.from === "body" || (target.from === "param" && target.names.length === 1));
  const direct = ALL.flatMap(({ carrier }) => carrier.routes).filter(isDirect);
  const own = direct.filter((route) => route.protocol === client.id && route.operation === operation);
  const shared = direct.filter(({ instead }) =>
    instead?.some((variant) => variant.protocol === client.id && variant.operation === operation),
  );
  const found = own.findLast(({ target }) => target.from === "body") ?? own.at(-1) ?? shared.at(-1);
  if (found === undefined) throw new Error(`${client.id} has no route for ${operation}`);
  return found;
}

interface Asked {
  readonly client: Protocol;
  readonly lane: Protocol;
  readonly model: string;
  readonly operation: "embed" | "rerank" | "count";
  readonly body: JsonObject;
  readonly answer: (body: JsonObject) => JsonObject;
}

async function ask({
  client,
  lane,
  model,
  operation,
  body,
  answer,
}: Asked): Promise<{ got: Got; calls: readonly FetchCall[] }> {
  const core = createCore({
    deployment: deploymentOf({ lanes: [laneOf("p/a/asked", lane.id, { upstreamModel: model })] }),
    answer: (call) => Response.json(answer(asObject(JSON.parse(bodyText(call))) ?? {})),
  });
  const route = routeFor(client, operation);
  const [name] = route.target.from === "param" ? route.target.names : [];
  const got = await core.ask({
    protocol: route.protocol,
    operation: route.operation,
    path: route.path,
    body: route.target.from === "body" ? { ...body, model: "asked" } : body,
    ...(name === undefined ? {} : { params: { [name]: "asked" } }),
  });
  expect(core.records).toMatchObject([{ ingress: client.id, operation }]);
  return { got, calls: core.effects.calls };
}

function bodyOf(got: Got): JsonObject {
  expect([got.status, got.text]).toEqual([200, got.text]);
  return asObject(JSON.parse(got.text)) ?? {};
}

describe("embed", () => {
  const request = (texts: readonly string[]): IrEmbedRequest =>
    embedRequest({
      inputs: texts.map((text) => ({ type: "text", text, title: null })),
      wasString: texts.length === 1,
    });

  test.each(pairs("embed"))("%s", async (_name, client, lane, model) => {
    const from = client.operations.embed;
    const to = lane.operations.embed;
    if (from === undefined || to === undefined) throw new Error("both embed");
    // As many as the client's own protocol can say in one request.
    const clientModel = MODELS[client.id]?.at(-1) ?? "m";
    const texts = Array.from({ length: Math.min(5, from.inputsMax(clientModel)) }, (_, at) => String(at));
    const { got } = await ask({
      client,
      lane,
      model,
      operation: "embed",
      body: from.writeRequest(request(texts), clientModel).value,
      answer(body) {
        const asked = to.readRequest(body).value;
        expect(asked.inputs.length).toBeLessThanOrEqual(to.inputsMax(model));
        const vectors = asked.inputs.map((input) => ({
          kind: "float" as const,
          values: [input.type === "text" ? Number(input.text) + 0.5 : -1, 2],
        }));
        const usage = { ...UNKNOWN_USAGE, freshInputTokens: asked.inputs.length, outputTokens: 0 };
        const response = {
          sourceProtocol: lane.id,
          id: null,
          model: "reported",
          vectors,
          usage,
          extras: {},
          spelling: NO_SPELLING,
        };
        return to.writeResponse(response, { request: asked, upstreamModel: model, newId }).value;
      },
    });
    const read = from.readResponse(bodyOf(got), clientModel);
    expect(read.vectors).toEqual(texts.map((text) => ({ kind: "float", values: [Number(text) + 0.5, 2] })));
  });
});

describe("rerank", () => {
  const request: IrRerankRequest = {
    sourceProtocol: "test",
    query: "which",
    documents: ["a", "b", "c"],
    top: null,
    maxTokensPerDocument: null,
    extras: {},
  };

  test.each(pairs("rerank"))("%s", async (_name, client, lane, model) => {
    const from = client.operations.rerank;
    const to = lane.operations.rerank;
    if (from === undefined || to === undefined) throw new Error("both rerank");
    const results = [
      { index: 2, score: 0.9 },
      { index: 0, score: 0.4 },
      { index: 1, score: 0.1 },
    ];
    const { got } = await ask({
      client,
      lane,
      model,
      operation: "rerank",
      body: from.writeRequest(request, model).value,
      answer(body) {
        expect(to.readRequest(body).value).toMatchObject({ query: "which", documents: ["a", "b", "c"] });
        return to.writeResponse(
          {
            sourceProtocol: lane.id,
            id: null,
            results,
            usage: null,
            searchUnits: 1,
            extras: {},
            spelling: NO_SPELLING,
          },
          { newId },
        );
      },
    });
    expect(from.readResponse(bodyOf(got)).results).toEqual(results);
  });
});

describe("count", () => {
  test.each(pairs("count"))("%s", async (_name, client, lane, model) => {
    const from = client.operations.count;
    const to = lane.operations.count;
    if (from === undefined || to === undefined) throw new Error("both count");
    const asked = client.payload.readRequest(client.payload.writeRequest(question, WRITE).value).value;
    const chat = client.payload.writeRequest(asked, WRITE).value;
    const { got, calls } = await ask({
      client,
      lane,
      model,
      operation: "count",
      body: from.writeRequest?.(chat, "m") ?? chat,
      answer(body) {
        const counted = lane.payload.readRequest(to.readRequest?.(body) ?? body).value;
        const [turn] = counted.turns;
        expect(turn?.blocks).toMatchObject([{ type: "text", text: "How many tokens?" }]);
        return to.writeCount(42);
      },
    });
    expect(from.readCount(bodyOf(got))).toBe(42);
    expect(calls).toHaveLength(1);
    expect(got.headers["x-ringmain-estimated"]).toBeUndefined();
  });
});

const WRITE = { upstreamModel: "m", defaultMaxOutputTokens: 9, dialect: MAKER, maxOutputTokens: null };
const question = PROTOCOLS.openai.payload.readRequest({
  model: "m",
  messages: [{ role: "user", content: "How many tokens?" }],
}).value;
