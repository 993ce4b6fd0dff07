// The compiled gateway under mixed load: it does not grow, and nothing of a request stays behind. `npm run soak` runs it for half
// an hour; SOAK_MINUTES says how long. In two minutes what a collector leaves lying still looks like growth now and then.
import { expect, test } from "bun:test";
import { type Gateway, startGateway } from "../../harness/binary.ts";
import { growthOf, isGrowing, memoryOf, openFilesOf, processTree } from "../../harness/growth.ts";
import { ADMIN_TOKEN, makeKey, mixedConfig, startMixedLoad, startMoodyVendor } from "../../harness/mixed-load.ts";

const MINUTES = Number(process.env["SOAK_MINUTES"] ?? 2);
const [LOAD_MS, REST_MS, LOOK_MS] = [9_000, 6_000, 1_000];
const ROUNDS = Math.max(4, Math.round((MINUTES * 60_000) / (LOAD_MS + REST_MS)));
const CLIENTS = 12;
/** The first round warms up: what is hot is compiled, and rings and caches fill. */
const WARM_ROUNDS = 1;
/** Connections to the vendor that are kept for the next request. */
const KEPT_FILES_MAX = 12;
const MB = 1024 * 1024;
/** A supervisor has little to do, so that its garbage may lie for two minutes: up to 4 MB a round were seen, and then all of it went. */
const GROWN_MAX = [
  ["supervisor", 32 * MB],
  ["worker", 8 * MB],
] as const;

interface Rest {
  readonly memory: readonly number[];
  readonly files: readonly number[];
}

test.skipIf(process.platform !== "linux" || process.env["SOAK_MINUTES"] === undefined)(
  "under mixed load memory and open files stay level (skipped: SOAK_MINUTES is not set)",
  async () => {
    const vendor = startMoodyVendor();
    const gateway = await startGateway({ config: mixedConfig(vendor.port) });
    const rests: Rest[] = [];
    try {
      const secret = await makeKey(gateway);
      const tree = await processTree(gateway.pid);
      for (let round = 0; round < ROUNDS; round += 1) {
        const load = startMixedLoad(gateway, secret, CLIENTS);
        await Bun.sleep(LOAD_MS);
        await load.stop();
        expect(load.surprises).toEqual([]);
        rests.push(await atRest(tree));
      }
      expect(await inFlight(gateway)).toBe(0);
      expect(await processTree(gateway.pid)).toEqual(tree); // none has died
    } finally {
      await gateway.stop();
      vendor.stop();
    }
    for (const [at, [name, grownMax]] of GROWN_MAX.entries()) {
      const levels = rests.slice(WARM_ROUNDS).map(({ memory }) => memory[at] ?? Number.NaN);
      const growth = growthOf(levels);
      const said = levels.map((level) => (level / MB).toFixed(1)).join(" ");
      console.log(`${name}: ${said} MB, grown ${(growth.grown / MB).toFixed(1)} ± ${(growth.noise / MB).toFixed(1)}`);
      expect({ name, isGrowing: isGrowing(growth, grownMax) }).toEqual({ name, isGrowing: false });
      const files = rests.map((rest) => rest.files[at] ?? 0);
      expect(Math.max(...files)).toBeLessThanOrEqual((files[0] ?? 0) + KEPT_FILES_MAX);
    }
  },
  (MINUTES + 2) * 60_000,
);

/** The lowest that is seen: what is garbage goes some time after the load. */
async function atRest(tree: readonly number[]): Promise<Rest> {
  const lowest = tree.map(() => Number.POSITIVE_INFINITY);
  for (let waited = 0; waited < REST_MS; waited += LOOK_MS) {
    await Bun.sleep(LOOK_MS);
    for (const [at, pid] of tree.entries()) lowest[at] = Math.min(lowest[at] ?? 0, await memoryOf(pid));
  }
  return { memory: lowest, files: await Promise.all(tree.map(openFilesOf)) };
}

/** Requests that lanes still count as theirs. */
async function inFlight(gateway: Gateway): Promise<number> {
  const stats = await fetch(`${gateway.url}/stats`, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } });
  const body = JSON.stringify(await stats.json());
  const counts = [...body.matchAll(/"inflight":(\d+)/g)].map(([, count]) => Number(count));
  expect(counts.length).toBeGreaterThan(0);
  return counts.reduce((sum, count) => sum + count, 0);
}
