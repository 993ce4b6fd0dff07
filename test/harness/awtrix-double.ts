/**
 * A clock with AWTRIX 3 as its documentation describes it, and with the quirks that bite: apps are removed by the
 * beginning of their names, only "" and "{}" remove, an array makes several apps, what an update leaves out is reset,
 * packets over 8 KiB are thrown away, a bitmap fits once, the last app outlives its lifetime, a restart forgets all.
 */
import { connect, type MqttClient } from "mqtt";

export interface AwtrixDouble {
  readonly apps: ReadonlyMap<string, Record<string, unknown>>;
  readonly notifications: readonly Record<string, unknown>[];
  readonly settings: Readonly<Record<string, unknown>>;
  /** What came over the wire, oldest first: path or topic without its prefix, and the body as it was. */
  readonly received: readonly { readonly path: string; readonly body: string; readonly atMs: number }[];
  /** As the firmware answers: 200 OK, or 500 with a word. */
  handle(path: string, body: string): { readonly status: number; readonly text: string };
  stats(): string;
  /** Everything is forgotten but the settings; it counts its time anew. */
  restart(): void;
  /** Removes what was not renewed in its lifetime, as the loop of the firmware does. */
  pass(seconds: number): void;
  /** What the matrix shows: the newest notification, else the first app. */
  screen(): number[];
  /** The next pictures are answered as by a firmware that has no room to read them. */
  refuseDrawing(isRefused: boolean): void;
}

const APPS_MAX = 20;
/** A picture of 256 integers needs about half of the memory there is for reading it. */
const INTEGERS_MAX = 400;

export function createAwtrixDouble(nowMs: () => number = () => performance.now()): AwtrixDouble {
  const apps = new Map<string, Record<string, unknown>>();
  const ages = new Map<string, number>();
  const notifications: Record<string, unknown>[] = [];
  const settings: Record<string, unknown> = { BRI: 120, ABRI: true };
  const received: { path: string; body: string; atMs: number }[] = [];
  let uptime = 1_000;
  let isRefused = false;
  const ok = { status: 200, text: "OK" };
  const parsingError = { status: 500, text: "ErrorParsingJson" };

  const custom = (name: string, body: string) => {
    if (body === "" || body === "{}") {
      for (const app of [...apps.keys()]) if (app.startsWith(name)) apps.delete(app);
      return ok;
    }
    const parsed = parse(body);
    if (parsed === undefined) return parsingError;
    const items = Array.isArray(parsed) ? parsed.map((item, at) => [`${name}${at}`, item]) : [[name, parsed]];
    for (const [app, item] of items) {
      if (typeof item !== "object" || item === null) return parsingError;
      if (integersIn(item) > INTEGERS_MAX || (isRefused && "draw" in item)) return parsingError;
      if (!apps.has(app) && apps.size >= APPS_MAX) return ok; // and nothing happens
      const effect = apps.get(app)?.["effect"];
      apps.set(app, { ...(effect === undefined ? {} : { effect }), ...item });
      ages.set(app, 0);
    }
    return ok;
  };
  const handle = (path: string, body: string) => {
    received.push({ path, body, atMs: nowMs() });
    const [head = "", name = ""] = path.split("/");
    if (head === "custom") return custom(name, body);
    if (head === "notify") {
      const parsed = body.startsWith("{") && body.endsWith("}") ? parse(body) : undefined;
      if (!isObject(parsed)) return parsingError;
      notifications.push(parsed);
      return ok;
    }
    if (head === "settings") {
      const parsed = parse(body);
      if (!isObject(parsed)) return parsingError;
      Object.assign(settings, parsed);
      return ok;
    }
    return { status: 404, text: "FileNotFound" };
  };
  return {
    apps,
    notifications,
    settings,
    received,
    handle,
    stats: () =>
      JSON.stringify({
        ...{ bat: 90, bat_raw: 670, type: 0, lux: 12, ldr_raw: 200, ram: 140_000, bri: settings["BRI"] },
        ...{ temp: 22, hum: 40, uptime, wifi_signal: -50, messages: received.length, version: "0.98" },
        ...{ indicator1: false, app: [...apps.keys()][0] ?? "Time", uid: "awtrix_abc123", matrix: true },
      }),
    restart() {
      apps.clear();
      uptime = 1;
    },
    pass(seconds) {
      uptime += seconds;
      for (const [app, age] of ages) ages.set(app, age + seconds);
      for (const [app, item] of [...apps]) {
        const lifetime = Number(item["lifetime"] ?? 0);
        // The only app there is stays until another one is switched to.
        if (lifetime > 0 && (ages.get(app) ?? 0) >= lifetime && apps.size > 1) apps.delete(app);
      }
    },
    screen() {
      const shown = notifications.at(-1) ?? [...apps.values()][0];
      return pictureIn(shown) ?? new Array<number>(256).fill(0);
    },
    refuseDrawing(refused) {
      isRefused = refused;
    },
  };
}

