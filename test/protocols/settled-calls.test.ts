// Histories as agents really send them: on every wire each call has its one result, right behind it, and nothing is lost.
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { IrBlock, IrTurn } from "../../src/ir/request.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import { createLosses } from "../../src/protocols/shared/losses.ts";
import { settleCalls } from "../../src/protocols/shared/settle-calls.ts";
import { asArray, asObject, asText, at } from "../../src/std/json.ts";
import { call, foreignRequest, OPTIONS, result, text, turn } from "../harness/protocol-builders.ts";

/** `r:a` a result of a, `c:a` a call, other words are said. */
function shown(turns: readonly IrTurn[]): string[] {
  return turns.map(({ role, blocks }) => `${role} ${blocks.map(shownBlock).join(" ")}`.trim());
}

function shownBlock(block: IrBlock): string {
  if (block.type === "tool-call") return `c:${block.id}`;
  if (block.type === "text") return block.text;
  if (block.type !== "tool-result") return block.type;
  const [said] = block.content;
  const words = said?.type === "text" ? said.text : "";
  return `r:${block.callId}${words === "The call was not answered." ? "!" : `=${words}`}`;
}

const a = call("a", "f");
const b = call("b", "f");
const ra = () => result("a", text("1"));
const rb = () => result("b", text("2"));
const NO_ANSWER = "a call that was never answered is given a result that says so";
const LATE = "a result that came late is moved behind its call";

describe("turns", () => {
  const rows: readonly [what: string, turns: readonly IrTurn[], expected: readonly string[], losses: string[]][] = [
    [
      "an interrupted call",
      [turn("assistant", a), turn("user", text("Stop."))],
      ["assistant c:a", "user r:a! Stop."],
      [NO_ANSWER],
    ],
    [
      "the second of two",
      [turn("assistant", a, b), turn("tool", ra()), turn("user", text("Go."))],
      ["assistant c:a c:b", "tool r:a=1 r:b!", "user Go."],
      [NO_ANSWER],
    ],
    [
      "the assistant goes on without its result",
      [turn("assistant", a), turn("system", text("Rule.")), turn("assistant", text("Well.")), turn("user", text("?"))],
      ["assistant c:a", "tool r:a!", "system Rule.", "assistant Well.", "user ?"],
      [NO_ANSWER],
    ],
    [
      "every result twice in a turn",
      [turn("assistant", a, b), turn("user", ra(), rb(), ra(), rb())],
      ["assistant c:a c:b", "user r:a=1 r:b=2"],
      [],
    ],
    [
      "every result again in a turn of its own",
      [turn("assistant", a), turn("tool", ra()), turn("tool", ra()), turn("assistant", text("Done."))],
      ["assistant c:a", "tool r:a=1", "tool", "assistant Done."],
      [],
    ],
    [
      "again, and under no call's id",
      [turn("assistant", a), turn("user", ra(), result("made-up", text("1")))],
      ["assistant c:a", "user r:a=1"],
      [],
    ],
    [
      "again, turns later",
      [turn("assistant", a), turn("tool", ra()), turn("assistant", text("Hm.")), turn("user", ra(), text("Go."))],
      ["assistant c:a", "tool r:a=1", "assistant Hm.", "user Go."],
      [],
    ],
    [
      "another result of the same call",
      [turn("assistant", a), turn("user", ra(), result("a", text("3")))],
      ["assistant c:a", "user r:a=1 Result of a tool call: 3"],
      ["another result of the same call is written as text"],
    ],
    [
      "a hint while the tool runs",
      [
        turn("assistant", a),
        turn("user", text("Hurry.")),
        turn("assistant", text("Yes.")),
        turn("tool", ra()),
        turn("assistant", text("Done.")),
      ],
      ["assistant c:a", "user r:a=1 Hurry.", "assistant Yes.", "tool", "assistant Done."],
      [LATE],
    ],
    [
      "words ahead of the result",
      [turn("assistant", a), turn("user", text("Hurry.")), turn("tool", ra())],
      ["assistant c:a", "user r:a=1 Hurry.", "tool"],
      [],
    ],
    [
      "an id that is used again",
      [turn("assistant", a), turn("tool", ra()), turn("assistant", a), turn("user", text("Stop."))],
      ["assistant c:a", "tool r:a=1", "assistant c:a", "user r:a! Stop."],
      [NO_ANSWER],
    ],
  ];
  test.each(rows)("%s", (_what, turns, expected, losses) => {
    const found = createLosses();
    const settled = settleCalls(foreignRequest({ turns }), found);
    expect(shown(settled.turns)).toEqual([...expected]);
    expect(found.list.map(({ detail }) => detail)).toEqual(losses);
    expect(settleCalls(settled, found).turns.length).toBe(expected.length);
  });

  test.each<[string, readonly IrTurn[]]>([
    ["nothing called", [turn("user", text("Hi.")), turn("assistant", text("Hello."))]],
    ["a clean loop", [turn("assistant", a), turn("tool", ra()), turn("assistant", b), turn("user", rb(), text("Go."))]],
    [
      "words beside calls",
      [turn("assistant", text("Look."), a), turn("user", ra(), text("Go.")), turn("user", text("!"))],
    ],
    ["results in another order", [turn("assistant", a, b), turn("tool", rb()), turn("tool", ra())]],
    ["calls in turns of their own", [turn("assistant", a), turn("assistant", b), turn("user", ra(), rb())]],
    ["calls that nothing follows", [turn("user", text("Hi.")), turn("assistant", a)]],
  ])("%s: the very same request", (_what, turns) => {
    const request = foreignRequest({ turns });
    expect(settleCalls(request, createLosses())).toBe(request);
  });
});

