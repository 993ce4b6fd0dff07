// Trouble that came in the same piece of the upstream's bytes as the first words was told to the client, although nothing had
// been sent yet and another lane could have answered.
import { describe, expect, test } from "bun:test";
import { question, see } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";
import { answering, type BodyStep, byProvider, stream } from "../harness/scripted-answers.ts";
import { said, VENDOR_WORDS, type VendorWords } from "../harness/vendor-words.ts";

const CLIENTS = ["openai", "anthropic"] as const;

function coreOf(words: VendorWords, steps: readonly BodyStep[]) {
  const lanes = [laneOf("first/a/one", words.protocol), laneOf("second/a/two", words.protocol)];
  return createCore({
    deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes)] }),
    answer: byProvider({ first: stream(steps), second: answering(words, { pieces: ["From the second."] }) }),
  });
}

describe.each([...VENDOR_WORDS])("$protocol", (words) => {
  const begun = words
    .frames(said())
    .slice(0, words.handshakeFrames + 1)
    .join("");
  const troubles = [
    ["an overload", words.errorFrame("overloaded"), "overloaded"],
    ["a frame that is none", "data: {oops\n\n", "malformed"],
  ] as const;

  for (const [name, frame, kind] of troubles) {
    test.each([...CLIENTS])(`${name} beside the first words, for %s: the next lane answers`, async (client) => {
      const core = coreOf(words, [{ do: "bytes", bytes: begun + frame }]);
      const got = await core.ask({ protocol: client, body: question(client, { stream: true }) });
      expect(see(client, got.text)).toMatchObject({ text: "From the second.", error: null });
      expect(core.records[0]?.attempts.map(({ outcome }) => outcome.toString())).toEqual([kind, "answered"]);
      expect(core.inflight()).toBe(0);
    });

    test.each([...CLIENTS])(`${name} in the piece after them, for %s: it is told`, async (client) => {
      const steps: BodyStep[] = [begun, frame].map((bytes) => ({ do: "bytes", bytes }));
      const core = coreOf(words, steps);
      const got = await core.ask({ protocol: client, body: question(client, { stream: true }) });
      expect(see(client, got.text)).toMatchObject({ text: "Hel", endings: ["error"] });
      expect(core.effects.calls).toHaveLength(1);
    });
  }
});
