/**
 * One worker: loads what serving needs while the supervisor reads the configuration, then serves the deployment it is
 * given until it is told to end, or until the supervisor is gone.
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Carried, type Composed, compose, startServer } from "../compose.ts";
import { readFileOrNull } from "../config/files.ts";
import { createSecretResolver, systemSecretSources } from "../config/secret-refs.ts";
import type { LedgerReply } from "../governance/ledger-messages.ts";
import type { SecretRef } from "../ir/deployment.ts";
import { createLog, type Log } from "../observability/log.ts";
import type { Sink } from "../observability/sinks.ts";
import { isLoopback } from "../std/address.ts";
import { describeError } from "../std/describe-error.ts";
import type { Secret } from "../std/secret.ts";
import { createGoverned, type GovernedWorker } from "./governed.ts";
import { createGuard } from "./guard.ts";
import { watchLag } from "./lag.ts";
import {
  type Drain,
  deliver,
  type FromWorker,
  type MessageHandlers,
  type Plan,
  type SendMessage,
  type ToWorker,
} from "./messages.ts";
import { createObserve, type WorkerObserve } from "./observe.ts";
import { createOutput, type Output, textWriter } from "./output.ts";
import { realEffects } from "./real-effects.ts";
import { type Batches, createBatches } from "./record-batches.ts";
import { createStandingLink, type StandingLink } from "./standing-link.ts";
import { createSupervisorClient, type SupervisorClient } from "./supervisor-client.ts";

type Server = Extract<ReturnType<typeof startServer>, { kind: "listening" }>["server"];

/** What a plan makes. */
interface Planned {
  readonly plan: Plan;
  readonly gateway: Composed;
  readonly log: Log;
}

/** What a worker is once it serves. */
interface Serving {
  /** Of the newest plan. */
  planned: Planned;
  readonly build: (plan: Plan, carried: Carried) => Planned;
  readonly server: Server;
  readonly observe: WorkerObserve;
  readonly governed: GovernedWorker | null;
  readonly standing: StandingLink | null;
  readonly supervisor: SupervisorClient;
  readonly batches: Batches;
  /** Everything it has to tell is on its way. */
  readonly flush: () => Promise<unknown>;
}

/** For the answers that `gateway.stop` ends with an honest error to reach their clients. */
const FAREWELL_MS = 1_000;
const STDOUT = 1;
/** For the last lines and rows. */
const FLUSH_MS = 500;
/** Without a request for this long, no client needs the delay before connections are refused. */
const QUIET_MS = 250;
const QUIET_LOOK_MS = 50;

const effects = realEffects("shared");

/** Returns at once; the process lives on until it is told to end. */
export function runWorker(): void {
  let serving: Serving | null = null;
  let isEnding = false;
  /** Ends the process however far it has come; the first call decides how. */
  const end = (how: { readonly because: string; readonly drain: Drain; readonly retires: boolean }): void => {
    if (isEnding) return;
    isEnding = true;
    if (serving === null) process.exit(0);
    void endServing(serving, how).then(() => process.exit(0));
  };
  const guard = createGuard({
    nowMs: effects.nowMs,
    onError(bug) {
      if (serving !== null) {
        serving.planned.log.error("an uncaught error", { bug });
        return;
      }
      // It cannot serve, so it ends; the supervisor tries again and then says so.
      console.error(`Ringmain: a worker could not start: ${bug}`);
      process.exit(1);
    },
    onSick: () => end({ because: "too many uncaught errors", drain: drainOf(serving), retires: true }),
  });
  process.on("uncaughtException", guard);
  process.on("unhandledRejection", guard);
  // The supervisor passes signals on; a terminal or a service manager may send them to every process of the group.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => undefined);
  process.on("disconnect", () => {
    serving?.governed?.ledger.orphaned();
    end({ because: "the supervisor is gone", drain: drainOf(serving), retires: false });
  });
  // The keys come before the plan, so that no caller is refused at the first moment.
  const early: LedgerReply[] = [];
  const handlers: MessageHandlers<ToWorker> = {
    deploy(plan) {
      serving ??= serve(plan, early.splice(0));
    },
    reconfigure(plan) {
      if (serving !== null) reconfigure(serving, plan);
    },
    drain: (drain) => end({ because: "drain", drain, retires: false }),
    stop: () => stopNow(serving),
    figures({ id }) {
      if (serving === null) return;
      serving.batches.flush();
      send("figures", { id, figures: serving.observe.own() });
    },
    observed(how) {
      serving?.batches.observe(how, serving.planned.plan.deployment.decisionsRing);
    },
    ledger(reply) {
      if (serving === null) early.push(reply);
      else serving.governed?.receive(reply);
    },
    question: ({ id, answer }) => serving?.supervisor.answered(id, answer),
    decisions: (decisions) => serving?.supervisor.decided(decisions),
    standing: ({ reset }) => serving?.standing?.reset(reset),
    displays: (states) => serving?.observe.displays(states),
  };
  process.on("message", (message: unknown) => deliver(handlers, message));
  send("ready", null);
}

