// The same model elsewhere serves what the first lane would have served, whatever the request holds: what is not known of a
// lane leaves it out only where it is another model.
import { describe, expect, test } from "bun:test";
import type { Capabilities } from "../../src/ir/capability.ts";
import type { Lane, Target } from "../../src/ir/deployment.ts";
import { type Core, createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf, targetOf } from "../harness/deployments.ts";
import { answering, byProvider, json, refusing } from "../harness/scripted-answers.ts";
import { OPENAI_WORDS } from "../harness/vendor-words.ts";

const user = (content: unknown) => ({ messages: [{ role: "user", content }] });
const PLAIN = user("Hello.");
const TOOLS = [{ type: "function", function: { name: "look_up", parameters: { type: "object" } } }];
const PNG = "data:image/png;base64,iVBORw0KGgo=";
const PDF = "data:application/pdf;base64,JVBERi0xLjQK";

const REQUESTS: Readonly<Record<string, object>> = {
  plain: PLAIN,
  tools: { ...PLAIN, tools: TOOLS },
  "parallel tools": { ...PLAIN, tools: TOOLS, parallel_tool_calls: true, tool_choice: "required" },
  image: user([{ type: "image_url", image_url: { url: PNG } }]),
  document: user([{ type: "file", file: { filename: "a.pdf", file_data: PDF } }]),
  audio: user([{ type: "input_audio", input_audio: { data: "UklGRg==", format: "wav" } }]),
  schema: {
    ...PLAIN,
    response_format: { type: "json_schema", json_schema: { name: "a", schema: { type: "object" }, strict: true } },
  },
  reasoning: { ...PLAIN, reasoning_effort: "high" },
};

const OWN = { canonical: { id: "own-model", proven: true } };
const OTHER = { canonical: { id: "other-model", proven: true } };
const LABEL = { canonical: { id: "own-model", proven: false } };

const first = laneOf("first/a/one", "openai", OWN);
const named = (substitute: Lane): Target => ({
  ...targetOf("pool", poolOf("pool", [first]).members),
  kind: "model",
  substitutes: [substitute.id],
  exactFailover: true,
});
const keeping = (keep: Target["failover"]["keep"]) => (other: Lane) =>
  poolOf("pool", [first, other], { failover: { keep } });

const PROMISES: Readonly<Record<string, (other: Lane) => Target>> = {
  "a named model with exact failover": named,
  "keep: [model]": keeping(["model"]),
  "keep: [model, tier]": keeping(["model", "tier"]),
  "keep: [tier]": keeping(["tier"]),
};

function coreWith(target: Target, other: Lane): Core {
  return createCore({
    deployment: deploymentOf({ lanes: [first, other], targets: [target] }),
    answer: byProvider({
      first: refusing(OPENAI_WORDS, "server-error"),
      [other.provider]: other.provider === "first" ? refusing(OPENAI_WORDS, "server-error") : answering(OPENAI_WORDS),
    }),
  });
}

const ask = (core: Core, body: object) => core.ask({ protocol: "openai", body: { model: "pool", ...body } });

for (const [promise, targetFor] of Object.entries(PROMISES)) {
  describe(promise, () => {
    test.each(Object.entries(REQUESTS))("%s: the same model at another provider serves it", async (_name, body) => {
      const other = laneOf("second/a/two", "openai", OWN);
      const core = coreWith(targetFor(other), other);
      expect((await ask(core, body)).status).toBe(200);
      expect(core.records[0]?.attempts.map(({ lane }) => lane)).toEqual([first.id, other.id]);
    });

    test.each(Object.entries(REQUESTS))("%s: a mere label at another provider does not", async (_name, body) => {
      const other = laneOf("second/a/two", "openai", LABEL);
      const core = coreWith(targetFor(other), other);
      expect((await ask(core, body)).status).toBeGreaterThanOrEqual(500);
      expect(core.effects.calls).toHaveLength(1);
    });

    test.each<[string, Partial<Capabilities>]>([
      ["tools", { tools: false }],
      ["image", { input: ["text"] }],
      ["document", { input: ["text", "image"] }],
      ["audio", { input: ["text", "image"] }],
      ["schema", { structuredOutput: false }],
    ])("%s: a lane that is known not to take it is left out", async (name, capabilities) => {
      const other = laneOf("second/a/two", "openai", { ...OWN, capabilities });
      const core = coreWith(targetFor(other), other);
      expect((await ask(core, REQUESTS[name] ?? {})).status).toBeGreaterThanOrEqual(500);
      expect(core.records[0]?.skipped).toContainEqual({ lane: other.id, because: "lacks-capability" });
    });

    test("a lane that is known not to reason serves it all the same, and does not think", async () => {
      const other = laneOf("second/a/two", "openai", { ...OWN, capabilities: { reasoning: false } });
      const core = coreWith(targetFor(other), other);
      expect((await ask(core, REQUESTS["reasoning"] ?? {})).status).toBe(200);
      expect(core.records[0]?.losses.map(({ field }) => field)).toEqual(["reasoning"]);
    });
  });
}

test.each(Object.entries(REQUESTS).filter(([name]) => name !== "plain" && name !== "reasoning"))(
  "%s: another model under keep: [provider] must be known to take it",
  async (_name, body) => {
    const other = laneOf("first/b/two", "openai", OTHER);
    const core = coreWith(keeping(["provider"])(other), other);
    await ask(core, body);
    expect(core.records[0]?.attempts.map(({ lane }) => lane)).toEqual([first.id]);
    expect(core.records[0]?.skipped).toContainEqual({ lane: other.id, because: "breaks-keep" });
  },
);

test("a prompt too long for the first lane goes to the same model of unknown room", async () => {
  const small = laneOf("first/a/one", "openai", { ...OWN, capabilities: { contextWindow: 1_000 } });
  const other = laneOf("second/a/two", "openai", OWN);
  for (const target of [{ ...named(other) }, poolOf("pool", [small, other], { failover: { keep: ["model"] } })]) {
    const core = createCore({
      deployment: deploymentOf({ lanes: [small, other], targets: [target] }),
      answer: byProvider({
        first: json(
          400,
          '{"error":{"message":"too long","type":"invalid_request_error","code":"context_length_exceeded"}}',
        ),
        second: answering(OPENAI_WORDS),
      }),
    });
    expect((await ask(core, REQUESTS["tools"] ?? {})).status).toBe(200);
  }
});
