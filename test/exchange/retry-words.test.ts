// A stream that breaks is told so that the agents people use try again. Each rule is what the client's own source looks at.
import { describe, expect, test } from "bun:test";
import { eventData, question } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";
import { type BodyStep, byProvider, stream } from "../harness/scripted-answers.ts";
import { said, VENDOR_WORDS, type VendorWords } from "../harness/vendor-words.ts";

/** What a client makes of the last event that is no terminator. */
interface Told {
  readonly type?: string;
  readonly error?: { readonly type?: string; readonly code?: string; readonly message?: string };
  readonly response?: { readonly error?: { readonly code: string; readonly message: string } };
}

interface Rule {
  /** And the public source the rule was read in, 2026-11. */
  readonly client: string;
  readonly door: "openai" | "anthropic" | "responses";
  readonly repeats: (told: Told, data: string) => boolean;
}

/** By the error's words (earendil-works/pi, packages/ai/src/utils/retry.ts), unless they speak of money. */
const piWords = (message: string): boolean =>
  !/insufficient_quota|out of budget|quota exceeded|billing/i.test(message) &&
  /overloaded|service.?unavailable|server.?error|internal.?error|network.?error|connection.?lost|timeout|ended without/i.test(
    message,
  );
/** By the error's words (OpenCode's session retry). */
const openCodeWords = (message: string): boolean =>
  /\b(network error|timeout|timed out|overloaded|bad gateway|service unavailable)\b/i.test(message);

const RULES: readonly Rule[] = [
  { client: "pi on Chat", door: "openai", repeats: ({ error }) => piWords(error?.message ?? "") },
  {
    client: "pi on Responses",
    door: "responses",
    repeats: ({ response }) => piWords(`${response?.error?.code}: ${response?.error?.message}`),
  },
  { client: "pi on Messages", door: "anthropic", repeats: (_told, data) => piWords(data) },
  { client: "OpenCode on Chat", door: "openai", repeats: ({ error }) => openCodeWords(error?.message ?? "") },
  { client: "OpenCode on Messages", door: "anthropic", repeats: ({ error }) => openCodeWords(error?.message ?? "") },
  // continuedev/continue, extensions/cli/src/util/exponentialBackoff.ts.
  {
    client: "Continue on Chat",
    door: "openai",
    repeats: ({ error }) => error?.type === "server_error" && error.code === "server_error",
  },
  // openai/codex, codex-rs/codex-api/src/sse/responses.rs: these codes are final.
  {
    client: "Codex",
    door: "responses",
    repeats: ({ type, response }) =>
      type === "response.failed" &&
      ![
        "context_length_exceeded",
        "insufficient_quota",
        "invalid_prompt",
        "server_is_overloaded",
        "slow_down",
      ].includes(response?.error?.code ?? "invalid_prompt"),
  },
];

const bytes = (text: string | Uint8Array): BodyStep => ({ do: "bytes", bytes: text });
const begun = (words: VendorWords): BodyStep[] =>
  words
    .frames(said())
    .slice(0, words.handshakeFrames + 1)
    .map(bytes);

/** How a lane breaks in the middle. */
const BREAKS: Readonly<Record<string, (words: VendorWords) => readonly BodyStep[]>> = {
  network: (words) => [...begun(words), { do: "reset" }],
  timeout: (words) => [...begun(words), { do: "hang" }],
  "an end without a finish": begun,
  "a frame that is none": (words) => [...begun(words), bytes("data: {oops\n\n")],
};

describe("an agent repeats a stream that", () => {
  for (const { client, door, repeats } of RULES) {
    for (const words of VENDOR_WORDS) {
      for (const [name, steps] of Object.entries(BREAKS)) {
        test(`broke by ${name} on a ${words.protocol} lane: ${client}`, async () => {
          expect(repeats(...(await broken(door, words, steps(words))))).toBe(true);
        });
      }
      // Relayed, the vendor's own words are the ending.
      if (words.protocol === door) continue;
      test(`is ended by an overload of a ${words.protocol} lane: ${client}`, async () => {
        const steps = [...begun(words), bytes(words.errorFrame("overloaded"))];
        expect(repeats(...(await broken(door, words, steps)))).toBe(true);
      });
    }
  }

  test("is ended by an overload: Claude Code looks for one text in the event", async () => {
    for (const words of VENDOR_WORDS.filter(({ protocol }) => protocol !== "anthropic")) {
      const [, data] = await broken("anthropic", words, [...begun(words), bytes(words.errorFrame("overloaded"))]);
      expect(data).toContain('"type":"overloaded_error"');
    }
  });
});

async function broken(door: string, words: VendorWords, steps: readonly BodyStep[]): Promise<[Told, string]> {
  const lane = laneOf("first/a/one", words.protocol);
  const core = createCore({
    deployment: deploymentOf({ lanes: [lane], targets: [poolOf("pool", [lane])] }),
    answer: byProvider({ first: stream(steps) }),
  });
  const got = await core.ask({ protocol: door, body: question(door, { stream: true }) });
  const data = eventData(got.text).findLast((each) => each !== "[DONE]") ?? "";
  return [JSON.parse(data), data];
}
