// Clients that lose reasoning: what an answer held comes back before its calls where the lane wants it, and nowhere else.
import { describe, expect, test } from "bun:test";
import { createReasoningMemory, type ReasoningCopy, reasoningKey } from "../../src/exchange/reasoning-memory.ts";
import { UNKNOWN_SERVER } from "../../src/ir/dialect.ts";
import { eventsOf } from "../../src/ir/fold.ts";
import { bytesOf, type KeptReasoning, REASONING_BOUNDS } from "../../src/ir/remembered-reasoning.ts";
import type { IrBlock } from "../../src/ir/request.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import type { AnswerContext } from "../../src/protocols/protocol.ts";
import { createWeighedMap } from "../../src/std/bounded.ts";
import { concatBytes, encodeUtf8 } from "../../src/std/bytes.ts";
import { at } from "../../src/std/json.ts";
import { call, finish, reasoning, response, text } from "../harness/builders.ts";
import { type CoreInput, createCore } from "../harness/core.ts";
import { deploymentOf, type LaneOver, laneOf, poolOf } from "../harness/deployments.ts";
import { bodyText, json } from "../harness/scripted-answers.ts";
import type { Answer } from "../harness/virtual-effects.ts";

const SEAL = `seal${"s".repeat(60)}`;
const THOUGHT = "I ought to look.";
type ProtocolId = keyof typeof PROTOCOLS;

const context = (): AnswerContext => {
  let ids = 0;
  return {
    request: null,
    upstreamModel: "m",
    createdMs: 1,
    newId: (length) => String(ids++).padStart(length, "0"),
    elapsedMs: () => 1,
    inputTokensEstimate: 1,
  };
};

interface Vendor {
  readonly protocol: ProtocolId;
  readonly model: string;
  readonly blocks: readonly IrBlock[];
  readonly over: LaneOver;
}

const calls = (...ids: readonly string[]): IrBlock[] => ids.map((id) => call(id, "look", '{"a":1,"b":2}'));
const IDS = ["toolu_0123456789abcdefA", "toolu_0123456789abcdefB"] as const;
const DEMANDS = { ...UNKNOWN_SERVER, reasoningBack: "required" as const };
const REFUSES = { ...UNKNOWN_SERVER, reasoningBack: "refused" as const };

const VENDORS = {
  claude: {
    protocol: "anthropic",
    model: "claude-sonnet-4-5",
    blocks: [reasoning(THOUGHT, { signature: { issuer: "anthropic", value: SEAL } }), text("Wait."), ...calls(...IDS)],
    over: { dialect: REFUSES },
  },
  converse: {
    protocol: "bedrock",
    model: "anthropic.claude-sonnet-4-5-v1:0",
    blocks: [reasoning(THOUGHT, { signature: { issuer: "bedrock", value: SEAL } }), text("Wait."), ...calls(...IDS)],
    over: { dialect: REFUSES },
  },
  responses: {
    protocol: "responses",
    model: "gpt-5.1",
    blocks: [reasoning(THOUGHT, { encrypted: { issuer: "responses", value: SEAL } }), ...calls(...IDS)],
    over: {},
  },
  gemini: {
    protocol: "gemini",
    model: "gemini-3-pro",
    blocks: [reasoning("", { signature: { issuer: "gemini", value: SEAL } }), ...calls(...IDS)],
    over: {},
  },
  kimi: {
    protocol: "openai",
    model: "kimi-k2.5",
    blocks: [reasoning(THOUGHT), ...calls(...IDS)],
    over: { dialect: DEMANDS },
  },
} as const satisfies Record<string, Vendor>;
type VendorName = keyof typeof VENDORS;

/** The vendor's own words, whole or streamed as it is asked. */
function saying({ protocol, blocks }: Vendor): Answer {
  const { payload, carrier } = PROTOCOLS[protocol];
  const said = response([...blocks], {
    sourceProtocol: protocol,
    choices: [
      {
        ...response([...blocks]).choices[0],
        index: 0,
        blocks: [...blocks],
        finish: finish("tool-calls"),
        logprobs: null,
        extras: {},
        spelling: {},
      },
    ],
  });
  return (asked) => {
    const isStream = JSON.parse(bodyText(asked)).stream === true || /stream/i.test(asked.url);
    if (!isStream) {
      const bytes = encodeUtf8(JSON.stringify(payload.writeResponse(said, context()).value));
      return new Response(bytes, { status: 200, headers: { "content-type": "application/json" } });
    }
    const writer = payload.createStreamWriter(context());
    const joiner = carrier.framing.createJoiner();
    const frames = eventsOf(said).flatMap((event) => writer.push(event));
    const bytes = concatBytes([...frames.map((frame) => joiner.write(frame)), joiner.end()]);
    return new Response(bytes, { status: 200, headers: { "content-type": carrier.framing.contentType } });
  };
}

