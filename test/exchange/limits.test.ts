// What a caller with limits is told of them: in the headers its own client reads, on answers and on refusals, and never a
// word of the limits that vendors set for our accounts.
import { describe, expect, test } from "bun:test";
import { type Admission, createAdmission, type Pass } from "../../src/governance/admission.ts";
import { NO_LIMITS } from "../../src/governance/keys.ts";
import type { Shortage } from "../../src/governance/ledger-messages.ts";
import { countLimit, moneyLimit, scopeOf } from "../../src/governance/limit.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import { GOVERNANCE } from "../governance/ledger-bench.ts";
import { virtualKey } from "../harness/builders.ts";
import { question } from "../harness/client-words.ts";
import { ANONYMOUS, createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";
import { type BodyStep, json, stream } from "../harness/scripted-answers.ts";
import { ALL_WORDS, bytesSaid, said, type VendorWords } from "../harness/vendor-words.ts";
import type { Answer } from "../harness/virtual-effects.ts";

const KEY = virtualKey({
  id: "vk_limited",
  name: "limited",
  limits: { ...NO_LIMITS, requestsPerMinute: 60, tokensPerMinute: 9_000 },
});
const PAYER = scopeOf("key", KEY.id);
const CALLER = { ...ANONYMOUS, label: KEY.name, key: KEY };

/** As vendors tell of the account whose key the lane has. */
const VENDOR = {
  "x-ratelimit-limit-requests": "77777",
  "x-ratelimit-remaining-requests": "77776",
  "x-ratelimit-reset-requests": "1s",
  "x-ratelimit-remaining-tokens": "77775",
  "anthropic-ratelimit-requests-limit": "77777",
  "anthropic-ratelimit-tokens-remaining": "77775",
  "anthropic-ratelimit-unified-status": "77777",
};

/** Those of a minute that is nearly empty. */
const LETS_IN: Admission = {
  admit: () => ({ kind: "admitted", pass: PASS }),
};
const PASS: Pass = {
  limits: () => ({
    requests: { limit: 60, left: 59, resetMs: 60_000 },
    tokens: { limit: 9_000, left: 8_000, resetMs: 1_500 },
  }),
  warnings: [],
  projectIgnored: false,
  affords: () => true,
  holdAccount: () => true,
  accountFullForMs: () => null,
  releaseAccount: () => undefined,
  close: () => undefined,
};

type Exceeded = Extract<Shortage, { kind: "exceeded" }>;

function refusing(shortage: Pick<Exceeded, "limit"> & Partial<Exceeded>): Admission {
  const exceeded: Shortage = {
    kind: "exceeded",
    max: 0,
    left: 0,
    setAside: 0,
    resetMs: null,
    isLeased: false,
    ...shortage,
  };
  return createAdmission({
    governance: GOVERNANCE,
    ledger: {
      reserve: () => ({ kind: "short", shortage: exceeded }),
      holdAccount: () => Promise.resolve({ kind: "full", forMs: null }),
      releaseAccount: () => undefined,
      book: () => undefined,
    },
    revision: "r",
    nowMs: () => 0,
  });
}

function answeringWith(words: VendorWords, isStream: boolean): Answer {
  if (!isStream) return json(200, words.body(said()), VENDOR);
  const frames = words.frames(said()).map((frame): BodyStep => ({ do: "bytes", bytes: bytesSaid(words, frame) }));
  return async (call) => {
    const answer = await stream(frames)(call);
    const type = PROTOCOL_OF[words.protocol]?.carrier.framing.contentType ?? "";
    return new Response(answer.body, { status: 200, headers: { ...VENDOR, "content-type": type } });
  };
}

const PROTOCOL_OF: Readonly<Record<string, (typeof PROTOCOLS)[keyof typeof PROTOCOLS]>> = PROTOCOLS;

async function ask(words: VendorWords, over: { admission?: Admission; isStream?: boolean; answer?: Answer } = {}) {
  const { protocol } = words;
  const lanes = [laneOf("up/a/m", protocol)];
  const isStream = over.isStream ?? false;
  const core = createCore({
    deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes)] }),
    answer: over.answer ?? answeringWith(words, isStream),
    ...(over.admission === undefined ? {} : { admission: over.admission }),
  });
  const got = await core.ask({
    protocol,
    caller: over.admission === undefined ? ANONYMOUS : CALLER,
    body: question(protocol, isStream ? { stream: true } : {}),
  });
  const wallMs = core.effects.wallMs();
  const limits = Object.fromEntries(Object.entries(got.headers).filter(([name]) => /rate-?limit/.test(name)));
  return { got, limits, wallMs };
}

