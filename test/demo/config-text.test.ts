// The demo's configuration loads as any other would, and the welcome tells what is in it.
import { expect, test } from "bun:test";
import { loadFromText } from "../../src/config/load.ts";
import { DEMO_CLIENT_KEY, demoConfig } from "../../src/demo/config-text.ts";
import { SIMULATED } from "../../src/demo/place.ts";
import { TEMPERS } from "../../src/demo/temper.ts";
import { welcome } from "../../src/demo/welcome.ts";

const VENDORS_URL = "http://127.0.0.1:9";
const { deployment, problems } = loadFromText({
  config: demoConfig({ vendorsUrl: VENDORS_URL, port: 8080, logLevel: "info" }),
  env: {},
});
const providers = Object.values(deployment?.providers ?? {});
const targets = Object.values(deployment?.targets ?? {});

test("it loads without an error, listens on loopback and asks for the key", () => {
  expect(problems.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(deployment?.listen).toEqual({ host: "127.0.0.1", port: 8080 });
  expect(deployment?.auth).toEqual({ mode: "token", clientTokens: [{ kind: "template", text: DEMO_CLIENT_KEY }] });
});

test("every temper has a vendor, in its base URL, and nothing leaves loopback", () => {
  const wanted = Object.keys(TEMPERS).map((temper) => `${VENDORS_URL}/${temper}`);
  expect([...new Set(providers.map(({ baseUrl }) => baseUrl))].toSorted()).toEqual(
    wanted.filter((url) => !url.endsWith("/")).toSorted(),
  );
});

test("every protocol that is played has a lane in a pool, and every lane a price", () => {
  const lanes = Object.values(deployment?.lanes ?? {});
  const pooled = new Set(
    targets.filter(({ kind }) => kind === "pool").flatMap(({ members }) => members.flatMap((member) => member.lanes)),
  );
  const spoken = lanes.filter(({ id }) => pooled.has(id)).map(({ doors }) => doors[0].protocol);
  expect(new Set(spoken)).toEqual(new Set(SIMULATED.map(({ id }) => id)));
  expect(lanes.filter(({ prices }) => prices === null)).toEqual([]);
});

test("the pools mix steady and sick members; the exact one keeps the model", () => {
  const pools = targets.filter(({ kind }) => kind === "pool");
  expect(pools.map(({ name }) => name)).toEqual(["smart", "fast", "exact"]);
  const exact = pools.find(({ name }) => name === "exact");
  expect(exact?.failover.keep).toEqual(["model"]);
  const identities = exact?.members.flatMap(({ lanes }) => lanes.map((id) => deployment?.lanes[id]?.canonical));
  expect(new Set(identities?.map((canonical) => canonical?.id)).size).toBe(1);
  expect(identities?.every((canonical) => canonical?.proven)).toBe(true);
});

test("the welcome names the address, the key, every pool and every vendor", () => {
  const text = welcome({ url: "http://127.0.0.1:8081", key: DEMO_CLIENT_KEY });
  const names = [...targets.map(({ name }) => name), ...providers.map(({ name }) => name)];
  expect(names.filter((name) => !text.includes(name))).toEqual([]);
  expect(text.split("http://127.0.0.1:8081").length).toBeGreaterThan(4);
  expect(text.split(DEMO_CLIENT_KEY).length).toBeGreaterThan(4);
});