function drainOf(serving: Serving | null): Drain {
  return { delayMs: 0, graceMs: serving?.planned.plan.deployment.drainMs ?? 0 };
}

/** Without a supervisor no message is sent; `disconnect` ends this process. */
const send: SendMessage<FromWorker> = (kind, body) => {
  if (!process.connected || process.send === undefined) return false;
  process.send({ kind, body });
  return true;
};

// ---------------------------------------------------------------- serving

/** Null: the address could not be opened, and the process ends. */
function serve(plan: Plan, early: readonly LedgerReply[]): Serving | null {
  const { deployment } = plan;
  const { host } = deployment.listen;
  const output = createOutput({ writeText: textWriter(STDOUT, effects.setTimer), setTimer: effects.setTimer });
  const batches = createBatches({ send, setTimer: effects.setTimer });
  const governed = createGoverned({
    plan,
    effects,
    send,
    onUnspooled(file, lines, error) {
      const fields = { rows: lines.length, file, bug: describeError(error) };
      planned.log.error("rows of the ledger cannot be spooled; they follow, to be put into the file", fields);
      for (const line of lines) planned.log.error(`unwritten row: ${line}`);
    },
  });
  for (const reply of early) governed?.receive(reply);
  const supervisor = createSupervisorClient({ send, setTimer: effects.setTimer });
  const { resolve } = createSecretResolver(
    systemSecretSources({ readEnv: (name) => process.env[name], nowMs: effects.nowMs }),
  );
  const standing =
    plan.standing === null
      ? null
      : createStandingLink({ standing: plan.standing, send, resolve, setTimer: effects.setTimer });
  const sinks = standing === null ? [] : [standing.sink];
  const build = buildFor({
    output,
    batches,
    governed,
    reasoning: supervisor.reasoning,
    named: supervisor.named,
    resolve,
    sinks,
  });
  const planned = build(plan, null);
  const { gateway } = planned;
  standing?.serve(gateway, deployment);
  const ledger = deployment.governance === null ? null : (governed?.ledger ?? null);
  const observe = createObserve({ gateway, all: plan.workers === 1 ? null : supervisor.figures, ledger });
  const started = startServer({
    gateway,
    observe,
    adminPorts: { decisions: supervisor.decisions, keys: ledger, orders: supervisor.lanes },
    host,
    port: plan.port,
    reusePort: plan.workers > 1,
    socketsFolder: join(tmpdir(), "/"),
    wallMs: effects.wallMs,
    setTimer: effects.setTimer,
    onBug: (error) => planned.log.error("a request ended in a bug", { bug: describeError(error) }),
  });
  if (started.kind === "failed") {
    send("failed-to-listen", { code: started.code });
    effects.setTimer(FLUSH_MS, () => process.exit(1));
    return null;
  }
  const { server } = started;
  gateway.start();
  send("listening", { port: server.port });
  const flush = (): Promise<unknown> => {
    standing?.flush();
    batches.flush();
    return Promise.all([governed?.flushed(), output.flushed()]);
  };
  return { planned, build, server, observe, supervisor, governed, standing, batches, flush };
}

