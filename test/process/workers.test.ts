// Two real workers behind one address: both serve, the figures are those of both, and both end.
import { expect, test } from "bun:test";
import { join } from "node:path";
import type { Deployment } from "../../src/ir/deployment.ts";
import { realEffects } from "../../src/process/real-effects.ts";
import { type Listening, type Signal, supervise } from "../../src/process/supervisor.ts";
import { startWorker } from "../../src/process/worker-process.ts";
import { eventually } from "../server/raw-client.ts";
import { deploymentOf } from "./deployments.ts";

const MAIN = join(import.meta.dir, "..", "..", "src", "main.ts");

/** Looks at `/stats` until both workers show the new lane. */
const TRIES_MAX = 200;

test("two workers share an address and show the figures of both", async () => {
  let onSignal: (signal: Signal) => void = () => undefined;
  const listening: Listening[] = [];
  const records: string[] = [];
  const exitCode = supervise({
    load: async () => ({
      ...deploymentOf({ slots: [10], workers: 2 }),
      log: { level: "error", format: "text" },
    }),
    startWorker: (worker) => startWorker([process.execPath, "--no-env-file", MAIN, "worker"], worker),
    env: { PATH: process.env["PATH"], LOCAL_KEY: "test-key-1" },
    sinks: async () => [
      { name: "test", record: (record) => void records.push(record.outcome), transition: () => undefined },
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
  const url = listening[0]?.url ?? "";

  const read = async (path: string): Promise<string> => await (await fetch(`${url}${path}`)).text();
  // Each on a connection of its own, so that the system spreads them.
  const asks = 40;
  for (let count = 0; count < asks; count += 1) {
    await (await fetch(`${url}/nowhere`, { headers: { connection: "close" } })).text();
  }
  const stats: unknown = JSON.parse(await read("/stats"));
  expect(stats).toMatchObject({ unresolved_requests: asks, lanes: [{ max_concurrent: 10, free_slots: 10 }] });
  const metrics = await read("/metrics");
  expect(metrics).toContain(`ringmain_refused_total{reason="unknown-route"} ${asks}\n`);
  await eventually(() => records.length === asks);
  expect(new Set(records)).toEqual(new Set(["refused"]));

  // A model that is added is known to both at once, and what was counted goes on.
  const ask = async (): Promise<number> =>
    (
      await fetch(`${url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json", connection: "close" },
        body: JSON.stringify({ model: "model-1", messages: [{ role: "user", content: "Hello." }] }),
      })
    ).status;
  expect(await ask()).toBe(404);
  const added = { ...deploymentOf({ slots: [10, 4], workers: 2 }), log: { level: "error", format: "text" } } as const;
  expect(await listening[0]?.reconfigure(added)).toEqual([]);
  // One that a worker cannot compose changes nothing there.
  const broken: Deployment = JSON.parse(JSON.stringify({ ...added, providers: null }));
  const lanes = async (): Promise<unknown> => JSON.parse(await read("/stats"));
  for (let tries = 0; tries < TRIES_MAX && !JSON.stringify(await lanes()).includes("model-1"); tries += 1);
  expect(await lanes()).toMatchObject({
    unresolved_requests: asks + 1,
    lanes: [{ max_concurrent: 10 }, { max_concurrent: 4, free_slots: 4 }],
  });
  expect(await listening[0]?.reconfigure(broken)).toEqual([]);
  const statuses = new Set<number>();
  for (let count = 0; count < 10; count += 1) statuses.add(await ask());
  expect(statuses.has(404)).toBe(false);
  expect(await lanes()).toMatchObject({ lanes: [{ max_concurrent: 10 }, { max_concurrent: 4 }] });

  onSignal("SIGINT");
  expect(await exitCode).toBe(0);
  await expect(fetch(`${url}/healthz`)).rejects.toThrow();
});
