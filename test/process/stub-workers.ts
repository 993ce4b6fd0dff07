/**
 * Workers that serve no request: they speak the messages of real ones and do what their mode says, in this process and
 * under virtual time, so that the supervisor can be tested for what it does about it.
 */
import type { ExchangeRecord } from "../../src/ir/record.ts";
import {
  deliver,
  type FromWorker,
  type MessageHandlers,
  type Plan,
  type QuestionAnswer,
  type ToWorker,
} from "../../src/process/messages.ts";
import type { WorkerOptions, WorkerProcess } from "../../src/process/worker-process.ts";
import { stats } from "../observability/samples.ts";

export type StubMode =
  | "serves"
  /** Ends before it is ready. */
  | "dies"
  /** Its address is in use. */
  | "taken"
  /** Asks for the figures of all once it listens. */
  | "asks"
  /** Says that it retires once it listens, and lives on. */
  | "retires"
  /** Does not end when it drains. */
  | "hangs"
  /** Ends when it is killed alone. */
  | "stubborn";

export interface Stub {
  readonly name: string;
  readonly env: WorkerOptions["env"];
  /** What it was given, the newest last. */
  readonly plans: Plan[];
  /** Lines about everything else that came. */
  readonly heard: string[];
  /** Records that it tells when it is asked for figures. */
  readonly held: ExchangeRecord[];
  isAlive: boolean;
  /** Ends it as the system would. */
  exit(how: string): void;
  /** Says something as this worker. */
  readonly say: <N extends keyof FromWorker>(kind: N, body: FromWorker[N]) => void;
}

export interface StubWorkers {
  /** In the order of their starts. */
  readonly all: readonly Stub[];
  readonly startWorker: (options: WorkerOptions) => WorkerProcess;
}

/** Of a port that no test opens. */
export const STUB_PORT = 40_000;

export function createStubWorkers(mode: StubMode): StubWorkers {
  const all: Stub[] = [];
  return {
    all,
    startWorker(options) {
      const { stub, worker } = createStub(mode, options);
      all.push(stub);
      return worker;
    },
  };
}

function createStub(mode: StubMode, options: WorkerOptions): { readonly stub: Stub; readonly worker: WorkerProcess } {
  const worker: WorkerProcess = {
    name: options.name,
    send(kind, body) {
      if (stub.isAlive) later(() => deliver(handlers, { kind, body }));
      return stub.isAlive;
    },
    kill: (signal) => stub.exit(`signal ${signal}`),
  };
  const toSupervisor = options.handlers(worker);
  const stub: Stub = {
    name: options.name,
    env: options.env,
    plans: [],
    heard: [],
    held: [],
    isAlive: true,
    exit(how) {
      if (!stub.isAlive) return;
      stub.isAlive = false;
      later(() => options.onExit(worker, how));
    },
    say: (kind, body) => later(() => deliver(toSupervisor, { kind, body })),
  };
  const handlers = handlersOf(mode, stub);
  if (mode === "dies") stub.exit("exit code 7");
  else stub.say("ready", null);
  return { stub, worker };
}

/** As through a pipe: never while the sender still runs. */
function later(act: () => void): void {
  void Promise.resolve().then(act);
}

function heardOf(answer: QuestionAnswer): string {
  if (answer.about === "figures") return String(answer.answer.length);
  if (answer.about !== "decisions") return answer.about;
  return ["decisions", ...(answer.answer?.decisions ?? []).map(({ id }) => id).toSorted()].join(" ");
}

function handlersOf(mode: StubMode, stub: Stub): MessageHandlers<ToWorker> {
  const end = (): void => stub.exit("exit code 0");
  return {
    deploy(plan) {
      stub.plans.push(plan);
      if (mode === "taken") {
        stub.say("failed-to-listen", { code: "EADDRINUSE" });
        return;
      }
      stub.say("listening", { port: plan.port === 0 ? STUB_PORT : plan.port });
      if (mode === "asks") stub.say("question", { id: 5, question: { about: "figures", asked: null } });
      if (mode === "retires") stub.say("retiring", { because: "told to" });
    },
    reconfigure: (plan) => stub.plans.push(plan),
    figures({ id }) {
      if (stub.held.length > 0) stub.say("observed", { records: stub.held.splice(0), transitions: [] });
      stub.say("figures", {
        id,
        figures: { stats: stats(), metrics: { counters: {}, gauges: {}, histograms: {} } },
      });
    },
    observed: (how) => stub.heard.push(`observed ${how}`),
    standing: ({ reset }) => stub.heard.push(`reset ${reset.join(" ")}`),
    question: ({ id, answer }) => stub.heard.push(`answer ${id} ${heardOf(answer)}`),
    drain({ delayMs, graceMs }) {
      stub.heard.push(`drain delay=${delayMs} grace=${graceMs}`);
      if (mode !== "hangs" && mode !== "stubborn") end();
    },
    stop() {
      stub.heard.push("stop");
      if (mode !== "stubborn") end();
    },
    displays: (states) => stub.heard.push(`displays ${states.map(({ name }) => name).join()}`),
    decisions: (decisions) => stub.heard.push(`decisions ${decisions.length}`),
    ledger: (reply) => stub.heard.push(`ledger ${reply.type}`),
  };
}
