// Every protocol's client on every protocol's lane, over one corpus: what a translation changes is a declared loss, the
// losses are pinned in golden/losses.json (UPDATE_GOLDEN=1 rewrites it, people read the diff), and each pinned loss is
// explained by docs/translation.md.
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import type { IrEvent } from "../../src/ir/event.ts";
import { createAccumulator } from "../../src/ir/fold.ts";
import type { Loss, WithLosses } from "../../src/ir/loss.ts";
import type { IrRequest } from "../../src/ir/request.ts";
import type { IrResponse } from "../../src/ir/response.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import type { AnswerContext, Protocol } from "../../src/protocols/protocol.ts";
import { concatBytes } from "../../src/std/bytes.ts";
import { RESPONSES, STREAMS } from "../harness/answers.ts";
import { REQUESTS } from "../harness/conversations.ts";
import {
  differences,
  type Meaning,
  meaningOfBroken,
  meaningOfRequest,
  meaningOfResponse,
  overTheWire,
  textOf,
} from "../harness/meaning.ts";
import { lossesTable, TRANSLATION_MD } from "../harness/translation-page.ts";

const GOLDEN = join(import.meta.dir, "golden", "losses.json");
const IS_UPDATE = process.env["UPDATE_GOLDEN"] === "1";
const ALL: readonly Protocol[] = Object.values(PROTOCOLS);
const PAIRS = ALL.flatMap((ingress) =>
  ALL.map((egress) => ({ ingress, egress, name: `${ingress.id} > ${egress.id}` })),
);

/** What a translation of one case came to. */
interface Came {
  readonly losses: readonly Loss[];
  /** Features that changed. */
  readonly changed: readonly string[];
}

function contextFor(request: IrRequest | null): AnswerContext {
  let ids = 0;
  return {
    request,
    upstreamModel: "upstream-model",
    createdMs: 1_767_225_600_000,
    newId: (length) => String(ids++).padStart(length, "0"),
    inputTokensEstimate: 25,
  };
}

const WRITE = { upstreamModel: "pool", defaultMaxOutputTokens: 256, maxOutputTokens: null };

/** A client's request: the corpus' own, as this protocol's clients would have sent it. */
function sentBy(ingress: Protocol, given: IrRequest): IrRequest {
  const body = overTheWire(ingress.payload.writeRequest(given, WRITE).value);
  return ingress.payload.readRequest(body).value;
}

function translateRequest(ingress: Protocol, egress: Protocol, given: IrRequest): Came {
  const request = sentBy(ingress, given);
  const losses: Loss[] = [
    ...ingress.payload.readRequest(overTheWire(ingress.payload.writeRequest(given, WRITE).value)).losses,
  ];
  const written = keep(losses, egress.payload.writeRequest(request, WRITE));
  const arrived = keep(losses, egress.payload.readRequest(overTheWire(written)));
  return { losses, changed: changes(meaningOfRequest(request), meaningOfRequest(arrived)) };
}

function translateResponse(ingress: Protocol, egress: Protocol, given: IrResponse): Came {
  const own = contextFor(null);
  const body = overTheWire(egress.payload.writeResponse(given, own).value);
  const losses: Loss[] = [];
  const answer = keep(losses, egress.payload.readResponse(body));
  const written = keep(losses, ingress.payload.writeResponse(answer, contextFor(null)));
  const arrived = keep(losses, ingress.payload.readResponse(overTheWire(written)));
  return { losses, changed: changes(meaningOfResponse(answer), meaningOfResponse(arrived)) };
}

function translateStream(ingress: Protocol, egress: Protocol, given: readonly IrEvent[]): Came {
  const losses: Loss[] = [];
  const answer = readBack(egress, given, []);
  const arrived = readBack(ingress, answer.events, losses);
  losses.push(...answer.losses, ...arrived.losses);
  const failures = answer.failed === arrived.failed ? [] : ["failure"];
  // What a broken stream had said before it broke must have arrived as well.
  const meaning = answer.failed ? meaningOfBroken : meaningOfResponse;
  return { losses, changed: [...failures, ...changes(meaning(answer.response), meaning(arrived.response))] };
}