/** Gateways of this process, one for each plan. */
function buildFor(parts: {
  readonly output: Output;
  readonly batches: Batches;
  readonly governed: GovernedWorker | null;
  readonly reasoning: SupervisorClient["reasoning"];
  readonly named: SupervisorClient["named"];
  readonly resolve: (ref: SecretRef) => Secret | null;
  readonly sinks: readonly Sink[];
}): (plan: Plan, carried: Carried | null) => Planned {
  const { resolve } = parts;
  const lag = watchLag(effects);
  return (plan, carried) => {
    const { listen, log: logging, revision, decisionsRing } = plan.deployment;
    parts.batches.observe(plan.observed, decisionsRing);
    const log = createLog({ ...logging, revision, wallMs: effects.wallMs, write: parts.output.write });
    const gateway = compose({
      deployment: plan.deployment,
      effects,
      secrets: resolve,
      readText: readFileOrNull,
      listenIsLoopback: isLoopback(listen.host),
      sinks: plan.observed === "none" ? parts.sinks : [...parts.sinks, parts.batches.sink],
      keepsDecisions: plan.observed !== "none",
      log,
      governed: parts.governed,
      ...(plan.workers > 1 ? { reasoningCopy: parts.reasoning, answersCopy: parts.named } : {}),
      processFigures: () => ({ residentBytes: process.memoryUsage.rss(), eventLoopLagMaxMs: lag() }),
      carried,
    });
    return { plan, gateway, log };
  };
}

/** What runs ends with the gateway it began with; the next request is the new one's. What throws leaves all as it was. */
function reconfigure(serving: Serving, plan: Plan): void {
  const { planned, server } = serving;
  try {
    const next = serving.build(plan, planned.gateway.handOver());
    server.reconfigure(next.gateway);
    next.gateway.start();
    serving.observe.reconfigure(next.gateway);
    serving.planned = next;
    serving.standing?.serve(next.gateway, plan.deployment);
  } catch (error) {
    planned.log.error("another configuration could not be taken, the one before goes on", {
      bug: describeError(error),
    });
  }
}

// ---------------------------------------------------------------- the end

async function endServing(
  serving: Serving,
  { because, drain, retires }: { because: string; drain: Drain; retires: boolean },
): Promise<void> {
  const { server } = serving;
  const { gateway } = serving.planned;
  server.announceStop();
  await quiet(serving, drain.delayMs);
  const stopped = server.stop();
  if (retires) send("retiring", { because });
  await within(drain.graceMs, stopped);
  gateway.stop();
  await within(FAREWELL_MS, stopped);
  server.stopNow();
  await within(FLUSH_MS, serving.flush());
}

/** The second signal: clients that wait for the end of an answer learn at once that it will not come. */
function stopNow(serving: Serving | null): void {
  if (serving === null) process.exit(0);
  const { server } = serving;
  const { gateway } = serving.planned;
  gateway.stop();
  void within(FAREWELL_MS, server.stop()).then(async () => {
    server.stopNow();
    await within(FLUSH_MS, serving.flush());
    process.exit(0);
  });
}

/** Until the delay is over, or nothing has come for a while and nothing is under way. */
async function quiet({ planned, server }: Serving, delayMs: number): Promise<void> {
  const untilMs = effects.nowMs() + delayMs;
  let seen = server.arrived();
  let sinceMs = effects.nowMs();
  while (effects.nowMs() < untilMs && effects.nowMs() - sinceMs < QUIET_MS) {
    await after(QUIET_LOOK_MS);
    if (server.arrived() === seen && planned.gateway.inFlight() === 0) continue;
    seen = server.arrived();
    sinceMs = effects.nowMs();
  }
}

/** Never rejects: at the end nothing is left to be done about it. */
async function within(ms: number, what: Promise<unknown>): Promise<void> {
  let cancel = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    cancel = effects.setTimer(ms, resolve);
  });
  await Promise.race([what.catch(() => undefined), over]);
  cancel();
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => {
    effects.setTimer(ms, resolve);
  });
}
