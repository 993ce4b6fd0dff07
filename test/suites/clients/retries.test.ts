// Official clients wait before they ask again, seconds at a time: trouble that passes is theirs to sit out, behind the gateway
// as at the vendor. Everything else of these clients is quick and stands in test/e2e.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { PROTOCOLS } from "../../../src/protocols/index.ts";
import { ASKERS } from "../../harness/scripted/asks.ts";
import { type ScriptedGateway, startScriptedGateway } from "../../harness/scripted/deployment.ts";
import { ANSWER } from "../../harness/scripted/script.ts";

const CLIENTS = ASKERS.filter(({ protocol }) => Object.hasOwn(PROTOCOLS, protocol));
const RETRIES = 4;

let running: ScriptedGateway;

beforeAll(async () => {
  running = await startScriptedGateway();
}, 300_000);

afterAll(() => running.stop(), 60_000);

describe.each(CLIENTS.map((client) => ({ name: client.name, protocol: client.protocol, client })))(
  "$name, $protocol",
  ({ client, protocol }) => {
    test("an overload that passes is retried by the client itself", async () => {
      const model = `${protocol}-retry-overloaded`;
      expect(await client.ask({ url: running.gateway.url, model, retries: RETRIES })).toBe(ANSWER);
    });
  },
);
