/**
 * What Home Assistant sees of the gateway: one device with its entities, and the one document they all read (Home
 * Assistant documentation, MQTT discovery in its device form; read 2026-11). Pure.
 */
import { HEALTH_LABELS, type HealthLabel } from "../../ir/lane-facts.ts";
import { hottest } from "../allowance.ts";
import { isOut, type LaneSnapshot, type Snapshot } from "../snapshot.ts";

interface DeviceInput {
  /** Begins every id; letters, digits, `_` and `-`. */
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly stateTopic: string;
  readonly statusTopic: string;
}

/** An account at a provider, as one group of entities. */
interface AccountView {
  /** Fit for a topic and unlike any other. */
  readonly key: string;
  readonly provider: string;
  readonly account: string;
  readonly lanes: readonly LaneSnapshot[];
}

/** Accounts shown; a home has fewer, and a deployment with more is looked at with other means. */
export const ACCOUNTS_MAX = 64;

/** In the order of the configuration. `providers` empty: all. */
export function accountsOf(snapshot: Snapshot, providers: readonly string[]): AccountView[] {
  const lanes = snapshot.lanes.filter((lane) => providers.length === 0 || providers.includes(lane.provider));
  const groups = Map.groupBy(lanes, (lane) => `${lane.provider}/${lane.account}`);
  const taken = new Set<string>();
  return [...groups.values()].slice(0, ACCOUNTS_MAX).flatMap((own) => {
    const [first] = own;
    if (first === undefined) return [];
    const { provider, account } = first;
    const key = uniqueKey(`${provider}_${account}`, taken);
    return [{ key, provider, account, lanes: own }];
  });
}

function uniqueKey(name: string, taken: Set<string>): string {
  const plain = toId(name);
  let key = plain;
  for (let more = 2; taken.has(key); more += 1) key = `${plain}_${more}`;
  taken.add(key);
  return key;
}

/** Discovery takes no other characters in an id. */
export function toId(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9_-]/g, "_");
}

type Component = Readonly<Record<string, unknown>> & { readonly p: string };

/** `accounts` as of `accountsOf`. */
export function discoveryDocument(device: DeviceInput, snapshot: Snapshot, accounts: readonly AccountView[]): object {
  const { id, name, version, stateTopic, statusTopic } = device;
  const components = {
    ...gatewayComponents(),
    ...Object.assign({}, ...accounts.map((each) => accountComponents(each, snapshot))),
  };
  return {
    dev: { ids: [id], name, mf: "Ringmain", mdl: "LLM gateway", sw: version },
    o: { name: "Ringmain", sw: version },
    cmps: Object.fromEntries(
      Object.entries<Component>(components).map(([key, component]) => [
        key,
        { ...component, unique_id: `${id}_${key}` },
      ]),
    ),
    state_topic: stateTopic,
    availability: [{ topic: statusTopic, payload_available: "online", payload_not_available: "offline" }],
    qos: 1,
    encoding: "utf-8",
  };
}

function gatewayComponents(): Readonly<Record<string, Component>> {
  const count = { state_class: "total_increasing" };
  return {
    requests_today: {
      p: "sensor",
      name: "Requests today",
      icon: "mdi:swap-horizontal",
      ...count,
      ...reads("requests_today"),
    },
    tokens_today: { p: "sensor", name: "Tokens today", icon: "mdi:counter", ...count, ...reads("tokens_today") },
    failovers_today: {
      p: "sensor",
      name: "Failovers today",
      icon: "mdi:call-split",
      ...count,
      ...reads("failovers_today"),
    },
    cost_today: {
      p: "sensor",
      name: "Cost today",
      device_class: "monetary",
      state_class: "total",
      unit_of_measurement: "USD",
      suggested_display_precision: 2,
      last_reset_value_template: "{{ value_json.day_began }}",
      ...reads("cost_today"),
    },
    active_account: { p: "sensor", name: "Active account", icon: "mdi:account-switch", ...reads("active_account") },
    all_exhausted: { p: "binary_sensor", name: "Nothing left", device_class: "problem", ...reads("all_exhausted") },
  };
}

