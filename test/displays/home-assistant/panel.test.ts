// Home Assistant over a real broker: what is announced, when it is said again, and what stays when the gateway is gone.
import { afterEach, describe, expect, test } from "bun:test";
import { sampleSnapshot } from "../../../src/displays/awtrix/samples.ts";
import { createHomeAssistantDisplay } from "../../../src/displays/home-assistant/index.ts";
import type { Snapshot } from "../../../src/displays/snapshot.ts";
import { type Broker, startBroker } from "../../harness/mqtt-broker.ts";
import { until } from "../../harness/until.ts";
import { fastEffects, homeConfig, NOBODY } from "../awtrix/builders.ts";

const CONFIG = "homeassistant/device/ringmain_ha/config";
const STATE = "ringmain/ha/state";
const STATUS = "ringmain/ha/status";
const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function start(options: { retained?: Readonly<Record<string, string>> } = {}) {
  const broker = await startBroker();
  closing.push(broker.close);
  for (const [topic, payload] of Object.entries(options.retained ?? {})) await broker.publish(topic, payload, true);
  let snapshot: Snapshot = sampleSnapshot("busy");
  const display = createHomeAssistantDisplay({
    config: homeConfig({ url: broker.url }),
    login: NOBODY,
    effects: fastEffects(20),
    version: "1.2.3",
  });
  const timer = setInterval(() => display.show(snapshot), 50);
  closing.push(async () => {
    clearInterval(timer);
    await display.close();
  });
  const show = (next: Snapshot): void => {
    snapshot = next;
  };
  return { broker, display, show };
}

/** Topics our client published, in their order. */
function ours({ seen }: Broker, since = 0): string[] {
  return seen.slice(since).flatMap(({ client, topic }) => (client.startsWith("ringmain-ha-") ? [topic] : []));
}

describe("at the start", () => {
  test("it is online, then what there is, then how it is: all of it acknowledged and retained", async () => {
    const { broker, display } = await start();
    await broker.saw(({ topic }) => topic === STATE);
    expect(ours(broker)).toEqual([STATUS, CONFIG, STATE]);
    expect(broker.seen.map(({ qos, retain }) => [qos, retain])).toEqual([
      [1, true],
      [1, true],
      [1, true],
    ]);
    const discovery = JSON.parse(broker.retained(CONFIG) ?? "{}");
    // Birth, will and availability must agree in topic and words, or entities stay unavailable.
    expect(discovery.availability).toEqual([
      { topic: STATUS, payload_available: "online", payload_not_available: "offline" },
    ]);
    expect([discovery.state_topic, broker.retained(STATUS)]).toEqual([STATE, "online"]);
    await until(() => display.state().state === "up" && display.state().shown === 1);
  });

  test("components of an older configuration are taken away before the new one stands", async () => {
    const older = { cmps: { gone_health: { p: "sensor", unique_id: "x" }, gone_problem: { p: "binary_sensor" } } };
    const { broker } = await start({ retained: { [CONFIG]: JSON.stringify(older) } });
    const removal = await broker.saw(
      ({ topic, payload }) => topic === CONFIG && payload.includes('"gone_health":{"p":"sensor"}'),
      1,
    );
    expect(removal.payload).toContain('"gone_problem":{"p":"binary_sensor"}');
    const after = broker.seen.indexOf(removal) + 1;
    const last = await broker.saw(({ topic }) => topic === CONFIG, after);
    expect(last.payload).not.toContain("gone_");
  });
});

describe("while it runs", () => {
  test("a state that did not change is not sent again; one that did is", async () => {
    const { broker, show, display } = await start();
    await broker.saw(({ topic }) => topic === STATE);
    const before = broker.seen.length;
    const busy = sampleSnapshot("busy");
    await until(() => display.state().shown === 1);
    show({ ...busy, wallMs: busy.wallMs + 3_600_000 });
    show({ ...busy, today: { ...busy.today, requests: 7 } });
    const next = await broker.saw(({ topic }) => topic === STATE, before);
    expect(JSON.parse(next.payload).requests_today).toBe(7);
    expect(ours(broker, before)).toEqual([STATE]);
  });

  test("when Home Assistant comes back it is told everything again", async () => {
    const { broker } = await start();
    await broker.saw(({ topic }) => topic === STATE);
    const before = broker.seen.length;
    await broker.publish("homeassistant/status", "online");
    await broker.saw(({ topic }) => topic === STATE, before);
    expect(ours(broker, before)).toEqual([CONFIG, STATE]);
  });

  test("and so is a broker that was killed", async () => {
    const { broker, display } = await start();
    await broker.saw(({ topic }) => topic === STATE);
    await broker.kill();
    await until(() => display.state().state === "down");
    const before = broker.seen.length;
    await broker.restart();
    await broker.saw(({ topic }) => topic === STATE, before);
    expect(ours(broker, before)).toEqual([STATUS, CONFIG, STATE]);
  });

  test("an account whose quota becomes known gets its entities", async () => {
    const { broker, show } = await start();
    await broker.saw(({ topic }) => topic === STATE);
    expect(broker.retained(CONFIG)).not.toContain("openai_default_quota_remaining");
    const before = broker.seen.length;
    show(sampleSnapshot("hot"));
    await broker.saw(
      ({ topic, payload }) => topic === CONFIG && payload.includes("openai_default_quota_remaining"),
      before,
    );
    await broker.saw(({ topic }) => topic === STATE, before);
  });
});

test("at the end it is offline, and what there was stays known", async () => {
  const { broker, display } = await start();
  await broker.saw(({ topic }) => topic === STATE);
  await display.close();
  expect([broker.retained(STATUS), broker.retained(CONFIG) !== null, broker.retained(STATE) !== null]).toEqual([
    "offline",
    true,
    true,
  ]);
});