interface ReadBack {
  readonly events: readonly IrEvent[];
  readonly response: IrResponse;
  readonly failed: boolean;
  readonly losses: readonly Loss[];
}

/** Each feature that changed, with what it said before and after. */
function changes(before: Meaning, after: Meaning): string[] {
  return differences(before, after).map((name) => `${name}: ${textOf(before[name])} -> ${textOf(after[name])}`);
}

/** Events written by this protocol, sent as bytes, and read again. Losses of the writer go to `losses`. */
function readBack(protocol: Protocol, events: readonly IrEvent[], losses: Loss[]): ReadBack {
  const { payload, carrier } = protocol;
  const asked =
    protocol.id === "openai"
      ? payload.readRequest({ model: "m", messages: [], stream: true, stream_options: { include_usage: true } }).value
      : null;
  const writer = payload.createStreamWriter(contextFor(asked));
  const joiner = carrier.framing.createJoiner();
  const bytes = concatBytes([
    ...events.flatMap((event) => writer.push(event)).map((frame) => joiner.write(frame)),
    joiner.end(),
  ]);
  losses.push(...writer.losses);
  const splitter = carrier.framing.createSplitter();
  const reader = payload.createStreamReader();
  const accumulator = createAccumulator();
  const read = [...splitter.push(bytes), ...splitter.end()].flatMap((frame) => reader.push(frame));
  read.push(...reader.end());
  for (const event of read) accumulator.push(event);
  return {
    events: read,
    response: accumulator.response(),
    failed: accumulator.failure() !== null,
    losses: accumulator.losses(),
  };
}

function keep<T>(losses: Loss[], result: WithLosses<T>): T {
  losses.push(...result.losses);
  return result.value;
}

// ---------------------------------------------------------------- the tests

/** Changes that are no losses, because the client's own protocol has no place for what is missing, or the lane's no default. */
const ALLOWED: Readonly<
  Record<string, Readonly<Record<string, { readonly changes: readonly string[]; readonly because: string }>>>
> = {
  "requests, openai > anthropic": {
    "no limit": { changes: ["maxOutputTokens"], because: "the vendor demands a limit: the lane's default is written" },
  },
  "requests, responses > anthropic": {
    "no limit": { changes: ["maxOutputTokens"], because: "the vendor demands a limit: the lane's default is written" },
  },
  "requests, gemini > anthropic": {
    "no limit": { changes: ["maxOutputTokens"], because: "the vendor demands a limit: the lane's default is written" },
    "reasoning off": { changes: ["reasoning"], because: "a model that thinks only when told to is told nothing" },
  },
  "requests, gemini > openai": {
    "document bytes": { changes: ["conversation"], because: "the provider demands a file name, so one is made up" },
    "reasoning adaptive": { changes: ["reasoning"], because: "its models decide by themselves unless told an effort" },
  },
  "requests, gemini > responses": {
    "document bytes": { changes: ["conversation"], because: "the provider demands a file name, so one is made up" },
    "reasoning adaptive": { changes: ["reasoning"], because: "its models decide by themselves unless told an effort" },
  },
  "responses, openai > anthropic": {
    "stopped by a sequence": {
      changes: ["stopSequences", "finishes"],
      because: "the client's protocol never says which one was met",
    },
  },
  "streams, openai > anthropic": {
    "stopped by a sequence": {
      changes: ["stopSequences", "finishes"],
      because: "the client's protocol never says which one was met",
    },
  },
};

/** Kind -> pair -> case -> losses, each as one line. */
type Pinned = Record<string, Record<string, Record<string, string[]>>>;

const KINDS = {
  requests: run(REQUESTS, translateRequest),
  responses: run(RESPONSES, translateResponse),
  streams: run(STREAMS, translateStream),
};

