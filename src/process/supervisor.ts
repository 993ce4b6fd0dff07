/**
 * The process that serves nothing: it gives its workers the environment the runtime needs at their start, the deployment
 * and a replacement when one of them ends, passes the operator's signals on, and merges what they tell of themselves.
 */
import type { Deployment } from "../ir/deployment.ts";
import { createSinks, type Sink, type Sinks } from "../observability/sinks.ts";
import { formatAddress, whyNotListening } from "./address.ts";
import { type Asks, createAsks } from "./asks.ts";
import { restartDelayMs, WELL_AFTER_MS } from "./backoff.ts";
import { type Environment, environmentWarnings, refusedEnvironment, workerEnvironment } from "./environment.ts";
import type { LedgerHost } from "./ledger.ts";
import type { FromWorker } from "./messages.ts";
import { freePort } from "./probe.ts";
import { shareOf } from "./shares.ts";
import { startWorker, type WorkerProcess } from "./worker-process.ts";

export interface SupervisorOptions {
  /** Called once, while the first worker boots. Null: the reason was told to the operator already. Must not reject. */
  readonly load: () => Promise<Deployment | null>;
  /** Program and arguments of a worker. */
  readonly command: readonly string[];
  readonly env: Environment;
  /** Opened once, before anything is served; a sentence: why it cannot be. Null: the deployment needs none. */
  readonly openLedger: (deployment: Deployment) => Promise<LedgerHost | string | null>;
  /** Shown every record and transition of every worker, a moment later; none: workers keep them to themselves. */
  readonly sinks: (deployment: Deployment) => readonly Sink[];
  /** Once: every worker serves. */
  readonly onListening: (listening: Listening) => void;
  /** A line for the operator, without a line end. */
  readonly say: (level: "error" | "warning" | "info", line: string) => void;
  /** Tells of the operator's signals until the function it returns is called. */
  readonly listenToSignals: (onSignal: (signal: Signal) => void) => () => void;
  readonly platform: string;
  /** What `workers: auto` stands for. */
  readonly cores: number;
  readonly nowMs: () => number;
  readonly random: () => number;
  /** A few characters that no other start had. */
  readonly randomName: () => string;
  readonly setTimer: (ms: number, fire: () => void) => () => void;
}

export type Signal = "SIGTERM" | "SIGINT" | "SIGHUP";

export interface Listening {
  readonly deployment: Deployment;
  readonly host: string;
  readonly port: number;
  /** `http://127.0.0.1:8080` */
  readonly url: string;
}

/** Time for load balancers to see that it is not ready, before it refuses connections. Cut short where nothing comes. */
export const DRAIN_DELAY_MS = 5_000;
/** What a worker may take beyond its time before it is killed. */
const OVERTIME_MS = 3_000;
/** After the second signal. */
const STOP_MS = 2_000;
/** Ends of workers that never served, until the fault is taken to be lasting. */
const FAILED_STARTS_MAX = 3;

interface Slot {
  readonly index: number;
  worker: WorkerProcess | null;
  state: "booting" | "ready" | "deployed" | "listening";
  startedMs: number;
  /** In a row. */
  ends: number;
  cancelRestart: () => void;
}

interface Supervisor {
  readonly options: SupervisorOptions;
  readonly slots: Slot[];
  /** Workers that end by themselves and have been replaced. */
  readonly retired: Set<WorkerProcess>;
  deployment: Deployment | null;
  /** null: nobody wants to see records. */
  sinks: Sinks | null;
  ledger: LedgerHost | null;
  /** Names no worker of another start has, with a number behind. */
  readonly holders: string;
  holdersGiven: number;
  readonly holderOf: Map<WorkerProcess, string>;
  port: number;
  phase: "starting" | "serving" | "ending";
  failedStarts: number;
  cancelDeadline: () => void;
  /** Resolves the run, once no worker is left. Null: nobody has asked it to end. */
  exitCode: number | null;
  readonly asks: Asks<WorkerProcess>;
  readonly onEnd: (exitCode: number) => void;
}

