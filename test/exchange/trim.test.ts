// Conversations that are too long: nothing is left out unless the pool says so, and then whole exchanges, never a half of a call and its result,
// the last word of the user, instructions or what is sealed. It is told in a header and as a loss.
import { describe, expect, test } from "bun:test";
import { type TrimOrder, type TurnSketch, turnsLeftOut } from "../../src/exchange/request/trim.ts";
import type { Overflow } from "../../src/ir/deployment.ts";
import { question, see } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, type LaneOver, laneOf, poolOf, type TargetOver } from "../harness/deployments.ts";
import { answering, byProvider, json, refusing } from "../harness/scripted-answers.ts";
import { VENDOR_WORDS, wordsOf } from "../harness/vendor-words.ts";
import type { Answer } from "../harness/virtual-effects.ts";

const KINDS = { k: "kept", u: "user", a: "assistant", r: "result", s: "assistant" } as const;

/** One letter a turn of ten tokens: kept, user, assistant, result; s is an assistant's that is sealed. */
const sketch = (letters: string): TurnSketch[] =>
  [...letters].map((letter) => {
    const kind = Object.entries(KINDS).find(([name]) => name === letter)?.[1];
    if (kind === undefined) throw new Error(`no kind of turn is called ${letter}`);
    return { kind, tokens: 10, isSealed: letter === "s" };
  });

describe("what is left out", () => {
  const rows: readonly (readonly [string, TrimOrder, number, string | null])[] = [
    ["kuauau", "trim-oldest", 15, "k..uau"],
    ["kuauau", "trim-oldest", 40, "k....u"],
    ["kuauau", "trim-oldest", 50, null],
    ["kuauauauau", "trim-middle", 15, "kua..uauau"],
    ["kuauauauau", "trim-middle", 25, "kua....uau"],
    ["kuarau", "trim-oldest", 5, "k....u"],
    ["kuararu", "trim-middle", 5, "k.....u"],
    ["uararar", "trim-oldest", 15, "u..arar"],
    ["uararar", "trim-oldest", 35, "u....ar"],
    ["uararar", "trim-oldest", 45, null],
    ["uararar", "trim-middle", 5, "u..arar"],
    ["uauarar", "trim-oldest", 35, "..u..ar"],
    ["usuau", "trim-oldest", 15, "us..u"],
    ["usu", "trim-oldest", 5, null],
    ["usrar", "trim-oldest", 5, null],
    ["uarsrar", "trim-oldest", 15, "u..srar"],
    ["aaraauau", "trim-oldest", 25, ".....uau"],
    ["kukau", "trim-oldest", 5, "k.k.u"],
    ["u", "trim-oldest", 1, null],
    ["", "trim-oldest", 1, null],
    ["kk", "trim-oldest", 1, null],
    ["uaaarrrau", "trim-oldest", 5, "........u"],
  ];
  test.each(rows)("of %s by %s to save %d", (letters, order, excess, left) => {
    const out = turnsLeftOut(sketch(letters), order, excess);
    const shown = out === null ? null : [...letters].map((letter, index) => (out.has(index) ? "." : letter)).join("");
    expect(shown).toBe(left);
  });
});

const LONG = "It was so, and then it was not, and then it was again. ".repeat(400);

/** A conversation of four exchanges with tools in the second, in the protocol's own words. */
function conversation(protocol: string): Record<string, unknown> {
  const said = (index: number) => `${index} ${LONG}`;
  if (protocol === "gemini") {
    const turn = (role: string, ...parts: object[]) => ({ role, parts });
    return {
      systemInstruction: { parts: [{ text: "Be kind." }] },
      contents: [
        turn("user", { text: said(0) }),
        turn("model", { text: said(1) }),
        turn("user", { text: said(2) }),
        turn("model", { functionCall: { name: "look", args: { at: said(3) } } }),
        turn("user", { functionResponse: { name: "look", response: { found: said(4) } } }),
        turn("model", { text: said(5) }),
        turn("user", { text: "And now?" }),
      ],
    };
  }
  if (protocol === "responses") {
    return {
      instructions: "Be kind.",
      input: [
        { role: "user", content: said(0) },
        { role: "assistant", content: said(1) },
        { role: "user", content: said(2) },
        { type: "function_call", call_id: "c1", name: "look", arguments: JSON.stringify({ at: said(3) }) },
        { type: "function_call_output", call_id: "c1", output: said(4) },
        { role: "assistant", content: said(5) },
        { role: "user", content: "And now?" },
      ],
    };
  }
  if (protocol === "anthropic") {
    return {
      system: "Be kind.",
      messages: [
        { role: "user", content: said(0) },
        { role: "assistant", content: said(1) },
        { role: "user", content: said(2) },
        { role: "assistant", content: [{ type: "tool_use", id: "c1", name: "look", input: { at: said(3) } }] },
        { role: "user", content: [{ type: "tool_result", tool_use_id: "c1", content: said(4) }] },
        { role: "assistant", content: said(5) },
        { role: "user", content: "And now?" },
      ],
    };
  }
  const call = { id: "c1", type: "function", function: { name: "look", arguments: JSON.stringify({ at: said(3) }) } };
  return {
    messages: [
      { role: "system", content: "Be kind." },
      { role: "user", content: said(0) },
      { role: "assistant", content: said(1) },
      { role: "user", content: said(2) },
      { role: "assistant", tool_calls: [call] },
      { role: "tool", tool_call_id: "c1", content: said(4) },
      { role: "assistant", content: said(5) },
      { role: "user", content: "And now?" },
    ],
  };
}

