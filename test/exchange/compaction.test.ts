// History that was compacted: readable everywhere, sealed only where it can be opened, and made for agents that ask for it.
import { describe, expect, test } from "bun:test";
import { UNKNOWN_SERVER } from "../../src/ir/dialect.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, doorOf, laneOf, poolOf } from "../harness/deployments.ts";
import { MAKER } from "../harness/dialects.ts";
import { answering, bodyText, json } from "../harness/scripted-answers.ts";
import { wordsOf } from "../harness/vendor-words.ts";
import type { FetchCall } from "../harness/virtual-effects.ts";

const PROTOCOLS = ["openai", "responses", "anthropic", "gemini", "bedrock", "cohere"] as const;
const SUMMARY = "We renamed alpha.ts to beta.ts.";

function coreOf(
  protocol: string,
  answer = answering(wordsOf(protocol), { pieces: [SUMMARY.slice(0, 9), SUMMARY.slice(9)] }),
) {
  const lane = laneOf("p/a/m", protocol, { dialect: MAKER });
  return createCore({ deployment: deploymentOf({ lanes: [lane], targets: [poolOf("m", [lane])] }), answer });
}

const user = (content: string): object => ({ role: "user", content });
const compaction = (more: object): object => ({ type: "compaction", id: "cmp_1", ...more });

describe("a readable summary is text on every lane", () => {
  for (const protocol of PROTOCOLS) {
    test(`of Messages, at ${protocol}`, async () => {
      const core = coreOf(protocol);
      const summary = { type: "compaction", content: SUMMARY };
      const messages = [{ role: "assistant", content: [summary, { type: "text", text: "Done." }] }, user("Go on")];
      const got = await core.ask({ protocol: "anthropic", body: { model: "m", max_tokens: 9, messages } });
      expect(got.status).toBe(200);
      const sent = bodyText(core.effects.calls[0] ?? expect.unreachable());
      expect(sent).toContain(SUMMARY);
      expect(sent.includes('"compaction"')).toBe(protocol === "anthropic");
      expect(got.headers["x-ringmain-losses"] ?? "").not.toContain("compaction");
    });

    for (const type of ["compaction", "compaction_summary", "context_compaction"]) {
      test(`of a ${type} item of ours, at ${protocol}`, async () => {
        const core = coreOf(protocol);
        const input = [user("Hi"), { type, encrypted_content: `rm:c:${SUMMARY}` }, user("Go on")];
        const got = await core.ask({ protocol: "responses", body: { model: "m", input } });
        expect(got.status).toBe(200);
        const sent = bodyText(core.effects.calls[0] ?? expect.unreachable());
        expect(sent).toContain(SUMMARY);
        expect(sent).not.toContain("rm:c:");
        expect(got.headers["x-ringmain-losses"] ?? "").not.toContain("compaction");
      });
    }
  }
});

describe("a sealed one goes only where it can be opened", () => {
  const sealed = `gAAAA${"x".repeat(60)}`;
  for (const protocol of PROTOCOLS) {
    for (const type of ["compaction", "compaction_summary", "context_compaction"]) {
      test(`a ${type} item at ${protocol}`, async () => {
        const core = coreOf(protocol);
        const input = [compaction({ type, encrypted_content: sealed }), user("Go on")];
        const got = await core.ask({ protocol: "responses", body: { model: "m", input } });
        if (protocol === "responses") {
          expect([got.status, core.effects.calls.length]).toEqual([200, 1]);
          return;
        }
        expect([got.status, core.effects.calls.length]).toEqual([400, 0]);
        expect(JSON.parse(got.text).error).toMatchObject({ param: "input[0].encrypted_content" });
      });
    }

    test(`a block of Messages without words at ${protocol}`, async () => {
      const core = coreOf(protocol);
      const block = { type: "compaction", content: null, encrypted_content: sealed };
      const messages = [{ role: "assistant", content: [block] }, user("Go on")];
      const got = await core.ask({ protocol: "anthropic", body: { model: "m", max_tokens: 9, messages } });
      expect(got.status).toBe(protocol === "anthropic" ? 200 : 400);
    });
  }

  test("what one account sealed does not go to another, known or not", async () => {
    const lanes = [
      laneOf("one/a/m", "responses", { sealIssuer: "a-1" }),
      laneOf("two/a/m", "responses", { sealIssuer: "a-2" }),
    ];
    const answer = {
      ...{ id: "resp_1", object: "response", status: "completed", model: "m" },
      output: [compaction({ encrypted_content: sealed })],
    };
    const core = createCore({
      deployment: deploymentOf({
        lanes,
        targets: [poolOf("one", lanes.slice(0, 1)), poolOf("two", lanes.slice(1)), poolOf("all", lanes)],
      }),
      answer: (call) => (call.url.includes("down") ? json(503, "{}")(call) : json(200, JSON.stringify(answer))(call)),
    });
    await core.ask({ protocol: "responses", body: { model: "two", input: "Hi" } });
    const input = [compaction({ encrypted_content: sealed }), user("Go on")];
    for (let turn = 0; turn < 3; turn++) await core.ask({ protocol: "responses", body: { model: "all", input } });
    expect(core.records.slice(1).flatMap(({ attempts }) => attempts.map(({ provider }) => provider))).toEqual([
      "two",
      "two",
      "two",
    ]);
    expect((await core.ask({ protocol: "responses", body: { model: "one", input } })).status).toBe(400);
  });
});

