// A request that asks to think, at a model known not to: served without it, told as a loss, and sound for its vendor.
import { describe, expect, test } from "bun:test";
import type { TranslationMode } from "../../src/ir/deployment.ts";
import { question } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";
import { answering, bodyText, byProvider } from "../harness/scripted-answers.ts";
import { wordsOf } from "../harness/vendor-words.ts";

const PROTOCOLS = ["openai", "anthropic", "responses"] as const;
type Asking = (typeof PROTOCOLS)[number];

/** Every way in which a client of the protocol says how much to think. */
const WISHES: Readonly<Record<Asking, readonly Readonly<Record<string, unknown>>[]>> = {
  openai: [{ reasoning_effort: "low" }, { reasoning: { max_tokens: 2000 } }],
  anthropic: [
    { thinking: { type: "enabled", budget_tokens: 2000 } },
    { thinking: { type: "adaptive" } },
    { output_config: { effort: "high" } },
  ],
  responses: [
    { reasoning: { effort: "medium", summary: "auto" }, include: ["reasoning.encrypted_content"] },
    { reasoning: { summary: "auto" } },
  ],
};
const OFF: Readonly<Record<Asking, Readonly<Record<string, unknown>>>> = {
  openai: { reasoning_effort: "none" },
  anthropic: { thinking: { type: "disabled" } },
  responses: { reasoning: { effort: "none" } },
};
const WORDS = /reasoning|thinking|effort|summary/;

function coreOf(egress: Asking, reasoning: boolean | null, translation: TranslationMode = "lenient") {
  const lane = laneOf("p/a/m", egress, { capabilities: { reasoning } });
  return createCore({
    deployment: deploymentOf({ lanes: [lane], targets: [poolOf("pool", [lane], { translation })] }),
    answer: byProvider({ p: answering(wordsOf(egress)) }),
  });
}

function sent({ effects }: ReturnType<typeof createCore>): string {
  const [call] = effects.calls;
  return call === undefined ? "" : bodyText(call);
}

for (const ingress of PROTOCOLS) {
  for (const egress of PROTOCOLS) {
    describe(`${ingress} to a lane of ${egress} that does not reason`, () => {
      test.each(WISHES[ingress])("%j", async (wish) => {
        const core = coreOf(egress, false);
        const got = await core.ask({ protocol: ingress, body: question(ingress, { more: wish }) });
        expect(got.status).toBe(200);
        expect(sent(core)).not.toMatch(WORDS);
        expect(got.headers["x-ringmain-losses"]).toMatch(/^1; reasoning 1 \(\S+ dropped\)$/);
      });

      test("asked not to think: it gets no word about it, and nothing is lost", async () => {
        const core = coreOf(egress, false);
        const got = await core.ask({ protocol: ingress, body: question(ingress, { more: OFF[ingress] }) });
        expect(got.status).toBe(200);
        expect(sent(core)).not.toMatch(WORDS);
        expect(core.records[0]?.losses.map(({ kind }) => kind)).not.toContain("reasoning");
      });
    });
  }

  test(`${ingress}: strict leaves the wish out and tells it, relayed and translated`, async () => {
    for (const egress of PROTOCOLS) {
      const core = coreOf(egress, false, "strict");
      const got = await core.ask({ protocol: ingress, body: question(ingress, { more: WISHES[ingress][0] ?? {} }) });
      expect([got.status, core.effects.calls.length]).toEqual([200, 1]);
      expect(got.headers["x-ringmain-losses"]).toMatch(/^1; reasoning 1 /);
    }
  });

  test.each([true, null])(`${ingress}: relay leaves a wish alone where reasoning is %p`, async (reasoning) => {
    const core = coreOf(ingress, reasoning);
    const body = { ...question(ingress, { more: WISHES[ingress][0] ?? {} }), model: "pool" };
    await core.ask({ protocol: ingress, body });
    expect(JSON.parse(sent(core))).toEqual({ ...body, model: "upstream-m" });
  });
}

test("relay changes nothing but the words about reasoning", async () => {
  const core = coreOf("openai", false);
  const rest = '"seed":12345678901234567890, "messages":[ {"role":"user","content":"H\\u0069."} ]';
  await core.ask({ protocol: "openai", body: `{"model":"m","reasoning_effort":"low",${rest}}` });
  expect(sent(core)).toBe(`{"model":"upstream-m",${rest}}`);
});

test("a pool does not leave out the member that cannot reason", async () => {
  const lanes = [laneOf("p/a/m", "openai", { capabilities: { reasoning: false } }), laneOf("q/a/n", "openai")];
  const core = createCore({
    deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes)] }),
    answer: byProvider({ p: answering(wordsOf("openai")), q: answering(wordsOf("openai")) }),
  });
  for (const _ of lanes) {
    await core.ask({ protocol: "openai", body: question("openai", { more: { reasoning_effort: "low" } }) });
  }
  expect(core.records.flatMap((record) => record.skipped)).toEqual([]);
});
