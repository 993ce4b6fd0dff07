// Real workers that go on with another deployment under load: what runs ends whole, and no request is refused meanwhile.
import { afterAll, expect, test } from "bun:test";
import { join } from "node:path";
import type { Deployment } from "../../src/ir/deployment.ts";
import { realEffects } from "../../src/process/real-effects.ts";
import { type Listening, type Signal, supervise } from "../../src/process/supervisor.ts";
import { startWorker } from "../../src/process/worker-process.ts";
import { question, see } from "../harness/client-words.ts";
import { OPENAI_WORDS, said } from "../harness/vendor-words.ts";
import { eventually } from "../server/raw-client.ts";
import { deploymentOf } from "./deployments.ts";

const MAIN = join(import.meta.dir, "..", "..", "src", "main.ts");
const STREAMS = 16;
const PIECES = ["one ", "two ", "three"];

/** Every answer stops after its first piece until the gate is open. */
const gate = Promise.withResolvers<void>();
let begun = 0;
const frames = OPENAI_WORDS.frames(said({ pieces: PIECES }));
const upstream = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  idleTimeout: 0,
  async fetch(request) {
    const asked: { readonly stream?: boolean } = JSON.parse(await request.text());
    if (asked.stream !== true) return Response.json(JSON.parse(OPENAI_WORDS.body(said({ pieces: PIECES }))));
    async function* body() {
      yield frames.slice(0, 2).join("");
      begun += 1;
      await gate.promise;
      yield frames.slice(2).join("");
    }
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  },
});
afterAll(() => upstream.stop(true));

function served(slots: readonly number[], revision: string): Deployment {
  const deployment = deploymentOf({ slots, workers: 2 });
  const providers = Object.entries(deployment.providers).map(([name, each]) => [
    name,
    { ...each, baseUrl: `http://127.0.0.1:${upstream.port}` },
  ]);
  return {
    ...deployment,
    revision,
    providers: Object.fromEntries(providers),
    log: { level: "error", format: "text" },
  };
}

test("streams that run end whole, and what is asked meanwhile is answered", async () => {
  let onSignal: (signal: Signal) => void = () => undefined;
  const listening: Listening[] = [];
  const outcomes: string[] = [];
  const exitCode = supervise({
    load: async () => served([64], "0"),
    startWorker: (worker) => startWorker([process.execPath, "--no-env-file", MAIN, "worker"], worker),
    env: { PATH: process.env["PATH"], LOCAL_KEY: "test-key-1" },
    sinks: async () => [
      { name: "test", record: ({ outcome }) => void outcomes.push(outcome), transition: () => undefined },
    ],
    onListening: (each) => listening.push(each),
    say: () => undefined,
    listenToSignals(listener) {
      onSignal = listener;
      return () => undefined;
    },
    platform: process.platform,
    cores: 2,
    openLedger: async () => null,
    effects: realEffects("own"),
  });
  await eventually(() => listening.length === 1);
  const [gateway] = listening;
  const ask = async (stream: boolean): Promise<string> => {
    const answer = await fetch(`${gateway?.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", connection: "close" },
      body: JSON.stringify(question("openai", { model: "model-0", stream })),
    });
    return `${answer.status} ${await answer.text()}`;
  };
  const streams = Array.from({ length: STREAMS }, () => ask(true));
  await eventually(() => begun === STREAMS);

  const meanwhile: Promise<string>[] = [];
  const changes: Promise<readonly string[] | undefined>[] = [];
  // Asked for at once: more slots than streams, fewer, and other models beside.
  for (const [index, slots] of [[128], [128, 4], [64, 4, 2], [4]].entries()) {
    changes.push(Promise.resolve(gateway?.reconfigure(served(slots, String(index + 1)))));
    if (index < 3) meanwhile.push(...Array.from({ length: 8 }, () => ask(false)));
  }
  expect(await Promise.all(changes)).toEqual([[], [], [], []]);
  gate.resolve();
  for (const text of await Promise.all(streams)) {
    expect(text).toStartWith("200 ");
    expect(see("openai", text.slice(4))).toMatchObject({ text: PIECES.join(""), endings: ["[DONE]"], broken: 0 });
  }
  for (const text of await Promise.all(meanwhile)) expect(text).toStartWith("200 ");
  await eventually(() => outcomes.length === STREAMS + meanwhile.length);
  expect(new Set(outcomes)).toEqual(new Set(["answered"]));
  const stats = await (await fetch(`${gateway?.url}/stats`)).json();
  expect(stats).toMatchObject({ lanes: [{ max_concurrent: 4, free_slots: 4 }] });

  onSignal("SIGTERM");
  expect(await exitCode).toBe(0);
}, 60_000);
