// What a lane sends: frames of any size up to the framings' bound, and pings, which are no answer.
import { describe, expect, test } from "bun:test";
import { encodeUtf8 } from "../../src/std/bytes.ts";
import { question, see } from "../harness/client-words.ts";
import { type Core, createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf, TIMERS } from "../harness/deployments.ts";
import { answering, type BodyStep, byProvider, stream } from "../harness/scripted-answers.ts";
import { said, VENDOR_WORDS, type VendorWords, wordsOf } from "../harness/vendor-words.ts";
import type { Answer } from "../harness/virtual-effects.ts";

const DEADLINE_MS = 3_600_000;
const MEGABYTE = 1024 * 1024;
const bytes = (text: string | Uint8Array): BodyStep => ({ do: "bytes", bytes: text });

function coreOf(words: VendorWords, first: Answer, firstByteMs = 120_000): Core {
  const timers = { ...TIMERS, streamed: { ...TIMERS.streamed, firstByteMs } };
  const lanes = [laneOf("first/a/one", words.protocol, { timers }), laneOf("second/a/two", words.protocol)];
  const pool = poolOf("pool", lanes, { failover: { deadlineMs: DEADLINE_MS } });
  return createCore({
    deployment: deploymentOf({ lanes, targets: [pool] }),
    answer: byProvider({ first, second: answering(words, { pieces: ["From the second."] }) }),
  });
}

function chunksOf(text: string, size = 65_536): BodyStep[] {
  const whole = encodeUtf8(text);
  return Array.from({ length: Math.ceil(whole.length / size) }, (_, at) =>
    bytes(whole.subarray(at * size, (at + 1) * size)),
  );
}

const errorsOfFirst = (core: Core, words: VendorWords): number =>
  core.shared.health.facts(laneOf("first/a/one", words.protocol), core.effects.nowMs()).err;

describe("a large frame", () => {
  for (const words of VENDOR_WORDS) {
    for (const client of ["openai", "anthropic", "gemini"] as const) {
      for (const size of [270_000, 12 * MEGABYTE]) {
        test(`of ${size} bytes, the first word of a ${words.protocol} lane, reaches a ${client} client`, async () => {
          const text = "x".repeat(size);
          const core = coreOf(words, stream(chunksOf(words.frames(said({ pieces: [text] })).join(""))));
          const seen = see(
            client,
            (await core.ask({ protocol: client, body: question(client, { stream: true }) })).text,
          );
          expect([seen.text.length, seen.error, core.effects.calls.length]).toEqual([size, null, 1]);
          expect(errorsOfFirst(core, words)).toBe(0);
        });
      }

      test(`in the handshake of a ${words.protocol} lane is held: another lane may serve a ${client} client`, async () => {
        const echo = `"note":"${"x".repeat(300_000)}",`;
        const [head = "", ...rest] = words.frames(said()).slice(0, words.handshakeFrames);
        const large = head.replace("data: {", `data: {${echo}`);
        const steps = [...chunksOf(large), ...rest.map(bytes), bytes(words.errorFrame("overloaded"))];
        const core = coreOf(words, stream(steps));
        const seen = see(client, (await core.ask({ protocol: client, body: question(client, { stream: true }) })).text);
        expect(seen).toMatchObject({ text: "From the second.", error: null });
      });
    }

    for (const when of ["before", "after"] as const) {
      test(`above 16 MiB ${when} the commit is told, and is no fault of a ${words.protocol} lane`, async () => {
        const begun = words.frames(said()).slice(0, words.handshakeFrames + 1);
        const large = words.frames(said({ pieces: ["x".repeat(17 * MEGABYTE)] }));
        const steps =
          when === "before"
            ? chunksOf(large.join(""))
            : [...begun.map(bytes), ...chunksOf(large.slice(words.handshakeFrames).join(""))];
        const lane = laneOf("first/a/one", words.protocol);
        const target = poolOf("pool", [lane]);
        const core = createCore({
          deployment: deploymentOf({ lanes: [lane], targets: [target] }),
          answer: byProvider({ first: stream(steps) }),
        });
        // A breaker opens after three.
        for (let at = 0; at < 4; at++) {
          const got = await core.ask({ protocol: "openai", body: question("openai", { stream: true }) });
          expect(got.status).toBe(when === "before" ? 502 : 200);
          expect(got.text).toContain("larger than 16 MiB");
        }
        expect(core.records.map(({ failure }) => failure)).toEqual(Array(4).fill("answer-refused"));
        expect(core.shared.health.condition(target, lane, core.effects.nowMs()).because).toBeNull();
      });
    }
  }
});