describe("a compaction that is asked for", () => {
  const body = {
    model: "m",
    input: [user("Rename alpha.ts"), { type: "compaction_trigger" }],
    tools: [{ type: "function", name: "shell", parameters: { type: "object", properties: {} } }],
  };
  for (const protocol of PROTOCOLS) {
    for (const stream of [false, true]) {
      test(`at ${protocol}, ${stream ? "streamed" : "whole"}`, async () => {
        const core = coreOf(protocol);
        const got = await core.ask({ protocol: "responses", body: { ...body, stream } });
        const sent = bodyText(core.effects.calls[0] ?? expect.unreachable());
        expect(got.status).toBe(200);
        if (protocol === "responses") {
          expect(JSON.parse(sent)).toMatchObject({ input: body.input });
          return;
        }
        expect(sent).toContain("summary");
        expect(sent).not.toContain("compaction_trigger");
        expect(sent).not.toContain("shell");
        const items = stream ? itemsOf(got.text) : JSON.parse(got.text).output;
        expect(items).toMatchObject([{ type: "compaction", encrypted_content: `rm:c:${SUMMARY}` }]);
        if (stream) expect(got.text).toContain('"type":"response.completed"');
        expect(got.headers["x-ringmain-losses"] ?? "").not.toContain("compaction");
      });
    }
  }

  for (const stream of [false, true]) {
    test(`an answer without words is a failure, ${stream ? "streamed" : "whole"}`, async () => {
      const core = coreOf("openai", answering(wordsOf("openai"), { pieces: [] }));
      const got = await core.ask({ protocol: "responses", body: { ...body, stream } });
      expect(got.text).not.toContain('"type":"compaction"');
      expect(got.status === 200 ? got.text.includes("response.failed") : got.status).not.toBe(false);
    });
  }
});

/** Items a stream told as done. */
function itemsOf(text: string): unknown[] {
  return text
    .split("\n")
    .filter((line) => line.startsWith("data: {"))
    .map((line) => JSON.parse(line.slice("data: ".length)))
    .filter(({ type }) => type === "response.output_item.done")
    .map(({ item }) => item);
}

describe("the path that compacts", () => {
  const path = "/v1/responses/compact";
  const input = [user("Rename alpha.ts"), { role: "assistant", content: "Done." }, user("And the tests")];
  for (const protocol of PROTOCOLS) {
    test(`at ${protocol}`, async () => {
      const vendors = `{"id":"resp_1","object":"response.compaction","created_at":1,  "output":[],"usage":null}`;
      const core = protocol === "responses" ? coreOf(protocol, json(200, vendors)) : coreOf(protocol);
      const body = JSON.stringify({ model: "m", input, instructions: "Be brief." });
      const got = await core.ask({ protocol: "responses", path, body });
      const [call] = core.effects.calls;
      expect(got.status).toBe(200);
      if (protocol === "responses") {
        expect(new URL(call?.url ?? "").pathname).toBe(path);
        expect(bodyText(call ?? expect.unreachable())).toBe(body.replace('"m"', '"upstream-m"'));
        expect(got.text).toBe(vendors);
        return;
      }
      expect(call?.url).not.toContain("compact");
      const answer = JSON.parse(got.text);
      expect(Object.keys(answer).toSorted()).toEqual(["created_at", "id", "object", "output", "usage"]);
      expect(answer).toMatchObject({
        object: "response.compaction",
        output: [
          { type: "message", ...user("Rename alpha.ts") },
          { type: "message", ...user("And the tests") },
          { type: "compaction", encrypted_content: `rm:c:${SUMMARY}` },
        ],
      });
      expect(answer.usage.output_tokens).toBeGreaterThan(0);
    });
  }

  test("a door whose own path has no place for it is left out", async () => {
    const lane = laneOf("p/a/m", "responses", {
      doors: [doorOf("responses", { path: "/ask" })],
      dialect: MAKER,
    });
    const core = createCore({
      deployment: deploymentOf({ lanes: [lane], targets: [poolOf("m", [lane])] }),
      answer: json(500, "{}"),
    });
    const got = await core.ask({ protocol: "responses", path, body: { model: "m", input: "Hi" } });
    expect([got.status, core.effects.calls.length]).toEqual([400, 0]);
  });
});

