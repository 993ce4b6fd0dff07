// A stream that is pushed: the client's sink may be full at any moment, and silence is told by one timer that looks back.
import { describe, expect, test } from "bun:test";
import type { Answer as Answered } from "../../src/exchange/contract.ts";
import { question, see } from "../harness/client-words.ts";
import { type Core, createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";
import { takePushed } from "../harness/pushed.ts";
import { type BodyStep, stream } from "../harness/scripted-answers.ts";
import { said, VENDOR_WORDS } from "../harness/vendor-words.ts";

const KEPT = ": keep-alive\n\n";
const bytes = (text: string): BodyStep => ({ do: "bytes", bytes: text });

function coreOf(protocol: string, steps: readonly BodyStep[]): Core {
  const lanes = [laneOf("first/a/one", protocol)];
  return createCore({ deployment: deploymentOf({ lanes, targets: [poolOf("pool", lanes)] }), answer: stream(steps) });
}

async function streamOf(core: Core, client: string): Promise<Exclude<Answered["body"], Uint8Array>> {
  const { body } = await core.until(core.start({ protocol: client, body: question(client, { stream: true }) }).answer);
  if (body instanceof Uint8Array) throw new Error("the answer is whole");
  return body;
}

for (const words of VENDOR_WORDS) {
  for (const client of ["openai", "anthropic"]) {
    describe(`a ${client} client on a ${words.protocol} lane`, () => {
      const steps = words.frames(said()).map(bytes);

      test("is given the same bytes pushed, pushed with pauses, and asked for", async () => {
        const texts: string[] = [];
        for (const way of ["pushed", "paused", "asked"] as const) {
          const core = coreOf(words.protocol, steps);
          const source = await streamOf(core, client);
          const wait = (): Promise<void> => new Promise((resolve) => void core.effects.setTimer(20, resolve));
          const parts: Uint8Array[] = [];
          if (way === "asked") {
            for (let part = await source.next(); part !== null; part = await source.next()) parts.push(part);
          } else {
            parts.push(await core.until(takePushed(source, way === "paused" ? wait : null).bytes));
          }
          texts.push(Buffer.concat(parts).toString());
          await core.until(new Promise<void>((resolve) => void core.effects.setTimer(5_000, resolve)));
          expect(core.effects.timersPending()).toBe(0);
          expect(core.records[0]).toMatchObject({ outcome: "answered", answerBytes: Buffer.concat(parts).length });
        }
        expect(see(client, texts[0] ?? "")).toMatchObject({ text: "Hello, wörld.", error: null });
        expect(new Set(texts).size).toBe(1);
      });

      test("that leaves while its sink is full ends the exchange at once", async () => {
        const core = coreOf(words.protocol, steps);
        const taken = takePushed(await streamOf(core, client), () => new Promise<void>(() => undefined));
        expect(core.records).toEqual([]);
        taken.close();
        expect(core.records[0]).toMatchObject({ outcome: "client-gone" });
        expect(core.effects.timersPending()).toBe(0);
      });
    });
  }
}

test("a translated stream shows after each 15 s of silence that it is alive, unless its sink is full", async () => {
  const words = VENDOR_WORDS.find(({ protocol }) => protocol === "anthropic");
  const frames = words?.frames(said()).slice(0, words.handshakeFrames + 1) ?? [];
  const core: Core = coreOf("anthropic", [...frames.map(bytes), { do: "hang" }]);
  const source = await streamOf(core, "openai");
  const times: number[] = [];
  let isFull = false;
  const began = core.effects.nowMs();
  const pushing = source.pushTo?.({
    write(part) {
      if (Buffer.from(part).toString() === KEPT) times.push(core.effects.nowMs() - began);
      return !isFull;
    },
    end: () => undefined,
  });
  const pass = async (ms: number): Promise<void> => {
    await core.until(new Promise<void>((resolve) => void core.effects.setTimer(ms, resolve)));
  };
  await pass(40_000);
  expect(times).toEqual([15_000, 30_000]);
  isFull = true;
  await pass(30_000);
  expect(times).toEqual([15_000, 30_000, 45_000]);
  isFull = false;
  pushing?.resume();
  const resumedMs = core.effects.nowMs() - began;
  await pass(14_000);
  expect(times).toHaveLength(3);
  await pass(2_000);
  expect(times.at(-1)).toBe(resumedMs + 15_000);
  source.cancel();
  expect(core.effects.timersPending()).toBe(0);
});
