// A vendor that sends its usage member with nothing in it was taken to have told the usage: the answer had no price, and no
// budget ever heard of it. One that leaves the member out was estimated all along.
import { describe, expect, test } from "bun:test";
import { question } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, PRICES } from "../harness/deployments.ts";
import { json, stream } from "../harness/scripted-answers.ts";
import { said, VENDOR_WORDS } from "../harness/vendor-words.ts";

/** Every count of every dialect. */
const COUNTS = /"(prompt_tokens|completion_tokens|total_tokens|input_tokens|output_tokens|\w+TokenCount)":\s*\d+/g;

describe.each([...VENDOR_WORDS])("$protocol", (words) => {
  const { protocol } = words;
  const answered = said({ pieces: ["one ", "two"] });

  test.each([
    ["null", "null"],
    ["negative", "-1"],
    ["more than can be counted", "1e300"],
  ])("counts that are %s: the answer has an estimated price, whole and streamed", async (_name, count) => {
    const hollow = (text: string): string => text.replace(COUNTS, `"$1":${count}`);
    for (const streamed of [false, true]) {
      const core = createCore({
        deployment: deploymentOf({ lanes: [laneOf("p/a/m", protocol, { prices: PRICES })] }),
        answer: streamed
          ? stream(
              words.frames(answered, { usage: true }).map((bytes) => ({ do: "bytes", bytes: hollow(bytes) }) as const),
            )
          : json(200, hollow(words.body(answered))),
      });
      const got = await core.ask({ protocol, body: question(protocol, { stream: streamed }) });
      expect(got.status).toBe(200);
      expect(core.records[0]).toMatchObject({ outcome: "answered", answer: { usageEstimated: true } });
      expect(core.records[0]?.answer.costNanos ?? 0).toBeGreaterThan(0);
    }
  });
});
