// The row about what the runtime allocates for one request: the same on every machine, and so what a gate can hold.
import { allocatedPerRequest, followCollections } from "./allocation.ts";
import type { Bench } from "./cast.ts";
import { measureLoad } from "./contender.ts";
import { startGateway } from "./gateway.ts";
import type { Row, Series } from "./report.ts";
import { PATHS, requestBody } from "./words.ts";

/** Two say what the noise is; they hardly differ. */
const ROUNDS = 2;

export async function measureAllocation({ place, size, programs }: Bench): Promise<Row> {
  const body = requestBody("openai", { model: "openai-pool", stream: false });
  const load = { kind: "buffered", path: PATHS.openai, body, connections: 16 } as const;
  const series: Series[] = [];
  for (const { name, path } of programs) {
    for (const [who, keys] of [
      ["token", {}],
      ["key", { keys: 1 }],
    ] as const) {
      const shape = { name: `${name}, ${who}`, program: path, tellsCollections: true, ...keys };
      const gateway = await startGateway(place, shape);
      const log = followCollections(gateway.child);
      await measureLoad(place, gateway, { ...load, requests: size.allocatingRequests.warm });
      const values: number[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const counted = { ...load, requests: size.allocatingRequests.counted };
        values.push(await allocatedPerRequest(place, { gateway, log, load: counted }));
      }
      await place.stage.stop(gateway.child);
      series.push({ name: gateway.name, values });
    }
  }
  return { id: "allocated", what: "allocated for one request of 1 KB", unit: "KB", series, reference: null };
}