const TOOL = { type: "function", function: { name: "look", parameters: { type: "object", properties: {} } } };
/** A Chat client that keeps no reasoning, and its loop. */
const chat = (model: string, more: readonly object[] = [], over: object = {}) => ({
  protocol: "openai",
  body: {
    model,
    messages: [{ role: "user", content: "Look." }, ...more],
    tools: [TOOL],
    reasoning_effort: "high",
    max_completion_tokens: 9000,
    ...over,
  },
});
const loop = (ids: readonly string[] = IDS, args = '{"b":2,"a":1}'): object[] => [
  {
    role: "assistant",
    content: null,
    tool_calls: ids.map((id) => ({ id, type: "function", function: { name: "look", arguments: args } })),
  },
  ...ids.map((id) => ({ role: "tool", tool_call_id: id, content: "ok" })),
];

function coreFor(names: readonly VendorName[], over: Partial<CoreInput> = {}, mode: "none" | "token" = "token") {
  const lanes = names.map((name, index) => {
    const { protocol, model, over: more } = VENDORS[name];
    return laneOf(`${name}/one/${name}`, protocol, { upstreamModel: model, sealIssuer: `a-${index}`, ...more });
  });
  const auth = { mode, clientTokens: [] };
  const deployment = deploymentOf({ lanes, targets: lanes.map((lane) => poolOf(lane.model, [lane])), auth });
  const answer: Answer = (asked, ...rest) => {
    const at = lanes.findIndex((each) => asked.url.includes(each.provider));
    return saying(VENDORS[names[Math.max(0, at)] ?? "claude"])(asked, ...rest);
  };
  return createCore({ deployment, answer, ...over });
}

const caller = (label: string) => ({ label, allowedTargets: null, passthrough: null, key: null });
const last = (core: ReturnType<typeof coreFor>): string => {
  const sent = core.effects.calls.at(-1);
  return sent === undefined ? "" : bodyText(sent);
};

/** What stands where in the request that the lane got. */
const PLACES: Readonly<Record<VendorName, (body: unknown) => void>> = {
  claude(body) {
    const content = at(body, "messages", 1, "content");
    expect(content).toMatchObject([
      { type: "thinking", thinking: THOUGHT, signature: SEAL },
      { type: "tool_use", id: IDS[0] },
      { type: "tool_use", id: IDS[1] },
    ]);
    expect(at(body, "thinking", "type")).toBe("enabled");
  },
  converse(body) {
    const content = at(body, "messages", 1, "content");
    expect(content).toMatchObject([
      { reasoningContent: { reasoningText: { text: THOUGHT, signature: SEAL } } },
      { toolUse: { toolUseId: IDS[0] } },
      { toolUse: { toolUseId: IDS[1] } },
    ]);
  },
  responses(body) {
    expect(at(body, "input")).toMatchObject([
      {},
      { type: "reasoning", encrypted_content: SEAL },
      { type: "function_call", call_id: IDS[0] },
      { type: "function_call", call_id: IDS[1] },
      {},
      {},
    ]);
  },
  gemini(body) {
    const parts = at(body, "contents", 1, "parts");
    expect(at(parts, 0, "thoughtSignature")).toBe(SEAL);
    expect(at(parts, 1, "thoughtSignature")).toBeUndefined();
  },
  kimi(body) {
    expect(at(body, "messages", 1)).toMatchObject({ content: "", reasoning_content: THOUGHT, tool_calls: [{}, {}] });
  },
};

