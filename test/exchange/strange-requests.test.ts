// Requests that no client library writes, from every protocol's clients to every protocol's lanes: each is answered or
// refused before a vendor is asked, and none ends in an error of our own. The suite `fuzz` makes many more of them.
import { expect, test } from "bun:test";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf } from "../harness/deployments.ts";
import { answering } from "../harness/scripted-answers.ts";
import { STRANGE_LANES, STRANGE_PAIRS, wrongAnswers, wrongOperations } from "../harness/strange-run.ts";
import { ANTHROPIC_WORDS } from "../harness/vendor-words.ts";

const QUESTIONS = { seed: 1, times: 40 };

test.each(STRANGE_PAIRS)(
  "questions, $name",
  async (pair) => {
    expect(await wrongAnswers(pair, QUESTIONS)).toEqual([]);
  },
  60_000,
);

test.each(STRANGE_LANES)(
  "what is asked beside chat, at a lane of $name",
  async ({ lane }) => {
    expect(await wrongOperations(lane, QUESTIONS)).toEqual([]);
  },
  60_000,
);

test("a loss whose name holds half a character is told, and the answer that was paid for arrives", async () => {
  const lanes = [laneOf("p/a/pool", "anthropic")];
  const core = createCore({ deployment: deploymentOf({ lanes, targets: [] }), answer: answering(ANTHROPIC_WORDS) });
  const body = '{"model":"pool","messages":[{"role":"user","content":"Hello."}],"\\ud800":1}';
  const got = await core.ask({ protocol: "openai", body });
  expect([got.status, got.headers["x-ringmain-losses"]]).toEqual([200, "1; options 1 (%EF%BF%BD dropped)"]);
});

test.each(["bedrock-invoke", "vertex"])(
  "a body of %s says stream where its path does not: the lane is not told so",
  async (client) => {
    const core = createCore({
      deployment: deploymentOf({ lanes: [laneOf("p/a/pool", "anthropic")], targets: [] }),
      answer: answering(ANTHROPIC_WORDS),
    });
    const path = core.protocols
      .find(({ id }) => id === client)
      ?.carrier.routes.find(({ stream }) => stream.from === "fixed" && !stream.value)?.path;
    if (path === undefined) throw new Error("no path without a stream");
    const body = { max_tokens: 9, stream: true, messages: [{ role: "user", content: "Hello." }] };
    const got = await core.ask({ protocol: client, path, params: { target: "pool" }, body });
    expect(got.status).toBe(200);
  },
);
