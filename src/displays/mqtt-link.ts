/**
 * A connection to an MQTT broker (3.1.1) that comes back by itself, after pauses that grow. Last will and availability
 * share one topic. Messages go one at a time within bounds, and none is kept for an absent broker. The library is
 * loaded when the first connection is made.
 */
import type { IClientOptions, MqttClient } from "mqtt";
import type { Cancel } from "../std/effects.ts";
import { type DisplayEffects, type Login, within } from "./display.ts";
import { retryDelayMs } from "./retry.ts";

export interface MqttMessage {
  readonly topic: string;
  readonly payload: string;
  readonly qos: 0 | 1;
  readonly retain: boolean;
}

type Published =
  | { readonly kind: "taken" }
  /** More than `packetBytesMax`; nothing was sent. */
  | { readonly kind: "too-large" }
  /** A sentence part. */
  | { readonly kind: "failed"; readonly why: string };

export interface MqttLink {
  isUp(): boolean;
  /** Why it is not up; null: it is, or nothing is known yet. */
  trouble(): string | null;
  /** Never rejects, and waits no longer than `PUBLISH_MS`. */
  publish(message: MqttMessage): Promise<Published>;
  /** Sends what is to be the last, says that we are gone, and lets go. Idempotent; takes `CLOSE_MS` at most. */
  close(last: readonly MqttMessage[]): Promise<void>;
}

interface MqttLinkOptions {
  readonly url: string;
  readonly login: Login;
  readonly effects: DisplayEffects;
  /** Begins the client id, which is another one for every process. */
  readonly name: string;
  /** `online` and `offline` stand here, retained; null: neither is said, and there is no last will. */
  readonly statusTopic: string | null;
  readonly subscriptions: readonly string[];
  /** null: as large as the broker takes. */
  readonly packetBytesMax: number | null;
  readonly onUp: () => void;
  /** `isRetained`: it was there before we were. */
  readonly onMessage: (topic: string, payload: string, isRetained: boolean) => void;
}

const CONNECT_MS = 10_000;
const KEEPALIVE_SECS = 30;
const PUBLISH_MS = 10_000;
const CLOSE_MS = 2_000;
/** Messages on their way; more are refused, so that a slow broker costs no memory. */
const INFLIGHT_MAX = 16;
/** A connection that held this long was a good one; until then its end is one more failure in a row. */
const GOOD_AFTER_MS = 30_000;
/** Of a message that arrives; our own discovery, the largest that we ask for, has a tenth of it. */
const RECEIVED_BYTES_MAX = 1024 * 1024;

const ONLINE = "online";
const OFFLINE = "offline";

interface Connection {
  readonly options: MqttLinkOptions;
  readonly clientId: string;
  client: MqttClient | null;
  isUp: boolean;
  isClosed: boolean;
  upSinceMs: number;
  /** In a row. */
  failures: number;
  /** Ends of messages under way. */
  readonly inflight: Set<(published: Published) => void>;
  trouble: string | null;
  cancelRetry: Cancel;
}

export function createMqttLink(options: MqttLinkOptions): MqttLink {
  const { effects, name, statusTopic } = options;
  const connection: Connection = {
    options,
    clientId: `ringmain-${name}-${Math.floor(effects.random() * 2 ** 40).toString(36)}`,
    client: null,
    isUp: false,
    isClosed: false,
    upSinceMs: 0,
    failures: 0,
    inflight: new Set(),
    trouble: null,
    cancelRetry: ignore,
  };
  void open(connection);
  return {
    isUp: () => connection.isUp,
    trouble: () => connection.trouble,
    publish: (message) => publish(connection, message),
    async close(last) {
      if (connection.isClosed) return;
      connection.isClosed = true;
      connection.cancelRetry();
      const leaving = connection.client;
      if (leaving !== null && connection.isUp) {
        const goodbye: MqttMessage[] =
          statusTopic === null ? [] : [{ topic: statusTopic, payload: OFFLINE, qos: 1, retain: true }];
        await within(CLOSE_MS, publishAll(connection, [...last, ...goodbye]), effects);
        // A proper end suppresses the will, which said the same.
        await within(CLOSE_MS, new Promise<void>((resolve) => leaving.end(false, {}, () => resolve())), effects);
      }
      letGo(connection);
    },
  };
}

/** Never rejects: whatever goes wrong is a reason to try again later. */
async function open(connection: Connection): Promise<void> {
  const { options, clientId } = connection;
  try {
    const { connect } = await import("mqtt");
    if (connection.isClosed) return;
    attach(connection, connect(options.url, clientOptions(options, clientId)));
  } catch (error) {
    drop(connection, whyOf(error));
  }
}

