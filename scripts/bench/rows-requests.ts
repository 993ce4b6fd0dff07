// Rows about requests answered whole: processor time of each contender in front of the same vendor, by size, by how many
// at a time, relayed and translated.
import type { Bench, Part } from "./cast.ts";
import type { Row } from "./report.ts";
import { takeTurns } from "./turns.ts";
import { PATHS, requestBody } from "./words.ts";

interface RequestRow {
  readonly id: string;
  readonly what: string;
  readonly parts: readonly Part[];
  readonly bytes: number;
  readonly connections: number;
  /** Requests of a turn, to those of the row of 1 KB. */
  readonly part: number;
}

const ALL: readonly Part[] = ["nginx", "fetch", "sockets", "token", "key", "peers"];

export const REQUEST_ROWS: readonly RequestRow[] = [
  { id: "request-1k-c16", what: "request of 1 KB, 16 at a time", parts: ALL, bytes: 1_000, connections: 16, part: 1 },
  { id: "request-1k-c1", what: "request of 1 KB, one at a time", parts: ALL, bytes: 1_000, connections: 1, part: 0.5 },
  { id: "request-32k", what: "request of 32 KB, 16 at a time", parts: ALL, bytes: 32_000, connections: 16, part: 0.5 },
  {
    id: "request-1m",
    what: "request of 1 MB, 16 at a time",
    parts: ALL,
    bytes: 1_000_000,
    connections: 16,
    part: 0.02,
  },
];

export const FETCH = "bare fetch";

export async function measureRequests(bench: Bench, row: RequestRow): Promise<Row> {
  const { size } = bench;
  const body = requestBody("openai", { model: "openai-pool", stream: false, bytes: row.bytes });
  const series = await takeTurns(bench, {
    contenders: await bench.cast.of(row.parts),
    load: () => ({
      kind: "buffered",
      path: PATHS.openai,
      body,
      connections: row.connections,
      requests: Math.ceil(size.requests * row.part),
    }),
    rounds: size.rounds,
    warm: { kind: `relayed ${row.bytes}`, requests: Math.ceil(size.warmRequests * Math.min(1, 1_000 / row.bytes)) },
  });
  return { id: row.id, what: row.what, unit: "µs", series, reference: FETCH };
}

/** An OpenAI client on an Anthropic lane, beside a bare relay of the same request. */
export async function measureTranslatedRequest(bench: Bench): Promise<Row> {
  const { size } = bench;
  const bodyFor = (model: string): string => requestBody("openai", { model, stream: false });
  const [relayed, translated] = [bodyFor("openai-pool"), bodyFor("anthropic-pool")];
  const series = await takeTurns(bench, {
    contenders: await bench.cast.of(["fetch", "token", "peers"]),
    load: ({ name }) => ({
      kind: "buffered",
      path: PATHS.openai,
      body: name === FETCH ? relayed : translated,
      connections: 16,
      requests: size.requests,
    }),
    rounds: size.rounds,
    warm: { kind: "translated", requests: size.warmRequests },
  });
  const what = "request of 1 KB translated whole, OpenAI client, Anthropic lane, 16 at a time";
  return { id: "request-translated", what, unit: "µs", series, reference: FETCH };
}
