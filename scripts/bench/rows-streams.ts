// Rows about streams: processor time for one chunk that the vendor writes, relayed and translated, beside nginx unbuffered
// in front of what the same vendor writes.
import type { Bench, Part } from "./cast.ts";
import type { Row } from "./report.ts";
import { takeTurns } from "./turns.ts";
import { type Dialect, PATHS, requestBody, STREAM_FRAMES } from "./words.ts";

interface StreamRow {
  readonly id: string;
  readonly what: string;
  readonly parts: readonly Part[];
  readonly client: Dialect;
  readonly lane: Dialect;
}

export const STREAM_ROWS: readonly StreamRow[] = [
  {
    id: "chunk-relayed",
    what: "streamed chunk, relayed",
    parts: ["nginx", "fetch", "sockets", "token", "peers"],
    client: "openai",
    lane: "openai",
  },
  {
    id: "chunk-from-anthropic",
    what: "streamed chunk, OpenAI client, Anthropic lane",
    parts: ["nginx", "token", "peers"],
    client: "openai",
    lane: "anthropic",
  },
  {
    id: "chunk-from-openai",
    what: "streamed chunk, Anthropic client, OpenAI lane",
    parts: ["nginx", "token", "peers"],
    client: "anthropic",
    lane: "openai",
  },
];

const NGINX = "nginx";
/** Enough to keep a core busy at a chunk every 4 ms of each, few enough that nothing queues. */
const CONNECTIONS = 60;

export async function measureStreams(bench: Bench, { id, what, parts, client, lane }: StreamRow): Promise<Row> {
  const { size } = bench;
  const series = await takeTurns(bench, {
    contenders: await bench.cast.of(parts),
    load: ({ name }) => {
      // What does not translate gets what that vendor writes.
      const dialect = name === NGINX ? lane : client;
      const body = requestBody(dialect, { model: `${lane}-pool`, stream: true });
      return { kind: "streamed", path: PATHS[dialect], body, connections: CONNECTIONS, requests: size.streams };
    },
    rounds: size.streamRounds,
    pieces: STREAM_FRAMES,
    warm: { kind: `${client} ${lane}`, requests: size.warmStreams },
  });
  return { id, what, unit: "µs", series, reference: NGINX };
}
