// What an attempt's guard is told of its first byte is what policies see: the first words of a stream, not its last.
import { expect, test } from "bun:test";
import { question } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";
import { stream } from "../harness/scripted-answers.ts";
import { OPENAI_WORDS, said } from "../harness/vendor-words.ts";

test("the first byte of a stream counts from its first words, and policies see it", async () => {
  const lane = laneOf("first/a/one", "openai");
  const frames = OPENAI_WORDS.frames(said(), { usage: true });
  const head = frames.slice(0, OPENAI_WORDS.handshakeFrames + 1).join("");
  const rest = frames.slice(OPENAI_WORDS.handshakeFrames + 1).join("");
  const gate = Promise.withResolvers<void>();
  const core = createCore({
    deployment: deploymentOf({ lanes: [lane], targets: [poolOf("pool", [lane])] }),
    answer: stream([
      { do: "bytes", bytes: head },
      { do: "wait", until: () => gate.promise },
      { do: "bytes", bytes: rest },
    ]),
  });
  const answer = await core.until(
    core.start({ protocol: "openai", body: question("openai", { stream: true }) }).answer,
  );
  await core.effects.run(5_000);
  gate.resolve();
  await core.until(core.read(answer));
  const [attempt] = core.records[0]?.attempts ?? [];
  expect(attempt?.durationMs).toBeGreaterThanOrEqual(5_000);
  expect(attempt?.firstByteMs).toBeLessThan(1_000);
  expect(core.shared.health.figures(lane, core.effects.nowMs()).firstByteMs?.p50).toBe(attempt?.firstByteMs ?? -1);
});
