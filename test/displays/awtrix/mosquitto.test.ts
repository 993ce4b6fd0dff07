// The same clock at the broker that stands in most homes, where it is installed; without it these tests are skipped.
import { afterEach, expect, test } from "bun:test";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "mqtt";
import { createAwtrixDisplay } from "../../../src/displays/awtrix/index.ts";
import { sampleSnapshot } from "../../../src/displays/awtrix/samples.ts";
import type { Login } from "../../../src/displays/display.ts";
import { createHomeAssistantDisplay } from "../../../src/displays/home-assistant/index.ts";
import { connectAwtrix, createAwtrixDouble } from "../../harness/awtrix-double.ts";
import { until } from "../../harness/until.ts";
import { clockConfig, fastEffects, homeConfig, loginOf, NOBODY } from "./builders.ts";

const MOSQUITTO = Bun.which("mosquitto") ?? Bun.which("mosquitto", { PATH: "/usr/sbin" });
const PASSWORDS = Bun.which("mosquitto_passwd");
const where = MOSQUITTO === null ? " (skipped: mosquitto is not installed)" : "";
const closing: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

interface Mosquitto {
  readonly url: string;
  kill(): Promise<void>;
  start(): Promise<void>;
}

async function mosquitto(login: { username: string; password: string } | null = null): Promise<Mosquitto> {
  const folder = await mkdtemp(join(tmpdir(), "ringmain-mosquitto-"));
  const port = await freePort();
  const lines = [`listener ${port} 127.0.0.1`, "persistence false", `allow_anonymous ${login === null}`, "user root"];
  if (login !== null && PASSWORDS !== null) {
    const file = join(folder, "passwords");
    Bun.spawnSync([PASSWORDS, "-b", "-c", file, login.username, login.password]);
    lines.push(`password_file ${file}`);
  }
  const config = join(folder, "mosquitto.conf");
  await writeFile(config, `${lines.join("\n")}\n`);
  let child: Bun.Subprocess | null = null;
  const start = async (): Promise<void> => {
    child = Bun.spawn([MOSQUITTO ?? "", "-c", config], { stdout: "ignore", stderr: "ignore" });
    const tries = 500; // a listener that is not there refuses at once, so this is a few seconds
    for (let tried = 0; tried < tries; tried += 1) {
      const isThere = await Bun.connect({ hostname: "127.0.0.1", port, socket: { data: () => undefined } }).then(
        (socket) => socket.end() >= 0,
        () => Bun.sleep(10).then(() => false),
      );
      if (isThere) return;
    }
    throw new Error("mosquitto does not listen");
  };
  const kill = async (): Promise<void> => {
    child?.kill("SIGKILL");
    await child?.exited;
  };
  await start();
  closing.push(async () => {
    await kill();
    await rm(folder, { recursive: true, force: true });
  });
  return { url: `mqtt://127.0.0.1:${port}`, kill, start };
}

async function freePort(): Promise<number> {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
  const { port } = listener;
  listener.stop(true);
  return port;
}

function show(display: ReturnType<typeof createAwtrixDisplay>): void {
  const timer = setInterval(() => display.show({ ...sampleSnapshot("busy"), wallMs: 0 }), 50);
  closing.push(async () => {
    clearInterval(timer);
    await display.close();
  });
}

function clock(url: string, login: Login) {
  const config = clockConfig({ transport: "mqtt", url, prefix: "awtrix_abc123" });
  const display = createAwtrixDisplay({ config, login, effects: fastEffects(20) });
  show(display);
  return display;
}

test.skipIf(MOSQUITTO === null)(`a clock at mosquitto, which is killed and comes back${where}`, async () => {
  const broker = await mosquitto();
  const device = createAwtrixDouble();
  const matrix = await connectAwtrix(device, broker.url, "awtrix_abc123");
  closing.push(matrix.close);
  const display = clock(broker.url, NOBODY);
  await until(() => device.apps.has("ringmain"));
  await broker.kill();
  await until(() => display.state().state === "down");
  device.restart();
  await broker.start();
  await until(() => display.state().state === "up");
  // A picture that came before the clock was back is lost; the next one is not.
  await until(() => device.apps.has("ringmain"));
  await display.close();
  await until(() => device.apps.size === 0);
});

test.skipIf(MOSQUITTO === null || PASSWORDS === null)(
  `a login that mosquitto refuses, and one it takes${where}`,
  async () => {
    const broker = await mosquitto({ username: "me", password: "right" });
    const wrong = clock(broker.url, loginOf("me", "wrong"));
    await until(() => wrong.state().state === "down");
    expect(wrong.state().detail).toBe("the broker refuses the user name or password");
    const right = clock(broker.url, loginOf("me", "right"));
    await until(() => right.state().shown > 0);
  },
);

test.skipIf(MOSQUITTO === null)(
  `Home Assistant at mosquitto finds what there is, also when it comes later${where}`,
  async () => {
    const broker = await mosquitto();
    const display = createHomeAssistantDisplay({
      config: homeConfig({ url: broker.url }),
      login: NOBODY,
      effects: fastEffects(20),
      version: "1.2.3",
    });
    show(display);
    await until(() => display.state().shown > 0);
    const later = connect(broker.url, { clientId: "home" });
    closing.push(() => later.endAsync(true));
    const retained = new Map<string, string>();
    later.on("message", (topic, payload) => {
      retained.set(topic, payload.toString("utf8"));
    });
    await new Promise<void>((resolve) => later.once("connect", () => resolve()));
    await later.subscribeAsync(["homeassistant/#", "ringmain/#"]);
    await until(() => retained.size === 3);
    expect([...retained.keys()].toSorted()).toEqual([
      "homeassistant/device/ringmain_ha/config",
      "ringmain/ha/state",
      "ringmain/ha/status",
    ]);
    expect(retained.get("ringmain/ha/status")).toBe("online");
    await display.close();
    await until(() => retained.get("ringmain/ha/status") === "offline");
  },
);