/** Resolves to the exit code: 0 after a signal, 1 when it could not be started. */
export async function supervise(options: SupervisorOptions): Promise<number> {
  const refused = refusedEnvironment(options.env);
  if (refused !== null) {
    options.say("error", refused);
    return 1;
  }
  for (const warning of environmentWarnings(options.env)) options.say("warning", warning);

  const ended = Promise.withResolvers<number>();
  const supervisor: Supervisor = {
    options,
    slots: [],
    retired: new Set(),
    deployment: null,
    sinks: null,
    ledger: null,
    holders: options.randomName(),
    holdersGiven: 0,
    holderOf: new Map(),
    port: 0,
    phase: "starting",
    failedStarts: 0,
    cancelDeadline: () => undefined,
    exitCode: null,
    asks: createAsks({ ask: (worker, id) => worker.send({ kind: "ask", id }), setTimer: options.setTimer }),
    onEnd: ended.resolve,
  };
  const stopListening = options.listenToSignals((signal) => onSignal(supervisor, signal));
  openSlot(supervisor); // boots while the configuration is read
  const loaded = await options.load();
  const deployment = loaded === null || loaded.workers > 0 ? loaded : { ...loaded, workers: options.cores };
  if (deployment === null) end(supervisor, 1);
  else if (supervisor.exitCode === null) await openAndDeploy(supervisor, deployment);
  const exitCode = await ended.promise;
  supervisor.ledger?.close();
  stopListening();
  return exitCode;
}

async function openAndDeploy(supervisor: Supervisor, deployment: Deployment): Promise<void> {
  const ledger = await supervisor.options.openLedger(deployment);
  if (typeof ledger === "string") {
    fail(supervisor, ledger);
    return;
  }
  supervisor.ledger = ledger;
  if (supervisor.exitCode === null) deploy(supervisor, deployment);
}

function deploy(supervisor: Supervisor, deployment: Deployment): void {
  const { options } = supervisor;
  const opened = portFor(deployment, options.platform);
  if (typeof opened === "string") {
    fail(supervisor, opened);
    return;
  }
  supervisor.port = opened;
  supervisor.deployment = deployment;
  const sinks = options.sinks(deployment);
  supervisor.sinks = sinks.length === 0 ? null : createSinks(sinks);
  for (let index = supervisor.slots.length; index < deployment.workers; index += 1) openSlot(supervisor);
  for (const slot of supervisor.slots) give(supervisor, slot);
}

/** The port workers are to open, or a sentence why they cannot. */
function portFor({ workers, listen }: Deployment, platform: string): number | string {
  const { host, port } = listen;
  if (workers === 1) return port; // it is opened plainly, which tells by itself whether it is free
  if (platform !== "linux") {
    return "workers: more than 1 needs Linux, where they can share one address. Set `workers: 1`.";
  }
  const probed = freePort(host, port);
  return probed.kind === "free" ? probed.port : whyNotListening(formatAddress(host, port), probed.code);
}

/** Says why and ends everything that was started. */
function fail(supervisor: Supervisor, line: string): void {
  if (supervisor.exitCode !== null) return;
  supervisor.options.say("error", line);
  end(supervisor, 1);
}

// ---------------------------------------------------------------- workers

function openSlot(supervisor: Supervisor): void {
  const slot: Slot = {
    index: supervisor.slots.length,
    worker: null,
    state: "booting",
    startedMs: 0,
    ends: 0,
    cancelRestart: () => undefined,
  };
  supervisor.slots.push(slot);
  start(supervisor, slot);
}

function start(supervisor: Supervisor, slot: Slot): void {
  const { options } = supervisor;
  slot.state = "booting";
  slot.startedMs = options.nowMs();
  slot.worker = startWorker({
    command: options.command,
    env: workerEnvironment(options.env),
    onMessage: (worker, message) => onMessage(supervisor, worker, message),
    onExit: (worker, how) => onExit(supervisor, worker, how),
  });
}

