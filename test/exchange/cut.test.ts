// A stream that ends at any byte of itself, properly or by a reset, is whole for its client or says that it is not: never
// half a frame that runs into our own words, never two endings, never a silent loss. Relayed and translated alike.
import { describe, expect, test } from "bun:test";
import { question, see } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf } from "../harness/deployments.ts";
import { type BodyStep, stream } from "../harness/scripted-answers.ts";
import { said, VENDOR_WORDS } from "../harness/vendor-words.ts";

const WHOLE = said({ pieces: ["Hello, ", "wörld."] });
const ENDINGS: readonly (readonly BodyStep[])[] = [[], [{ do: "reset" }]];
/** Bytes between two cuts of a translated stream, which are looked at less closely. */
const STRIDE = 13;

for (const vendor of VENDOR_WORDS) {
  describe(`cut ${vendor.protocol}`, () => {
    test.each(VENDOR_WORDS.map(({ protocol }) => protocol))(
      "for a client of %s",
      async (client) => {
        const text = Buffer.from(vendor.frames(WHOLE).join(""));
        const wrong: string[] = [];
        for (let cut = 0; cut <= text.length; cut += client === vendor.protocol ? 1 : STRIDE) {
          for (const ending of ENDINGS) {
            const bytes: BodyStep = { do: "bytes", bytes: text.subarray(0, cut) };
            const core = createCore({
              deployment: deploymentOf({ lanes: [laneOf("p/a/m", vendor.protocol)] }),
              answer: stream([...(cut === 0 ? [] : [bytes]), ...ending]),
            });
            const got = await core.ask({ protocol: client, body: question(client, { stream: true }) });
            const { text: heard, error, endings, broken } = see(client, got.text);
            const isWhole = heard === "Hello, wörld." && error === null;
            const isTold = isWhole ? core.records[0]?.outcome === "answered" : core.records[0]?.outcome !== "answered";
            const isLegal = got.status !== 200 || (endings.length === 1 && broken === 0);
            if (!isLegal || !isTold || (!isWhole && error === null)) {
              wrong.push(`at ${cut}: ${got.status} ${JSON.stringify({ heard, error, endings, broken })}`);
            }
          }
        }
        expect(wrong).toEqual([]);
      },
      60_000,
    );
  });
}