describe("a lane that only pings", () => {
  const EVERY_MS = 10_000;
  const PINGS: Readonly<Record<string, (words: VendorWords, at: number) => string>> = {
    comments: () => ": still here\n\n",
    "frames that say nothing": (words) => words.idleFrame,
    "frames that count": (_words, at) => `data: {"type":"keepalive","sequence_number":${at}}\n\n`,
  };
  for (const words of VENDOR_WORDS) {
    for (const client of ["openai", "anthropic"] as const) {
      for (const [name, ping] of Object.entries(PINGS)) {
        for (const handshake of [false, true]) {
          test(`(${name}, ${handshake ? "after" : "without"} its handshake) is another lane's: ${words.protocol} to ${client}`, async () => {
            const core: Core = coreOf(words, (call) => pinging(call, handshake ? words.handshakeFrames : 0, 400, []));
            const pinging = pingingBy(() => core, words, ping);
            const got = await core.ask({ protocol: client, body: question(client, { stream: true }) });
            expect(see(client, got.text)).toMatchObject({ text: "From the second.", error: null });
            expect(core.records[0]?.attempts[0]).toMatchObject({ outcome: "timeout", durationMs: 120_000 });
          });
        }

        test(`(${name}) is ended by the idle time where the first byte has no limit: ${words.protocol} to ${client}`, async () => {
          const core: Core = coreOf(words, (call) => pinging(call, 0, 400, []), 0);
          const pinging = pingingBy(() => core, words, ping);
          const got = await core.ask({ protocol: client, body: question(client, { stream: true }) }, 1_000_000);
          expect(see(client, got.text)).toMatchObject({ text: "From the second.", error: null });
          expect(core.records[0]?.attempts[0]?.outcome).toBe("timeout");
        });

        test(`(${name}) after its first word is ended by the idle time: ${words.protocol} to ${client}`, async () => {
          const core: Core = coreOf(words, (call) => pinging(call, words.handshakeFrames + 1, 400, []));
          const pinging = pingingBy(() => core, words, ping);
          const got = await core.ask({ protocol: client, body: question(client, { stream: true }) }, 1_000_000);
          expect(see(client, got.text)).toMatchObject({ text: "Hel", endings: ["error"] });
          expect(core.records[0]).toMatchObject({ outcome: "cut", failure: "timeout" });
          // The first ping of a kind may say something new.
          expect(core.records[0]?.durationMs).toBeLessThanOrEqual(300_000 + EVERY_MS);
        });

        test(`(${name}) for minutes and then goes on has thought: ${words.protocol} to ${client}`, async () => {
          const frames = words.frames(said());
          const core: Core = coreOf(words, (call) =>
            pinging(call, words.handshakeFrames + 1, 28, frames.slice(words.handshakeFrames + 1)),
          );
          const pinging = pingingBy(() => core, words, ping);
          const got = await core.ask({ protocol: client, body: question(client, { stream: true }) }, 1_000_000);
          expect(see(client, got.text)).toMatchObject({ text: "Hello, wörld.", error: null });
        });
      }
    }
  }

  /** Some of its frames, then pings, then what is left. */
  function pingingBy(core: () => Core, words: VendorWords, ping: (words: VendorWords, at: number) => string) {
    const wait: BodyStep = {
      do: "wait",
      until: () => new Promise<void>((resolve) => void core().effects.setTimer(EVERY_MS, resolve)),
    };
    return (call: Parameters<Answer>[0], frames: number, pings: number, rest: readonly string[]) =>
      stream([
        ...words.frames(said()).slice(0, frames).map(bytes),
        ...Array.from({ length: pings }, (_, at) => [wait, bytes(ping(words, at))]).flat(),
        wait,
        ...rest.map(bytes),
      ])(call);
  }
});

test("a picture in one line of megabytes is a frame like any other", async () => {
  const line = `data: {"candidates":[{"content":{"role":"model","parts":[{"inlineData":{"mimeType":"image/png","data":"${"A".repeat(1_400_000)}"}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":1290,"totalTokenCount":1295}}\n\n`;
  const core = coreOf(wordsOf("gemini"), stream(chunksOf(line)));
  const got = await core.ask({ protocol: "gemini", body: question("gemini", { stream: true }) });
  expect([got.status, got.text === line, core.effects.calls.length]).toEqual([200, true, 1]);
});