function accountComponents({ key, provider, account }: AccountView, snapshot: Snapshot): Record<string, Component> {
  const title = `${provider} ${account}`;
  const from = (field: string) => reads(`accounts['${key}'].${field}`);
  const isLimited = snapshot.allowances.some(belongsTo(provider, account));
  return {
    [`${key}_health`]: {
      p: "sensor",
      name: `${title} health`,
      device_class: "enum",
      options: [...HEALTH_LABELS],
      ...from("health"),
    },
    [`${key}_problem`]: { p: "binary_sensor", name: `${title} problem`, device_class: "problem", ...from("problem") },
    // An entity that can never say anything is left out.
    ...(isLimited
      ? {
          [`${key}_quota_remaining`]: {
            p: "sensor",
            name: `${title} quota remaining`,
            icon: "mdi:gauge",
            unit_of_measurement: "%",
            state_class: "measurement",
            ...from("quota_remaining"),
          },
          [`${key}_resets_at`]: {
            p: "sensor",
            name: `${title} resets at`,
            device_class: "timestamp",
            ...from("resets_at"),
          },
        }
      : {}),
  };
}

function reads(path: string): { readonly value_template: string } {
  return { value_template: `{{ value_json.${path} }}` };
}

const NANOS_PER_USD = 1_000_000_000;

/** Null is shown as unknown. */
export function stateDocument(snapshot: Snapshot, accounts: readonly AccountView[]): object {
  const { today, lastLane } = snapshot;
  const last = accounts.find((each) => each.lanes.some((lane) => lane.lane === lastLane));
  const lanes = accounts.flatMap((each) => each.lanes);
  return {
    day_began: new Date(today.sinceWallMs).toISOString(),
    requests_today: today.requests,
    tokens_today: today.tokens,
    failovers_today: today.failovers,
    cost_today: today.costNanos === null ? null : Math.round(today.costNanos / 1_000) / (NANOS_PER_USD / 1_000),
    active_account: last === undefined ? null : `${last.provider}/${last.account}`,
    all_exhausted: onOff(lanes.length > 0 && lanes.every((lane) => isOut(lane.label))),
    accounts: Object.fromEntries(accounts.map((each) => [each.key, accountState(each, snapshot)])),
  };
}

function accountState({ provider, account, lanes }: AccountView, snapshot: Snapshot): object {
  const hot = hottest(snapshot.allowances.filter(belongsTo(provider, account)));
  const health = worstOf(lanes);
  return {
    health,
    problem: onOff(isOut(health)),
    quota_remaining: hot === null ? null : Math.round(Math.min(1, Math.max(0, 1 - hot.usedShare)) * 1_000) / 10,
    resets_at: hot === null || hot.resetsWallMs === null ? null : new Date(hot.resetsWallMs).toISOString(),
  };
}

function belongsTo(provider: string, account: string) {
  return (allowance: Snapshot["allowances"][number]): boolean =>
    allowance.kind === "quota" && allowance.name === provider && (allowance.account ?? account) === account;
}

function worstOf(lanes: readonly LaneSnapshot[]): HealthLabel {
  return lanes
    .map((lane) => lane.label)
    .reduce((worst, label) => (HEALTH_LABELS.indexOf(label) > HEALTH_LABELS.indexOf(worst) ? label : worst), "healthy");
}

function onOff(isOn: boolean): "ON" | "OFF" {
  return isOn ? "ON" : "OFF";
}

/**
 * The document that takes away the components of an older one which are no longer there: each with nothing but its
 * platform. Null: there are none. `older` is what stands on the discovery topic, ours or not.
 */
export function removalDocument(older: string, current: object): object | null {
  const before = componentsOf(parse(older));
  const now = componentsOf(current);
  const gone = Object.entries(before).filter(([key]) => !Object.hasOwn(now, key));
  if (gone.length === 0) return null;
  const removed = gone.slice(0, REMOVED_MAX).map(([key, component]) => [key, { p: platformOf(component) }]);
  return { ...current, cmps: { ...now, ...Object.fromEntries(removed) } };
}

const REMOVED_MAX = 1_000;

function componentsOf(document: unknown): Record<string, unknown> {
  const found = typeof document === "object" && document !== null && "cmps" in document ? document.cmps : null;
  return typeof found === "object" && found !== null ? { ...found } : {};
}

function platformOf(component: unknown): string {
  const platform = typeof component === "object" && component !== null && "p" in component ? component.p : null;
  return platform === "binary_sensor" ? "binary_sensor" : "sensor";
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // not ours; ours will stand there in a moment
  }
}