describe("a server of the client's own protocol that compacts nothing", () => {
  const words = answering(wordsOf("responses"), { pieces: [SUMMARY] });
  const tool = { type: "function", name: "shell", parameters: { type: "object", properties: {} } };
  const history = [
    { type: "additional_tools", role: "developer", tools: [tool] },
    user("Rename alpha.ts"),
    { type: "function_call", call_id: "c1", name: "shell", arguments: "{}" },
    { type: "function_call_output", call_id: "c1", output: "renamed" },
  ];
  const asks = [
    { name: "by an item, whole", path: "/v1/responses", trigger: true, more: { stream: false } },
    { name: "by an item, streamed", path: "/v1/responses", trigger: true, more: { stream: true } },
    { name: "by the path", path: "/v1/responses/compact", trigger: false, more: {} },
  ];
  const bodyOf = ({ trigger, more }: (typeof asks)[number]): object => ({
    ...{ model: "m", instructions: "Be brief.", tools: [tool], tool_choice: "auto", parallel_tool_calls: false },
    ...{ input: trigger ? [...history, { type: "compaction_trigger" }] : history, ...more },
  });
  const missing = json(404, `{"error":{"message":"The model is not found","code":"model_not_found"}}`);
  const refusal = json(404, `{"error":{"message":"Not Found","type":"invalid_request_error"}}`);
  const unknown = json(
    400,
    `{"error":{"message":"Invalid value: 'compaction_trigger'","type":"invalid_request_error"}}`,
  );

  function checkAsked(call: FetchCall | undefined): void {
    const sent = bodyText(call ?? expect.unreachable());
    expect(new URL(call?.url ?? "").pathname).toBe("/v1/responses");
    expect(sent).toContain("renamed");
    expect(sent).toContain("Write that summary now");
    for (const not of ["compaction_trigger", "additional_tools", '"tools"', "tool_choice", "parallel_tool_calls"]) {
      expect(sent).not.toContain(not);
    }
  }

  function checkAnswered({ text, status }: { text: string; status: number }, stream: boolean): void {
    expect(status).toBe(200);
    const items = stream ? itemsOf(text) : JSON.parse(text).output;
    expect(items.at(-1)).toMatchObject({ type: "compaction", encrypted_content: `rm:c:${SUMMARY}` });
  }

  for (const ask of asks) {
    const stream = ask.more.stream === true;
    test(`is asked for a summary: ${ask.name}`, async () => {
      const lane = laneOf("p/a/m", "responses", { dialect: UNKNOWN_SERVER });
      const core = createCore({
        deployment: deploymentOf({ lanes: [lane], targets: [poolOf("m", [lane])] }),
        answer: words,
      });
      const got = await core.ask({ protocol: "responses", path: ask.path, body: bodyOf(ask) });
      expect(core.effects.calls).toHaveLength(1);
      checkAsked(core.effects.calls[0]);
      checkAnswered(got, stream);
      if (!ask.trigger) expect(JSON.parse(bodyText(core.effects.calls[0] ?? expect.unreachable())).store).toBe(false);
    });

    test(`at a path of its own too: ${ask.name}`, async () => {
      const doors = [doorOf("responses", { path: "/ask" })] as const;
      const lane = laneOf("p/a/m", "responses", { dialect: UNKNOWN_SERVER, doors: [...doors] });
      const core = createCore({
        deployment: deploymentOf({ lanes: [lane], targets: [poolOf("m", [lane])] }),
        answer: words,
      });
      checkAnswered(await core.ask({ protocol: "responses", path: ask.path, body: bodyOf(ask) }), stream);
      expect(new URL(core.effects.calls[0]?.url ?? "").pathname).toBe("/ask");
    });

    for (const [status, refused] of [
      ["404", refusal],
      ["404 of the model", missing],
      ["400", unknown],
    ] as const) {
      test(`that was thought to compact is asked once more after a ${status}: ${ask.name}`, async () => {
        const lane = laneOf("p/a/m", "responses", { dialect: MAKER });
        const isCompaction = (call: FetchCall): boolean =>
          call.url.endsWith("/compact") || bodyText(call).includes("compaction_trigger");
        const core = createCore({
          deployment: deploymentOf({ lanes: [lane], targets: [poolOf("m", [lane])] }),
          answer: (call) => (isCompaction(call) ? refused : words)(call),
        });
        checkAnswered(await core.ask({ protocol: "responses", path: ask.path, body: bodyOf(ask) }), stream);
        checkAsked(core.effects.calls[1]);
        expect(core.records[0]?.attempts).toMatchObject([
          { repair: "compaction", way: "translate", outcome: "answered" },
        ]);
        // It is remembered.
        checkAnswered(await core.ask({ protocol: "responses", path: ask.path, body: bodyOf(ask) }), stream);
        expect(core.effects.calls).toHaveLength(3);
      });
    }

    for (const [name, dialect] of [
      ["compacts", MAKER],
      ["does not", UNKNOWN_SERVER],
    ] as const) {
      test(`a 404 moves no cell where the server ${name}: ${ask.name}`, async () => {
        const lane = laneOf("p/a/m", "responses", { dialect });
        let answer = missing;
        const core = createCore({
          deployment: deploymentOf({ lanes: [lane], targets: [poolOf("m", [lane])] }),
          answer: (call) => answer(call),
        });
        const got = await core.ask({ protocol: "responses", path: ask.path, body: bodyOf(ask) });
        expect(got.status).toBeGreaterThanOrEqual(400);
        answer = words;
        expect((await core.ask({ protocol: "responses", body: { model: "m", input: "Hi" } })).status).toBe(200);
      });
    }
  }
});
