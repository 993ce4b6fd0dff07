/** A clock's configuration with every default, and a display that is shown a snapshot every second of a virtual time. */
import { createAwtrixDisplay } from "../../../src/displays/awtrix/index.ts";
import { sampleSnapshot } from "../../../src/displays/awtrix/samples.ts";
import type { DisplayEffects, Login } from "../../../src/displays/display.ts";
import type { Snapshot } from "../../../src/displays/snapshot.ts";
import type { AwtrixConfig, HomeAssistantConfig } from "../../../src/ir/display.ts";
import { Secret } from "../../../src/std/secret.ts";
import { type AwtrixDouble, createAwtrixDouble } from "../../harness/awtrix-double.ts";
import { createVirtualEffects, type FetchCall } from "../../harness/virtual-effects.ts";

export function clockConfig(members: Partial<AwtrixConfig> = {}): AwtrixConfig {
  return {
    type: "awtrix",
    name: "desk",
    transport: "http",
    url: "http://clock.invalid",
    prefix: "",
    username: null,
    password: null,
    caFile: null,
    updateMs: 5_000,
    providers: [],
    app: "ringmain",
    layouts: ["alerts"],
    palette: "ember_whimsy",
    pageMs: 7_000,
    brightness: 32,
    scrollSpeed: 100,
    quietHours: null,
    alerts: { burnShare: 0.85, minIntervalMs: 60_000, mute: [] },
    ...members,
  };
}

export function homeConfig(members: Partial<HomeAssistantConfig> = {}): HomeAssistantConfig {
  return {
    type: "home_assistant",
    name: "ha",
    url: "mqtt://broker.invalid",
    username: null,
    password: null,
    caFile: null,
    updateMs: 5_000,
    providers: [],
    discoveryPrefix: "homeassistant",
    ...members,
  };
}

export const NOBODY: Login = { username: () => null, password: () => null, ca: null };

export function loginOf(username: string, password: string): Login {
  return { username: () => new Secret(username), password: () => new Secret(password), ca: null };
}

/** Real time, `speed` times as fast: pauses of the program pass quickly, the network is the real one. */
export function fastEffects(speed: number): DisplayEffects {
  let seed = 1;
  return {
    nowMs: () => performance.now() * speed,
    wallMs: Date.now,
    random: () => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed / 2_147_483_647;
    },
    setTimer(ms, fire) {
      const timer = setTimeout(fire, ms / speed);
      return () => clearTimeout(timer);
    },
    fetch: (url, init) => fetch(url, init),
  };
}

export interface ClockTest {
  readonly device: AwtrixDouble;
  readonly display: ReturnType<typeof createAwtrixDisplay>;
  /** How many calls came to the network, answered or not. */
  readonly calls: readonly FetchCall[];
  /** Shows what `snapshot` makes of the moment, once a second or as often as is said. */
  run(seconds: number, snapshot?: (second: number) => Partial<Snapshot>, looksPerSecond?: number): Promise<void>;
  /** Pictures and words of our app so far. */
  pictures(): { readonly atMs: number; readonly body: Record<string, unknown> }[];
  setReachable(isReachable: boolean): void;
  nowMs(): number;
}

/** Its network answers as the clock does, at once and in virtual time. */
export function startClock(members: Partial<AwtrixConfig> = {}): ClockTest {
  let isReachable = true;
  const effects = createVirtualEffects({
    answer(call) {
      if (!isReachable) throw new Error("connection refused");
      const url = new URL(call.url);
      if (url.pathname === "/api/stats") return new Response(device.stats());
      const path = url.pathname === "/api/custom" ? `custom/${url.searchParams.get("name")}` : url.pathname.slice(5);
      const { status, text } = device.handle(path, String(call.init.body ?? ""));
      return new Response(text, { status });
    },
  });
  const device = createAwtrixDouble(effects.nowMs);
  const config = clockConfig(members);
  const display = createAwtrixDisplay({ config, login: NOBODY, effects });
  let second = 0;
  return {
    device,
    display,
    calls: effects.calls,
    async run(seconds, snapshot = () => ({}), looksPerSecond = 1) {
      for (let step = 0; step < seconds * looksPerSecond; step += 1) {
        display.show({ ...sampleSnapshot("busy"), wallMs: effects.wallMs(), ...snapshot(second) });
        await effects.run(1_000 / looksPerSecond);
        device.pass(1 / looksPerSecond);
        second += 1 / looksPerSecond;
      }
    },
    pictures: () =>
      device.received
        .filter(({ path, body }) => path === `custom/${config.app}` && body !== "{}" && body !== "")
        .map(({ atMs, body }) => ({ atMs, body: JSON.parse(body) })),
    setReachable(to) {
      isReachable = to;
    },
    nowMs: effects.nowMs,
  };
}
