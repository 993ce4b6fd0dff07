// A clock behind a broker, over real sockets: logins, last will, brokers that go away, and brokers that do not listen.
import { afterEach, describe, expect, test } from "bun:test";
import { createServer, type Server, type Socket } from "node:net";
import fc from "fast-check";
import { createAwtrixDisplay } from "../../../src/displays/awtrix/index.ts";
import { PACKET_BYTES_MAX } from "../../../src/displays/awtrix/link.ts";
import { createAwtrixMqtt } from "../../../src/displays/awtrix/mqtt.ts";
import { render } from "../../../src/displays/awtrix/render.ts";
import { sampleSnapshot } from "../../../src/displays/awtrix/samples.ts";
import type { RemoteDisplay } from "../../../src/displays/display.ts";
import { createMqttLink, type MqttLink } from "../../../src/displays/mqtt-link.ts";
import { connectAwtrix, createAwtrixDouble, pictureIn } from "../../harness/awtrix-double.ts";
import { type Broker, startBroker } from "../../harness/mqtt-broker.ts";
import { until } from "../../harness/until.ts";
import { clockConfig, fastEffects, loginOf, NOBODY } from "./builders.ts";

const SPEED = 20;
const PREFIX = "awtrix_abc123";
const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function broker(options: Parameters<typeof startBroker>[0] = {}): Promise<Broker> {
  const started = await startBroker(options);
  closing.push(started.close);
  return started;
}

/** Shown the same snapshot over and over, as the publisher does it, until it is closed. */
function clock(url: string, login = NOBODY): RemoteDisplay {
  const config = clockConfig({ transport: "mqtt", url, prefix: PREFIX });
  const display = createAwtrixDisplay({ config, login, effects: fastEffects(SPEED) });
  const timer = setInterval(() => display.show({ ...sampleSnapshot("busy"), wallMs: 0 }), 1_000 / SPEED);
  closing.push(async () => {
    clearInterval(timer);
    await display.close();
  });
  return display;
}

const isPicture = ({ topic, payload }: { topic: string; payload: string }) =>
  topic === `${PREFIX}/custom/ringmain` && payload !== "{}";
const FRAME = render(
  { ...sampleSnapshot("busy"), wallMs: 0 },
  { layouts: ["alerts"], palette: "ember_whimsy", pageMs: 7_000, providers: [], burnShare: 0.85 },
).frame;

