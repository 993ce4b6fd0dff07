// What each kind of trouble does to the request, to the lane and to the record: the table of the design, one row a case,
// for a lane of either protocol under a client of either protocol.
import { describe, expect, test } from "bun:test";
import type { FailureKind } from "../../src/ir/failure.ts";
import { question, see } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, doorOf, laneOf, poolOf } from "../harness/deployments.ts";
import { answering, byProvider, json, refusing, stream, transportError } from "../harness/scripted-answers.ts";
import { errorSentence, OPENAI_WORDS, type Trouble, VENDOR_WORDS, type VendorWords } from "../harness/vendor-words.ts";
import type { Answer } from "../harness/virtual-effects.ts";

const PROTOCOLS = ["openai", "anthropic"] as const;

interface Row {
  readonly name: string;
  readonly first: (words: VendorWords) => Answer;
  /** Kind booked for the first attempt. */
  readonly kind: FailureKind;
  /** Why the lane would be left out right after; null: it may serve again at once. */
  readonly out: string | null;
}

const trouble = (name: Trouble, kind: FailureKind, out: string | null, headers: Record<string, string> = {}): Row => ({
  name: `${name}${headers["retry-after"] === undefined ? "" : " with a hint"}`,
  first: (words) => refusing(words, name, headers),
  kind,
  out,
});

const MOVES_ON: readonly Row[] = [
  trouble("rate-limited", "rate-limited", "waiting", { "retry-after": "7" }),
  trouble("rate-limited", "rate-limited", null),
  trouble("overloaded", "overloaded", null),
  trouble("server-error", "server-error", null),
  trouble("credential", "credential", "hard-out"),
  trouble("billing", "billing", "hard-out"),
  trouble("model-missing", "model-missing", "hard-out"),
  trouble("too-large", "upstream-too-large", null),
  { name: "402", first: () => json(402, '{"error":{"message":"pay"}}'), kind: "billing", out: "hard-out" },
  { name: "403", first: () => json(403, '{"error":{"message":"no"}}'), kind: "credential", out: "hard-out" },
  { name: "408", first: () => json(408, "{}"), kind: "timeout", out: null },
  { name: "425", first: () => json(425, "{}"), kind: "server-error", out: null },
  {
    name: "502 in HTML",
    first: () => json(502, "<html>bad gateway</html>", { "content-type": "text/html" }),
    kind: "server-error",
    out: null,
  },
  { name: "529", first: () => json(529, ""), kind: "overloaded", out: null },
  {
    name: "a redirect",
    first: () => json(307, "", { location: "https://elsewhere.invalid/" }),
    kind: "redirect",
    out: null,
  },
  { name: "a refused connection", first: () => transportError("ConnectionRefused"), kind: "network", out: null },
  { name: "a reset before the head", first: () => transportError("ECONNRESET"), kind: "network", out: null },
  {
    name: "an HTML page with 200",
    first: () => json(200, "<html>log in</html>", { "content-type": "text/html" }),
    kind: "malformed",
    out: null,
  },
  { name: "an empty body with 200", first: () => json(200, ""), kind: "malformed", out: null },
  { name: "an array with 200", first: () => json(200, "[]"), kind: "malformed", out: null },
  { name: "an empty object with 200", first: () => json(200, "{}"), kind: "malformed", out: null },
  { name: "broken JSON with 200", first: () => json(200, '{"id":"x","choices":[{"ind'), kind: "malformed", out: null },
  {
    name: "silence",
    first: () => stream([{ do: "hang" }], { headers: { "content-type": "application/json" } }),
    kind: "timeout",
    out: null,
  },
  {
    name: "an error inside a 200",
    first: (words) => json(200, words.error("server-error").body),
    kind: "server-error",
    out: null,
  },
];

/** Long enough that a lane may be silent until its timer fires and another one still be tried. */
const DEADLINE_MS = 600_000;

function deployment(egress: string) {
  const lanes = [laneOf("first/a/one", egress), laneOf("second/a/two", egress)];
  const pool = poolOf("pool", lanes, { failover: { deadlineMs: DEADLINE_MS } });
  return { lanes, deployment: deploymentOf({ lanes, targets: [pool] }) };
}