/** Hands its share of the deployment to a worker that is ready for it, once there is one. */
function give(supervisor: Supervisor, slot: Slot): void {
  const { deployment } = supervisor;
  if (deployment === null || slot.worker === null || slot.state !== "ready" || supervisor.exitCode !== null) return;
  slot.state = "deployed";
  slot.worker.send({
    kind: "deploy",
    plan: {
      deployment: shareOf(deployment, { index: slot.index, of: deployment.workers }),
      port: supervisor.port,
      workers: deployment.workers,
      observed: supervisor.sinks !== null,
      holder: joinLedger(supervisor, slot.worker),
    },
  });
}

/** Null: there is no ledger. Every process has a name of its own, for its leases are its own. */
function joinLedger(supervisor: Supervisor, worker: WorkerProcess): string | null {
  if (supervisor.ledger === null) return null;
  supervisor.holdersGiven += 1;
  const holder = `${supervisor.holders}-${supervisor.holdersGiven}`;
  supervisor.holderOf.set(worker, holder);
  supervisor.ledger.attach(holder, (reply) => worker.send({ kind: "ledger", reply }));
  return holder;
}

function onExit(supervisor: Supervisor, worker: WorkerProcess, how: string): void {
  supervisor.retired.delete(worker);
  supervisor.asks.gone(worker);
  const holder = supervisor.holderOf.get(worker);
  if (holder !== undefined) supervisor.ledger?.detach(holder);
  supervisor.holderOf.delete(worker);
  const slot = supervisor.slots.find((each) => each.worker === worker);
  if (slot !== undefined) slot.worker = null;
  if (supervisor.exitCode !== null) {
    finishIfAlone(supervisor);
    return;
  }
  if (slot === undefined) return;
  if (supervisor.phase === "starting") {
    supervisor.failedStarts += 1;
    if (supervisor.failedStarts >= FAILED_STARTS_MAX) {
      const times = `${FAILED_STARTS_MAX} times in a row`;
      fail(supervisor, `A worker ended before it could serve (${how}), ${times}. What it wrote above says why.`);
      return;
    }
  }
  restart(supervisor, slot, how);
}

function restart(supervisor: Supervisor, slot: Slot, how: string): void {
  const { options } = supervisor;
  slot.ends = options.nowMs() - slot.startedMs >= WELL_AFTER_MS ? 1 : slot.ends + 1;
  const delayMs = restartDelayMs(slot.ends, options.random);
  options.say("warning", `Worker ${slot.index + 1} ended (${how}); another one starts in ${delayMs} ms.`);
  slot.cancelRestart = options.setTimer(delayMs, () => start(supervisor, slot));
}

// ---------------------------------------------------------------- what workers say

function onMessage(supervisor: Supervisor, worker: WorkerProcess, message: FromWorker): void {
  switch (message.kind) {
    case "observed":
      for (const record of message.records) supervisor.sinks?.record(record);
      for (const transition of message.transitions) supervisor.sinks?.transition(transition);
      break;
    case "figures":
      supervisor.asks.replied(worker, message.id, message.figures);
      break;
    case "ledger": {
      const holder = supervisor.holderOf.get(worker);
      if (holder !== undefined) supervisor.ledger?.receive(holder, message.message);
      break;
    }
    case "ask": {
      const serving = supervisor.slots.flatMap((slot) => (slot.state === "listening" ? (slot.worker ?? []) : []));
      supervisor.asks.start(serving, (figures) => worker.send({ kind: "told", id: message.id, figures }));
      break;
    }
    default:
      onStanding(supervisor, worker, message);
  }
}

type Standing = Extract<FromWorker, { kind: "ready" | "listening" | "failed-to-listen" | "retiring" }>;

