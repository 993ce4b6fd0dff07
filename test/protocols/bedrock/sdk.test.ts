// The vendor's own client reads what we write: whole answers, streams, and errors before and inside them.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  type ConverseStreamOutput,
  InvokeModelWithResponseStreamCommand,
} from "@aws-sdk/client-bedrock-runtime";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { IrEvent } from "../../../src/ir/event.ts";
import { FAILURES, type FailureKind, failure } from "../../../src/ir/failure.ts";
import { eventsOf } from "../../../src/ir/fold.ts";
import { PROTOCOLS } from "../../../src/protocols/index.ts";
import type { Protocol } from "../../../src/protocols/protocol.ts";
import { concatBytes } from "../../../src/std/bytes.ts";
import { RESPONSES, STREAMS } from "../../corpus/corpus.ts";
import { call, reasoning, response, text } from "../../harness/builders.ts";
import { answerContext, joinFrames, payload, writeEvents } from "./builders.ts";

const INVOKE: Protocol = PROTOCOLS["bedrock-invoke"];
const KINDS = Object.keys(FAILURES).filter((kind): kind is FailureKind => Object.hasOwn(FAILURES, kind));

let answer: () => Response = () => new Response("{}");
let server: ReturnType<typeof Bun.serve>;
let client: BedrockRuntimeClient;

beforeAll(() => {
  server = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => answer() });
  client = new BedrockRuntimeClient({
    region: "us-east-1",
    endpoint: `http://127.0.0.1:${server.port}`,
    credentials: { accessKeyId: "AKIDEXAMPLE0000000", secretAccessKey: "secret" },
    requestHandler: new NodeHttpHandler(),
    maxAttempts: 1,
  });
});
afterAll(async () => {
  client.destroy();
  await server.stop(true);
});

const MESSAGES = [{ role: "user" as const, content: [{ text: "Hi." }] }];
const converse = () => client.send(new ConverseCommand({ modelId: "m:0", messages: MESSAGES }));

async function stream(): Promise<ConverseStreamOutput[]> {
  const sent = await client.send(new ConverseStreamCommand({ modelId: "m:0", messages: MESSAGES }));
  const events: ConverseStreamOutput[] = [];
  for await (const event of sent.stream ?? []) events.push(event);
  return events;
}

function binary(bytes: Uint8Array): Response {
  return new Response(new Uint8Array(bytes), { headers: { "content-type": "application/vnd.amazon.eventstream" } });
}

describe("whole answers", () => {
  test("every kind of block", async () => {
    const given = response([
      reasoning("Hmm.", { signature: { issuer: "bedrock", value: "c2ln" } }),
      text("So."),
      call("tooluse_1", "get_weather", '{"city":"Paris"}'),
    ]);
    answer = () => Response.json(payload.writeResponse(given, answerContext()).value);
    const { output, stopReason, usage, metrics } = await converse();
    expect(output?.message?.content).toEqual([
      { reasoningContent: { reasoningText: { text: "Hmm.", signature: "c2ln" } } },
      { text: "So." },
      { toolUse: { toolUseId: "tooluse_1", name: "get_weather", input: { city: "Paris" } } },
    ]);
    expect(stopReason).toBe("tool_use");
    expect(usage?.totalTokens).toBeGreaterThan(0);
    expect(metrics?.latencyMs).toBe(42);
  });

  test.each(Object.keys(RESPONSES))("the client takes: %s", async (name) => {
    const given = RESPONSES[name];
    if (given === undefined) throw new Error("the corpus has lost a case");
    answer = () => Response.json(payload.writeResponse(given, answerContext()).value);
    const { output, usage } = await converse();
    expect(output?.message?.role).toBe("assistant");
    expect(usage?.inputTokens).toBeNumber();
  });
});

/** What a client of the SDK puts together from a stream, by position. */
function collect(events: readonly ConverseStreamOutput[]): unknown[] {
  const blocks: Record<number, { text: string; input: string; thought: string; name?: string }> = {};
  for (const { contentBlockStart: start, contentBlockDelta: delta } of events) {
    const index = start?.contentBlockIndex ?? delta?.contentBlockIndex;
    if (index === undefined) continue;
    blocks[index] ??= { text: "", input: "", thought: "" };
    const block = blocks[index];
    if (start?.start?.toolUse?.name !== undefined) block.name = start.start.toolUse.name;
    block.text += delta?.delta?.text ?? "";
    block.input += delta?.delta?.toolUse?.input ?? "";
    block.thought += delta?.delta?.reasoningContent?.text ?? "";
  }
  return Object.values(blocks);
}

