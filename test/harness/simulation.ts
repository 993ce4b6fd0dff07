/**
 * Many exchanges at once under one seed: upstreams that fail in every way, clients that stream, dawdle and leave, pools
 * of every policy. Returns what broke the invariants, as sentences; none is a house in order.
 */
import type { Exhaustion, Lane, Target } from "../../src/ir/deployment.ts";
import type { ExchangeRecord } from "../../src/observability/record.ts";
import { question, see } from "./client-words.ts";
import { type Asked, type Core, type CoreInput, createCore, type Got } from "./core.ts";
import { deploymentOf, laneOf, poolOf } from "./deployments.ts";
import { answering, type BodyStep, json, refusing, stream, transportError } from "./scripted-answers.ts";
import { said, type Trouble, type VendorWords, wordsOf } from "./vendor-words.ts";
import { type Answer, createSeededRandom, type FetchCall } from "./virtual-effects.ts";

export interface SimulationInput {
  readonly seed: number;
  readonly exchanges: number;
  readonly tamper?: CoreInput["tamper"];
}

interface Told {
  readonly trace: string;
  readonly protocol: string;
  readonly isStream: boolean;
  left: boolean;
  /** When it left, and when its exchange was over for it; null: not yet. */
  leftMs: number | null;
  overMs: number | null;
  readonly pauseMs: number;
  /** Closes the answer's stream. */
  close: () => void;
  /** Calls of this exchange that were made when its answer was decided; null: not yet. */
  callsAtAnswer: number | null;
  got: Got | null;
  error: unknown;
}

const PROTOCOLS = ["openai", "anthropic", "responses"] as const;
/** Virtual time after the last request in which everything must have come to an end. */
const AFTER_MS = 2_000_000;

export async function simulate(input: SimulationInput): Promise<string[]> {
  const random = createSeededRandom(input.seed * 7_919 + 13);
  const world = makeWorld(random);
  const core = createCore({
    deployment: deploymentOf({ lanes: world.lanes, targets: world.targets }),
    answer: world.answer,
    seed: input.seed,
    metered: random() < 0.5,
    ...(input.tamper === undefined ? {} : { tamper: input.tamper }),
  });
  const told: Told[] = [];
  const running: Promise<void>[] = [];
  const broken: string[] = [];
  for (let index = 0; index < input.exchanges; index++) {
    running.push(runClient(core, random, index, told));
    await core.effects.run(pick(random, [0, 1, 50, 400, 3_000, 20_000]));
    for (const lane of world.lanes) {
      const { inflight } = core.standing.health.facts(lane, core.effects.nowMs());
      if (inflight > lane.slots.max)
        broken.push(`lane ${lane.id} holds ${inflight} attempts, its limit is ${lane.slots.max}`);
    }
  }
  let isOver = false;
  void Promise.all(running).then(() => {
    isOver = true;
  });
  for (let spentMs = 0; spentMs < AFTER_MS && !isOver; spentMs += 1_000) await core.effects.run(1_000);
  // Grace times after the last byte.
  await core.effects.run(10_000);
  if (!isOver) broken.push("an exchange never ended");
  broken.push(...judge(core, world, told));
  return broken.map((sentence) => `seed ${input.seed}: ${sentence}`);
}

// ---------------------------------------------------------------- the world

interface SimulatedWorld {
  readonly lanes: readonly Lane[];
  readonly targets: readonly Target[];
  readonly answer: Answer;
}

function makeWorld(random: () => number): SimulatedWorld {
  const lanes = Array.from({ length: 2 + Math.floor(random() * 4) }, (_, index) =>
    laneOf(`p${index}/${pick(random, ["a", "b"])}/m${Math.floor(index / 2)}`, pick(random, PROTOCOLS), {
      slots: { group: `p${index}`, max: pick(random, [1, 2, 100]) },
      capabilities: { contextWindow: pick(random, [null, 8_192, 200_000]) },
    }),
  );
  const exhausted = pick<Exhaustion>(random, [
    { action: "reject" },
    { action: "least-bad" },
    { action: "wait", maxMs: 10_000 },
    { action: "fallback-pool", pool: "spare" },
  ]);
  const over = { failover: { cap: pick(random, [0, 1, 3]), deadlineMs: pick(random, [30_000, 120_000, 600_000]) } };
  const targets = [
    poolOf("pool", lanes, { ...over, onExhausted: exhausted, select: pick(random, ["weighted", "ranked"]) }),
    poolOf("spare", lanes.slice(0, 1), { onExhausted: { action: "fallback-pool", pool: "pool" } }),
  ];
  const answer: Answer = (call) => {
    const lane = lanes.find((each) => call.url.startsWith(`https://${each.provider}.invalid`));
    if (lane === undefined) throw new Error(`nobody lives at ${call.url}`);
    return behaviour(random, wordsOf(lane.protocol), lane.provider)(call);
  };
  return { lanes, targets, answer };
}

