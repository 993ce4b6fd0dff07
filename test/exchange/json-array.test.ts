// A client of the Gemini API that does not ask for events: a JSON array, legal whatever the lane speaks and wherever it breaks.
import { describe, expect, test } from "bun:test";
import { encodeUtf8 } from "../../src/std/bytes.ts";
import { question } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf } from "../harness/deployments.ts";
import { answering, type BodyStep, bodyText, stream } from "../harness/scripted-answers.ts";
import { said, type VendorWords, wordsOf } from "../harness/vendor-words.ts";
import type { Answer } from "../harness/virtual-effects.ts";

async function ask(words: VendorWords, answer: Answer) {
  const core = createCore({ deployment: deploymentOf({ lanes: [laneOf("first/a/one", words.protocol)] }), answer });
  const body = question("gemini", { stream: true, text: "Hi." });
  const got = await core.ask({ protocol: "gemini", body, query: "" });
  return { core, got };
}

interface Element {
  readonly error?: { readonly code: number };
  readonly candidates?: readonly {
    readonly finishReason?: string;
    readonly content?: { readonly parts: readonly { text?: string }[] };
  }[];
}

const wordsIn = (elements: readonly Element[]): string =>
  elements.flatMap(({ candidates }) => candidates?.[0]?.content?.parts.map(({ text }) => text ?? "") ?? []).join("");

for (const protocol of ["gemini", "openai", "anthropic"]) {
  const words = wordsOf(protocol);
  describe(`over a lane that speaks ${protocol}`, () => {
    test("the whole answer is one array", async () => {
      const { core, got } = await ask(words, answering(words));
      const elements: readonly Element[] = JSON.parse(got.text);
      expect([got.status, got.headers["content-type"]]).toEqual([200, "application/json"]);
      expect(wordsIn(elements)).toBe("Hello, wörld.");
      expect(elements.at(-1)?.candidates?.[0]?.finishReason).toBe("STOP");
      expect(got.text).not.toContain("data:");
      // The lane is always asked for events, and the model stands in the path alone.
      if (protocol === "gemini") {
        const [call] = core.effects.calls;
        expect(call?.url).toEndWith("/v1beta/models/upstream-one:streamGenerateContent?alt=sse");
        expect(call === undefined ? "" : bodyText(call)).not.toContain("pool");
      }
    });

    test("cut after any frame it is a legal array that ends in an error", async () => {
      const frames = words.frames(said(), { usage: true });
      // Gemini says the finish in its last frame, the others ahead of it.
      const finishAt = protocol === "gemini" ? frames.length : frames.length - 2;
      for (let kept = words.handshakeFrames + 1; kept < finishAt; kept++) {
        const steps: BodyStep[] = [{ do: "bytes", bytes: encodeUtf8(frames.slice(0, kept).join("")) }];
        const { got } = await ask(words, stream(steps));
        const elements: readonly Element[] = JSON.parse(got.text);
        expect(elements.filter(({ error }) => error !== undefined)).toHaveLength(1);
        expect(elements.at(-1)?.error?.code).toBeGreaterThanOrEqual(500);
      }
    });
  });
}
