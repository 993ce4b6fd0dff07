/**
 * Many exchanges at once under one seed: vendors that fail in every way, clients that stream, dawdle and leave, pools of
 * every policy, probes beside them. Returns what broke the invariants, as sentences; none is a house in order.
 */
import { startProbes } from "../../src/exchange/probing/probe.ts";
import type { RequestVerdict, Verdicts } from "../../src/exchange/verdict-contract.ts";
import type { Caller } from "../../src/governance/identify.ts";
import { failed, failure, ok } from "../../src/ir/failure.ts";
import type { StopSignal } from "../../src/std/stop-signal.ts";
import { question } from "./client-words.ts";
import { ANONYMOUS, type Asked, type Core, type CoreInput, createCore } from "./core.ts";
import { deploymentOf } from "./deployments.ts";
import { takePushed } from "./pushed.ts";
import { auditHealth } from "./simulation-audit.ts";
import { callsOf, judge, type Told } from "./simulation-judge.ts";
import { makeLimits, type TamperReply } from "./simulation-limits.ts";
import type { Admitted } from "./simulation-routing.ts";
import { type Clock, makeWorld, PROTOCOLS, pick, type Random, type SimulatedWorld } from "./simulation-world.ts";
import { createSeededRandom } from "./virtual-effects.ts";

export interface SimulationInput {
  readonly seed: number;
  readonly exchanges: number;
  readonly tamper?: CoreInput["tamper"];
  /** Clients share a budget and slots, at two workers of one ledger. */
  readonly isLimited?: boolean;
  readonly tamperReply?: TamperReply;
  /** Answers and requests are judged, at once and later, well and badly. */
  readonly isJudged?: boolean;
}

export interface Simulated {
  readonly broken: readonly string[];
  /** The run as it went, for comparing two of them and for looking at one. */
  readonly trace: readonly string[];
}

/** Virtual time after the last request in which everything must have come to an end. */
const AFTER_MS = 3_000_000;
/** A commit, and a recall before a refusal. */
const ADMISSION_MS = 300;
/** Timers that one exchange, one lane's probe or one body may have armed at once. */
const TIMERS_PER_PART = 8;

export async function simulate(input: SimulationInput): Promise<Simulated> {
  const random = createSeededRandom(input.seed * 7_919 + 13);
  const broken: string[] = [];
  const claim = (holds: boolean, sentence: string): void => {
    if (!holds && !broken.includes(sentence)) broken.push(sentence);
  };
  const clock: { now: Clock } = { now: { nowMs: () => 0, setTimer: () => () => undefined } };
  const world = makeWorld(random, {
    nowMs: () => clock.now.nowMs(),
    setTimer: (ms, fire) => clock.now.setTimer(ms, fire),
  });
  const deployment = deploymentOf({ lanes: world.lanes, targets: world.targets, providers: world.providers });
  const limits =
    input.isLimited === true
      ? makeLimits(createSeededRandom(input.seed * 31 + 7), () => core.effects, claim, input.tamperReply ?? null)
      : null;
  const admitted: Admitted[] = [];
  const core: Core = createCore({
    deployment,
    ...(limits === null ? {} : { admission: limits.admission }),
    answer: world.answer,
    seed: input.seed,
    metered: random() < 0.5,
    ...(input.isJudged === true ? { verdicts: verdictsOf(random, clock) } : {}),
    tamper: {
      ...input.tamper,
      health: (health, given) =>
        auditHealth(
          input.tamper?.health?.(health, given) ?? health,
          { deployment, truth: health, onAdmitted: (each) => void admitted.push(each) },
          claim,
        ),
    },
  });
  clock.now = core.effects;
  const probes = world.hasProbes
    ? startProbes({
        world: core.world,
        shared: core.shared,
        onProbe: () => undefined,
        onBug: (error) => claim(false, `a probe ended in a bug: ${String(error)}`),
      })
    : null;
  const told: Told[] = [];
  const running: Promise<void>[] = [];
  for (let index = 0; index < input.exchanges; index++) {
    running.push(runClient(core, random, { index, caller: limits?.caller ?? ANONYMOUS }, told));
    await core.effects.run(pick(random, [0, 1, 50, 400, 3_000, 20_000]));
    look(core, world, told, claim);
  }
  let isOver = false;
  void Promise.all(running).then(() => {
    isOver = true;
  });
  for (let spentMs = 0; spentMs < AFTER_MS && !isOver; spentMs += 5_000) await core.effects.run(5_000);
  probes?.stop();
  // Grace times after the last byte.
  await core.effects.run(10_000);
  claim(isOver, "an exchange never ended");
  judge(core, { world, deployment, admitted, admissionMs: limits === null ? 0 : ADMISSION_MS }, told, claim);
  return { broken: broken.map((sentence) => `seed ${input.seed}: ${sentence}`), trace: traceOf(core) };
}

/** Longer than a verdict may take, now and then. */
const VERDICT_AFTER_MS = [0, 1, 200, 5_000, 70_000];
const REFUSED = failure("answer-refused", "The answer is not wanted.");

