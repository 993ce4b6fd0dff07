// The tap of each protocol beside its reader, over written streams and recorded ones: a relayed answer is seen as a
// translated one is. The two are read by code of their own, because reading every frame costs a relay 5 % of its time.
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isMeaningful } from "../../src/ir/event.ts";
import { mergeUsage, type Usage } from "../../src/ir/usage.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import type { Frame, Protocol } from "../../src/protocols/protocol.ts";
import { STREAMS } from "../corpus/corpus.ts";
import { CONTEXT } from "../harness/protocol-builders.ts";

const ALL: readonly Protocol[] = Object.values<Protocol>(PROTOCOLS).filter(({ id, payload }) => id === payload.id);
const RECORDED: Readonly<Record<string, readonly string[]>> = {
  anthropic: ["anthropic", "anthropic-vertex"],
  bedrock: ["bedrock-converse"],
  cohere: ["cohere"],
  responses: ["openai-responses"],
  gemini: ["gemini"],
  openai: ["openai-chat"],
};
const folder = process.env["RINGMAIN_RECORDINGS"];

interface Seen {
  usage: Usage | null;
  model: string | null;
  finish: string | null;
  error: unknown;
  /** The first frame with a part of the answer, and the first after which nothing that matters follows; null: none. */
  begins: number | null;
  settles: number | null;
}

const nothing = (): Seen => ({ usage: null, model: null, finish: null, error: null, begins: null, settles: null });

function watched({ payload }: Protocol, frames: readonly Frame[]): Seen {
  const seen = nothing();
  const tap = payload.createTap();
  for (const [index, frame] of frames.entries()) {
    const note = tap.frame(frame);
    seen.usage = mergeUsage(seen.usage, note.usage);
    seen.model ??= note.model;
    seen.finish = note.finish ?? seen.finish;
    seen.error ??= note.failure;
    if (note.meaningful) seen.begins ??= index;
    if (note.settled || note.failure !== null) seen.settles ??= index;
  }
  // A finish before a failure ended nothing.
  return seen.error === null ? seen : { ...seen, finish: null };
}

function read({ payload }: Protocol, frames: readonly Frame[]): Seen {
  const seen = nothing();
  const reader = payload.createStreamReader();
  for (const [index, frame] of frames.entries()) {
    for (const event of reader.push(frame)) {
      if (event.type === "usage") seen.usage = mergeUsage(seen.usage, event.usage);
      if (event.type === "start") seen.model ??= event.model;
      if (event.type === "finish") seen.finish = event.finish.raw ?? event.finish.reason;
      if (event.type === "failed") seen.error = event.error;
      if (isMeaningful(event)) seen.begins ??= index;
    }
    if (reader.settled) seen.settles ??= index;
  }
  // A finish is told when the stream has ended: more may follow it.
  for (const event of reader.end()) if (event.type === "finish") seen.finish = event.finish.raw ?? event.finish.reason;
  return seen;
}

function compare(protocol: Protocol, frames: readonly Frame[]): void {
  const [relayed, translated] = [watched(protocol, frames), read(protocol, frames)];
  // A call of the vendor's own tool takes its time: relayed it is seen when it begins, translated when it is done.
  expect(relayed.begins ?? Infinity).toBeLessThanOrEqual(translated.begins ?? Infinity);
  expect({ ...relayed, begins: null }).toEqual({ ...translated, begins: null });
}

describe.each(ALL.map((protocol) => [protocol.id, protocol] as const))("%s", (id, protocol) => {
  test.each(Object.keys(STREAMS))("written: %s", (name) => {
    const writer = protocol.payload.createStreamWriter(CONTEXT);
    const events = STREAMS[name] ?? [];
    compare(
      protocol,
      events.flatMap((event) => writer.push(event)),
    );
  });

  const names = (RECORDED[id] ?? []).flatMap((kind) =>
    folder === undefined
      ? []
      : readdirSync(join(folder, kind), { recursive: true, encoding: "utf8" }).map((name) => join(kind, name)),
  );
  test.each(names.filter((name) => /\.resp\.(sse|es)$/.test(name)))("recorded: %s", (name) => {
    const splitter = protocol.carrier.framing.createSplitter();
    compare(protocol, [...splitter.push(readFileSync(join(folder ?? "", name))), ...splitter.end()]);
  });
});
