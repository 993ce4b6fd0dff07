// Every official client's own tool loop over every family of vendors, whole and streamed; what is refused today is pinned.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { AI_CLIENTS } from "../harness/scripted/ai-clients.ts";
import { SDK_CLIENTS } from "../harness/scripted/clients.ts";
import { brokenRules, expectBroken } from "../harness/scripted/families/broken.ts";
import { type FamilyGateway, LANES, startFamilyGateway } from "../harness/scripted/families/gateway.ts";
import { EXPECTED, type Outcome, WEATHER } from "../harness/scripted/script.ts";

const START_MS_MAX = 300_000;
const TABLE = new URL("./families-clients.tsv", import.meta.url);
/** The package demands counts in every stream's end, and this vendor reports none that was not asked for. */
const NO_COUNTS = { client: "ai, cohere", lane: "azure-gpt-5.1", error: /Type validation failed/ };

let running: FamilyGateway;

beforeAll(async () => {
  running = await startFamilyGateway({ ...WEATHER, holds: () => true });
}, START_MS_MAX);

afterAll(() => running.stop(), 60_000);

const rows: string[] = [];
for (const client of [...SDK_CLIENTS, ...AI_CLIENTS]) {
  test(`${client.name}: its loop comes to its end, or to a refusal in the table`, async () => {
    const wrong: unknown[] = [];
    for (const lane of LANES) {
      for (const stream of [false, true]) {
        const { refused } = running.vendorOf(lane.family);
        const before = refused.length;
        const outcome = await client
          .loop({ url: running.gateway.url, model: lane.name, stream })
          .then(sorted, (error: unknown) => String(error));
        if (outcome === sorted(EXPECTED)) continue;
        const broken = brokenRules(lane.family, refused.slice(before));
        const isKnown =
          client.name === NO_COUNTS.client && lane.name === NO_COUNTS.lane && NO_COUNTS.error.test(outcome);
        if (isKnown) continue;
        if (broken.length === 0) wrong.push({ lane: lane.name, stream, outcome });
        rows.push(...broken.map((rule) => `${lane.name}\t${rule}\t${client.name}, ${stream ? "streamed" : "whole"}`));
      }
    }
    expect(wrong).toEqual([]);
  }, 60_000);
}

test("the table is what is refused", () => expectBroken(rows, TABLE));

/** Calls in parallel may run in any order. */
const sorted = (outcome: Outcome): string =>
  JSON.stringify({ text: outcome.text, calls: outcome.calls.map((call) => JSON.stringify(call)).toSorted() });