const TROUBLES: readonly Trouble[] = [
  "rate-limited",
  "overloaded",
  "server-error",
  "credential",
  "billing",
  "model-missing",
  "context-length",
  "too-large",
  "rejected",
];

/** Every text piece names its provider, so that a mixture of two answers shows. */
function behaviour(random: () => number, words: VendorWords, provider: string): Answer {
  const answer = said({ pieces: [`<${provider}>`, "word ", "word."] });
  const frames = words.frames(answer).map((bytes): BodyStep => ({ do: "bytes", bytes }));
  const handshake = frames.slice(0, words.handshakeFrames);
  const begun = frames.slice(0, words.handshakeFrames + 1);
  const broken = (steps: readonly BodyStep[], ending: BodyStep): Answer => stream([...steps, ending]);
  const dice = random();
  if (dice < 0.55) return answering(words, answer);
  if (dice < 0.75) {
    const hint: Record<string, string> = random() < 0.3 ? { "retry-after": String(Math.ceil(random() * 20)) } : {};
    return refusing(words, pick(random, TROUBLES), hint);
  }
  return pick<Answer>(random, [
    transportError("ECONNRESET"),
    transportError("ConnectionRefused"),
    () => new Promise<Response>(() => undefined),
    json(200, ""),
    json(307, ""),
    broken(handshake, { do: "bytes", bytes: words.errorFrame("overloaded") }),
    broken(handshake, { do: "reset" }),
    broken(handshake, { do: "hang" }),
    broken(begun, { do: "bytes", bytes: words.errorFrame("server-error") }),
    broken(begun, { do: "reset" }),
    broken(begun, { do: "hang" }),
    stream(begun),
    stream([]),
  ]);
}

// ---------------------------------------------------------------- the clients

async function runClient(core: Core, random: () => number, index: number, told: Told[]): Promise<void> {
  const protocol = pick(random, PROTOCOLS);
  const isStream = random() < 0.6;
  const trace = `00-${String(index).padStart(32, "0")}-0000000000000001-01`;
  const pauseMs = random() < 0.3 ? pick(random, [10, 1_000, 30_000]) : 0;
  const mine: Told = {
    trace,
    protocol,
    isStream,
    left: false,
    leftMs: null,
    overMs: null,
    pauseMs,
    close: () => undefined,
    callsAtAnswer: null,
    got: null,
    error: null,
  };
  told.push(mine);
  const model = pick(random, ["pool", "pool", "pool", "spare", "m0", "nobody"]);
  const asked = core.start({
    protocol,
    body: question(protocol, { model, stream: isStream }),
    headers: { traceparent: trace },
  });
  const leavesAfterMs = random() < 0.2 ? pick(random, [0, 1, 100, 5_000, 60_000]) : null;
  const cancelLeave =
    leavesAfterMs === null ? () => undefined : core.effects.setTimer(leavesAfterMs, () => leave(core, mine, asked));
  try {
    const answer = await asked.answer;
    mine.callsAtAnswer = callsOf(core, mine);
    const { body } = answer;
    if (!(body instanceof Uint8Array)) {
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
        if (pauseMs > 0) await new Promise<void>((resolve) => void core.effects.setTimer(pauseMs, resolve));
      }
      const bytes = Buffer.concat(parts);
      mine.got = { status: answer.status, headers: answer.headers, bytes, text: bytes.toString() };
    } else
      mine.got = { status: answer.status, headers: answer.headers, bytes: body, text: new TextDecoder().decode(body) };
  } catch (error) {
    mine.error = error;
  }
  mine.overMs = core.effects.nowMs();
  cancelLeave();
}

function leave(core: Core, mine: Told, asked: Asked): void {
  mine.left = true;
  mine.leftMs = core.effects.nowMs();
  mine.close();
  asked.leave();
}

function callsOf(core: Core, mine: Told): number {
  return core.effects.calls.filter((call) => isOf(call, mine)).length;
}

function isOf(call: FetchCall, mine: Told): boolean {
  return call.init.headers["traceparent"] === mine.trace;
}

// ---------------------------------------------------------------- the invariants