describe("streams", () => {
  test("text, calls and their ending", async () => {
    const events = STREAMS["text, then a call, then text"];
    if (events === undefined) throw new Error("the corpus has lost a case");
    answer = () => binary(joinFrames(writeEvents(events)));
    const got = await stream();
    expect(got[0]?.messageStart?.role).toBe("assistant");
    expect(collect(got)).toEqual([
      { text: "Let me look.", input: "", thought: "" },
      { text: "", input: "{}", thought: "", name: "get_weather" },
      { text: "Done.", input: "", thought: "" },
    ]);
    expect(got.filter((event) => event.messageStop).map((event) => event.messageStop?.stopReason)).toEqual([
      "tool_use",
    ]);
    expect(got.filter((event) => event.metadata)).toHaveLength(1);
    expect(got.at(-1)?.metadata?.metrics?.latencyMs).toBe(42);
  });

  const clean = Object.entries(STREAMS).filter(([, events]) => events.at(-1)?.type === "end");
  test.each(clean)("the client takes: %s", async (_name, events) => {
    answer = () => binary(joinFrames(writeEvents(events)));
    const got = await stream();
    const indexes = got.flatMap((event) => event.contentBlockStop?.contentBlockIndex ?? []);
    expect(indexes).toEqual(indexes.map((_, index) => index));
    expect(got.filter((event) => event.metadata)).toHaveLength(1);
    expect(got.filter((event) => event.messageStop)).toHaveLength(1);
  });

  test.each(KINDS)("an exception in the middle for %s is one of the client's own", async (kind) => {
    const events: IrEvent[] = [
      ...eventsOf(response([text("Hel")])).slice(0, 3),
      { type: "failed", failure: failure(kind, "It went wrong.") },
    ];
    answer = () => binary(joinFrames(writeEvents(events)));
    const error = await stream().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(Error);
    expect(error instanceof Error ? error.name : "").toMatch(
      /^(ThrottlingException|ServiceUnavailableException|ModelStreamErrorException|ValidationException|InternalServerException)$/,
    );
    expect(error instanceof Error ? error.message : "").not.toBe("");
  });
});

describe("errors", () => {
  test.each(KINDS)("%s has a name the client knows", async (kind) => {
    const written = payload.writeError(failure(kind, "It went wrong."), {
      requestId: "req_1",
      path: "/model/m/converse",
      details: true,
    });
    answer = () => Response.json(written.body, { status: written.status, headers: written.headers });
    const error = await converse().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error instanceof Error ? error.name : "").toBe(String(written.body["__type"]));
    expect(error).toMatchObject({
      $metadata: { httpStatusCode: written.status, requestId: written.headers["x-amzn-requestid"] },
    });
    expect(written.headers["x-amzn-requestid"]).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });
});

describe("Anthropic's events in chunks", () => {
  test("are the events, with the count in the last", async () => {
    const events = STREAMS["text"];
    if (events === undefined) throw new Error("the corpus has lost a case");
    const writer = INVOKE.payload.createStreamWriter(answerContext());
    const joiner = INVOKE.carrier.framing.createJoiner();
    const bytes = concatBytes(events.flatMap((event) => writer.push(event)).map((frame) => joiner.write(frame)));
    answer = () => binary(bytes);
    const sent = await client.send(
      new InvokeModelWithResponseStreamCommand({ modelId: "m", body: "{}", contentType: "application/json" }),
    );
    const told: { type: string }[] = [];
    for await (const { chunk } of sent.body ?? [])
      told.push(JSON.parse(Buffer.from(chunk?.bytes ?? []).toString("utf8")));
    expect(told.map(({ type }) => type)).toEqual([
      "message_start",
      "content_block_start",
      "content_block_delta",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ]);
    expect(told.at(-1)).toMatchObject({
      "amazon-bedrock-invocationMetrics": { inputTokenCount: expect.any(Number), outputTokenCount: expect.any(Number) },
    });
  });

  test("trouble is an exception", async () => {
    const joiner = INVOKE.carrier.framing.createJoiner();
    const writer = INVOKE.payload.createStreamWriter(answerContext());
    const frames = writer.push({ type: "failed", failure: failure("overloaded", "Too much.") });
    answer = () => binary(concatBytes(frames.map((frame) => joiner.write(frame))));
    const read = async () => {
      const sent = await client.send(new InvokeModelWithResponseStreamCommand({ modelId: "m", body: "{}" }));
      for await (const _event of sent.body ?? []);
    };
    const error = await read().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ name: "ServiceUnavailableException", message: "Too much." });
  });
});
