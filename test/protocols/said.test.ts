// What an answer said is told by its length where its vendor counts no tokens: the relay's count without parsing beside
// the reader's, and both beside the vendor's own count, over recorded streams.
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { tokensOfBytes } from "../../src/exchange/answer/said.ts";
import { mergeUsage, type Usage } from "../../src/ir/usage.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import type { Frame, Protocol } from "../../src/protocols/protocol.ts";
import { createSaidCounter } from "../../src/protocols/shared/said-counter.ts";
import { utf8Length } from "../../src/std/bytes.ts";

const RECORDED: Readonly<Record<string, readonly string[]>> = {
  anthropic: ["anthropic", "anthropic-vertex"],
  bedrock: ["bedrock-converse"],
  cohere: ["cohere"],
  responses: ["openai-responses"],
  gemini: ["gemini"],
  openai: ["openai-chat"],
};
const folder = process.env["RINGMAIN_RECORDINGS"];

interface Counted {
  /** Bytes by the relay's counter, and by the reader's events. */
  readonly relayed: number;
  readonly read: number;
  readonly pieces: number;
  readonly foreign: boolean;
  readonly usage: Usage | null;
}

function count({ payload }: Protocol, frames: readonly Frame[]): Counted {
  const saidIn = createSaidCounter(payload.saidMembers);
  const [tap, reader] = [payload.createTap(), payload.createStreamReader()];
  let [relayed, read, pieces, foreign] = [0, 0, 0, false];
  let usage: Usage | null = null;
  for (const frame of frames) {
    const note = tap.frame(frame);
    usage = mergeUsage(usage, note.usage);
    if (note.meaningful) {
      relayed += saidIn(frame.data);
      pieces++;
    }
    for (const event of reader.push(frame)) {
      if ("text" in event) read += utf8Length(event.text);
      // Steps of the vendor's own tools are shown to its own clients alone.
      foreign ||= event.type === "loss" || (event.type === "block-start" && event.content.type === "opaque");
    }
  }
  return { relayed, read, pieces, usage, foreign };
}

/** A short answer is mostly framing, and reasoning that is not shown is counted by the vendor alone. */
const TOKENS_MIN = 20;

function recordedBy(id: string, kinds: readonly string[]): readonly Counted[] {
  if (folder === undefined) return [];
  const protocol = Object.values<Protocol>(PROTOCOLS).find((each) => each.id === id);
  if (protocol === undefined) throw new Error(id);
  const names = kinds.flatMap((kind) =>
    readdirSync(join(folder, kind), { recursive: true, encoding: "utf8" }).map((name) => join(folder, kind, name)),
  );
  return names
    .filter((name) => /\.resp\.(sse|es)$/.test(name))
    .map((name) => {
      const splitter = protocol.carrier.framing.createSplitter();
      return count(protocol, [...splitter.push(readFileSync(name)), ...splitter.end()]);
    })
    .filter(({ foreign }) => !foreign);
}

describe.each(Object.entries(RECORDED))("%s", (id, kinds) => {
  test("the relay counts what the reader reads", () => {
    for (const { relayed, read } of recordedBy(id, kinds)) {
      if (read <= 4 * TOKENS_MIN) continue;
      expect(relayed / read).toBeGreaterThan(0.65);
      expect(relayed / read).toBeLessThan(1.35);
    }
  });
});

test.skipIf(folder === undefined)(
  "vendors count much the same: the median is within a third, the worst above it within a half",
  () => {
    const ratios = Object.entries(RECORDED)
      .flatMap(([id, kinds]) => recordedBy(id, kinds))
      .filter(({ usage, read }) => usage !== null && read > 0 && (usage.reasoningTokens ?? 0) === 0)
      .filter(({ usage }) => (usage?.outputTokens ?? 0) >= TOKENS_MIN)
      .map(({ relayed, pieces, usage }) => Math.max(pieces, tokensOfBytes(relayed)) / (usage?.outputTokens ?? 1))
      .sort((a, b) => a - b);
    expect(ratios.length).toBeGreaterThan(20);
    const median = ratios[Math.floor(ratios.length / 2)] ?? 0;
    expect(median).toBeGreaterThan(0.67);
    expect(median).toBeLessThan(1.33);
    // Below it stands reasoning that was counted and not shown.
    expect(ratios.at(-1)).toBeLessThan(1.5);
  },
);

describe("a frame", () => {
  const ROWS: readonly (readonly [string, string, object, number])[] = [
    ["openai", "text with escapes", { choices: [{ index: 0, delta: { content: 'a"b\n' } }] }, 4],
    ["openai", "other scripts", { choices: [{ index: 0, delta: { content: "wörld 你好" } }] }, 13],
    [
      "openai",
      "reasoning under two names",
      { choices: [{ index: 0, delta: { content: "", reasoning: "abc", reasoning_details: [{ text: "abc" }] } }] },
      3,
    ],
    [
      "openai",
      "arguments",
      {
        choices: [
          { index: 0, delta: { content: null, tool_calls: [{ index: 0, function: { arguments: '{"a":1}' } }] } },
        ],
      },
      7,
    ],
    [
      "openai",
      "calls side by side",
      {
        choices: [
          { index: 0, delta: { tool_calls: [{ function: { arguments: "{}" } }, { function: { arguments: "{}" } }] } },
        ],
      },
      4,
    ],
    ["anthropic", "a delta", { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "abcd" } }, 4],
    [
      "anthropic",
      "what a tool of the vendor's found",
      { type: "content_block_start", content_block: { type: "web_search_tool_result", content: [{ text: "abc" }] } },
      0,
    ],
    [
      "gemini",
      "text and a call",
      { candidates: [{ content: { parts: [{ text: "abc" }, { functionCall: { name: "f", args: { a: 1 } } }] } }] },
      10,
    ],
    ["bedrock", "a citation", { contentBlockIndex: 0, delta: { citation: { sourceContent: [{ text: "abc" }] } } }, 0],
    ["responses", "a delta", { type: "response.output_text.delta", delta: "abcd" }, 4],
    ["cohere", "a plan", { type: "tool-plan-delta", delta: { message: { tool_plan: "abc" } } }, 3],
  ];
  test.each([...ROWS])("%s: %s", (id, _name, frame, bytes) => {
    const protocol = Object.values<Protocol>(PROTOCOLS).find((each) => each.id === id);
    if (protocol === undefined) throw new Error(id);
    const saidIn = createSaidCounter(protocol.payload.saidMembers);
    expect(saidIn(JSON.stringify(frame))).toBe(bytes);
    expect(saidIn(JSON.stringify(frame).replaceAll('":', '": '))).toBeGreaterThanOrEqual(bytes);
  });
});