function judge(core: Core, world: SimulatedWorld, told: readonly Told[]): string[] {
  const broken: string[] = [];
  const claim = (holds: boolean, sentence: string): void => {
    if (!holds) broken.push(sentence);
  };
  claim(core.records.length === told.length, `${told.length} exchanges came to ${core.records.length} records`);
  claim(core.rows.length === told.length, `${told.length} exchanges came to ${core.rows.length} settlements`);
  claim(new Set(core.records.map((record) => record.id)).size === core.records.length, "two records have one id");
  claim(core.inflight() === 0, `${core.inflight()} slots are still held`);
  claim(core.effects.timersPending() === 0, `${core.effects.timersPending()} timers are still armed`);
  claim(
    [...core.standing.waiting.values()].every((waiting) => waiting === 0),
    "somebody is still counted as waiting",
  );
  claim(core.bugs.length === 0, `a bug was reported: ${String(core.bugs[0])}`);
  for (const mine of told) judgeClient(core, mine, claim);
  for (const record of core.records) judgeRecord(record, world, claim);
  return broken;
}

type Claim = (holds: boolean, sentence: string) => void;

function judgeClient(core: Core, mine: Told, claim: Claim): void {
  claim(mine.error === null, `a client was thrown at: ${String(mine.error)}`);
  claim(mine.callsAtAnswer === callsOf(core, mine), "an attempt started after the answer was decided");
  if (mine.leftMs !== null && mine.pauseMs === 0) {
    claim(mine.overMs !== null && mine.overMs <= mine.leftMs, "an exchange went on after its client had left");
  }
  if (mine.got === null || mine.left) return;
  const seen = see(mine.protocol, mine.got.text);
  const record = core.records.find((each) => each.id === mine.got?.headers["x-ringmain-request-id"]);
  claim(record !== undefined, "an answer names no record");
  const voices = new Set(seen.text.match(/<p\d>/g) ?? []);
  claim(voices.size <= 1, `a client heard ${voices.size} lanes in one answer`);
  claim(seen.broken === 0, "a client was sent a frame that is no JSON");
  const isWhole = seen.text.endsWith("word.") && seen.error === null;
  claim(
    isWhole === (record?.outcome === "answered"),
    `the client's answer is ${isWhole ? "" : "not "}whole, its record says ${record?.outcome}`,
  );
  claim(isWhole || seen.error !== null, "a client got neither an answer nor an error");
  if (mine.isStream && mine.got.status === 200)
    claim(seen.endings.length === 1, `a stream had ${seen.endings.length} endings`);
  if (record?.outcome === "cut") claim(seen.text !== "", "an answer was committed before it had begun");
}

function judgeRecord(record: ExchangeRecord, world: SimulatedWorld, claim: Claim): void {
  const own = world.targets.find((target) => target.name === record.target);
  // A named model gives nothing over and waits for nothing.
  const reached = own === undefined ? [] : own.onExhausted.action === "fallback-pool" ? world.targets : [own];
  const waits = reached.some((target) => target.onExhausted.action === "wait");
  const leastBad = reached.some((target) => target.onExhausted.action === "least-bad");
  const caps = reached.length === 0 ? [3] : reached.map((target) => target.failover.cap);
  const most = caps.reduce((sum, cap) => sum + cap + 1, 0) * (waits ? 2 : 1) + (leastBad ? 1 : 0);
  claim(record.attempts.length <= most, `${record.attempts.length} attempts where ${most} are allowed`);
  const again = record.attempts.filter((attempt, index) => {
    const before = record.attempts.slice(0, index).find((each) => each.lane === attempt.lane);
    return before !== undefined && !(waits && before.outcome === "rate-limited");
  });
  claim(
    again.length === 0,
    `a lane was tried twice in one exchange : ${record.attempts.map((each) => `${each.lane} ${each.outcome}`).join(", ")}`,
  );
  const lastOutcome = record.attempts.at(-1)?.outcome;
  if (record.outcome === "answered")
    claim(lastOutcome === "answered", `answered, but the last attempt says ${lastOutcome}`);
  if (record.outcome === "cut") claim(lastOutcome === "cut", `cut, but the last attempt says ${lastOutcome}`);
  claim(
    record.attempts.slice(0, -1).every((attempt) => attempt.outcome !== "answered"),
    "an attempt followed one that answered",
  );
}

function pick<T>(random: () => number, from: readonly T[]): T {
  const chosen = from[Math.floor(random() * from.length)];
  if (chosen === undefined) throw new Error("nothing to pick from");
  return chosen;
}
