// The commit: before it trouble is another lane's chance, after it trouble is told to the client with one legal ending.
import { describe, expect, test } from "bun:test";
import { encodeUtf8 } from "../../src/std/bytes.ts";
import { question, see } from "../harness/client-words.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";
import { answering, type BodyStep, byProvider, stream } from "../harness/scripted-answers.ts";
import { said, VENDOR_WORDS, type VendorWords } from "../harness/vendor-words.ts";
import type { Answer } from "../harness/virtual-effects.ts";

const INGRESSES = ["openai", "anthropic"] as const;
const ENDING = { openai: "[DONE]", anthropic: "message_stop" } as const;
/** Long enough that a silent lane's timer fires and another lane may still be tried. */
const DEADLINE_MS = 600_000;

const bytes = (text: string | Uint8Array): BodyStep => ({ do: "bytes", bytes: text });

/** Frames up to and including the first piece of text. */
function untilText(words: VendorWords): string[] {
  return words.frames(said()).slice(0, words.handshakeFrames + 1);
}

/** One that says nothing of the answer, and another thing than the one before. */
function newFrame(words: VendorWords, at: number): string {
  const word = String.fromCharCode(97 + (at % 2)).repeat(40);
  const end = words.idleFrame.lastIndexOf("}");
  return `${words.idleFrame.slice(0, end)},"note":"${word}"${words.idleFrame.slice(end)}`;
}

function coreOf(words: VendorWords, first: Answer) {
  const lanes = [laneOf("first/a/one", words.protocol), laneOf("second/a/two", words.protocol)];
  const pool = poolOf("pool", lanes, { failover: { deadlineMs: DEADLINE_MS } });
  return createCore({
    deployment: deploymentOf({ lanes, targets: [pool] }),
    answer: byProvider({ first, second: answering(words, { pieces: ["From the second."] }) }),
  });
}

const BEFORE: readonly {
  readonly name: string;
  readonly steps: (words: VendorWords) => readonly BodyStep[];
  readonly kind: string;
}[] = [
  {
    name: "an overload as the first event of a 200",
    steps: (words) => [bytes(words.errorFrame("overloaded"))],
    kind: "overloaded",
  },
  {
    name: "an overload after the handshake",
    steps: (words) => [
      ...words.frames(said()).slice(0, words.handshakeFrames).map(bytes),
      bytes(words.errorFrame("overloaded")),
    ],
    kind: "overloaded",
  },
  {
    name: "a rate limit inside a 200",
    steps: (words) => [bytes(words.errorFrame("rate-limited"))],
    kind: "rate-limited",
  },
  { name: "an empty stream", steps: () => [], kind: "malformed" },
  { name: "a comment and nothing else", steps: () => [bytes(": processing\n\n")], kind: "malformed" },
  {
    name: "a handshake and then the end",
    steps: (words) => words.frames(said()).slice(0, words.handshakeFrames).map(bytes),
    kind: "malformed",
  },
  { name: "a reset after the head", steps: () => [{ do: "reset" }], kind: "network" },
  {
    name: "a reset after the handshake",
    steps: (words) => [...words.frames(said()).slice(0, words.handshakeFrames).map(bytes), { do: "reset" }],
    kind: "network",
  },
  { name: "silence after the head", steps: () => [{ do: "hang" }], kind: "timeout" },
  {
    name: "silence after the handshake",
    steps: (words) => [...words.frames(said()).slice(0, words.handshakeFrames).map(bytes), { do: "hang" }],
    kind: "timeout",
  },
  {
    name: "an HTML page sent as a stream",
    steps: () => [bytes("<html><body>Sign in</body></html>")],
    kind: "malformed",
  },
  { name: "frames that are no JSON", steps: () => [bytes("data: {oops\n\n")], kind: "malformed" },
];

