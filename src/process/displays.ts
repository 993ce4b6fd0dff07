/**
 * The displays of a gateway, fed by the supervisor: one publisher however many workers there are. Everything here is
 * loaded only when the configuration has a display.
 */
import { readFileOrNull } from "../config/files.ts";
import { createSecretResolver, systemSecretSources } from "../config/secret-refs.ts";
import type { DisplayEffects, DisplayState, Login } from "../displays/display.ts";
import { createPublisher } from "../displays/publisher.ts";
import { createSnapshot } from "../displays/snapshot.ts";
import type { Allowance } from "../ir/allowance.ts";
import type { Deployment } from "../ir/deployment.ts";
import type { DisplayConfig } from "../ir/display.ts";
import type { SecretRef } from "../ir/secret-ref.ts";
import type { Sink } from "../observability/sinks.ts";
import type { Environment } from "./environment.ts";
import { createGuard } from "./guard.ts";

export interface DisplaysOptions {
  readonly deployment: Deployment;
  readonly env: Environment;
  readonly version: string;
  readonly say: (level: "warning" | "info", line: string) => void;
  readonly onStates: (states: readonly DisplayState[]) => void;
  readonly effects: DisplayEffects;
  /** Asked at every look. */
  readonly allowances: () => readonly Allowance[];
}

export interface Displays {
  readonly sink: Sink;
  /** The displays and lanes of this deployment from now on. */
  reconfigure(deployment: Deployment): void;
  /** Never rejects, and takes a few seconds at most. */
  close(): Promise<void>;
}

export function startDisplays(options: DisplaysOptions): Displays {
  const { effects, say } = options;
  let shown = show(options, options.deployment);
  // A library that throws where it cannot be caught must not end the process that keeps the gateway alive.
  const guard = createGuard({
    nowMs: effects.nowMs,
    onError: (description) => say("warning", `Displays: an uncaught error: ${description}`),
    onSick() {
      say("warning", "Displays: too many of them; nothing is shown until the next start.");
      void shown.publisher.close();
    },
  });
  const nets = ["uncaughtException", "unhandledRejection"] as const;
  for (const net of nets) process.on(net, guard);
  let changing = Promise.resolve();
  return {
    sink: {
      name: "displays",
      record: (record) => shown.fold.sink.record(record),
      transition: (transition) => shown.fold.sink.transition(transition),
    },
    reconfigure(deployment) {
      // One after the other: a display takes one publisher at a time.
      changing = changing.then(async () => {
        await shown.publisher.close();
        shown = show(options, deployment);
      });
    },
    async close() {
      await changing;
      await shown.publisher.close();
      for (const net of nets) process.off(net, guard);
    },
  };
}

/** Its figures begin anew. */
function show(options: DisplaysOptions, deployment: Deployment) {
  const { allowances, effects, env, onStates, say, version } = options;
  const fold = createSnapshot(deployment, { dayOf: localDay, allowances });
  const publisher = createPublisher({
    displays: deployment.displays,
    snapshot: fold.snapshot,
    loginOf: createLogins(env, effects.nowMs),
    effects,
    version,
    say,
    onStates,
  });
  return { fold, publisher };
}

/** For commands that talk to a display themselves. */
export function createLogins(env: Environment, nowMs: () => number): (display: DisplayConfig) => Login {
  const secrets = createSecretResolver(systemSecretSources({ readEnv: (name) => env[name], nowMs }));
  const read = (ref: SecretRef | null) => (ref === null ? null : secrets.resolve(ref));
  return (display) => ({
    username: () => read(display.username),
    password: () => read(display.password),
    ca: display.caFile === null ? null : readFileOrNull(display.caFile),
  });
}

/** The day of people who look at the clock on the wall of this machine. */
function localDay(wallMs: number): number {
  const date = new Date(wallMs);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
