// What a model can do decides whether it is asked: what is known, what is not, and what counts for what is not. A request's needs are
// read from the whole conversation, and a refusal says what each lane lacks.
import { describe, expect, test } from "bun:test";
import type { Ability, Capabilities } from "../../src/ir/capability.ts";
import { asObject, at, parseJson } from "../../src/std/json.ts";
import { type ClientAsk, question } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, type LaneOver, laneOf, poolOf, type TargetOver } from "../harness/deployments.ts";
import { answering, byProvider, refusing } from "../harness/scripted-answers.ts";
import { OPENAI_WORDS } from "../harness/vendor-words.ts";

const can = (abilities: Partial<Record<Ability, boolean>>): LaneOver => ({ capabilities: { abilities } });

/** The first lane is as it is said, the second knows everything. */
function start(first: LaneOver, over: { second?: LaneOver; target?: TargetOver; fails?: boolean } = {}) {
  const lanes = [laneOf("first/a/one", "openai", first), laneOf("second/a/two", "openai", over.second ?? {})];
  return createCore({
    deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes, over.target)] }),
    answer: byProvider({
      first: over.fails === true ? refusing(OPENAI_WORDS, "server-error") : answering(OPENAI_WORDS),
      second: answering(OPENAI_WORDS),
    }),
  });
}

const CHAT = [{ type: "function", function: { name: "look", parameters: { type: "object" } } }];
const MESSAGES = [{ name: "look", input_schema: { type: "object" } }];

/** What asks for an ability, in two dialects. */
const USES: readonly (readonly [Ability, string, ClientAsk])[] = [
  ["forced_tool_choice", "openai", { more: { tools: CHAT, tool_choice: "required" } }],
  [
    "forced_tool_choice",
    "openai",
    { more: { tools: CHAT, tool_choice: { type: "function", function: { name: "look" } } } },
  ],
  ["forced_tool_choice", "anthropic", { more: { tools: MESSAGES, tool_choice: { type: "any" } } }],
  ["parallel_tools", "openai", { more: { tools: CHAT, parallel_tool_calls: true } }],
  ["json_mode", "openai", { more: { response_format: { type: "json_object" } } }],
  [
    "prefill",
    "openai",
    {
      more: {
        messages: [
          { role: "user", content: "a" },
          { role: "assistant", content: "b" },
        ],
      },
    },
  ],
  [
    "prefill",
    "anthropic",
    {
      more: {
        messages: [
          { role: "user", content: "a" },
          { role: "assistant", content: "b" },
        ],
      },
    },
  ],
  [
    "system_role",
    "openai",
    {
      more: {
        messages: [
          { role: "system", content: "x" },
          { role: "user", content: "a" },
        ],
      },
    },
  ],
  ["system_role", "anthropic", { more: { system: "x" } }],
  ["streaming", "openai", { stream: true }],
  ["streaming", "anthropic", { stream: true }],
  ["streaming_tools", "openai", { stream: true, more: { tools: CHAT } }],
];

describe("an ability", () => {
  test.each(USES)(
    "%s that a %s request uses: a known no leaves the lane out, unknown does not",
    async (ability, protocol, ask) => {
      for (const [known, lane] of [
        [{ [ability]: false }, "second/a/two"],
        [{ [ability]: true }, "first/a/one"],
        [{}, "first/a/one"],
      ] as const) {
        const core = start(can(known));
        const got = await core.ask({ protocol, body: question(protocol, ask) });
        expect([got.status, got.headers["x-ringmain-lane"]]).toEqual([200, lane]);
      }
    },
  );

  test.each(USES)("%s that another %s request does not use is not asked about", async (ability, protocol) => {
    const core = start(can({ [ability]: false }));
    const got = await core.ask({ protocol, body: question(protocol) });
    expect(got.headers["x-ringmain-lane"]).toBe("first/a/one");
  });

  test("that no lane has is told by name, for each lane", async () => {
    const lacks = can({ forced_tool_choice: false });
    const core = start(lacks, { second: lacks });
    const body = question("openai", { more: { tools: CHAT, tool_choice: "required" } });
    const got = await core.ask({ protocol: "openai", body });
    expect([got.status, got.headers["x-ringmain-error"]]).toEqual([400, "no_capable_lane"]);
    const error = asObject(asObject(parseJson(got.text))?.["error"]);
    expect(error?.["message"]).toContain("does not support forced tool choice");
    expect(at(error?.["gateway"], "skipped")).toEqual([
      { lane: "first/a/one", because: "lacks-capability", lacks: ["forced tool choice"], recoversInMs: null },
      { lane: "second/a/two", because: "lacks-capability", lacks: ["forced tool choice"], recoversInMs: null },
    ]);
    expect(core.effects.calls).toHaveLength(0);
  });
});

const PICTURE = { type: "image_url", image_url: { url: "data:image/png;base64,iVBORw0KGgo=" } };
const WITH_PICTURE = { messages: [{ role: "user", content: [PICTURE, { type: "text", text: "What is it?" }] }] };
const OLD_PICTURE = {
  messages: [
    ...WITH_PICTURE.messages,
    { role: "assistant", content: "A cat." },
    { role: "user", content: "Which kind?" },
  ],
};