const AFTER: readonly {
  readonly name: string;
  readonly steps: (words: VendorWords) => readonly BodyStep[];
  readonly kind: string;
}[] = [
  { name: "a reset", steps: (words) => [...untilText(words).map(bytes), { do: "reset" }], kind: "network" },
  { name: "the end without a finish", steps: (words) => untilText(words).map(bytes), kind: "malformed" },
  {
    name: "the end in the middle of a frame",
    steps: (words) => [...untilText(words).map(bytes), bytes('data: {"id":"chat')],
    kind: "malformed",
  },
  { name: "silence", steps: (words) => [...untilText(words).map(bytes), { do: "hang" }], kind: "timeout" },
  {
    name: "an error event",
    steps: (words) => [...untilText(words).map(bytes), bytes(words.errorFrame("overloaded"))],
    kind: "overloaded",
  },
  {
    name: "a frame that is no JSON",
    steps: (words) => [...untilText(words).map(bytes), bytes("data: {oops\n\n")],
    kind: "malformed",
  },
];

for (const words of VENDOR_WORDS) {
  for (const ingress of INGRESSES) {
    describe(`a ${ingress} client on ${words.protocol} lanes`, () => {
      for (const row of BEFORE) {
        test(`before the commit, ${row.name}: the client sees only the second lane's stream`, async () => {
          const core = coreOf(words, stream(row.steps(words)));
          const got = await core.ask({ protocol: ingress, body: question(ingress, { stream: true }) });
          const seen = see(ingress, got.text);
          expect(got.status).toBe(200);
          expect(seen).toMatchObject({ text: "From the second.", error: null, endings: [ENDING[ingress]] });
          expect(core.records).toHaveLength(1);
          expect(core.records[0]?.attempts.map((attempt) => attempt.outcome.toString())).toEqual([
            row.kind,
            "answered",
          ]);
          expect(core.inflight()).toBe(0);
          expect(core.bugs).toEqual([]);
        });
      }

      for (const row of AFTER) {
        test(`after the commit, ${row.name}: one honest ending and no second attempt`, async () => {
          const core = coreOf(words, stream(row.steps(words)));
          const got = await core.ask({ protocol: ingress, body: question(ingress, { stream: true }) });
          const seen = see(ingress, got.text);
          expect(got.status).toBe(200);
          expect(seen.text).toBe("Hel");
          expect(seen.endings).toEqual(["error"]);
          expect(seen.broken).toBe(0);
          expect(core.effects.calls).toHaveLength(1);
          expect(core.records).toHaveLength(1);
          expect(core.records[0]).toMatchObject({ outcome: "cut", failure: row.kind, status: 200 });
          expect(core.records[0]?.attempts.map((attempt) => attempt.outcome.toString())).toEqual(["cut"]);
          expect(core.shared.health.facts(laneOf("first/a/one", words.protocol), core.effects.nowMs()).err).toBe(1);
          expect(core.inflight()).toBe(0);
          expect(core.bugs).toEqual([]);
        });
      }

      test("a handshake of 64 frames is committed: what breaks afterwards is told", async () => {
        const handshake = words.frames(said()).slice(0, words.handshakeFrames);
        const more = Array.from({ length: 64 }, (_, at) => newFrame(words, at));
        const core = coreOf(words, stream([...handshake, ...more, words.errorFrame("overloaded")].map(bytes)));
        const got = await core.ask({ protocol: ingress, body: question(ingress, { stream: true }) });
        expect(see(ingress, got.text)).toMatchObject({ text: "", endings: ["error"] });
        expect(core.effects.calls).toHaveLength(1);
        expect(core.records[0]).toMatchObject({ outcome: "cut", failure: "overloaded" });
      });

      test("pings are no part of a handshake: however many came, another lane may serve", async () => {
        const handshake = words.frames(said()).slice(0, words.handshakeFrames);
        const idle = Array.from({ length: 200 }, () => words.idleFrame);
        const core = coreOf(words, stream([...handshake, ...idle, words.errorFrame("overloaded")].map(bytes)));
        const got = await core.ask({ protocol: ingress, body: question(ingress, { stream: true }) });
        expect(see(ingress, got.text)).toMatchObject({ text: "From the second.", error: null });
        expect(core.effects.calls).toHaveLength(2);
      });

      test("a handshake of 63 frames is not committed yet", async () => {
        const handshake = words.frames(said()).slice(0, words.handshakeFrames);
        const more = Array.from({ length: 63 - words.handshakeFrames }, (_, at) => newFrame(words, at));
        const core = coreOf(words, stream([...handshake, ...more, words.errorFrame("overloaded")].map(bytes)));
        const got = await core.ask({ protocol: ingress, body: question(ingress, { stream: true }) });
        expect(see(ingress, got.text)).toMatchObject({ text: "From the second.", error: null });
        expect(core.effects.calls).toHaveLength(2);
      });

      test("a large first event in many pieces is an event like any other", async () => {
        const text = "x".repeat(2_000_000);
        const whole = encodeUtf8(words.frames(said({ pieces: [text] })).join(""));
        const steps: BodyStep[] = [];
        for (let at = 0; at < whole.length; at += 65_536) steps.push(bytes(whole.subarray(at, at + 65_536)));
        const core = coreOf(words, stream(steps));
        const got = await core.ask({ protocol: ingress, body: question(ingress, { stream: true }) });
        const seen = see(ingress, got.text);
        expect([seen.text === text, seen.error, core.effects.calls.length]).toEqual([true, null, 1]);
      });

      test("a flood of comments before the first word is read to 256 KiB and no further", async () => {
        const comment = `: ${"x".repeat(16 * 1024)}\n\n`;
        const watch = { aborted: false, sent: 0 };
        const steps = Array.from({ length: 512 }, () => bytes(comment));
        const core = coreOf(words, stream(steps, { watch }));
        const asked = core.start({ protocol: ingress, body: question(ingress, { stream: true }) });
        const answer = await core.until(asked.answer);
        const sentAtCommit = watch.sent;
        const seen = see(ingress, (await core.until(core.read(answer))).text);
        // 256 KiB are 16 of these comments. There is nothing to commit to, so another lane may still serve.
        expect(sentAtCommit).toBeLessThanOrEqual(18);
        expect(seen.endings).toEqual([ENDING[ingress]]);
        expect(seen.text).toBe("From the second.");
        expect(core.records[0]?.outcome).toBe("answered");
      });

      for (const after of ["silence", "comments without end"] as const) {
        test(`a vendor that neither ends nor closes after its last word (${after}) is closed after a grace time`, async () => {
          const watch = { aborted: false, sent: 0 };
          const frames = words.frames(said());
          const content = frames.slice(0, words.protocol === "openai" ? -1 : frames.length);
          const comments = Array.from({ length: 400 }, (): BodyStep[] => [
            { do: "wait", until: later },
            bytes(": still here\n\n"),
          ]);
          const steps: BodyStep[] = [
            ...content.map(bytes),
            ...(after === "silence" ? [] : comments.flat()),
            { do: "hang" },
          ];
          const core = coreOf(words, stream(steps, { watch }));
          function later(): Promise<void> {
            return new Promise((resolve) => {
              core.effects.setTimer(100, resolve);
            });
          }
          const got = await core.ask({ protocol: ingress, body: question(ingress, { stream: true }) }, 10_000);
          // Relayed as well: a vendor that leaves the terminator out leaves clients waiting for it.
          const ended = [ENDING[ingress]];
          expect(see(ingress, got.text)).toMatchObject({ text: "Hello, wörld.", error: null, endings: ended });
          await core.effects.run(5_000);
          expect(watch.aborted).toBe(true);
          expect(core.records[0]).toMatchObject({ outcome: "answered", failure: null });
          expect(core.inflight()).toBe(0);
          expect(core.effects.timersPending()).toBe(0);
        });
      }
    });
  }
}