describe("a Chat client that loses reasoning", () => {
  for (const name of ["claude", "converse", "responses", "gemini", "kimi"] as const) {
    for (const stream of [false, true]) {
      test(`${name}, ${stream ? "streamed" : "whole"}: it stands before the calls again`, async () => {
        const core = coreFor([name]);
        const first = await core.ask(chat(name, [], { stream }));
        expect(first.status).toBe(200);
        const second = await core.ask(chat(name, loop(), { stream }));
        expect(second.status).toBe(200);
        PLACES[name](JSON.parse(last(core)));
      });
    }
  }

  test("a relay whose client kept it is left as it is", async () => {
    const core = coreFor(["kimi"]);
    await core.ask(chat("kimi"));
    const [assistant, ...results] = loop();
    const kept = { ...assistant, reasoning_content: "My own words." };
    await core.ask(chat("kimi", [kept, ...results]));
    expect(last(core)).toContain("My own words.");
    expect(last(core)).not.toContain(THOUGHT);
  });

  test("one call of several is enough to find it", async () => {
    const core = coreFor(["claude"]);
    await core.ask(chat("claude"));
    await core.ask(chat("claude", loop([IDS[1]])));
    expect(last(core)).toContain(SEAL);
  });

  test("a request without tools costs and remembers nothing", async () => {
    const core = coreFor(["claude"]);
    await core.ask(chat("claude", [], { tools: undefined }));
    await core.ask(chat("claude", loop()));
    expect(last(core)).not.toContain(SEAL);
  });
});

describe("a seal that the gateway put back and the lane refuses", () => {
  const WORDS = {
    claude: "messages.1.content.0: Invalid `signature` in `thinking` block",
    converse: "The model returned the following errors: messages.1.content.0: Invalid `signature` in `thinking` block",
    responses: "The encrypted content for item rs_1 could not be verified.",
    gemini: "Thought signature is not valid",
  } as const;
  for (const name of ["claude", "converse", "responses", "gemini"] as const) {
    for (const stream of [false, true]) {
      test(`${name}, ${stream ? "streamed" : "whole"}: is asked once more without it`, async () => {
        const answer: Answer = (asked, ...rest) => {
          if (!bodyText(asked).includes(SEAL)) return saying(VENDORS[name])(asked, ...rest);
          const message = WORDS[name];
          return json(400, JSON.stringify({ message, error: { message, type: "invalid_request_error" } }))(
            asked,
            ...rest,
          );
        };
        const core = coreFor([name], { answer });
        await core.ask(chat(name, [], { stream }));
        expect((await core.ask(chat(name, loop(), { stream }))).status).toBe(200);
        expect(core.effects.calls.map((each) => bodyText(each).includes(SEAL))).toEqual([false, true, false]);
        // Its calls and their results are still there.
        for (const id of IDS) if (name !== "gemini") expect(last(core)).toContain(id);
        expect(last(core)).toContain("ok");
        expect(core.records[1]?.attempts).toMatchObject([{ repair: "signatures", outcome: "answered" }]);
        expect(core.records[1]?.losses.length).toBeGreaterThan(0);
      });
    }
  }
});

describe("who gets it", () => {
  test("another caller does not, whatever ids it names", async () => {
    const core = coreFor(["claude"]);
    await core.ask({ ...chat("claude"), caller: caller("one") });
    await core.ask({ ...chat("claude", loop()), caller: caller("two") });
    expect(last(core)).not.toContain(SEAL);
    expect(last(core)).not.toContain(THOUGHT);
    await core.ask({ ...chat("claude", loop()), caller: caller("one") });
    expect(last(core)).toContain(SEAL);
  });

  test("another session does not, where all callers are one", async () => {
    const core = coreFor(["claude"], {}, "none");
    const session = (id: string) => ({ headers: { "x-session-id": id } });
    await core.ask({ ...chat("claude"), ...session("s1") });
    await core.ask({ ...chat("claude", loop()), ...session("s2") });
    expect(last(core)).not.toContain(SEAL);
    await core.ask({ ...chat("claude", loop()), ...session("s1") });
    expect(last(core)).toContain(SEAL);
  });

  test("without a name the first words tell sessions apart", async () => {
    const core = coreFor(["claude"], {}, "none");
    await core.ask(chat("claude"));
    await core.ask(chat("claude", loop(), { messages: [{ role: "user", content: "Else." }, ...loop()] }));
    expect(last(core)).not.toContain(SEAL);
    await core.ask(chat("claude", loop()));
    expect(last(core)).toContain(SEAL);
  });

  test("a lane that cannot open a seal does not get it, and one that demands text gets the text alone", async () => {
    const core = coreFor(["claude", "converse", "kimi"]);
    await core.ask(chat("claude"));
    await core.ask(chat("converse", loop()));
    expect(last(core)).not.toContain(SEAL);
    await core.ask(chat("kimi", loop()));
    expect(last(core)).not.toContain(SEAL);
    expect(at(JSON.parse(last(core)), "messages", 1, "reasoning_content")).toBe(THOUGHT);
  });

  test("nothing of it stands in the record", async () => {
    const core = coreFor(["claude"]);
    await core.ask(chat("claude"));
    await core.ask(chat("claude", loop()));
    expect(JSON.stringify(core.records)).not.toContain(SEAL);
    expect(JSON.stringify(core.records)).not.toContain(THOUGHT);
  });
});

