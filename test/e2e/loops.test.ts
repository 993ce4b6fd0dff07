// Every official client over every kind of vendor, through the compiled gateway: a tool loop of several steps with calls
// in parallel, whole and streamed, must finish, and all of them must agree. The vendors refuse what the real ones refuse.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import { AI_CLIENTS } from "../harness/scripted/ai-clients.ts";
import { SDK_CLIENTS } from "../harness/scripted/clients.ts";
import { type ScriptedGateway, startScriptedGateway, VENDORS } from "../harness/scripted/deployment.ts";
import { EXPECTED, type Outcome } from "../harness/scripted/script.ts";

const START_MS_MAX = 300_000;
const CLIENTS = [...SDK_CLIENTS, ...AI_CLIENTS].filter(({ protocol }) => Object.hasOwn(PROTOCOLS, protocol));

/** What does not work yet, as it is today: a row that works is taken out. */
const WRONG: ReadonlyMap<string, RegExp> = new Map([]);

let running: ScriptedGateway;

beforeAll(async () => {
  running = await startScriptedGateway();
}, START_MS_MAX);

afterAll(() => running.stop(), 60_000);

for (const client of CLIENTS) {
  describe(client.name, () => {
    for (const vendor of VENDORS) {
      for (const stream of [false, true]) {
        test(`on a lane of ${vendor}, ${stream ? "streamed" : "whole"}`, async () => {
          const { refused, silenced } = running.vendor(vendor);
          const before = [refused.length, silenced.length] as const;
          const outcome = await client
            .loop({ url: running.gateway.url, model: `${vendor}-loop`, stream })
            .catch((error: unknown) => String(error));
          const wrong = WRONG.get(`${client.name} on a lane of ${vendor}, ${stream ? "streamed" : "whole"}`);
          if (wrong !== undefined) {
            expect(refused.slice(before[0]).join()).toMatch(wrong);
            return;
          }
          expect({ refused: refused.slice(before[0]), outcome: sorted(outcome) }).toEqual({
            refused: [],
            outcome: sorted(EXPECTED),
          });
          expect(silenced.slice(before[1]).length > 0).toBe(client.dropsWords === true);
        });
      }
    }
  });
}

/** Calls in parallel may run in any order. */
function sorted(outcome: Outcome | string): unknown {
  if (typeof outcome === "string") return outcome;
  return { ...outcome, calls: outcome.calls.map((call) => JSON.stringify(call)).toSorted() };
}