function attach(connection: Connection, opened: MqttClient): void {
  const { options } = connection;
  connection.client = opened;
  const { effects } = options;
  const cancelWait = effects.setTimer(CONNECT_MS, () => {
    if (connection.client === opened) drop(connection, NO_ANSWER);
  });
  let why = LOST;
  opened.on("error", (error) => {
    why = whyOf(error);
  });
  // Every way a connection ends comes here: refused, lost, silent beyond the keep-alive, never answered.
  opened.on("close", () => {
    cancelWait();
    if (connection.client === opened) drop(connection, !connection.isUp && why === LOST ? NO_ANSWER : why);
  });
  // The library gathers a packet of any size before it shows it to anybody.
  let unreadBytes = 0;
  opened.stream.on("data", (chunk: Uint8Array) => {
    unreadBytes += chunk.length;
    if (unreadBytes > RECEIVED_BYTES_MAX && connection.client === opened) drop(connection, TOO_MUCH);
  });
  opened.on("packetreceive", () => {
    unreadBytes = 0;
  });
  opened.on("message", (topic, payload, packet) => {
    options.onMessage(topic, payload.toString("utf8"), packet.retain);
  });
  opened.on("connect", () => {
    const { statusTopic, subscriptions } = options;
    cancelWait();
    connection.isUp = true;
    connection.upSinceMs = effects.nowMs();
    connection.trouble = null;
    if (subscriptions.length > 0) opened.subscribe([...subscriptions], { qos: 1 }, ignore);
    if (statusTopic !== null) opened.publish(statusTopic, ONLINE, { qos: 1, retain: true }, ignore);
    options.onUp();
  });
}

function drop(connection: Connection, why: string): void {
  const { effects } = connection.options;
  if (connection.isUp && effects.nowMs() - connection.upSinceMs >= GOOD_AFTER_MS) connection.failures = 0;
  letGo(connection);
  if (connection.isClosed) return;
  connection.failures += 1;
  connection.trouble = why;
  connection.cancelRetry();
  connection.cancelRetry = effects.setTimer(
    retryDelayMs(connection.failures, effects.random),
    () => void open(connection),
  );
}

function letGo(connection: Connection): void {
  const dropped = connection.client;
  connection.client = null;
  connection.isUp = false;
  // A connection that goes away takes what was on its way with it.
  for (const finish of connection.inflight) finish({ kind: "failed", why: LOST });
  if (dropped === null) return;
  // What its socket says after this has no reader.
  dropped.on("error", ignore);
  dropped.end(true);
}

/** One after the other: a broker keeps the order only of what it has acknowledged. */
async function publishAll(connection: Connection, messages: readonly MqttMessage[]): Promise<void> {
  for (const message of messages) await publish(connection, message);
}

function publish(connection: Connection, message: MqttMessage): Promise<Published> {
  const { options, client } = connection;
  const { packetBytesMax, effects } = options;
  if (packetBytesMax !== null && packetBytes(message) > packetBytesMax) return Promise.resolve({ kind: "too-large" });
  if (client === null || !connection.isUp) {
    return Promise.resolve({ kind: "failed", why: connection.trouble ?? "there is no connection" });
  }
  if (connection.inflight.size >= INFLIGHT_MAX)
    return Promise.resolve({ kind: "failed", why: "the broker is too slow" });
  return new Promise((resolve) => {
    const finish = (published: Published): void => {
      if (!connection.inflight.delete(finish)) return;
      cancelTimer();
      resolve(published);
    };
    connection.inflight.add(finish);
    const cancelTimer = effects.setTimer(PUBLISH_MS, () => {
      finish({ kind: "failed", why: "the broker does not take it" });
      if (connection.client === client) drop(connection, "the broker stopped taking messages");
    });
    const { topic, payload, qos, retain } = message;
    client.publish(topic, payload, { qos, retain }, (error) => {
      finish(error ? { kind: "failed", why: whyOf(error) } : { kind: "taken" });
    });
  });
}

const ignore = (): void => undefined;

function clientOptions({ login, statusTopic }: MqttLinkOptions, clientId: string): IClientOptions {
  const username = login.username();
  const password = login.password();
  return {
    protocolVersion: 4,
    clean: true,
    clientId,
    keepalive: KEEPALIVE_SECS,
    connectTimeout: CONNECT_MS + 1_000, // ours comes first
    reconnectPeriod: 0, // the pauses are ours
    resubscribe: false,
    queueQoSZero: false,
    ...(statusTopic === null
      ? {}
      : { will: { topic: statusTopic, payload: Buffer.from(OFFLINE), qos: 1, retain: true } }),
    ...(username === null ? {} : { username: username.reveal() }),
    ...(password === null ? {} : { password: password.reveal() }),
    ...(login.ca === null ? {} : { ca: login.ca }),
  };
}

/** An upper bound: type, four bytes of length, two of the topic's length, two of a packet id (MQTT 3.1.1 section 3.3). */
function packetBytes({ topic, payload }: MqttMessage): number {
  return 9 + Buffer.byteLength(topic) + Buffer.byteLength(payload);
}

const LOST = "the broker closed the connection";
const TOO_MUCH = "the broker sends a message that is too large";
const NO_ANSWER = "the broker did not answer in time";

/** By the code alone: text of an error may hold anything. */
function whyOf(error: unknown): string {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : null;
  const known = WHYS.get(code);
  if (known !== undefined) return known;
  return typeof code === "string" || typeof code === "number"
    ? `it cannot be reached (${code})`
    : "it cannot be reached";
}

/** Numbers are return codes of CONNACK (MQTT 3.1.1 section 3.2.2.3). */
const WHYS: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  [1, "the broker does not speak MQTT 3.1.1"],
  [2, "the broker refuses the client id"],
  [3, "the broker is not available"],
  [4, "the broker refuses the user name or password"],
  [5, "the broker refuses the user name or password"],
  ["ECONNREFUSED", "nothing listens there"],
  ["ENOTFOUND", "its name is not known"],
  ["EAI_AGAIN", "its name cannot be looked up"],
  ["ETIMEDOUT", NO_ANSWER],
  ["EHOSTUNREACH", "there is no way to it"],
  ["ENETUNREACH", "there is no way to it"],
  ["ECONNRESET", LOST],
]);
