// Every protocol's client on every protocol's lane, over one corpus: what a translation changes is a declared loss, the
// losses are pinned in src/cli/matrix-table.tsv (UPDATE_GOLDEN=1 rewrites it, people read the diff), each is explained
// by a table of features, and each table is shown to be true by the corpus. docs/translation.md is written from them.
import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { embeddedTable } from "../../src/cli/matrix-table.ts";
import { inputTokens } from "../../src/ir/usage.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import type { Protocol } from "../../src/protocols/protocol.ts";
import { RESPONSES } from "../corpus/corpus.ts";
import { shownByRequest, shownByResponse } from "../corpus/evidence.ts";
import { FEATURES, type FeatureId } from "../corpus/features/feature.ts";
import { featuresOfProtocol } from "../corpus/features/index.ts";
import { crossings, deviations, pinnedLosses, runMatrix, writeTable } from "../corpus/grid.ts";
import { textOf } from "../corpus/meaning.ts";
import { CASES, KINDS, type Kind, PAIRS, type Pair, translate } from "../corpus/translate.ts";
import { TRANSLATION_MD, translationPage } from "../harness/translation-page.ts";

const TABLE = join(import.meta.dir, "../../src/cli/matrix-table.tsv");
const IS_UPDATE = process.env["UPDATE_GOLDEN"] === "1";
const ALL: readonly Protocol[] = Object.values<Protocol>(PROTOCOLS).filter(({ id, payload }) => id === payload.id);
const IDS = Object.keys(FEATURES).filter((name): name is FeatureId => Object.hasOwn(FEATURES, name));

const RESULTS = runMatrix();
if (IS_UPDATE) await Bun.write(TABLE, writeTable(crossings(RESULTS)));
const pinned = IS_UPDATE ? crossings(RESULTS) : embeddedTable();