/** The 256 colours of the one bitmap in a body; null: there is none. */
export function pictureIn(body: unknown): number[] | null {
  const draw = isObject(body) ? body["draw"] : null;
  const command: unknown = Array.isArray(draw) ? draw[0] : null;
  const bitmap = isObject(command) ? command["db"] : null;
  const pixels: unknown = Array.isArray(bitmap) ? bitmap[4] : null;
  return Array.isArray(pixels) ? pixels.map(Number) : null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function integersIn(value: unknown): number {
  if (typeof value === "number") return 1;
  if (typeof value !== "object" || value === null) return 0;
  return Object.values(value).reduce((sum: number, each) => sum + integersIn(each), 0);
}

// ---------------------------------------------------------------- the two ways to it

export type Mood = "well" | "html" | "ulanzi" | "other-json" | "silent" | "redirects" | "floods";

export interface AwtrixHttp {
  readonly url: string;
  /** `GET /api/stats`, in their order. */
  readonly requests: readonly string[];
  setMood(mood: Mood): void;
  close(): Promise<void>;
}

/** `login`: `user:password` of its basic authentication; null: it asks nobody. */
export function serveAwtrix(device: AwtrixDouble, login: string | null = null): AwtrixHttp {
  let mood: Mood = "well";
  const requests: string[] = [];
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      const url = new URL(request.url);
      requests.push(`${request.method} ${url.pathname}`);
      if (mood === "silent") return new Promise<Response>(() => undefined);
      if (mood === "html") return new Response("<html>a router</html>");
      if (mood === "ulanzi") return new Response("<title>Ulanzi TC001</title>");
      if (mood === "other-json") return Response.json({ name: "printer", version: 3 });
      if (mood === "redirects") return Response.redirect("http://127.0.0.1:1/elsewhere");
      if (mood === "floods") return new Response("x".repeat(1_000_000));
      const given = request.headers.get("authorization");
      if (login !== null && given !== `Basic ${btoa(login)}`) return new Response("", { status: 401 });
      if (url.pathname === "/api/stats") return new Response(device.stats());
      const path = url.pathname === "/api/custom" ? `custom/${url.searchParams.get("name")}` : url.pathname.slice(5);
      const { status, text } = device.handle(path, await request.text());
      return new Response(text, { status });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    requests,
    setMood(to) {
      mood = to;
    },
    close: () => server.stop(true),
  };
}

export interface AwtrixOnBroker {
  /** Publishes its statistics, as it does every ten seconds. */
  speak(): Promise<void>;
  close(): Promise<void>;
}

const PACKET_BYTES_MAX = 8_192;

/** Hears what is under its prefix, and answers what it is asked; packets that do not fit are lost. */
export async function connectAwtrix(device: AwtrixDouble, url: string, prefix: string): Promise<AwtrixOnBroker> {
  const client: MqttClient = connect(url, { reconnectPeriod: 50, clientId: prefix });
  client.on("message", (topic, payload, packet) => {
    const path = topic.slice(prefix.length + 1);
    if (path.startsWith("stats") || path === "screen") return;
    if ((packet.length ?? payload.length + topic.length) > PACKET_BYTES_MAX) return;
    if (path === "sendscreen") client.publish(`${prefix}/screen`, JSON.stringify(device.screen()));
    else device.handle(path, payload.toString("utf8"));
  });
  await new Promise<void>((resolve) => client.once("connect", () => resolve()));
  await client.subscribeAsync(`${prefix}/#`);
  return {
    async speak() {
      await client.publishAsync(`${prefix}/stats`, device.stats());
    },
    async close() {
      await client.endAsync(true);
    },
  };
}