describe("at a broker", () => {
  test("is online, safe, drawn, never retained, and gone without a trace of pictures", async () => {
    const at = await broker();
    const device = createAwtrixDouble();
    const matrix = await connectAwtrix(device, at.url, PREFIX);
    closing.push(matrix.close);
    const display = clock(at.url);
    const picture = await at.saw(isPicture);
    expect(pictureIn(JSON.parse(picture.payload))).toEqual([...FRAME]);
    expect([picture.qos, picture.retain]).toEqual([0, false]);
    const topics = at.seen.filter(({ client }) => client.startsWith("ringmain-desk-")).map(({ topic }) => topic);
    expect(topics).toEqual(["ringmain/desk/status", `${PREFIX}/settings`, `${PREFIX}/custom/ringmain`]);
    expect(at.retained("ringmain/desk/status")).toBe("online");
    await matrix.speak();
    await at.saw(({ topic }) => topic === `${PREFIX}/stats`);
    await display.close();
    expect(at.retained("ringmain/desk/status")).toBe("offline");
    expect(at.seen.slice(-2).map(({ topic, payload }) => [topic, payload])).toEqual([
      [`${PREFIX}/custom/ringmain`, "{}"],
      ["ringmain/desk/status", "offline"],
    ]);
    expect(display.state()).toMatchObject({ shown: 1, failures: 0 });
  });

  test("a process that dies is said to be offline by its last will", async () => {
    const at = await broker();
    const script = new URL("./dying-client.ts", import.meta.url).pathname;
    const child = Bun.spawn([process.execPath, "--no-env-file", script, at.url], {
      stdout: "ignore",
      stderr: "inherit",
    });
    await at.saw(({ topic, payload }) => topic === "ringmain/dying/status" && payload === "online");
    child.kill("SIGKILL");
    const will = await at.saw(({ topic, payload }) => topic === "ringmain/dying/status" && payload === "offline");
    expect([will.qos, will.retain]).toEqual([1, true]);
    await child.exited;
  });

  test("a wrong password is said, tried with pauses, and used once it is right", async () => {
    const at = await broker({ login: { username: "me", password: "right" } });
    let password = "canary-wrong";
    const display = clock(at.url, {
      ...NOBODY,
      username: loginOf("me", "").username,
      password: () => loginOf("", password).password(),
    });
    await until(() => at.logins.filter(({ isIn }) => !isIn).length >= 2);
    expect(display.state()).toMatchObject({
      state: "down",
      detail: "the broker refuses the user name or password",
      shown: 0,
    });
    expect(JSON.stringify(display.state())).not.toContain("canary");
    password = "right";
    await at.saw(isPicture);
    expect(display.state().state).toBe("up");
  });

  test("a broker that is killed and comes back is told everything again", async () => {
    const at = await broker();
    const display = clock(at.url);
    await at.saw(isPicture);
    await at.kill();
    await until(() => display.state().state === "down");
    const before = at.seen.length;
    await at.restart();
    await at.saw(isPicture, before);
    const topics = at.seen.slice(before).map(({ topic }) => topic);
    expect(topics.slice(0, 3)).toEqual(["ringmain/desk/status", `${PREFIX}/settings`, `${PREFIX}/custom/ringmain`]);
    expect(at.retained("ringmain/desk/status")).toBe("online");
    expect(display.state().state).toBe("up");
  });

  test("a clock that restarts is told everything again", async () => {
    const at = await broker();
    const device = createAwtrixDouble();
    const matrix = await connectAwtrix(device, at.url, PREFIX);
    closing.push(matrix.close);
    const display = clock(at.url);
    await at.saw(isPicture);
    await matrix.speak();
    await until(() => display.state().detail === "AWTRIX 0.98");
    device.restart();
    const before = at.seen.length;
    await matrix.speak();
    // Those are said again only to a clock that has forgotten everything.
    await at.saw(({ topic }) => topic === `${PREFIX}/settings`, before);
    await at.saw(isPicture, before);
  });
});

describe("a broker that is none", () => {
  test("and nobody listens: it is said, and closing takes no time", async () => {
    const at = await broker();
    const { url } = at;
    await at.close();
    const display = clock(url);
    await until(() => display.state().state === "down");
    expect(display.state().detail).toBe("nothing listens there");
    await display.close();
  });

  test("takes a connection and never answers", async () => {
    const { url, close } = await deafBroker({ isSilent: true });
    closing.push(close);
    const display = clock(url);
    await until(() => display.state().state === "down");
    expect(display.state()).toMatchObject({ detail: "the broker did not answer in time", shown: 0 });
  });

  test("sends a message without end: it is left before the memory is full", async () => {
    const { url, close, sentBytes } = await deafBroker({ floods: true });
    closing.push(close);
    const display = clock(url);
    await until(() => display.state().state === "down");
    expect(display.state().detail).toBe("the broker sends a message that is too large");
    expect(sentBytes()).toBeLessThan(16 * 1024 * 1024);
  });

  test("takes a connection and then nothing more: messages fail, are never queued without end, and closing is bounded", async () => {
    const { url, close } = await deafBroker();
    closing.push(close);
    const up = Promise.withResolvers<void>();
    const link: MqttLink = createMqttLink({
      url,
      login: NOBODY,
      effects: fastEffects(SPEED),
      name: "deaf",
      statusTopic: null,
      subscriptions: [],
      packetBytesMax: null,
      onUp: up.resolve,
      onMessage: () => undefined,
    });
    closing.push(() => link.close([]));
    await up.promise;
    // Nothing is acknowledged there, so every one of these waits until its time is over, or is refused at once.
    const sent = await Promise.all(
      Array.from({ length: 100 }, () =>
        link.publish({ topic: "a", payload: "x".repeat(1_000), qos: 1, retain: false }),
      ),
    );
    const whys = Map.groupBy(sent, (each) => (each.kind === "failed" ? each.why : each.kind));
    expect(whys.get("the broker is too slow")?.length).toBe(84);
    expect((whys.get("the broker does not take it")?.length ?? 0) + (whys.get(LOST)?.length ?? 0)).toBe(16);
    expect([link.isUp(), link.trouble()]).toEqual([false, "the broker stopped taking messages"]);
  });

  test("speaks nonsense, before and after it let us in: it is left, and nothing else happens", async () => {
    const nonsense = fc.sample(fc.uint8Array({ minLength: 1, maxLength: 64 }), { numRuns: 60, seed: 11 });
    const pending = nonsense.flatMap((bytes) => [
      { bytes, isIn: false },
      { bytes, isIn: true },
    ]);
    let met = 0;
    const { url, close } = await deafBroker({
      greet: (socket) => {
        const { bytes, isIn } = pending[met % pending.length] ?? { bytes: new Uint8Array(1), isIn: false };
        met += 1;
        socket.write(Buffer.concat([isIn ? Buffer.from([0x20, 2, 0, 0]) : Buffer.alloc(0), bytes]));
        socket.end();
      },
    });
    closing.push(close);
    const failures: unknown[] = [];
    const note = (error: unknown) => failures.push(error);
    process.on("uncaughtException", note);
    process.on("unhandledRejection", note);
    // So fast that a pause of a minute takes less than a blink.
    const config = clockConfig({ transport: "mqtt", url, prefix: PREFIX });
    const display = createAwtrixDisplay({ config, login: NOBODY, effects: fastEffects(20_000) });
    await until(() => met > pending.length);
    await display.close();
    process.off("uncaughtException", note);
    process.off("unhandledRejection", note);
    expect(failures).toEqual([]);
  });

  test("a packet the clock would throw away is not sent", async () => {
    const at = await broker();
    const up = Promise.withResolvers<void>();
    const link = createMqttLink({
      url: at.url,
      login: NOBODY,
      effects: fastEffects(SPEED),
      name: "large",
      statusTopic: null,
      subscriptions: [],
      packetBytesMax: 8_192,
      onUp: up.resolve,
      onMessage: () => undefined,
    });
    closing.push(() => link.close([]));
    await up.promise;
    const message = (bytes: number) => ({ topic: "t", payload: "x".repeat(bytes), qos: 1, retain: false }) as const;
    expect(await link.publish(message(8_192))).toEqual({ kind: "too-large" });
    expect(await link.publish(message(8_182))).toEqual({ kind: "taken" });
    expect(at.seen.map(({ payload }) => payload.length)).toEqual([8_182]);
  });
});