describe("the matrix", () => {
  test("the corpus has at least 60 conversations, and answers and streams beside them", () => {
    expect(CASES.requests.length).toBeGreaterThanOrEqual(60);
    expect(CASES.responses.length).toBeGreaterThan(30);
    expect(CASES.streams.length).toBeGreaterThan(60);
  });

  for (const result of RESULTS) {
    test(`${result.kind}, ${result.pair.name}: every change is a declared loss, and every loss has its reason`, () => {
      expect(result.defects).toEqual([]);
    });

    test(`${result.kind}, ${result.pair.name}: the losses are the pinned ones`, () => {
      expect(deviations(result, pinnedLosses(result, pinned))).toEqual([]);
    });
  }

  test("the table that `ringmain matrix` shows is what was found just now", async () => {
    expect(await Bun.file(TABLE).text()).toBe(writeTable(crossings(RESULTS)));
  });

  test("between a client and a lane of one protocol nothing is lost", () => {
    const own = RESULTS.filter(({ pair, lossy }) => pair.client === pair.lane && lossy > 0);
    expect(own.map(({ kind, pair, losses }) => [kind, pair.name, losses])).toEqual([]);
  });

  test("tokens are conserved: whatever the pair, what the vendor counted is what the client reads, once", () => {
    const wrong: string[] = [];
    for (const pair of PAIRS) {
      for (const name of Object.keys(RESPONSES)) {
        const [sent, arrived] = [shown("responses", pair, name)?.sent, shown("responses", pair, name)?.arrived];
        if (sent?.usage == null || arrived?.usage == null) continue;
        const pairs = [
          [inputTokens(sent.usage), inputTokens(arrived.usage)],
          [sent.usage.outputTokens, arrived.usage.outputTokens],
          [sent.usage.cacheReadTokens ?? 0, arrived.usage.cacheReadTokens ?? 0],
          // One protocol does not count reasoning apart, which is a declared loss.
          ...(pair.client.id === "bedrock"
            ? []
            : [[sent.usage.reasoningTokens ?? 0, arrived.usage.reasoningTokens ?? 0] as const]),
        ];
        if (pairs.some(([before, after]) => before !== null && before !== after)) wrong.push(`${pair.name}, ${name}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

function shown(kind: Kind, pair: Pair, name: string) {
  return translate(kind, pair, name).response;
}

/** Cells that say yes and cannot be shown by a case: what the corpus is made of in between has no member for it. */
const UNSHOWN: ReadonlySet<string> = new Set([]);

describe("the tables of features", () => {
  test("every feature is shown by a case of the corpus", () => {
    const missing = IDS.filter((id) => !ALL.some((protocol) => showsAnywhere(id, protocol)));
    expect(
      missing.filter((id) => ALL.some((protocol) => featuresOfProtocol(protocol.id)[id].carried !== "no")),
    ).toEqual([]);
  }, 60_000);

  for (const protocol of ALL) {
    const table = featuresOfProtocol(protocol.id);

    test(`${protocol.id}: what is not carried whole has a reason and the vendor's page, with the day it was read`, () => {
      const wasString = IDS.filter(
        (id) =>
          table[id].carried !== "yes" &&
          !(
            (table[id].carried === "no" || table[id].note !== "") &&
            /^https:\/\/\S+ 20\d\d-\d\d-\d\d$/.test(table[id].source)
          ),
      );
      expect(wasString).toEqual([]);
    });

    test(`${protocol.id}: every feature it carries crosses with it, to or from another protocol that carries it`, () => {
      const unshown = IDS.filter((id) => table[id].carried === "yes" && !crosses(id, protocol));
      expect(unshown.filter((id) => !UNSHOWN.has(`${protocol.id} ${id}`))).toEqual([]);
    });

    test(`${protocol.id}: what it has no place for crosses from nobody`, () => {
      const wrong = IDS.filter((id) => table[id].carried === "no" && arrivesAt(id, protocol));
      expect(wrong).toEqual([]);
    });
  }
});

/** Sent and arrived show the same of the feature, in some case. */
function holds(id: FeatureId, pair: Pair): boolean {
  const isSame = (before: unknown, after: unknown): boolean => before !== null && textOf(before) === textOf(after);
  return KINDS.some((kind) =>
    CASES[kind].some((name) => {
      const { request, response } = cameOf(kind, pair, name);
      if (request !== null) return isSame(shownByRequest(id, request.sent), shownByRequest(id, request.arrived));
      return response !== null && isSame(shownByResponse(id, response.sent), shownByResponse(id, response.arrived));
    }),
  );
}

const known = new Map<string, ReturnType<typeof translate>>();
function cameOf(kind: Kind, pair: Pair, name: string): ReturnType<typeof translate> {
  const key = `${kind} ${pair.name} ${name}`;
  const came = known.get(key) ?? translate(kind, pair, name);
  known.set(key, came);
  return came;
}

/** To and from every other protocol that carries it too; at home where there is none. */
function crosses(id: FeatureId, protocol: Protocol): boolean {
  const others = PAIRS.filter(
    ({ client, lane }) =>
      client !== lane &&
      (client === protocol || lane === protocol) &&
      featuresOfProtocol(client.id)[id].carried === "yes" &&
      featuresOfProtocol(lane.id)[id].carried === "yes",
  );
  const home = PAIRS.filter(({ client, lane }) => client === protocol && lane === protocol);
  return others.length > 0 ? others.every((pair) => holds(id, pair)) : home.some((pair) => holds(id, pair));
}

function showsAnywhere(id: FeatureId, protocol: Protocol): boolean {
  return PAIRS.some((pair) => pair.client === protocol && pair.lane === protocol && holds(id, pair));
}

/** Answers and requests that another protocol sent with the feature, and that still show it behind this one. */
function arrivesAt(id: FeatureId, protocol: Protocol): boolean {
  return PAIRS.some(({ client, lane, name }) => {
    if (client === lane) return false;
    const isTaker = (kind: Kind): boolean => (kind === "requests" ? lane === protocol : client === protocol);
    return KINDS.some(
      (kind) =>
        isTaker(kind) &&
        CASES[kind].some((each) => {
          const { request, response } = cameOf(kind, { client, lane, name }, each);
          if (request !== null)
            return shownByRequest(id, request.sent) !== null && shownByRequest(id, request.arrived) !== null;
          return (
            response !== null &&
            shownByResponse(id, response.sent) !== null &&
            shownByResponse(id, response.arrived) !== null
          );
        }),
    );
  });
}

test("docs/translation.md is written from the tables and the pinned losses", async () => {
  const page = translationPage(await Bun.file(TRANSLATION_MD).text(), RESULTS);
  if (IS_UPDATE) await Bun.write(TRANSLATION_MD, page);
  expect(await Bun.file(TRANSLATION_MD).text()).toBe(page);
});