function onStanding(supervisor: Supervisor, worker: WorkerProcess, message: Standing): void {
  const slot = supervisor.slots.find((each) => each.worker === worker);
  if (slot === undefined || supervisor.exitCode !== null) return;
  switch (message.kind) {
    case "ready":
      slot.state = "ready";
      give(supervisor, slot);
      break;
    case "listening":
      slot.state = "listening";
      supervisor.port = message.port; // kept, so that a replacement opens the same one
      announce(supervisor);
      break;
    case "failed-to-listen": {
      const address = formatAddress(supervisor.deployment?.listen.host ?? "", supervisor.port);
      const line = whyNotListening(address, message.code);
      if (supervisor.phase === "starting") fail(supervisor, line);
      else supervisor.options.say("error", line);
      break;
    }
    case "retiring":
      supervisor.retired.add(worker);
      slot.worker = null;
      restart(supervisor, slot, message.because);
  }
}

function announce(supervisor: Supervisor): void {
  const { deployment, options, port } = supervisor;
  if (supervisor.phase !== "starting" || deployment === null) return;
  if (supervisor.slots.some((slot) => slot.state !== "listening")) return;
  supervisor.phase = "serving";
  const { host } = deployment.listen;
  options.onListening({ deployment, host, port, url: `http://${formatAddress(host, port)}` });
}

// ---------------------------------------------------------------- the end

function onSignal(supervisor: Supervisor, signal: Signal): void {
  const { options } = supervisor;
  if (signal === "SIGHUP") {
    options.say(
      "info",
      "SIGHUP is reserved for reloading the configuration, which this version cannot do; nothing changed.",
    );
    return;
  }
  if (supervisor.exitCode !== null) {
    stopNow(supervisor);
    return;
  }
  const drainMs = supervisor.deployment?.drainMs ?? 0;
  options.say(
    "info",
    `${signal}: no new connections; answers under way have ${Math.round(drainMs / 1000)} s to end. Send it again to stop now.`,
  );
  // Ctrl-C is somebody at a terminal, and no load balancer looks at that one.
  drain(supervisor, { delayMs: signal === "SIGINT" ? 0 : DRAIN_DELAY_MS, graceMs: drainMs });
}

function drain(supervisor: Supervisor, { delayMs, graceMs }: { delayMs: number; graceMs: number }): void {
  beginEnd(supervisor, 0);
  supervisor.cancelDeadline = supervisor.options.setTimer(delayMs + graceMs + OVERTIME_MS, () => killAll(supervisor));
  for (const slot of supervisor.slots) {
    if (slot.state === "listening") slot.worker?.send({ kind: "drain", delayMs, graceMs });
    else slot.worker?.kill("SIGKILL"); // it serves nobody yet
  }
  finishIfAlone(supervisor);
}

function stopNow(supervisor: Supervisor): void {
  supervisor.cancelDeadline();
  supervisor.cancelDeadline = supervisor.options.setTimer(STOP_MS, () => killAll(supervisor));
  for (const worker of workersOf(supervisor)) worker.send({ kind: "stop" });
}

/** Nothing is served yet, or nothing can be. */
function end(supervisor: Supervisor, exitCode: number): void {
  if (supervisor.exitCode !== null) return;
  beginEnd(supervisor, exitCode);
  killAll(supervisor);
  finishIfAlone(supervisor);
}

function beginEnd(supervisor: Supervisor, exitCode: number): void {
  supervisor.exitCode = exitCode;
  supervisor.phase = "ending";
  for (const slot of supervisor.slots) slot.cancelRestart();
}

function killAll(supervisor: Supervisor): void {
  for (const worker of workersOf(supervisor)) worker.kill("SIGKILL");
}

function finishIfAlone(supervisor: Supervisor): void {
  if (supervisor.exitCode === null || workersOf(supervisor).length > 0) return;
  supervisor.cancelDeadline();
  supervisor.onEnd(supervisor.exitCode);
}

function workersOf(supervisor: Supervisor): WorkerProcess[] {
  return [...supervisor.retired, ...supervisor.slots.flatMap((slot) => slot.worker ?? [])];
}