/** Whose clients look elsewhere than in OpenAI's headers. */
const isAnthropic = ({ protocol }: VendorWords): boolean => protocol === "anthropic";

test("every protocol is asked", () => {
  expect(ALL_WORDS.map(({ protocol }): string => protocol).toSorted()).toEqual(Object.keys(PROTOCOLS).toSorted());
});

for (const words of ALL_WORDS) {
  describe(words.protocol, () => {
    for (const isStream of [false, true]) {
      test(`${isStream ? "a stream" : "an answer"}: ours, and nothing of the vendor's`, async () => {
        const { got, limits } = await ask(words, { admission: LETS_IN, isStream });
        expect(got.status).toBe(200);
        if (isAnthropic(words)) {
          const {
            "anthropic-ratelimit-requests-reset": at,
            "anthropic-ratelimit-tokens-reset": soon,
            ...rest
          } = limits;
          expect(rest).toEqual({
            "anthropic-ratelimit-requests-limit": "60",
            "anthropic-ratelimit-requests-remaining": "59",
            "anthropic-ratelimit-tokens-limit": "9000",
            "anthropic-ratelimit-tokens-remaining": "8000",
          });
          expect(Date.parse(at ?? "")).toBeGreaterThan(Date.parse(soon ?? ""));
        } else {
          expect(limits).toEqual({
            "x-ratelimit-limit-requests": "60",
            "x-ratelimit-remaining-requests": "59",
            "x-ratelimit-reset-requests": "60s",
            "x-ratelimit-limit-tokens": "9000",
            "x-ratelimit-remaining-tokens": "8000",
            "x-ratelimit-reset-tokens": "2s",
          });
        }
      });
    }

    test("a vendor's refusal: ours too", async () => {
      const { status, body } = words.error("rate-limited");
      const { got, limits } = await ask(words, { admission: LETS_IN, answer: json(status, body, VENDOR) });
      expect(got.status).toBeGreaterThanOrEqual(400);
      expect(Object.values(limits)).toContain("59");
      expect(JSON.stringify(limits)).not.toContain("7777");
    });

    test("our own refusal: the limit that is used up, and when it is not any more", async () => {
      const shortage = { limit: countLimit("requests", PAYER), max: 60, left: 0, resetMs: 12_300 };
      const { got, limits, wallMs } = await ask(words, { admission: refusing(shortage) });
      expect([got.status, got.headers["retry-after"]]).toEqual([429, "13"]);
      if (isAnthropic(words)) {
        expect(limits).toEqual({
          "anthropic-ratelimit-requests-limit": "60",
          "anthropic-ratelimit-requests-remaining": "0",
          "anthropic-ratelimit-requests-reset": expect.any(String),
        });
        const inMs = Date.parse(limits["anthropic-ratelimit-requests-reset"] ?? "") - wallMs;
        expect(inMs).toBeGreaterThanOrEqual(12_300);
        expect(inMs).toBeLessThan(14_300);
      } else {
        expect(limits).toEqual({
          "x-ratelimit-limit-requests": "60",
          "x-ratelimit-remaining-requests": "0",
          "x-ratelimit-reset-requests": "13s",
        });
      }
    });

    test("a refusal for tokens says how many are left; one for money or slots tells no minute", async () => {
      const tokens = { limit: countLimit("tokens", PAYER), max: 9_000, left: 40, resetMs: 2_000 };
      expect(Object.values((await ask(words, { admission: refusing(tokens) })).limits)).toContain("40");
      for (const limit of [moneyLimit("monthly", PAYER), countLimit("slots", PAYER)]) {
        expect((await ask(words, { admission: refusing({ limit, max: 1 }) })).limits).toEqual({});
      }
    });
  });
}

test("a caller without a key of ours keeps the vendor's: there are no others", async () => {
  const openai = ALL_WORDS.find(({ protocol }) => protocol === "openai");
  if (openai === undefined) throw new Error("there is one");
  expect((await ask(openai)).limits).toMatchObject({ "x-ratelimit-limit-requests": "77777" });
});