describe("what is not known", () => {
  const rows: readonly (readonly [string, Partial<Capabilities>, "deny" | "allow" | undefined, string])[] = [
    ["counts for the lane that is asked", {}, undefined, "first/a/one"],
    ["is a no under unknown: deny", {}, "deny", "second/a/two"],
    ["is a no for one of several", { input: ["text", "image"] }, "deny", "second/a/two"],
    ["is nothing where all is known", { input: ["text", "image"], tools: true }, "deny", "first/a/one"],
    ["is a yes under unknown: allow", {}, "allow", "first/a/one"],
    ["does not make a known no a yes", { tools: false }, "allow", "second/a/two"],
  ];
  test.each(rows)("%s", async (_name, capabilities, unknown, lane) => {
    const core = start({ capabilities, ...(unknown === undefined ? {} : { unknown }) });
    const body = question("openai", { more: { ...WITH_PICTURE, tools: CHAT } });
    expect((await core.ask({ protocol: "openai", body })).headers["x-ringmain-lane"]).toBe(lane);
  });

  test("holds for old turns too", async () => {
    const core = start({ capabilities: { input: ["text"] } });
    const got = await core.ask({ protocol: "openai", body: question("openai", { more: OLD_PICTURE }) });
    expect(got.headers["x-ringmain-lane"]).toBe("second/a/two");
  });

  const KNOWN: LaneOver = { capabilities: { tier: "strong", input: ["text", "image"], tools: true } };
  const standIns: readonly (readonly [string, LaneOver, number])[] = [
    ["is a no for a stand-in under keep: [tier]", { capabilities: { tier: "strong" } }, 503],
    ["is a yes for one that says unknown: allow", { capabilities: { tier: "strong" }, unknown: "allow" }, 200],
    ["and is not where all is known", KNOWN, 200],
    ["does not raise a tier", { capabilities: { tier: "fast" }, unknown: "allow" }, 503],
  ];
  test.each(standIns)("%s", async (_name, second, status) => {
    const core = start(KNOWN, { second, fails: true, target: { failover: { keep: ["tier"] } } });
    const got = await core.ask({ protocol: "openai", body: question("openai", { more: WITH_PICTURE }) });
    expect(got.status).toBe(status);
    expect(core.effects.calls).toHaveLength(status === 200 ? 2 : 1);
    if (status === 200) return;
    expect(got.headers["x-ringmain-error"]).toBe("no_capable_fallback");
    const gateway = at(parseJson(got.text), "error", "gateway");
    expect(at(gateway, "tried")).toMatchObject([{ lane: "first/a/one", failure: "server-error" }]);
    expect(at(gateway, "skipped")).toMatchObject([{ lane: "second/a/two", because: "breaks-keep" }]);
  });
});

const CALLED: readonly (readonly [string, Record<string, unknown>])[] = [
  [
    "openai",
    {
      messages: [
        { role: "user", content: "a" },
        { role: "assistant", tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: "{}" } }] },
        { role: "tool", tool_call_id: "c", content: "b" },
      ],
    },
  ],
  [
    "anthropic",
    {
      messages: [
        { role: "user", content: "a" },
        { role: "assistant", content: [{ type: "tool_use", id: "c", name: "f", input: {} }] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "c", content: "b" }] },
      ],
    },
  ],
  [
    "responses",
    {
      input: [
        { role: "user", content: "a" },
        { type: "function_call", call_id: "c", name: "f", arguments: "{}" },
        { type: "function_call_output", call_id: "c", output: "b" },
      ],
    },
  ],
  [
    "cohere",
    {
      messages: [
        { role: "user", content: "a" },
        { role: "assistant", tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: "{}" } }] },
        { role: "tool", tool_call_id: "c", content: "b" },
      ],
    },
  ],
  [
    "gemini",
    {
      contents: [
        { role: "user", parts: [{ text: "a" }] },
        { role: "model", parts: [{ functionCall: { name: "f", args: {} } }] },
        { role: "user", parts: [{ functionResponse: { name: "f", response: { x: 1 } } }] },
      ],
    },
  ],
];

test.each(CALLED)("calls in old turns need tools, also where the request offers none: %s", async (protocol, more) => {
  const core = start({ capabilities: { tools: false } });
  const got = await core.ask({ protocol, body: question(protocol, { more }) });
  expect([got.status, got.headers["x-ringmain-lane"]]).toEqual([200, "second/a/two"]);
});

test("the tier is compared with what was asked for, so that three steps sideways do not go down", async () => {
  const tiers = ["strong", "frontier", "strong", "fast"] as const;
  const lanes = tiers.map((tier, index) => laneOf(`p${index}/a/m${index}`, "openai", { capabilities: { tier } }));
  const core = createCore({
    deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes, { failover: { keep: ["tier"], cap: 9 } })] }),
    answer: refusing(OPENAI_WORDS, "server-error"),
  });
  const got = await core.ask({ protocol: "openai", body: question("openai") });
  expect(got.headers["x-ringmain-error"]).toBe("no_capable_fallback");
  expect(core.records[0]?.attempts.map(({ lane }) => lane)).toEqual(["p0/a/m0", "p1/a/m1", "p2/a/m2"]);
});

describe("a limit of the prompt alone", () => {
  test.each([
    [{ contextWindow: 400_000, maxInputTokens: 50_000 }, "second/a/two"],
    [{ contextWindow: null, maxInputTokens: 50_000 }, "second/a/two"],
    [{ contextWindow: 400_000, maxInputTokens: 272_000 }, "first/a/one"],
  ])("%p", async (capabilities, lane) => {
    const core = start({ capabilities }, { second: { capabilities: { contextWindow: 400_000 } } });
    const got = await core.ask({ protocol: "openai", body: question("openai", { text: "so it is. ".repeat(60_000) }) });
    expect(got.headers["x-ringmain-lane"]).toBe(lane);
  });
});
