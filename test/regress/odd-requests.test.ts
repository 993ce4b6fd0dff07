/** Requests that were read otherwise here than by the vendor, so that the vendor was blamed for its answer. */
import { expect, test } from "bun:test";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf } from "../harness/deployments.ts";
import { answerNever } from "../harness/virtual-effects.ts";

test.each([
  ["a stream flag that is a text", '{"model":"m","stream":"true","messages":[]}', '"stream" must be true or false.'],
  ["a stream flag that is a number", '{"model":"m","stream":1,"messages":[]}', '"stream" must be true or false.'],
  ["a byte order mark", '\ufeff{"model":"m","messages":[]}', "byte order mark"],
  [
    "a name of a megabyte",
    JSON.stringify({ model: "m".repeat(1_000_000), messages: [] }),
    "longer than 512 characters",
  ],
])("%s is refused, and no lane is asked", async (_name, body, says) => {
  const core = createCore({ deployment: deploymentOf({ lanes: [laneOf("one/a/m", "openai")] }), answer: answerNever });
  const got = await core.ask({ protocol: "openai", body });
  expect(got.status).toBe(400);
  expect(got.text).toContain(JSON.stringify(says).slice(1, -1));
  expect(core.effects.calls).toHaveLength(0);
});

test("a stream flag that is null is no stream", async () => {
  const core = createCore({ deployment: deploymentOf({ lanes: [laneOf("one/a/m", "openai")] }), answer: answerNever });
  const asked = core.start({ protocol: "openai", body: '{"model":"m","stream":null,"messages":[]}' });
  await core.effects.run(1_000);
  expect(core.effects.calls).toHaveLength(1);
  asked.leave();
  await core.until(asked.answer);
});