/** Verdicts that heed their signal, as they should: nothing of them stays behind. */
function verdictsOf(random: Random, clock: { readonly now: Clock }): Verdicts {
  const later = <T>(value: T, signal: StopSignal): T | Promise<T> => {
    if (random() < 0.5) return value;
    return new Promise((resolve) => {
      const cancel = clock.now.setTimer(pick(random, VERDICT_AFTER_MS), () => resolve(value));
      signal.addEventListener("abort", cancel, { once: true });
    });
  };
  const onRequest: RequestVerdict = (draft, { signal }) =>
    later(random() < 0.1 ? failed(failure("forbidden", "Not wanted.")) : ok(draft), signal);
  return {
    onRequest: [onRequest],
    onAnswer: () => [
      {
        hold: random() < 0.5 ? "until-end" : "until-meaningful",
        judge: (_answer, { signal }) => later(random() < 0.3 ? REFUSED : null, signal),
      },
    ],
  };
}

/** What must hold in the middle of everything. */
function look(
  core: Core,
  world: SimulatedWorld,
  told: readonly Told[],
  claim: (holds: boolean, sentence: string) => void,
): void {
  const open = told.filter(({ overMs }) => overMs === null).length;
  const waiting = [...core.shared.waiting.values()].reduce((sum, count) => sum + count, 0);
  claim(waiting <= open, `${waiting} wait, ${open} are open`);
  for (const [model, count] of core.shared.queued) {
    const max = Math.max(0, ...world.lanes.filter((lane) => lane.model === model).map(({ queue }) => queue.max));
    claim(count >= 0 && count <= max, `${count} wait for ${model}, its queue takes ${max}`);
  }
  const parts = told.length + world.lanes.length + world.bodies.length;
  claim(core.effects.timersPending() <= TIMERS_PER_PART * parts, `${core.effects.timersPending()} timers are armed`);
}

function traceOf(core: Core): string[] {
  return core.records.map(
    ({ id, target, status, outcome, failure, attempts, durationMs }) =>
      `${id} ${target} ${status} ${outcome} ${failure} ${durationMs} ${attempts.map((each) => `${each.lane}:${each.outcome}@${each.startedMs}`).join(",")}`,
  );
}

// ---------------------------------------------------------------- the clients

async function runClient(
  core: Core,
  random: Random,
  { index, caller }: { readonly index: number; readonly caller: Caller },
  told: Told[],
): Promise<void> {
  const protocol = pick(random, PROTOCOLS);
  const isStream = random() < 0.6;
  const trace = `00-${String(index).padStart(32, "0")}-0000000000000001-01`;
  const mine: Told = {
    trace,
    protocol,
    isStream,
    left: false,
    leftMs: null,
    overMs: null,
    pauseMs: random() < 0.3 ? pick(random, [10, 1_000, 30_000]) : 0,
    close: () => undefined,
    callsAtAnswer: null,
    got: null,
    error: null,
  };
  told.push(mine);
  const model = pick(random, ["pool", "pool", "pool", "spare", "m0", "m1", "p0/m0", "nobody"]);
  const session: Record<string, string> = random() < 0.3 ? { "x-session-id": pick(random, ["s1", "s2"]) } : {};
  const more = random() < 0.2 && protocol !== "responses" ? { top_k: 5, temperature: 0.5 } : {};
  const asked = core.start({
    protocol,
    body: question(protocol, { model, stream: isStream, more }),
    headers: { traceparent: trace, ...session },
    caller,
  });
  const leavesAfterMs = random() < 0.2 ? pick(random, [0, 1, 100, 5_000, 60_000]) : null;
  const cancelLeave =
    leavesAfterMs === null ? () => undefined : core.effects.setTimer(leavesAfterMs, () => leave(core, mine, asked));
  try {
    await read(core, mine, asked, index % 2 === 1);
  } catch (error) {
    mine.error = error;
  }
  mine.overMs = core.effects.nowMs();
  cancelLeave();
}

/** `isPushed`: half of the clients are given a stream as it comes, the others ask for each piece. */
async function read(core: Core, mine: Told, asked: Asked, isPushed: boolean): Promise<void> {
  const { status, headers, body } = await asked.answer;
  mine.callsAtAnswer = callsOf(core, mine).length;
  if (body instanceof Uint8Array) {
    mine.got = { status, headers, bytes: body, text: new TextDecoder().decode(body) };
    return;
  }
  const pause = (): Promise<void> => new Promise<void>((resolve) => void core.effects.setTimer(mine.pauseMs, resolve));
  if (isPushed && body.pushTo !== undefined && !mine.left) {
    const taken = takePushed(body, mine.pauseMs > 0 ? pause : null);
    mine.close = () => taken.close();
    const bytes = Buffer.from(await taken.bytes);
    mine.got = { status, headers, bytes, text: bytes.toString() };
    return;
  }
  const parts: Uint8Array[] = [];
  mine.close = () => body.cancel();
  for (;;) {
    if (mine.left) {
      body.cancel();
      break;
    }
    const bytes = await body.next();
    if (bytes === null) break;
    parts.push(bytes);
    if (mine.pauseMs > 0) await pause();
  }
  const bytes = Buffer.concat(parts);
  mine.got = { status, headers, bytes, text: bytes.toString() };
}

function leave(core: Core, mine: Told, asked: Asked): void {
  mine.left = true;
  mine.leftMs = core.effects.nowMs();
  mine.close();
  asked.leave();
}
