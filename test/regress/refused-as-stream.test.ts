// A refusal that calls itself an event stream was read as an empty stream: vendors' edges do that.
import { expect, test } from "bun:test";
import { question, see } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf } from "../harness/deployments.ts";
import { refusing } from "../harness/scripted-answers.ts";
import { VENDOR_WORDS } from "../harness/vendor-words.ts";

test("a refusal typed as an event stream is told as a refusal", async () => {
  for (const words of VENDOR_WORDS) {
    for (const protocol of VENDOR_WORDS.map((each) => each.protocol)) {
      const core = createCore({
        deployment: deploymentOf({ lanes: [laneOf("first/a/one", words.protocol)] }),
        answer: refusing(words, "rejected", { "content-type": "text/event-stream" }),
      });
      const got = await core.ask({ protocol, body: question(protocol, { stream: true }) });
      expect([words.protocol, protocol, got.status]).toEqual([words.protocol, protocol, 400]);
      expect(see(protocol, got.text).error?.length ?? 0).toBeGreaterThan(10);
    }
  }
});
