/**
 * What the supervisor keeps for all workers: the ledger, the decisions, the folds that displays look at, and the figures
 * of all. It answers what workers send beside how they stand.
 */

import type { DisplayState } from "../displays/display.ts";
import { createUnconfigured, type Idempotency } from "../governance/idempotency.ts";
import type { Deployment } from "../ir/deployment.ts";
import { bytesOf, REASONING_BOUNDS, type RememberedReasoning } from "../ir/remembered-reasoning.ts";
import type { Decision } from "../observability/decision.ts";
import { createSinks, type Sinks } from "../observability/sinks.ts";
import { createWeighedMap } from "../std/bounded.ts";
import type { Effects } from "../std/effects.ts";
import { createDecisionService, type DecisionService } from "./decision-service.ts";
import type { LedgerService } from "./ledger-service.ts";
import type {
  FromWorker,
  MessageHandlers,
  Observing,
  OwnerQuestion,
  QuestionAnswer,
  QuestionName,
  Questions,
} from "./messages.ts";
import { createPoll, type Poll } from "./poll.ts";
import { createStandingService, type StandingService } from "./standing-service.ts";
import type { SupervisorOptions } from "./supervisor-options.ts";
import { createVendorWatch, type VendorWatch } from "./vendor-watch.ts";
import type { WorkerProcess } from "./worker-process.ts";

interface SharedServicesOptions extends Pick<SupervisorOptions, "openLedger" | "sinks" | "say" | "vendorOf"> {
  readonly effects: Omit<Effects, "fetch">;
  /** Those that live. */
  readonly workers: () => readonly WorkerProcess[];
  /** Those that serve. */
  readonly serving: () => readonly WorkerProcess[];
  /** What was ordered of lanes changed: workers need another plan. */
  readonly replan: () => void;
}

/** What a worker sends that is not about how it stands itself. */
type Shared = Pick<
  FromWorker,
  "observed" | "figures" | "ledger" | "question" | "decisions" | "reasoning" | "named" | "standing"
>;

export interface SharedServices {
  /** Once, before anything is served. A sentence: why it cannot be. */
  openLedger(deployment: Deployment): Promise<string | null>;
  /** Once it is sure that the deployment can be served. */
  start(deployment: Deployment): Promise<void>;
  /** Goes on with another deployment, which needs the same ledger or none again. */
  reconfigure(deployment: Deployment): Promise<void>;
  /** Records and transitions are wanted. */
  observing(): Observing;
  readonly standing: StandingService;
  handlers(worker: WorkerProcess): MessageHandlers<Shared>;
  hasLedger(): boolean;
  /** A worker is about to serve: it is sent all keys. */
  join(worker: WorkerProcess): void;
  tellDisplays(worker: WorkerProcess): void;
  gone(worker: WorkerProcess): void;
  /** Writes what waits; resolves to whether every row of the ledger is in it. Never rejects. */
  close(): Promise<boolean>;
}

interface ServicesState {
  readonly options: SharedServicesOptions;
  readonly poll: Poll<WorkerProcess>;
  readonly standing: StandingService;
  /** null: no vendor can be asked. */
  readonly watch: VendorWatch | null;
  /** Workers that are told of each decision. */
  readonly subscribers: Set<WorkerProcess>;
  /** Decisions of the batch under way. */
  readonly decided: Decision[];
  /** null: no one looks at records. */
  sinks: Sinks | null;
  /** Some of them want each record as it comes. */
  isFolding: boolean;
  /** null: there are no keys, and nothing is remembered. */
  ledger: LedgerService | null;
  /** null: nothing is served yet. */
  decisions: DecisionService | null;
  displays: readonly DisplayState[];
  /** Requests that name themselves, where nothing is configured for them. */
  readonly named: Idempotency;
  /** Of all workers. */
  readonly reasoning: ReturnType<typeof createWeighedMap<RememberedReasoning>>;
}

export function createSharedServices(options: SharedServicesOptions): SharedServices {
  const { setTimer } = options.effects;
  const standing = createStandingService(options);
  const state: ServicesState = {
    options,
    poll: createPoll({ ask: (worker, id) => worker.send("figures", { id }), setTimer }),
    standing,
    watch: watchOf(options, standing),
    subscribers: new Set(),
    decided: [],
    sinks: null,
    isFolding: false,
    ledger: null,
    decisions: null,
    displays: [],
    named: createUnconfigured(options.effects.wallMs),
    reasoning: createWeighedMap({ ...REASONING_BOUNDS, weigh: bytesOf }),
  };
  return {
    async openLedger(deployment) {
      const opened = await options.openLedger(deployment);
      if (typeof opened === "string") return opened;
      state.ledger = opened;
      return null;
    },
    standing: state.standing,
    async start(deployment) {
      await state.standing.open(deployment);
      state.watch?.serve(deployment);
      state.decisions = createDecisionService({
        deployment,
        say: options.say,
        effects: options.effects,
        isAwaited: () => state.subscribers.size > 0,
        onDecision(decision) {
          if (state.subscribers.size > 0) state.decided.push(decision);
        },
      });
      await foldFor(state, deployment);
    },
    async reconfigure(deployment) {
      state.standing.reconfigure(deployment);
      state.watch?.serve(deployment);
      state.ledger?.reconfigure(deployment);
      state.decisions?.reconfigure(deployment);
      await foldFor(state, deployment);
    },
    observing: () => observingOf(state),
    handlers: (worker) => handlersOf(state, worker),
    hasLedger: () => state.ledger !== null,
    join(worker) {
      state.ledger?.attach(worker.name, (reply) => worker.send("ledger", reply));
    },
    tellDisplays: (worker) => tellDisplays(state, worker),
    gone(worker) {
      state.poll.gone(worker);
      state.standing.gone(worker.name);
      state.ledger?.detach(worker.name);
      state.named.gone(worker.name);
      const before = observingOf(state);
      state.subscribers.delete(worker);
      tellObserving(state, before);
    },
    async close() {
      state.watch?.stop();
      await state.decisions?.close();
      await state.standing.close();
      return (await state.ledger?.close()) ?? true;
    },
  };
}

