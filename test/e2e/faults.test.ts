// What every official client makes of trouble behind the compiled gateway, whichever vendor it comes from: its own error
// classes, an abort that reaches the vendor, and a stream that breaks and never passes for an answer. What the clients wait
// for, their own retries, stands in test/suites/clients.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { UPSTREAM_CLIENTS } from "../../src/ir/deployment.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import { ASKERS, type Asker } from "../harness/scripted/asks.ts";
import { type ScriptedGateway, startScriptedGateway, VENDORS } from "../harness/scripted/deployment.ts";
import type { Fault } from "../harness/scripted/dialect.ts";
import { ANSWER } from "../harness/scripted/script.ts";

const START_MS_MAX = 300_000;
const FAULTS: readonly Fault[] = ["rejected", "limited", "bad-key", "overloaded", "broken"];
const CLIENTS = ASKERS.filter(({ protocol }) => Object.hasOwn(PROTOCOLS, protocol));

describe.each(UPSTREAM_CLIENTS)("over %s", (upstreamClient) => {
  let running: ScriptedGateway;

  beforeAll(async () => {
    running = await startScriptedGateway(upstreamClient);
  }, START_MS_MAX);

  afterAll(() => running.stop(), 60_000);

  const ask = (client: Asker, model: string): Promise<string> =>
    client.ask({ url: running.gateway.url, model, retries: 0 });

  async function failureOf(call: Promise<unknown>): Promise<unknown> {
    try {
      await call;
      return null;
    } catch (error) {
      return error;
    }
  }

  for (const client of CLIENTS) {
    describe(client.name, () => {
      for (const vendor of VENDORS) {
        test(`a plain question to ${vendor}, whole and streamed`, async () => {
          expect(await ask(client, `${vendor}-text`)).toBe(ANSWER);
          let text = "";
          await client.stream({
            url: running.gateway.url,
            model: `${vendor}-text`,
            retries: 0,
            signal: new AbortController().signal,
            heard: (piece) => {
              text += piece;
            },
          });
          expect(text).toBe(ANSWER);
        });

        for (const fault of FAULTS) {
          test(`${fault} at ${vendor} is the client's own error`, async () => {
            const error = await failureOf(ask(client, `${vendor}-${fault}`));
            expect(client.faults[fault]).toContain(client.nameOf(error) ?? `no error of the client: ${String(error)}`);
          });
        }

        test(`an abort in the middle of a stream stops ${vendor}`, async () => {
          const control = new AbortController();
          const { requests } = running.vendor(vendor);
          // Some clients throw, some end the loop quietly: what counts is that the vendor stops.
          await failureOf(
            client.stream({
              url: running.gateway.url,
              model: `${vendor}-hang-mid`,
              retries: 0,
              signal: control.signal,
              heard: (text) => {
                if (text !== "") control.abort();
              },
            }),
          );
          expect(control.signal.aborted).toBe(true);
          await requests.at(-1)?.gone;
        });

        test(`a stream that ${vendor} breaks off is an error, never a short answer`, async () => {
          const end = await failureOf(
            client.stream({
              url: running.gateway.url,
              model: `${vendor}-cut`,
              retries: 0,
              signal: new AbortController().signal,
              heard: () => undefined,
            }),
          );
          expect(end).not.toBeNull();
        });
      }

      test("a model nobody serves is the client's own error", async () => {
        expect(client.nameOf(await failureOf(ask(client, "nobody")))).not.toBeNull();
      });
    });
  }
});
