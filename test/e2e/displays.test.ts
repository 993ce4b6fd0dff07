// The compiled gateway feeding real displays: pictures that follow the traffic, calls, an end without a trace, and clients
// that notice nothing of it when a broker is gone, deaf or wrong.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createServer } from "node:net";
import { connectAwtrix, createAwtrixDouble, pictureIn, serveAwtrix } from "../harness/awtrix-double.ts";
import { runCommand, startGateway } from "../harness/binary.ts";
import { question } from "../harness/client-words.ts";
import { configText, ENV } from "../harness/gateway-config.ts";
import { type Broker, startBroker } from "../harness/mqtt-broker.ts";
import { ask, get, post } from "../harness/raw-client.ts";
import { until } from "../harness/until.ts";
import { startVendor, type Vendor } from "../harness/vendors.ts";

const PREFIX = "awtrix_abc123";
const PASSWORD = "broker-password-canary7b1c";
const env = { ...ENV, BROKER_PASSWORD: PASSWORD };
let vendors: Record<"openai" | "anthropic", Vendor>;
let broker: Broker;

beforeAll(async () => {
  vendors = { openai: await startVendor("openai"), anthropic: await startVendor("anthropic") };
  broker = await startBroker({ login: { username: "ringmain", password: PASSWORD } });
}, 300_000);
afterAll(() => Promise.all([vendors.openai.close(), vendors.anthropic.close(), broker.close()]));

const login = "username: ringmain, password_env: BROKER_PASSWORD";
const clock = (more = "") =>
  `{ type: awtrix, name: desk, url: "${broker.url}", ${login}, prefix: ${PREFIX}, layouts: [alerts], update_secs: 1${more} }`;
const home = () => `{ type: home_assistant, name: ha, url: "${broker.url}", ${login}, update_secs: 1 }`;
const config = (displays: string[], more = "") =>
  configText({ ...vendors, models: ["text", "bad-key"], more: `${more}\ndisplays: [${displays.join(", ")}]` });
const chat = (port: number, model: string) =>
  ask(port, post("/v1/chat/completions", JSON.stringify(question("openai", { model }))));
const isPicture = ({ topic, payload }: { topic: string; payload: string }) =>
  topic === `${PREFIX}/custom/ringmain` && payload !== "{}";

async function statsOf(port: number): Promise<{ displays?: { name: string; state: string; shown: number }[] }> {
  return JSON.parse((await ask(port, get("/stats"))).body.toString());
}

describe.each([1, 2])("with %p workers", (workers) => {
  test("pictures follow what happens, a lane that goes down is called, and the end leaves nothing behind", async () => {
    const since = broker.seen.length;
    const gateway = await startGateway({ config: config([clock(), home()], `workers: ${workers}`), env });
    const idle = await broker.saw(isPicture, since);
    const first = pictureIn(JSON.parse(idle.payload));
    expect(first?.some((color) => color !== 0)).toBe(true);
    await broker.saw(({ topic }) => topic === "homeassistant/device/ringmain_ha/config", since);

    let at = broker.seen.length;
    expect((await chat(gateway.port, "openai-text")).status).toBe(200);
    const well = await broker.saw((each) => isPicture(each) && each.payload !== idle.payload, at);
    await broker.saw(
      ({ topic, payload }) => topic === "ringmain/ha/state" && JSON.parse(payload).requests_today === 1,
      at,
    );

    at = broker.seen.length;
    await chat(gateway.port, "openai-bad-key");
    const call = await broker.saw(({ topic }) => topic === `${PREFIX}/notify`, at);
    expect(call.payload).toContain("openai-bad-key/default/openai-bad-key");
    expect(call.payload).toContain("auth-failed");
    await broker.saw((each) => isPicture(each) && each.payload !== well.payload, at);

    // One publisher, whatever the number of workers.
    const clients = new Set(
      broker.seen
        .slice(since)
        .filter(isPicture)
        .map(({ client }) => client),
    );
    expect(clients.size).toBe(1);
    await until(() => broker.retained("ringmain/desk/status") === "online");
    const stats = await statsOf(gateway.port);
    expect(stats.displays?.map(({ name, state }) => `${name} ${state}`)).toEqual(["desk up", "ha up"]);

    expect(await gateway.stop()).toBe(0);
    const last = broker.seen.slice(since).filter(({ client }) => client !== "" && client !== "home");
    expect(last.filter(({ topic }) => topic === `${PREFIX}/custom/ringmain`).at(-1)?.payload).toBe("{}");
    expect(["desk", "ha"].map((name) => broker.retained(`ringmain/${name}/status`))).toEqual(["offline", "offline"]);
    expect(`${gateway.stdout()}${gateway.stderr()}${JSON.stringify(stats)}`).not.toContain("canary7b1c");
  }, 60_000);
});

test("a clock over HTTP shows pictures, and is left as it was", async () => {
  const device = createAwtrixDouble();
  device.handle("custom/weather", '{"text":"sunny"}');
  const served = serveAwtrix(device);
  const gateway = await startGateway({
    config: config([`{ type: awtrix, name: hall, transport: http, url: "${served.url}", update_secs: 1 }`]),
    env,
  });
  await until(() => device.apps.has("ringmain"));
  expect(pictureIn(device.apps.get("ringmain"))).toHaveLength(256);
  expect(device.settings).toMatchObject({ BRI: 32, ABRI: false });
  expect(await gateway.stop()).toBe(0);
  expect([...device.apps.keys()]).toEqual(["weather"]);
  await served.close();
}, 60_000);