const PROTOCOLS = VENDOR_WORDS.map(({ protocol }) => protocol);
/** The whole is some 38,000 tokens by the estimate. */
const SMALL: LaneOver = { capabilities: { contextWindow: 16_000 } };

function start(
  protocol: string,
  onOverflow: Overflow | null,
  over: { lane?: LaneOver; target?: TargetOver; answer?: Answer; more?: LaneOver } = {},
) {
  const lanes = [laneOf("first/a/one", protocol, over.lane ?? SMALL)];
  if (over.more !== undefined) lanes.push(laneOf("second/a/two", protocol, over.more));
  const target = { ...(onOverflow === null ? {} : { onOverflow }), ...over.target };
  return createCore({
    deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes, target)] }),
    answer: byProvider({ first: over.answer ?? answering(wordsOf(protocol)), second: answering(wordsOf(protocol)) }),
  });
}

const sentTo = (core: ReturnType<typeof start>, at = 0): string => {
  const body = core.effects.calls[at]?.init.body;
  return body instanceof Uint8Array ? new TextDecoder().decode(body) : String(body);
};

describe("a conversation that no lane can hold", () => {
  const clients = PROTOCOLS.flatMap((client) => PROTOCOLS.map((vendor) => [client, vendor] as const));
  test.each(clients)("of a %s client for %s loses its oldest exchanges, and says so", async (client, vendor) => {
    const core = start(vendor, "trim-oldest");
    const got = await core.ask({ protocol: client, body: question(client, { more: conversation(client) }) });
    expect(got.status).toBe(200);
    expect(see(client, got.text).text).toBe("Hello, wörld.");
    expect(got.headers["x-ringmain-trimmed"]).toBe("turns=6; order=oldest");
    expect(got.headers["x-ringmain-losses"]).toMatch(/\((messages|input|contents) dropped/);
    const sent = sentTo(core);
    expect(sent).toContain("Be kind.");
    expect(sent).toContain("And now?");
    expect(sent).not.toContain("look");
    expect(core.effects.calls).toHaveLength(1);
  });

  test.each(PROTOCOLS)("in %s keeps every byte of what stays", async (protocol) => {
    const asked = JSON.stringify(question(protocol, { more: { ...conversation(protocol), seed: 5 } }), null, 1);
    const body = asked.replace('"seed": 5', '"seed": 12345678901234567890');
    const core = start(protocol, "trim-oldest");
    await core.ask({ protocol, body });
    const sent = sentTo(core);
    const last = body.slice(body.lastIndexOf("{", body.indexOf("And now?") - 12), body.indexOf("And now?") + 12);
    expect(sent).toContain(last);
    expect(sent).toContain('"seed": 12345678901234567890');
  });

  test.each([null, "larger-only", "error"] as const)("is sent as it is where the pool says %p", async (onOverflow) => {
    const core = start("openai", onOverflow);
    const got = await core.ask({ protocol: "openai", body: question("openai", { more: conversation("openai") }) });
    expect(got.headers["x-ringmain-trimmed"]).toBeUndefined();
    expect(sentTo(core)).toContain("look");
  });

  test("loses nothing under strict translation", async () => {
    const core = start("openai", "trim-oldest", { target: { translation: "strict" } });
    const got = await core.ask({ protocol: "openai", body: question("openai", { more: conversation("openai") }) });
    expect(got.headers["x-ringmain-trimmed"]).toBeUndefined();
    expect(sentTo(core)).toContain("look");
  });

  test("goes to a lane with room instead, where there is one", async () => {
    const core = start("openai", "trim-oldest", { more: { capabilities: { contextWindow: 400_000 } } });
    const got = await core.ask({ protocol: "openai", body: question("openai", { more: conversation("openai") }) });
    expect([got.headers["x-ringmain-lane"], got.headers["x-ringmain-trimmed"]]).toEqual(["second/a/two", undefined]);
  });

  test("and is one turn only is sent as it is", async () => {
    const core = start("openai", "trim-oldest");
    await core.ask({ protocol: "openai", body: question("openai", { text: LONG.repeat(6) }) });
    expect(sentTo(core)).toContain(LONG.trim());
  });

  test("keeps what is sealed, with the exchange it stands in", async () => {
    const sealed = [
      { role: "user", content: `0 ${LONG}` },
      {
        role: "assistant",
        content: [
          { type: "thinking", thinking: "hm", signature: "c2VhbA==" },
          { type: "text", text: "a" },
        ],
      },
      { role: "user", content: `2 ${LONG}` },
      { role: "assistant", content: `3 ${LONG}` },
      { role: "user", content: "And now?" },
    ];
    const core = start("anthropic", "trim-oldest", { lane: { capabilities: { contextWindow: 11_000 } } });
    const got = await core.ask({ protocol: "anthropic", body: question("anthropic", { more: { messages: sealed } }) });
    expect(got.headers["x-ringmain-trimmed"]).toBe("turns=2; order=oldest");
    expect(sentTo(core)).toContain("c2VhbA==");
  });
});

const TOO_LONG: Answer = json(
  400,
  '{"error":{"message":"This model\'s maximum context length is 8192 tokens.","type":"invalid_request_error","code":"context_length_exceeded"}}',
);

describe("a lane that says that it is too long", () => {
  const first = (...answers: readonly Answer[]): Answer => {
    let asked = 0;
    return (call) => (answers[Math.min(asked++, answers.length - 1)] ?? TOO_LONG)(call);
  };
  const ask = (core: ReturnType<typeof start>) =>
    core.ask({ protocol: "openai", body: question("openai", { more: conversation("openai") }) });
  const words = wordsOf("openai");

  test.each([
    ["of unknown size", {}],
    ["that seemed large enough", { capabilities: { contextWindow: 60_000 } }],
  ])("%s is asked once more with less", async (_name, lane) => {
    const core = start("openai", "trim-oldest", { lane, answer: first(TOO_LONG, answering(words)) });
    const got = await ask(core);
    expect(got.status).toBe(200);
    expect(got.headers["x-ringmain-trimmed"]).toMatch(/^turns=\d; order=oldest$/);
    expect(core.records[0]?.attempts.map(({ lane: id, outcome }) => [id, outcome])).toEqual([
      ["first/a/one", "context-length"],
      ["first/a/one", "answered"],
    ]);
    expect(sentTo(core, 1).length).toBeLessThan(sentTo(core, 0).length);
  });

  test("again is believed: the client gets the vendor's word", async () => {
    const core = start("openai", "trim-middle", { lane: {}, answer: TOO_LONG });
    const got = await ask(core);
    expect([got.status, core.effects.calls.length]).toEqual([400, 2]);
  });

  test("is left for one with more room first", async () => {
    const more = { capabilities: { contextWindow: 400_000 } };
    const core = start("openai", "trim-oldest", {
      lane: { capabilities: { contextWindow: 60_000 } },
      answer: TOO_LONG,
      more,
    });
    const got = await ask(core);
    expect([got.headers["x-ringmain-lane"], got.headers["x-ringmain-trimmed"]]).toEqual(["second/a/two", undefined]);
  });

  test("ends the request at once where the pool says error", async () => {
    const core = start("openai", "error", {
      lane: {},
      answer: TOO_LONG,
      more: { capabilities: { contextWindow: 400_000 } },
    });
    const got = await ask(core);
    expect([got.status, core.effects.calls.length]).toEqual([400, 1]);
  });

  test("for another reason is not sent less", async () => {
    const core = start("openai", "trim-oldest", { lane: {}, answer: refusing(words, "rejected") });
    const got = await ask(core);
    expect([got.status, core.effects.calls.length, got.headers["x-ringmain-trimmed"]]).toEqual([400, 1, undefined]);
  });
});
