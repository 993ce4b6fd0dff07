// A relayed stream whose frame breaks off in the middle is ended by us; what the lane goes on to say after that ending was
// passed on, so that a client saw an error and then the rest of an answer with a second ending.
import { expect, test } from "bun:test";
import { question, see } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf } from "../harness/deployments.ts";
import { type BodyStep, stream } from "../harness/scripted-answers.ts";
import { said, VENDOR_WORDS } from "../harness/vendor-words.ts";

test.each([...VENDOR_WORDS])("$protocol: one ending, and nothing after it", async (words) => {
  const frames = words.frames(said({ pieces: ["one ", "two ", "three"] }));
  const begun = words.handshakeFrames + 1;
  const told = [...frames.slice(0, begun), "data: {not json\n\n", ...frames.slice(begun)];
  const core = createCore({
    deployment: deploymentOf({ lanes: [laneOf("p/a/m", words.protocol)] }),
    answer: stream(told.map((bytes): BodyStep => ({ do: "bytes", bytes }))),
  });
  const got = await core.ask({ protocol: words.protocol, body: question(words.protocol, { stream: true }) });
  const seen = see(words.protocol, got.text);
  expect(seen.text).toBe("one ");
  expect(seen.endings).toHaveLength(1);
  expect(seen.error).not.toBeNull();
  expect(core.records[0]).toMatchObject({ outcome: "cut", failure: "malformed" });
});
