// One answer was asked for: it is the first, whatever number its vendor gives it, whole and streamed, for every client.
import { describe, expect, test } from "bun:test";
import { question, see } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";
import { GEMINI_WORDS, OPENAI_WORDS, said, type VendorWords, WEATHER_PARIS } from "../harness/vendor-words.ts";

const CLIENTS = ["openai", "anthropic", "responses", "cohere"] as const;
/** In the words of Chat a choice has a number; Gemini's candidates have one unless it is 0. */
const NUMBERED = [
  {
    words: OPENAI_WORDS,
    renumber: (text: string) => text.replaceAll(/("choices":\[\{)("index":0,)?/g, '$1"index":1,'),
  },
  { words: GEMINI_WORDS, renumber: (text: string) => text.replaceAll(/"index": ?0/g, '"index": 1') },
] as const;

function coreOf(words: VendorWords, body: string, contentType: string) {
  const lane = laneOf("first/a/one", words.protocol);
  return createCore({
    deployment: deploymentOf({ lanes: [lane], targets: [poolOf("pool", [lane])] }),
    answer: () => new Response(body, { headers: { "content-type": contentType } }),
  });
}

for (const { words, renumber } of NUMBERED) {
  for (const client of CLIENTS.filter((each) => each !== words.protocol)) {
    describe(`an answer of number 1 from a ${words.protocol} lane to a ${client} client`, () => {
      for (const [what, answer] of [
        ["text", said()],
        ["a call", said({ tools: [WEATHER_PARIS] })],
      ] as const) {
        for (const stream of [true, false]) {
          test(`is there: ${what}, stream: ${stream}`, async () => {
            const own = stream ? words.frames(answer).join("") : words.body(answer);
            const numbered = renumber(own);
            expect(numbered).not.toBe(own);
            const type = stream ? "text/event-stream" : "application/json";
            const ask = { protocol: client, body: question(client, { stream }) };
            const [plain, other] = await Promise.all([
              coreOf(words, own, type).ask(ask),
              coreOf(words, numbered, type).ask(ask),
            ]);
            const seen = see(client, other.text);
            expect(seen.text).toBe(see(client, plain.text).text);
            expect(seen.tools.map(({ name }) => name)).toEqual(answer.tools.map(({ name }) => name));
            expect(seen.finish).toBe(see(client, plain.text).finish);
          });
        }
      }
    });
  }
}