function watchOf(options: SharedServicesOptions, standing: StandingService): VendorWatch | null {
  const { effects, replan, say, vendorOf } = options;
  if (vendorOf === undefined) return null;
  return createVendorWatch({
    say,
    effects,
    vendorOf,
    salt: () => standing.standing().salt,
    listing: standing.listing,
    keep: standing.keepListing,
    onChange: replan,
  });
}

/** The folds that look at records from now on. */
async function foldFor(state: ServicesState, deployment: Deployment): Promise<void> {
  const { decisions, options } = state;
  const onDisplays = (displays: readonly DisplayState[]): void => {
    state.displays = displays;
    for (const worker of options.workers()) tellDisplays(state, worker);
  };
  const sinks = [...(await options.sinks(deployment, onDisplays, () => state.ledger?.allowances() ?? []))];
  state.isFolding = sinks.length > 0;
  if (decisions?.isKeeping()) sinks.push(decisions.sink);
  state.sinks = sinks.length === 0 ? null : createSinks(sinks);
}

/** Decisions that are kept in memory alone are read when someone looks. */
function observingOf({ sinks, isFolding, decisions, subscribers }: ServicesState): Observing {
  if (sinks === null) return "none";
  return isFolding || subscribers.size > 0 || decisions?.isStored() ? "soon" : "asked";
}

/** Workers hold what only a reader of decisions wants, and tell it before their figures: messages keep their order. */
async function askForRecords(state: ServicesState): Promise<void> {
  if (observingOf(state) === "asked") await state.poll.figures(state.options.serving());
}

/** One that serves nothing yet ignores it, and is told when it does. */
function tellDisplays({ displays }: ServicesState, worker: WorkerProcess): void {
  if (displays.length > 0) worker.send("displays", displays);
}

function handlersOf(state: ServicesState, worker: WorkerProcess): MessageHandlers<Shared> {
  return {
    observed({ records, transitions }) {
      for (const record of records) state.sinks?.record(record);
      for (const transition of transitions) state.sinks?.transition(transition);
      publish(state);
    },
    figures: ({ id, figures }) => state.poll.replied(worker, id, figures),
    ledger: (message) => state.ledger?.receive(worker.name, message),
    question({ id, question }) {
      void answerTo(answersOf(state, worker), question).then((answer) => worker.send("question", { id, answer }));
    },
    standing: (change) => state.standing.take(worker.name, change),
    named: ({ key, answer }) => state.named.remember(key, answer),
    reasoning(kept) {
      for (const { key, reasoning } of kept) state.reasoning.set(key, reasoning, state.options.effects.nowMs());
    },
    decisions({ subscribe }) {
      const before = observingOf(state);
      if (subscribe) state.subscribers.add(worker);
      else state.subscribers.delete(worker);
      tellObserving(state, before);
    },
  };
}

/** Where it is another than before. */
function tellObserving(state: ServicesState, before: Observing): void {
  const now = observingOf(state);
  if (now !== before) for (const each of state.options.workers()) each.send("observed", now);
}

function publish({ decided, subscribers }: ServicesState): void {
  const decisions = decided.splice(0);
  if (decisions.length === 0) return;
  for (const worker of subscribers) worker.send("decisions", decisions);
}

type Answers = { readonly [N in QuestionName]: (asked: Questions[N]["asked"]) => Promise<Questions[N]["answer"]> };

/** One row a question. None rejects. */
function answersOf(state: ServicesState, worker: WorkerProcess): Answers {
  const { decisions, options, poll, reasoning: remembered, standing } = state;
  const { nowMs } = options.effects;
  return {
    named: ({ key, fingerprint }) => state.named.recall(worker.name, key, fingerprint),
    reasoning: async (keys) =>
      keys.flatMap((key) => {
        const reasoning = remembered.get(key, nowMs());
        return reasoning === undefined ? [] : [{ key, reasoning }];
      }),
    async order(asked) {
      const reply = standing.order(asked);
      if (reply.kind !== "done") return reply;
      if (asked.action !== "reset") options.replan();
      else for (const worker of options.workers()) worker.send("standing", { reset: [asked.id] });
      options.say("info", `Ordered by the administrator: ${asked.action} ${asked.id}.`);
      // Messages keep their order: a worker that tells its figures goes by the order.
      await poll.figures(options.serving());
      return reply;
    },
    orders: async () => standing.orders(),
    figures: () => poll.figures(options.serving()),
    async decisions(query) {
      await askForRecords(state);
      return (await decisions?.list(query)) ?? null;
    },
    async decision({ id }) {
      await askForRecords(state);
      return (await decisions?.find(id)) ?? null;
    },
  };
}

async function answerTo<N extends QuestionName>(
  answers: Answers,
  { about, asked }: OwnerQuestion<N>,
): Promise<QuestionAnswer<N>> {
  return { about, answer: await answers[about](asked) };
}
