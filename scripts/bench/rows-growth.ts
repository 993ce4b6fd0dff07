// Rows about growth: what a request takes with more lanes in its pool, more keys, more pools beside its own, and with the
// same text in more messages, each beside the smallest.
import { type Bench, oneByOne } from "./cast.ts";
import type { Contender } from "./contender.ts";
import { type Shape, startGateway } from "./gateway.ts";
import type { Row } from "./report.ts";
import { takeTurns } from "./turns.ts";
import { PATHS, requestBody } from "./words.ts";

export interface GrowthRow {
  readonly id: string;
  readonly what: string;
  /** What is counted, as the contenders are called. */
  readonly noun: string;
  readonly counts: (most: number) => readonly number[];
  readonly shape: (count: number) => Shape;
}

export const GROWTH_ROWS: readonly GrowthRow[] = [
  {
    id: "lanes",
    what: "request by lanes of its pool",
    noun: "lane",
    counts: () => [1, 10, 100],
    shape: (lanes) => ({ lanes }),
  },
  {
    id: "keys",
    what: "request with a key, by how many there are",
    noun: "key",
    counts: (most) => [1, most / 10, most],
    shape: (keys) => ({ keys }),
  },
  {
    id: "pools",
    what: "request by pools that are configured",
    noun: "pool",
    counts: () => [1, 1_000],
    shape: (pools) => ({ otherPools: pools - 1 }),
  },
];

export async function measureGrowth(bench: Bench, { id, what, noun, counts, shape }: GrowthRow): Promise<Row> {
  const { place, size } = bench;
  const [program] = bench.programs;
  if (program === undefined) throw new Error("there is no program to measure");
  const gateways = await oneByOne(counts(size.most), (count) =>
    startGateway(place, { name: counted(count, noun), program: program.path, ...shape(count) }),
  );
  const body = requestBody("openai", { model: "openai-pool", stream: false });
  const series = await takeTurns(bench, {
    contenders: gateways,
    load: () => ({ kind: "buffered", path: PATHS.openai, body, connections: 16, requests: size.requests }),
    rounds: size.rounds,
    warm: { kind: "growth", requests: size.warmRequests },
  });
  for (const { child } of gateways) await place.stage.stop(child);
  return { id, what, unit: "µs", series, reference: series[0]?.name ?? null };
}

const HISTORY_BYTES = 32_000;

/** One gateway; each contender is a length of the conversation, of the same size in all. */
export async function measureHistory(bench: Bench): Promise<Row> {
  const { place, size } = bench;
  const [program] = bench.programs;
  if (program === undefined) throw new Error("there is no program to measure");
  const gateway = await startGateway(place, { name: program.name, program: program.path });
  const lengths = [1, 11, 101];
  const contenders = lengths.map((length): Contender => ({ ...gateway, name: counted(length, "message") }));
  const bodies = new Map(
    lengths.map((messages) => [
      counted(messages, "message"),
      requestBody("openai", { model: "openai-pool", stream: false, bytes: HISTORY_BYTES, messages }),
    ]),
  );
  const series = await takeTurns(bench, {
    contenders,
    load: ({ name }) => ({
      kind: "buffered",
      path: PATHS.openai,
      body: bodies.get(name) ?? "",
      connections: 16,
      requests: Math.ceil(size.requests / 2),
    }),
    rounds: size.rounds,
    warm: { kind: "history", requests: Math.ceil(size.warmRequests / lengths.length) },
  });
  await place.stage.stop(gateway.child);
  const what = "request of 32 KB, by messages of its history";
  return { id: "history", what, unit: "µs", series, reference: series[0]?.name ?? null };
}

const counted = (count: number, noun: string): string =>
  `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
