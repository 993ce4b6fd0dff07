/**
 * Health probes: where a provider is configured so, its lanes are asked something small from time to time, through the
 * same attempt as a client's request. `active` asks every lane that was not used for a while, `dead` only those that
 * are out. A good answer takes back what stood against the lane; a bad one counts like a client's.
 */
import type { Lane, Provider, Target, Timers } from "../../ir/deployment.ts";
import type { Failure } from "../../ir/failure.ts";
import type { Cancel } from "../../std/effects.ts";
import { createStopper } from "../../std/stop-signal.ts";
import { answerRulesOf } from "../answer/verdict.ts";
import { openAttempt } from "../attempt.ts";
import type { World } from "../contract.ts";
import { exclusionOf } from "../lane/fitness.ts";
import { PING_EMBED_PROTOCOL, syntheticCall } from "../request/synthetic-call.ts";

import type { SharedState } from "../shared-state.ts";
import { endOwn } from "../sub-call.ts";

export interface Probes {
  /** Ends those under way; none begins any more. */
  stop(): void;
}

interface ProbeRecord {
  readonly lane: string;
  /** `ok`, or the kind of failure. */
  readonly outcome: "ok" | Failure["kind"];
}

interface ProbeOptions {
  readonly world: World;
  readonly shared: SharedState;
  readonly onProbe: (record: ProbeRecord) => void;
  /** A bug in a reader or writer. */
  readonly onBug: (error: unknown) => void;
}

/** Each pause is longer or shorter by up to this share, so that lanes and processes do not ask in step. */
const JITTER = 0.1;
/** Probes under way in one process; a probe too many waits for its next turn. */
const PROBES_MAX = 16;

export function startProbes(options: ProbeOptions): Probes {
  const { world } = options;
  const { lanes, providers, targets } = world.deployment;
  const stopper = createStopper();
  const timers = new Map<string, Cancel>();
  let underWay = 0;

  const probe = async (lane: Lane, provider: Provider, target: Target): Promise<void> => {
    underWay += 1;
    try {
      await probeLane({ ...options, lane, provider, target, signal: stopper.signal });
    } catch (error) {
      options.onBug(error);
    } finally {
      underWay -= 1;
    }
  };
  const arm = (lane: Lane, provider: Provider, target: Target): void => {
    const pauseMs = provider.health.intervalMs * (1 + JITTER * (2 * world.effects.random() - 1));
    const fire = async (): Promise<void> => {
      if (underWay < PROBES_MAX && isWanted(options, lane, provider, target)) await probe(lane, provider, target);
      // Only now: a slow vendor is asked less often, never twice at once.
      if (!stopper.signal.aborted) arm(lane, provider, target);
    };
    timers.set(
      lane.id,
      world.effects.setTimer(pauseMs, () => void fire()),
    );
  };
  for (const lane of Object.values(lanes)) {
    const provider = providers[lane.provider];
    const target = Object.values(targets).find(({ members }) =>
      members.some((member) => member.lanes.includes(lane.id)),
    );
    if (provider === undefined || target === undefined || provider.health.mode === "none") continue;
    arm(lane, provider, target);
  }
  return {
    stop() {
      stopper.abort();
      for (const cancel of timers.values()) cancel();
      timers.clear();
    },
  };
}

/**
 * Not where a probe has no credential, or where the vendor itself said when to come back. Neither where a client's request tells
 * more than a probe would: one has just been answered well, or every slot is taken.
 */
function isWanted({ world, shared }: ProbeOptions, lane: Lane, { health }: Provider, target: Target): boolean {
  if (askedOf(lane) === null) return false;
  if (!lane.routing || (lane.credential !== null && world.secretOf(lane) === null)) return false;
  if (lane.credential === null && world.deployment.auth.mode === "passthrough") return false;
  const nowMs = world.effects.nowMs();
  const { because, full } = shared.health.condition(target, lane, nowMs);
  if (because === "waiting" || because === "used-up" || full) return false;
  if (shared.health.isInDoubt(lane)) return true;
  if (health.mode === "dead") return false;
  const usedMs = shared.lastUsedMs.get(lane.id) ?? null;
  const isProven = PROVEN.has(shared.health.label(target, lane, nowMs));
  return !(isProven && usedMs !== null && nowMs - usedMs < health.intervalMs);
}

/** A lane whose vendor's limit is nearly used up is spared, like one that is well. */
const PROVEN: ReadonlySet<string> = new Set(["healthy", "pressure"]);

/** As models are named: what puts texts in order, and what hears, speaks, draws or judges, takes no word from a probe. */
const TAKES_NO_WORD = /rerank|whisper|transcri|\btts\b|dall-e|moderation/i;
const EMBEDS = /embed/i;

/** What a probe may ask of the lane, by what is known of its model, else by its name; null: nothing. */
function askedOf({ capabilities: { output }, upstreamModel, canonical }: Lane): "chat" | "embed" | null {
  if (output?.includes("text") === true) return "chat";
  const names = `${upstreamModel} ${canonical.id}`;
  if (TAKES_NO_WORD.test(names)) return null;
  if (EMBEDS.test(names)) return "embed";
  return output === null ? "chat" : null;
}

interface Probe extends ProbeOptions {
  readonly lane: Lane;
  readonly provider: Provider;
  readonly target: Target;
  readonly signal: ReturnType<typeof createStopper>["signal"];
}

async function probeLane(input: Probe): Promise<void> {
  const { world, shared, lane, provider, target, onProbe } = input;
  const operation = askedOf(lane) ?? "chat";
  const ingress = world.protocolOf(operation === "embed" ? PING_EMBED_PROTOCOL : lane.doors[0].protocol);
  const call = syntheticCall({
    id: "probe",
    world,
    ingress,
    operation,
    model: lane.upstreamModel,
    body: null,
    headers: {},
    translation: "lenient",
    signal: input.signal,
  });
  if (!call.ok) throw new Error(`no probe can be written for ${ingress.id}`);
  // Its protocol, or the path it was given, offers no embeddings: nothing small can be asked of it.
  if (operation === "embed" && exclusionOf(world, call.value, lane) !== null) return;
  const probed = shared.health.probe(lane, world.effects.nowMs());
  const attempt = openAttempt({
    world,
    shared,
    call: call.value,
    target: { ...target, timers: timersFor(provider.health.timeoutMs) },
    lane,
    guard: { ...probed, begun: () => undefined, release: probed.abandoned },
    record: null,
    firstByteCapMs: null,
    rules: answerRulesOf(target),
    isEvidence: ({ kind }) => !SAYS_NOTHING.has(kind),
  });
  const outcome = await attempt.run();
  endOwn(attempt, outcome);
  if (outcome.kind === "abandoned") return;
  onProbe({ lane: lane.id, outcome: outcome.kind === "failed" ? outcome.failure.kind : "ok" });
}

/** A model of embeddings or sound takes no conversation, and says so in the words of one that does not exist. */
const SAYS_NOTHING: ReadonlySet<Failure["kind"]> = new Set<Failure["kind"]>(["model-missing"]);

function timersFor(timeoutMs: number): { readonly buffered: Timers; readonly streamed: Timers } {
  const timers: Timers = { connectMs: timeoutMs, firstByteMs: timeoutMs, idleMs: timeoutMs, totalMs: timeoutMs };
  return { buffered: timers, streamed: timers };
}