/** A wire's conversation as calls and results: what is between two assistants stands together. */
type Step = { readonly kind: "call" | "result"; readonly id: string } | { readonly kind: "said" | "other" };

const READERS: Readonly<Record<string, (body: Readonly<Record<string, unknown>>) => Step[]>> = {
  anthropic: (body) =>
    contents(body["messages"], "content").map((part) =>
      part["type"] === "tool_use"
        ? { kind: "call", id: String(part["id"]) }
        : part["type"] === "tool_result"
          ? { kind: "result", id: String(part["tool_use_id"]) }
          : said(part),
    ),
  bedrock: (body) =>
    contents(body["messages"], "content").map((part) =>
      part["toolUse"] !== undefined
        ? { kind: "call", id: String(at(part, "toolUse", "toolUseId")) }
        : part["toolResult"] !== undefined
          ? { kind: "result", id: String(at(part, "toolResult", "toolUseId")) }
          : said(part),
    ),
  gemini: (body) =>
    contents(body["contents"], "parts").map((part) =>
      part["functionCall"] !== undefined
        ? { kind: "call", id: String(at(part, "functionCall", "id")) }
        : part["functionResponse"] !== undefined
          ? { kind: "result", id: String(at(part, "functionResponse", "id")) }
          : said(part),
    ),
  openai: (body) => chatSteps(body["messages"]),
  cohere: (body) => chatSteps(body["messages"]),
  responses: (body) =>
    (asArray(body["input"]) ?? []).map((item) => {
      const type = asText(at(item, "type")) ?? "";
      const id = String(at(item, "call_id"));
      return type.endsWith("call")
        ? { kind: "call", id }
        : type.endsWith("output")
          ? { kind: "result", id }
          : said(item);
    }),
};
/** Words of the assistant may stand among its calls. */
function said(message: unknown): Step {
  const role = at(message, "role");
  return { kind: role === "assistant" || role === "model" ? "said" : "other" };
}

function contents(messages: unknown, member: string): Readonly<Record<string, unknown>>[] {
  return (asArray(messages) ?? []).flatMap((message) =>
    (asArray(at(message, member)) ?? [{}]).map((part) => ({ ...asObject(part), role: at(message, "role") })),
  );
}

function chatSteps(messages: unknown): Step[] {
  return (asArray(messages) ?? []).flatMap((message): Step[] => {
    const calls = (asArray(at(message, "tool_calls")) ?? []).map(
      (each): Step => ({ kind: "call", id: String(at(each, "id")) }),
    );
    if (calls.length > 0) return calls;
    return [
      at(message, "role") === "tool" ? { kind: "result", id: String(at(message, "tool_call_id")) } : said(message),
    ];
  });
}

/** As OpenAI, Anthropic and Converse say it in their refusals; calls at the very end still wait. */
function complaints(steps: readonly Step[]): string[] {
  const found: string[] = [];
  let open: string[] = [];
  let isAnswering = false;
  for (const [place, step] of steps.entries()) {
    if (step.kind === "result") {
      isAnswering = true;
      if (!open.includes(step.id)) found.push(`${place}: a result of no call, or a second one`);
      open = open.filter((id) => id !== step.id);
    } else if (step.kind === "call" && !isAnswering) open.push(step.id);
    else if (step.kind === "other" || isAnswering) {
      if (open.length > 0) found.push(`${place}: ${open.length} calls without a result`);
      open = step.kind === "call" ? [step.id] : [];
      isAnswering = false;
    }
  }
  if (isAnswering && open.length > 0) found.push(`the end: ${open.length} calls without a result`);
  return found;
}

const blockOf = (id: string) =>
  fc.oneof(
    fc.constant(call(id, "f")),
    fc.constantFrom("1", "2").map((words) => result(id, text(words))),
    fc.constant(text("Words.")),
  );
const turnsArbitrary = fc.array(
  fc
    .tuple(
      fc.constantFrom("assistant", "user", "tool", "system"),
      fc.array(fc.constantFrom("a", "b", "c").chain(blockOf), { maxLength: 4 }),
    )
    .map(([role, blocks]) =>
      turn(
        role,
        ...blocks.filter(({ type }) => (role === "assistant" ? type !== "tool-result" : type !== "tool-call")),
      ),
    ),
  { maxLength: 8 },
);

function calledOnce(turns: readonly IrTurn[]): IrTurn[] {
  const seen = new Set<string>();
  const isFirst = (block: IrBlock): boolean => {
    if (block.type !== "tool-call") return true;
    const isNew = !seen.has(block.id);
    seen.add(block.id);
    return isNew;
  };
  return turns.map((each) => ({ ...each, blocks: each.blocks.filter(isFirst) }));
}

for (const [id, read] of Object.entries(READERS)) {
  const payload = Object.values(PROTOCOLS).find((protocol) => protocol.id === id)?.payload;
  test(`${id}: no history leaves a call without its one result, or a result without its call`, () => {
    fc.assert(
      fc.property(turnsArbitrary, (turns) => {
        const all = [turn("user", text("Begin.")), ...calledOnce(turns), turn("user", text("Go on."))];
        const written = payload?.writeRequest(foreignRequest({ turns: all }), OPTIONS).value ?? {};
        expect(complaints(read(written))).toEqual([]);
      }),
      { numRuns: 400, seed: 5 },
    );
  });
}
