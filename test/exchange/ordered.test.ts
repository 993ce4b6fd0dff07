// An ordered pool serves from its first member while that one can, and comes back to it: one request at a time tries whether
// it has recovered, and is served by the second within ten seconds if it has not.
import { describe, expect, test } from "bun:test";
import { question } from "../harness/client-words.ts";
import { type Core, createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";
import { answering, byProvider, refusing, stream } from "../harness/scripted-answers.ts";
import { OPENAI_WORDS, said } from "../harness/vendor-words.ts";
import { type Answer, answerNever } from "../harness/virtual-effects.ts";

type Mood = "well" | "refusing" | "silent" | "slow";

const lanes = [laneOf("work/a/m", "openai"), laneOf("home/a/n", "openai")];
const BASE_MS = 15_000;
const pool = poolOf("pool", lanes, {
  select: "ordered",
  breaker: { baseCooldownMs: BASE_MS, maxCooldownMs: 120_000, trip: { mode: "consecutive", failures: 1 } },
});
const SLOW_MS = 13_000;

function world() {
  const moods: { work: Mood } = { work: "well" };
  const work: Answer = (call) => {
    switch (moods.work) {
      case "well":
        return answering(OPENAI_WORDS)(call);
      case "refusing":
        return refusing(OPENAI_WORDS, "server-error")(call);
      case "silent":
        return answerNever(call);
      case "slow": {
        const late = OPENAI_WORDS.frames(said());
        const wait = () => new Promise<void>((resolve) => void core.effects.setTimer(SLOW_MS, resolve));
        return stream([{ do: "wait", until: wait }, ...late.map((bytes) => ({ do: "bytes", bytes }) as const)])(call);
      }
    }
  };
  const core: Core = createCore({
    deployment: deploymentOf({ lanes, targets: [pool] }),
    answer: byProvider({ work, home: answering(OPENAI_WORDS) }),
  });
  return { core, moods };
}

const ask = (core: Core, isStream = true) =>
  core.ask({ protocol: "openai", body: question("openai", { stream: isStream }) });
/** The lanes of the newest exchange, in the order asked. */
const asked = (core: Core): string =>
  (core.records.at(-1)?.attempts ?? []).map(({ lane, outcome }) => `${lane.split("/")[0]} ${outcome}`).join(", ");

describe.each([true, false])("stream %p", (isStream) => {
  test("the first member serves, the second while the first is out, the first again when it is back", async () => {
    const { core, moods } = world();
    await ask(core, isStream);
    expect(asked(core)).toBe("work answered");
    moods.work = "refusing";
    await ask(core, isStream);
    expect(asked(core)).toBe("work server-error, home answered");
    await ask(core, isStream);
    expect(asked(core)).toBe("home answered");
    moods.work = "well";
    await core.effects.run(2 * BASE_MS);
    await ask(core, isStream);
    expect(asked(core)).toBe("work answered");
    await ask(core, isStream);
    expect(asked(core)).toBe("work answered");
  });

  test("a recovery is tried by one request, within ten seconds, and the next one gets twice as long", async () => {
    const { core, moods } = world();
    moods.work = "refusing";
    await ask(core, isStream);
    moods.work = "silent";
    for (const capMs of [10_000, 20_000, 40_000]) {
      await core.effects.run(200_000);
      const test = core.start({ protocol: "openai", body: question("openai", { stream: isStream }) });
      await core.effects.run(1);
      await ask(core, isStream);
      expect(asked(core)).toBe("home answered");
      await core.read(await core.until(test.answer));
      expect(asked(core)).toBe("work timeout, home answered");
      const [tried] = core.records.at(-1)?.attempts ?? [];
      expect(Math.abs((tried?.durationMs ?? 0) - capMs)).toBeLessThan(300);
    }
  });
});

test("a first member that thinks for longer than ten seconds comes back all the same", async () => {
  const { core, moods } = world();
  moods.work = "refusing";
  await ask(core);
  moods.work = "slow";
  await core.effects.run(200_000);
  await ask(core);
  expect(asked(core)).toBe("work timeout, home answered");
  await core.effects.run(200_000);
  await ask(core);
  expect(asked(core)).toBe("work answered");
});
