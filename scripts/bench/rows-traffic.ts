// Rows about processor time: per request and per streamed chunk, relayed and translated, each beside nginx in front of
// the same vendor. Rounds alternate between the two, so that a busy moment of the machine hits both.
import { type Gateway, KEY, measureLoad } from "./gateway.ts";
import type { LoadPlan } from "./load-plan.ts";
import type { Reference } from "./nginx.ts";
import type { Stage } from "./processes.ts";
import type { Row } from "./report.ts";
import { ratios, summarise } from "./statistics.ts";
import { type Dialect, STREAM_FRAMES } from "./words.ts";

export interface TrafficInput {
  readonly stage: Stage;
  readonly root: string;
  readonly gateway: Gateway;
  /** null: not on this machine. */
  readonly nginx: Reference | null;
  readonly rounds: number;
  /** Requests of a buffered round, and streams of a streamed one. */
  readonly requests: number;
  readonly streams: number;
}

/** Connections at a time: enough to keep a core busy, few enough that nothing queues. */
const BUFFERED_CONNECTIONS = 8;
const STREAMED_CONNECTIONS = 40;

/** What one contender did in every round: microseconds per request or per chunk. */
type Series = number[];

export async function measureTraffic(input: TrafficInput): Promise<Row[]> {
  const buffered = { gateway: [], nginx: [] } as { gateway: Series; nginx: Series };
  const series = {
    relay: [] as Series,
    toAnthropic: [] as Series,
    toOpenai: [] as Series,
    nginxOpenai: [] as Series,
    nginxAnthropic: [] as Series,
  };
  await warm(input);
  for (let round = 0; round < input.rounds; round += 1) {
    buffered.nginx.push(await perRequest(input, "nginx"));
    buffered.gateway.push(await perRequest(input, "gateway"));
    series.nginxOpenai.push(await perChunk(input, "nginx", "openai", "openai"));
    series.relay.push(await perChunk(input, "gateway", "openai", "openai"));
    series.toOpenai.push(await perChunk(input, "gateway", "anthropic", "openai"));
    series.nginxAnthropic.push(await perChunk(input, "nginx", "anthropic", "anthropic"));
    series.toAnthropic.push(await perChunk(input, "gateway", "openai", "anthropic"));
  }
  const row = (what: string, values: Series, references: Series, max: number): Row => ({
    what,
    value: summarise(values),
    unit: "µs",
    ...(input.nginx === null
      ? { reference: null, ratio: null }
      : {
          reference: { name: "nginx", value: summarise(references) },
          ratio: summarise(ratios(values, references)),
        }),
    budget: { of: "ratio", max },
  });
  return [
    row("CPU per request, relay", buffered.gateway, buffered.nginx, 3.2),
    row("CPU per streamed chunk, relay", series.relay, series.nginxOpenai, 1.2),
    row("CPU per streamed chunk, OpenAI client, Anthropic lane", series.toAnthropic, series.nginxAnthropic, 2),
    row("CPU per streamed chunk, Anthropic client, OpenAI lane", series.toOpenai, series.nginxOpenai, 2),
  ];
}

/** Compiles what is hot, on both sides. */
async function warm(input: TrafficInput): Promise<void> {
  for (const who of ["nginx", "gateway"] as const) {
    await perRequest(input, who);
    await perChunk(input, who, "openai", "openai");
  }
  await perChunk(input, "gateway", "anthropic", "openai");
  await perChunk(input, "gateway", "openai", "anthropic");
}

type Who = "gateway" | "nginx";

/** Microseconds of processor time for one buffered request. */
async function perRequest(input: TrafficInput, who: Who): Promise<number> {
  const plan = { kind: "buffered", dialect: "openai", model: "openai-pool" } as const;
  const result = await run(input, who, {
    ...plan,
    connections: BUFFERED_CONNECTIONS,
    requests: input.requests,
  });
  return result / input.requests;
}

/** Microseconds of processor time for one chunk that the vendor writes. `client` speaks to us, `lane` is behind us. */
async function perChunk(input: TrafficInput, who: Who, client: Dialect, lane: Dialect): Promise<number> {
  const plan = { kind: "streamed", dialect: client, model: `${lane}-pool` } as const;
  const result = await run(input, who, { ...plan, connections: STREAMED_CONNECTIONS, requests: input.streams });
  return result / (input.streams * STREAM_FRAMES);
}

async function run(input: TrafficInput, who: Who, plan: Omit<LoadPlan, "port" | "key">): Promise<number> {
  const { stage, root, gateway, nginx } = input;
  if (who === "nginx" && nginx === null) return Number.NaN;
  const server = who === "nginx" && nginx !== null ? nginx.child : gateway.child;
  const nginxPort = plan.kind === "buffered" ? nginx?.port : nginx?.unbufferedPort;
  const port = who === "nginx" ? (nginxPort ?? 0) : gateway.port;
  const result = await measureLoad(stage, { root, server, plan: { ...plan, port, key: KEY } });
  return result.cpuMicros;
}