test("a broker that is killed under traffic and comes back: clients notice nothing, and the picture is back", async () => {
  const own = await startBroker();
  const gateway = await startGateway({
    config: config([`{ type: awtrix, name: desk, url: "${own.url}", prefix: ${PREFIX}, update_secs: 1 }`]),
    env,
  });
  await own.saw(isPicture);
  const asked: Promise<{ status: number }>[] = [];
  for (let count = 0; count < 10; count += 1) asked.push(chat(gateway.port, "openai-text"));
  await own.kill();
  for (let count = 0; count < 10; count += 1) asked.push(chat(gateway.port, "openai-text"));
  await gateway.wrote("Display desk: ");
  asked.push(chat(gateway.port, "openai-text"));
  const since = own.seen.length;
  await own.restart();
  await own.saw(isPicture, since);
  await gateway.wrote("Display desk is there again.");
  expect((await Promise.all(asked)).map(({ status }) => status)).toEqual(new Array(21).fill(200));
  expect(await gateway.stop()).toBe(0);
  expect(
    own.seen
      .slice(since)
      .filter(({ topic }) => topic === `${PREFIX}/custom/ringmain`)
      .at(-1)?.payload,
  ).toBe("{}");
  await own.close();
}, 60_000);

describe("a display that does not work", () => {
  test("costs no client anything: nobody there, a deaf broker, a wrong password", async () => {
    const deaf = createServer((socket) => socket.on("error", () => socket.destroy()));
    await new Promise<void>((resolve) => deaf.listen(0, "127.0.0.1", resolve));
    const address = deaf.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const gateway = await startGateway({
      config: config([
        '{ type: awtrix, name: nobody, transport: http, url: "http://127.0.0.1:9" }',
        `{ type: awtrix, name: deaf, url: "mqtt://127.0.0.1:${port}", prefix: p }`,
        clock().replace("BROKER_PASSWORD", "OPENAI_TEST_KEY"),
      ]),
      env,
    });
    await gateway.wrote("Display desk: the broker refuses the user name or password");
    await gateway.wrote("Display nobody: the clock cannot be reached");
    const statuses = await Promise.all(Array.from({ length: 20 }, () => chat(gateway.port, "openai-text")));
    expect(statuses.map(({ status }) => status)).toEqual(new Array(20).fill(200));
    const endedMs = performance.now();
    expect(await gateway.stop()).toBe(0);
    expect(performance.now() - endedMs).toBeLessThan(20_000);
    expect(`${gateway.stdout()}${gateway.stderr()}`).not.toContain(ENV.OPENAI_TEST_KEY);
    deaf.close();
  }, 60_000);
});

describe("commands", () => {
  const device = createAwtrixDouble();

  test("test shows a picture on the clock behind the broker and says that it does", async () => {
    const matrix = await startMatrix();
    const run = await runCommand(["display", "test", "desk", "--config", "config.yaml"], {
      files: { "config.yaml": config([clock()]) },
      env,
    });
    await matrix.close();
    expect([run.code, run.stdout]).toEqual([0, expect.stringContaining("The clock shows the picture.")]);
    expect(pictureIn(device.notifications.at(-1))?.filter((color) => color !== 0).length).toBeGreaterThan(50);
    expect(broker.retained("ringmain/desk/status")).not.toBe("online");
  }, 60_000);

  test("test says what a clock over HTTP answers, and what one that is none does", async () => {
    const served = serveAwtrix(device, "me:right");
    const http = `{ type: awtrix, name: hall, transport: http, url: "${served.url}", username: me, password_env: CLOCK }`;
    const run = (password: string) =>
      runCommand(["display", "test", "--config", "config.yaml"], {
        files: { "config.yaml": config([http]) },
        env: { ...env, CLOCK: password },
      });
    const [good, bad] = [await run("right"), await run("wrong")];
    await served.close();
    expect([good.code, good.stdout]).toEqual([0, expect.stringContaining("AWTRIX 0.98")]);
    expect([bad.code, bad.stdout]).toEqual([1, expect.stringContaining("refuses the user name or password")]);
  }, 60_000);

  test("list shows what is configured and how the running gateway stands with it", async () => {
    const since = broker.seen.length;
    const gateway = await startGateway({ config: config([clock(), home()]), env });
    await broker.saw(isPicture, since);
    const list = (...more: string[]) =>
      runCommand(["display", "list", "--config", "config.yaml", ...more], {
        files: { "config.yaml": config([clock(), home()]) },
        env,
      });
    await until(() => broker.retained("ringmain/ha/state") !== null);
    const states: string[] = [];
    for (let tried = 0; tried < 200 && !((states.at(-1) ?? "").match(/last picture/g)?.length === 2); tried += 1) {
      states.push((await list("--url", gateway.url)).stdout);
    }
    expect(states.at(-1)).toMatch(/^desk +awtrix +mqtt:\S+ awtrix_abc123 +alerts in ember_whimsy +up, last picture /m);
    expect(states.at(-1)).toMatch(/^ha +home_assistant .* up/m);
    expect((await list()).stdout).toContain("takes any free port");
    await gateway.stop();
    const gone = await list("--url", gateway.url);
    expect([gone.code, gone.stdout]).toEqual([0, expect.stringContaining("No gateway answers")]);
  }, 60_000);

  async function startMatrix() {
    return connectAwtrix(device, broker.url.replace("mqtt://", `mqtt://ringmain:${PASSWORD}@`), PREFIX);
  }
});
