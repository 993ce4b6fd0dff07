// The row about cells: every protocol in front of every protocol, answered whole. The reference is the middle of those
// that are relayed; the dearest of the others are shown.
import { UNKNOWN_SERVER } from "../../src/ir/dialect.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import type { Protocol } from "../../src/protocols/protocol.ts";
import { asObject, parseJson } from "../../src/std/json.ts";
import type { Bench } from "./cast.ts";
import { type Load, measureLoad } from "./contender.ts";
import { startGateway } from "./gateway.ts";
import type { Row, Series } from "./report.ts";
import { summarise } from "./statistics.ts";
import { answerBody, requestBody } from "./words.ts";

/** Those whose payload is their own. */
const FAMILIES: readonly Protocol[] = Object.values<Protocol>(PROTOCOLS).filter(({ id, payload }) => id === payload.id);
const DEAREST = 5;
const CONNECTIONS = 16;

/** One whole answer of each protocol's vendor, by the protocol's id. */
export function cellAnswers(): Record<string, string> {
  const response = PROTOCOLS.openai.payload.readResponse(asObject(parseJson(answerBody("openai"))) ?? {}).value;
  const context = {
    request: null,
    upstreamModel: "bench-model",
    createdMs: 1_780_000_000_000,
    elapsedMs: () => 100,
    newId: (length: number) => "A1b2C3d4E5f6G7h8I9j0".repeat(2).slice(0, length),
    inputTokensEstimate: 210,
  };
  return Object.fromEntries(
    FAMILIES.map(({ id, payload }) => [id, JSON.stringify(payload.writeResponse(response, context).value)]),
  );
}

interface Cell {
  readonly client: Protocol;
  readonly lane: Protocol;
  readonly load: Omit<Load, "requests">;
}

export async function measureCells(bench: Bench): Promise<Row> {
  const { place, size } = bench;
  const [program] = bench.programs;
  if (program === undefined) throw new Error("there is no program to measure");
  const protocols = FAMILIES.map(({ id }) => id);
  const gateway = await startGateway(place, { name: program.name, program: program.path, protocols });
  const cells = FAMILIES.flatMap((client) => FAMILIES.map((lane) => cellOf(client, lane)));
  for (const { load } of cells) {
    await measureLoad(place, gateway, { ...load, requests: Math.ceil(size.warmRequests / cells.length) });
  }
  const rounds: number[][] = [];
  for (let round = 0; round < size.streamRounds; round += 1) {
    bench.say(`cells: round ${round + 1} of ${size.streamRounds}`);
    const values: number[] = [];
    for (const { load } of cells) {
      const { cpuMicros } = await measureLoad(place, gateway, { ...load, requests: size.cellRequests });
      values.push(cpuMicros / size.cellRequests);
    }
    rounds.push(values);
  }
  await place.stage.stop(gateway.child);
  const series = summariseCells(
    cells.map(({ client, lane }) => ({ client: client.id, lane: lane.id })),
    rounds,
  );
  const what = `request of 1 KB, ${cells.length} pairs of protocols, answered whole`;
  return { id: "cells", what, unit: "µs", series, reference: series[0]?.name ?? null };
}

/** The middle of the relayed ones first, then the dearest of all by their medians. */
export function summariseCells(
  cells: readonly { readonly client: string; readonly lane: string }[],
  rounds: readonly (readonly number[])[],
): Series[] {
  const valuesOf = (at: number): number[] => rounds.map((values) => values[at] ?? Number.NaN);
  const relayed = rounds.map(
    (values) => summarise(values.filter((_, at) => cells[at]?.client === cells[at]?.lane)).median,
  );
  const others = cells
    .map(({ client, lane }, at): Series => ({ name: `${client} client, ${lane} lane`, values: valuesOf(at) }))
    .toSorted((left, right) => summarise(right.values).median - summarise(left.values).median)
    .slice(0, DEAREST);
  return [
    { name: "middle of the relayed", values: relayed },
    ...others.map(({ name, values }, at) => ({ name: at === 0 ? `dearest: ${name}` : name, values })),
  ];
}

function cellOf(client: Protocol, lane: Protocol): Cell {
  const target = `cell-${lane.id}-pool`;
  const asked = asObject(parseJson(requestBody("openai", { model: target, stream: false }))) ?? {};
  const request = PROTOCOLS.openai.payload.readRequest(asked).value;
  const written = client.payload.writeRequest(
    { ...request, sourceProtocol: client.id },
    { upstreamModel: target, defaultMaxOutputTokens: 512, dialect: UNKNOWN_SERVER, maxOutputTokens: null },
  );
  const path = clientPath(client, target);
  return {
    client,
    lane,
    load: { kind: "buffered", path, body: JSON.stringify(written.value), connections: CONNECTIONS },
  };
}

/** Where this protocol's clients ask for a whole answer. */
function clientPath({ carrier }: Protocol, target: string): string {
  const own = carrier.upstreamPath({
    operation: "chat",
    upstreamModel: target,
    stream: false,
    template: null,
    clientPath: "",
  });
  if (own === null) throw new Error("a protocol has no path of its own");
  return own;
}