describe("several workers", () => {
  const shared = new Map<string, KeptReasoning>();
  const copy: ReasoningCopy = {
    keep(kept) {
      for (const each of kept) shared.set(each.key, each);
    },
    find: async (keys) => keys.flatMap((key) => shared.get(key) ?? []),
  };
  const memoryWith = (over: Partial<ReasoningCopy>) =>
    createReasoningMemory({ nowMs: () => 0, copy: { ...copy, ...over } });

  test("another one finds it with the supervisor, and asks once about what is not there", async () => {
    const one = coreFor(["claude"], { reasoning: memoryWith({}) });
    await one.ask(chat("claude"));
    let asked = 0;
    const find: ReasoningCopy["find"] = (keys) => {
      asked++;
      return copy.find(keys);
    };
    const two = coreFor(["claude"], { reasoning: memoryWith({ find }) });
    await two.ask(chat("claude", loop()));
    expect(last(two)).toContain(SEAL);
    await two.ask(chat("claude", loop(["toolu_of_no_one_at_all"])));
    await two.ask(chat("claude", loop(["toolu_of_no_one_at_all"])));
    expect(asked).toBe(2);
  });

  test("no answer in time: it goes without, and says so", async () => {
    const core = coreFor(["claude"], { reasoning: memoryWith({ find: async () => null }) });
    const answer = await core.ask(chat("claude", loop()));
    expect(answer.status).toBe(200);
    expect(answer.headers["x-ringmain-losses"]).toContain("messages dropped");
  });
});

describe("bounds", () => {
  const kept = (key: string, chars: number): KeptReasoning => ({
    key,
    reasoning: {
      payload: "p",
      issuer: "i",
      blocks: [{ text: "x".repeat(chars), signature: null, encrypted: null, leads: true }],
    },
  });

  test("a day", async () => {
    let now = 0;
    const memory = createReasoningMemory({ nowMs: () => now, copy: null });
    memory.remember([kept("k", 1)]);
    now = REASONING_BOUNDS.ttlMs - 1;
    expect((await memory.recall(["k"])).found.size).toBe(1);
    now = REASONING_BOUNDS.ttlMs;
    expect((await memory.recall(["k"])).found.size).toBe(0);
  });

  test("bytes and entries, the least recently used first", () => {
    const weigh = ({ reasoning: each }: KeptReasoning) => bytesOf(each);
    const map = createWeighedMap<KeptReasoning>({ entriesMax: 3, weightMax: 10_000, ttlMs: 10, weigh });
    for (const key of ["a", "b", "c"]) map.set(key, kept(key, 10), 0);
    map.get("a", 0);
    map.set("d", kept("d", 10), 0);
    expect(["a", "b", "c", "d"].map((key) => map.get(key, 0) !== undefined)).toEqual([true, false, true, true]);
    map.set("e", kept("e", 4_000), 0);
    expect(map.weight()).toBeLessThanOrEqual(10_000);
    map.set("f", kept("f", 4_000), 0);
    expect([map.size(), map.get("e", 0)]).toEqual([1, undefined]);
    map.set("g", kept("g", 40_000), 0);
    expect([map.size(), map.get("g", 0)]).toEqual([1, undefined]);
  });

  test("ids that come again are told apart by arguments, others are not", () => {
    const key = (id: string, args: string) => reasoningKey("s", { id, arguments: args });
    expect(key("functions.look:0", '{"a":1}')).not.toBe(key("functions.look:0", '{"a":2}'));
    expect(key("call_1", '{"a":1,"b":{"d":1,"c":2}}')).toBe(key("call_1", '{ "b": {"c":2,"d":1}, "a": 1 }'));
    expect(key("call_1", '{"input":"x y"}')).toBe(key("call_1", "x y"));
    expect(key(IDS[0], "{}")).toBe(key(IDS[0], '{"a":1}'));
  });
});