function run<T>(
  corpus: Readonly<Record<string, T>>,
  translate: (ingress: Protocol, egress: Protocol, given: T) => Came,
) {
  return PAIRS.map(({ ingress, egress, name }) => ({
    pair: name,
    isSame: ingress.id === egress.id,
    cases: Object.entries(corpus).map(([each, given]) => ({
      name: each,
      came: (): Came => translate(ingress, egress, given),
    })),
  }));
}

for (const [kind, pairs] of Object.entries(KINDS)) {
  for (const { pair, isSame, cases } of pairs) {
    describe(`${kind}, ${pair}`, () => {
      for (const { name, came } of cases) {
        test(`${name}: what changed was declared`, () => {
          const { losses, changed } = came();
          const allowed = ALLOWED[`${kind}, ${pair}`]?.[name.replace(" (whole)", "")];
          const unexplained = changed.filter(
            (change) => allowed === undefined || !allowed.changes.some((feature) => change.startsWith(`${feature}:`)),
          );
          expect(losses.length === 0 || isSame ? unexplained : []).toEqual([]);
        });
      }
    });
  }
}

test("the losses are the pinned ones", async () => {
  const found: Pinned = {};
  for (const [kind, pairs] of Object.entries(KINDS)) {
    const ofKind: Pinned[string] = {};
    for (const { pair, cases } of pairs) {
      const ofPair: Record<string, string[]> = {};
      for (const { name, came } of cases) {
        const lines = [...new Set(came().losses.map(({ field, how, detail }) => `${field} ${how}: ${detail}`))];
        if (lines.length > 0) ofPair[name] = lines;
      }
      ofKind[pair] = ofPair;
    }
    found[kind] = ofKind;
  }
  if (IS_UPDATE) await Bun.write(GOLDEN, `${JSON.stringify(found, null, 2)}\n`);
  const pinned: Pinned = JSON.parse(await Bun.file(GOLDEN).text());
  expect(found).toEqual(pinned);
});

test("every pinned loss is explained in docs/translation.md, and its generated part is up to date", async () => {
  const pinned: Pinned = JSON.parse(await Bun.file(GOLDEN).text());
  const page = await Bun.file(TRANSLATION_MD).text();
  const { unexplained, text } = lossesTable(pinned, page);
  if (IS_UPDATE) await Bun.write(TRANSLATION_MD, text);
  expect(unexplained).toEqual([]);
  expect(await Bun.file(TRANSLATION_MD).text()).toBe(text);
});

test("docs/translation.md has a column for every protocol, and every row fills it", async () => {
  const lines = (await Bun.file(TRANSLATION_MD).text()).split("\n");
  const heading = lines.findIndex((line) => line.startsWith("| feature |"));
  const cells = (line: string): string[] =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
  expect(cells(lines[heading] ?? "").toSorted()).toEqual(["feature", ...ALL.map((protocol) => protocol.id)].toSorted());
  const rows = lines.slice(heading + 2, lines.indexOf("", heading));
  expect(rows.length).toBeGreaterThan(20);
  expect(rows.filter((row) => cells(row).length !== ALL.length + 1 || cells(row).includes(""))).toEqual([]);
});

test("tokens are conserved: whatever the pair, what the vendor counted is what the client reads, once", () => {
  const wrong: string[] = [];
  for (const { ingress, egress, name } of PAIRS) {
    for (const [each, given] of Object.entries(RESPONSES)) {
      const answer = egress.payload.readResponse(
        overTheWire(egress.payload.writeResponse(given, contextFor(null)).value),
      ).value;
      const arrived = ingress.payload.readResponse(
        overTheWire(ingress.payload.writeResponse(answer, contextFor(null)).value),
      ).value;
      const before = meaningOfResponse(answer);
      const after = meaningOfResponse(arrived);
      const counts = ["inputTokens", "cacheReadTokens", "outputTokens", "reasoningTokens"];
      const lost = counts.filter((count) => before[count] !== undefined && before[count] !== after[count]);
      if (lost.length > 0) wrong.push(`${name}, ${each}: ${lost.join(", ")}`);
    }
  }
  expect(wrong).toEqual([]);
});