test("a message that is too large for a clock never leaves, and the next one does", async () => {
  const at = await broker();
  const link = createAwtrixMqtt({
    name: "desk",
    url: at.url,
    prefix: PREFIX,
    login: NOBODY,
    effects: fastEffects(SPEED),
  });
  closing.push(() => link.close([]));
  await at.saw(({ topic }) => topic === "ringmain/desk/status");
  const body = (bytes: number) => ({ kind: "notify", body: { text: "x".repeat(bytes) } }) as const;
  expect(await link.send(body(PACKET_BYTES_MAX))).toEqual({ kind: "too-large" });
  expect(await link.send(body(10))).toEqual({ kind: "taken" });
  expect(at.seen.filter(({ topic }) => topic === `${PREFIX}/notify`)).toHaveLength(1);
});

const LOST = "the broker closed the connection";

/** Says yes to whoever connects unless it is silent, never reads again, and says nothing but a flood. */
async function deafBroker(options: { isSilent?: boolean; floods?: boolean; greet?: (socket: Socket) => void } = {}) {
  const { isSilent = false, floods = false, greet } = options;
  const sockets: Socket[] = [];
  let sent = 0;
  /** A PUBLISH of 256 MB, as fast as it is taken. */
  const flood = (socket: Socket): void => {
    socket.write(Buffer.from([0x30, 0xff, 0xff, 0xff, 0x7f, 0, 1, 0x61]));
    const chunk = Buffer.alloc(65_536);
    const more = (): void => {
      while (!socket.destroyed) {
        sent += chunk.length;
        if (!socket.write(chunk)) break;
      }
    };
    socket.on("drain", more);
    more();
  };
  const server: Server = createServer((socket) => {
    sockets.push(socket);
    socket.on("error", () => socket.destroy());
    socket.once("data", () => {
      if (greet !== undefined) {
        greet(socket);
        return;
      }
      if (!isSilent) socket.write(Buffer.from([0x20, 2, 0, 0])); // CONNACK
      socket.pause();
      if (floods) flood(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const close = (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(() => resolve()));
  };
  return { url: `mqtt://127.0.0.1:${port}`, close, sentBytes: () => sent };
}
