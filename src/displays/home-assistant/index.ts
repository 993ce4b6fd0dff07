/**
 * Home Assistant over MQTT. It publishes the discovery document (retained, and again when Home Assistant comes back),
 * the state (retained, when it changes), and its end (last will, or a proper end).
 */
import type { HomeAssistantConfig } from "../../ir/display.ts";
import type { Cancel } from "../../std/effects.ts";
import type { DisplayEffects, Login, RemoteDisplay } from "../display.ts";
import { createMqttLink, type MqttLink } from "../mqtt-link.ts";
import type { Snapshot } from "../snapshot.ts";
import { accountsOf, discoveryDocument, removalDocument, stateDocument, toId } from "./entities.ts";

interface HomeAssistantOptions {
  readonly config: HomeAssistantConfig;
  readonly login: Login;
  readonly effects: DisplayEffects;
  readonly version: string;
}

/** After it came back, everything that it discovers announces itself; not all in one moment. */
const BIRTH_MS_MAX = 5_000;

/** Where everything of a display stands. */
export function homeAssistantTopics(config: Pick<HomeAssistantConfig, "name" | "discoveryPrefix">) {
  const base = `ringmain/${toId(config.name)}`;
  const id = `ringmain_${toId(config.name)}`;
  return {
    id,
    status: `${base}/status`,
    state: `${base}/state`,
    discovery: `${config.discoveryPrefix}/device/${id}/config`,
    birth: `${config.discoveryPrefix}/status`,
  };
}

interface PublishedTopics {
  /** What stood on the discovery topic before we came; null: nothing, or it was dealt with. */
  older: string | null;
  discovery: string | null;
  state: string | null;
  stateMs: number;
}

interface Panel {
  readonly options: HomeAssistantOptions;
  readonly topics: ReturnType<typeof homeAssistantTopics>;
  readonly link: MqttLink;
  readonly retained: PublishedTopics;
  readonly counts: { shown: number; alerts: number; failures: number };
  shownWallMs: number | null;
  isClosed: boolean;
}

export function createHomeAssistantDisplay(options: HomeAssistantOptions): RemoteDisplay {
  const { config, effects } = options;
  const topics = homeAssistantTopics(config);
  const retained: PublishedTopics = { older: null, discovery: null, state: null, stateMs: Number.NEGATIVE_INFINITY };
  let cancelBirth: Cancel | null = null;
  const link = createMqttLink({
    url: config.url,
    login: options.login,
    effects,
    name: config.name,
    statusTopic: topics.status,
    subscriptions: [topics.birth, topics.discovery],
    packetBytesMax: null,
    onUp: () => forget(retained),
    onMessage(topic, payload, isRetained) {
      if (topic === topics.discovery && isRetained && payload !== "") {
        retained.older = payload;
        retained.discovery = null;
      }
      if (topic !== topics.birth || payload !== "online" || isRetained) return;
      cancelBirth ??= effects.setTimer(Math.round(effects.random() * BIRTH_MS_MAX), () => {
        cancelBirth = null;
        forget(retained);
      });
    },
  });
  const counts = { shown: 0, alerts: 0, failures: 0 };
  const panel: Panel = { options, topics, link, retained, counts, shownWallMs: null, isClosed: false };
  let working: Promise<void> | null = null;
  return {
    show(snapshot) {
      if (working !== null || panel.isClosed) return;
      working = work(panel, snapshot)
        .catch(() => {
          counts.failures += 1;
        })
        .finally(() => {
          working = null;
        });
    },
    state: () => ({
      name: config.name,
      type: config.type,
      state: link.isUp() ? "up" : link.trouble() === null ? "connecting" : "down",
      detail: link.trouble(),
      shownWallMs: panel.shownWallMs,
      ...counts,
    }),
    async close() {
      if (panel.isClosed) return;
      panel.isClosed = true;
      cancelBirth?.();
      // What it is stays, so that its history goes on when the gateway is back; that it is gone is said by its status.
      await link.close([]);
    },
  };
}

function forget(retained: PublishedTopics): void {
  Object.assign(retained, { discovery: null, state: null, stateMs: Number.NEGATIVE_INFINITY });
}

async function work(panel: Panel, snapshot: Snapshot): Promise<void> {
  const { link, options, retained, topics } = panel;
  const { config, effects, version } = options;
  if (!link.isUp()) return;
  const accounts = accountsOf(snapshot, config.providers);
  const device = {
    id: topics.id,
    name: `Ringmain ${config.name}`,
    version,
    stateTopic: topics.state,
    statusTopic: topics.status,
  };
  if (!(await announce(panel, discoveryDocument(device, snapshot, accounts))) || panel.isClosed) return;
  const nowMs = effects.nowMs();
  if (retained.state !== null && nowMs - retained.stateMs < config.updateMs) return;
  const state = JSON.stringify(stateDocument(snapshot, accounts));
  if (state === retained.state) return;
  retained.stateMs = nowMs;
  if (!(await publish(panel, topics.state, state))) return;
  retained.state = state;
  panel.shownWallMs = effects.wallMs();
  panel.counts.shown += 1;
}

/** True: Home Assistant knows what there is. */
async function announce(panel: Panel, document: object): Promise<boolean> {
  const { retained, topics } = panel;
  const text = JSON.stringify(document);
  if (text === retained.discovery) return true;
  const removal = retained.older === null ? null : removalDocument(retained.older, document);
  retained.older = null;
  if (removal !== null && !(await publish(panel, topics.discovery, JSON.stringify(removal)))) return false;
  if (!(await publish(panel, topics.discovery, text))) return false;
  retained.discovery = text;
  retained.state = null; // entities that are new have no state before they are told it
  return true;
}

/** True: the broker acknowledged it. */
async function publish({ counts, link }: Panel, topic: string, payload: string): Promise<boolean> {
  const published = await link.publish({ topic, payload, qos: 1, retain: true });
  if (published.kind !== "taken") counts.failures += 1;
  return published.kind === "taken";
}