for (const words of VENDOR_WORDS) {
  for (const ingress of PROTOCOLS) {
    describe(`a ${ingress} client on ${words.protocol} lanes`, () => {
      for (const row of MOVES_ON) {
        test(`${row.name}: another lane serves`, async () => {
          const { lanes, deployment: deployed } = deployment(words.protocol);
          const core = createCore({
            deployment: deployed,
            answer: byProvider({ first: row.first(words), second: answering(words) }),
          });
          const got = await core.ask({ protocol: ingress, body: question(ingress) });
          expect(got.status).toBe(200);
          expect(see(ingress, got.text)).toMatchObject({ text: "Hello, wörld.", error: null });
          expect(core.bugs).toEqual([]);
          expect(core.records).toHaveLength(1);
          const [record] = core.records;
          // Anthropic tells an empty credit as a 400, and a 400 marks no account.
          const isBill400 = row.name === "billing" && words.error("billing").status === 400;
          expect(record?.attempts.map((attempt) => attempt.outcome)).toEqual([
            isBill400 ? "quota-words" : row.kind,
            "answered",
          ]);
          expect(record?.outcome).toBe("answered");
          const [from, to] = lanes.map(({ id }) => id);
          expect(got.headers["x-ringmain-switch"]).toBe(
            `from=${from}; to=${to}; reason=${record?.attempts[0]?.outcome}; tier=unknown`,
          );
          expect(core.inflight()).toBe(0);
          const [first] = lanes;
          if (first === undefined) throw new Error("no lane");
          const condition = core.shared.health.condition(poolOf("pool", lanes), first, core.effects.nowMs());
          expect(String(condition.because)).toBe(String(isBill400 ? null : row.out));
        });
      }

      test("a request the vendor rejects is answered, and nothing else is tried", async () => {
        const { deployment: deployed } = deployment(words.protocol);
        const core = createCore({
          deployment: deployed,
          answer: byProvider({ first: refusing(words, "rejected"), second: answering(words) }),
        });
        const got = await core.ask({ protocol: ingress, body: question(ingress) });
        expect(got.status).toBe(400);
        expect(see(ingress, got.text).error).toBe(errorSentence(words.error("rejected").body));
        expect(core.effects.calls).toHaveLength(1);
        expect(core.records.map((record) => [record.outcome, record.failure])).toEqual([["failed", "rejected"]]);
        expect(core.changes).toEqual([]);
      });

      test("a prompt that is too long goes to a lane with more room, never to one with less", async () => {
        const lanes = [
          laneOf("first/a/one", words.protocol, { capabilities: { contextWindow: 8_192 } }),
          laneOf("small/a/two", words.protocol, { capabilities: { contextWindow: 8_192 } }),
          laneOf("large/a/three", words.protocol, { capabilities: { contextWindow: 200_000 } }),
        ];
        const core = createCore({
          deployment: deploymentOf({ lanes }),
          answer: byProvider({ first: refusing(words, "context-length"), large: answering(words) }),
        });
        const got = await core.ask({ protocol: ingress, body: question(ingress) });
        expect(got.status).toBe(200);
        expect(core.records[0]?.attempts.map((attempt) => [attempt.lane, attempt.outcome])).toEqual([
          ["first/a/one", "context-length"],
          ["large/a/three", "answered"],
        ]);
      });

      test("a prompt too long for every lane is the vendor's 400 in the client's words", async () => {
        const { deployment: deployed } = deployment(words.protocol);
        const refuse = refusing(words, "context-length");
        const core = createCore({ deployment: deployed, answer: byProvider({ first: refuse, second: refuse }) });
        const got = await core.ask({ protocol: ingress, body: question(ingress) });
        expect(got.status).toBe(400);
        expect(got.headers["x-ringmain-error"]).toBe("context_length");
        expect(see(ingress, got.text).error).not.toBeNull();
        expect(core.records[0]?.attempts).toHaveLength(2);
      });

      test("a stream that is refused before it begins is served by another lane", async () => {
        const { deployment: deployed } = deployment(words.protocol);
        const core = createCore({
          deployment: deployed,
          answer: byProvider({ first: refusing(words, "overloaded"), second: answering(words) }),
        });
        const got = await core.ask({ protocol: ingress, body: question(ingress, { stream: true }) });
        const seen = see(ingress, got.text);
        expect(seen.text).toBe("Hello, wörld.");
        expect(seen.error).toBeNull();
        expect(seen.endings).toEqual([ingress === "openai" ? "[DONE]" : "message_stop"]);
        expect(core.inflight()).toBe(0);
      });
    });
  }
}

test("an operator's error_map decides before the vendor's words and the status", async () => {
  const mapped = doorOf("openai", { errorMap: { strange_code: "overloaded" } });
  const lanes = [laneOf("first/a/one", "openai", { doors: [mapped] }), laneOf("second/a/two", "openai")];
  const core = createCore({
    deployment: deploymentOf({ lanes }),
    answer: byProvider({
      first: json(400, '{"error":{"message":"odd","type":"x","code":"strange_code"}}'),
      second: answering(OPENAI_WORDS),
    }),
  });
  const got = await core.ask({ protocol: "openai", body: question("openai") });
  expect(got.status).toBe(200);
  expect(core.records[0]?.attempts[0]?.outcome).toBe("overloaded");
});

test("attempts stop at the cap: the first lane and as many more", async () => {
  const lanes = ["a", "b", "c", "d", "e"].map((name) => laneOf(`${name}/x/m-${name}`, "openai"));
  const core = createCore({
    deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes, { failover: { cap: 2 } })] }),
    answer: refusing(OPENAI_WORDS, "server-error"),
  });
  const got = await core.ask({ protocol: "openai", body: question("openai") });
  expect(got.status).toBe(503);
  expect(core.effects.calls).toHaveLength(3);
  expect(core.records[0]?.attempts).toHaveLength(3);
});
