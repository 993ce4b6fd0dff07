/** What must be true of a run when everything in it is over: of its clients, its records, its vendors and what is left behind. */
import { isSameModel } from "../../src/ir/canonical.ts";
import type { Deployment, Keep, Lane, Target } from "../../src/ir/deployment.ts";
import type { ExchangeRecord } from "../../src/ir/record.ts";
import { see } from "./client-words.ts";
import type { Core, Got } from "./core.ts";
import type { Claim } from "./simulation-audit.ts";
import { type Admitted, judgeRouting } from "./simulation-routing.ts";
import type { SimulatedWorld } from "./simulation-world.ts";
import type { FetchCall } from "./virtual-effects.ts";

/** One client as it went. */
export interface Told {
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

/** `deployment`: as it was meant, whatever the core was given. */
export function judge(
  core: Core,
  {
    world,
    deployment,
    admitted,
    admissionMs,
  }: {
    readonly world: SimulatedWorld;
    readonly deployment: Deployment;
    readonly admitted: readonly Admitted[];
    /** How long admission may wait for the ledger, which does not hear that a client has left. */
    readonly admissionMs: number;
  },
  told: readonly Told[],
  claim: Claim,
): void {
  claim(core.records.length === told.length, `${told.length} exchanges came to ${core.records.length} records`);
  claim(core.rows.length === told.length, `${told.length} exchanges came to ${core.rows.length} settlements`);
  claim(new Set(core.records.map((record) => record.id)).size === core.records.length, "two records have one id");
  claim(core.inflight() === 0, `${core.inflight()} slots are still held`);
  claim(core.effects.timersPending() === 0, `${core.effects.timersPending()} timers are still armed`);
  const waiting = [...core.shared.waiting.values(), ...core.shared.queued.values()];
  claim(
    waiting.every((count) => count === 0),
    "somebody is still counted as waiting",
  );
  claim(core.bugs.length === 0, `a bug was reported: ${String(core.bugs[0])}`);
  const open = world.bodies.filter(({ over }) => !over).length;
  claim(open === 0, `${open} answers of vendors are still open`);
  for (const mine of told) judgeClient(core, mine, admissionMs, claim);
  const wallOffsetMs = core.effects.wallMs() - core.effects.nowMs();
  for (const record of core.records) {
    judgeRecord(record, deployment, claim);
    judgeRouting(record, { deployment, admitted, wallOffsetMs }, claim);
  }
  for (const call of core.effects.calls) judgeCall(call, claim);
}

export function callsOf(core: Core, mine: Told): readonly FetchCall[] {
  return core.effects.calls.filter(({ init }) => init.headers["traceparent"] === mine.trace);
}

/** Pools that give over to each other. */
const POOLS = ["pool", "spare"];

function judgeClient(core: Core, mine: Told, admissionMs: number, claim: Claim): void {
  claim(mine.error === null, `a client was thrown at: ${String(mine.error)}`);
  claim(mine.callsAtAnswer === callsOf(core, mine).length, "an attempt started after the answer was decided");
  if (mine.leftMs !== null && mine.pauseMs === 0) {
    claim(
      mine.overMs !== null && mine.overMs <= mine.leftMs + admissionMs,
      "an exchange went on after its client had left",
    );
  }
  if (mine.got === null || mine.left) return;
  const seen = see(mine.protocol, mine.got.text);
  const record = core.records.find((each) => each.id === mine.got?.headers["x-ringmain-request-id"]);
  claim(record !== undefined, "an answer names no record");
  const voices = new Set(seen.text.match(/<p\d>/g) ?? []);
  claim(voices.size <= 1, `a client heard ${voices.size} lanes in one answer`);
  claim(seen.broken === 0 || record?.attempts.at(-1)?.way === "relay", "a client was sent a frame that is no JSON");
  const isWhole = seen.text.endsWith("word.") && seen.error === null;
  claim(
    isWhole === (record?.outcome === "answered"),
    `the client's answer is ${isWhole ? "" : "not "}whole, its record says ${record?.outcome}`,
  );
  claim(isWhole || seen.error !== null, "a client got neither an answer nor an error");
  // A vendor that ends twice is relayed as it is: its bytes are its own.
  const isRelayed = record?.attempts.at(-1)?.way === "relay" && record.outcome === "answered";
  if (mine.isStream && mine.got.status === 200)
    claim(
      seen.endings.length === 1 || (isRelayed && seen.endings.length > 1),
      `a stream had ${seen.endings.length} endings`,
    );
  if (record?.outcome === "cut") claim(seen.text !== "", "an answer was committed before it had begun");
  const shown = `${mine.got.text}${JSON.stringify(mine.got.headers)}`;
  claim(!shown.includes("key-of-"), "a client was shown a credential");
  if (record === undefined) return;
  claim(!JSON.stringify(record).includes("key-of-"), "a record holds a credential");
  const speaker = record.attempts.at(-1)?.provider;
  for (const voice of voices) claim(voice === `<${speaker}>`, `a client heard ${voice}, its record says ${speaker}`);
  if (mine.got.status === 503) {
    const wait = mine.got.headers["retry-after"];
    claim(
      wait === undefined || Number(wait) >= 1 || wait.endsWith("GMT"),
      `a client is told to come back in ${wait} s`,
    );
  }
}

function judgeRecord(record: ExchangeRecord, deployment: Deployment, claim: Claim): void {
  const own = deployment.targets[record.target];
  // A named model gives nothing over and waits for nothing.
  const isPool = own?.kind === "pool";
  const reached =
    own === undefined
      ? []
      : !isPool
        ? [own]
        : own.onExhausted.action === "fallback-pool"
          ? POOLS.flatMap((name) => deployment.targets[name] ?? [])
          : [own];
  const waits = isPool && reached.some((target) => target.onExhausted.action === "wait");
  const leastBad = isPool && reached.some((target) => target.onExhausted.action === "least-bad");
  const most = reached.reduce((sum, { failover }) => sum + failover.cap + 1, 0) * (waits ? 2 : 1) + (leastBad ? 1 : 0);
  const tried = record.attempts.map((each) => `${each.lane} ${each.outcome}`).join(", ");
  claim(record.attempts.length <= most, `${record.attempts.length} attempts where ${most} are allowed`);
  // Only a lane that refused with a hint, and only where the pool waits.
  const again = record.attempts.filter(
    ({ status, retryAfterMs }) => waits && (status === 429 || status === 503) && retryAfterMs !== null,
  );
  for (const lane of new Set(record.attempts.map((each) => each.lane))) {
    const times = record.attempts.filter((each) => each.lane === lane).length;
    const most = again.some((each) => each.lane === lane) ? 2 : 1;
    claim(times <= most, `${lane} was tried ${times} times in one exchange: ${tried}`);
  }
  const lastOutcome = record.attempts.at(-1)?.outcome;
  if (record.outcome === "answered")
    claim(lastOutcome === "answered", `answered, but the last attempt says ${lastOutcome}`);
  if (record.outcome === "cut") claim(lastOutcome === "cut", `cut, but the last attempt says ${lastOutcome}`);
  claim(
    record.attempts.slice(0, -1).every(({ outcome }) => outcome !== "answered" && outcome !== "cut"),
    "an attempt followed one that answered",
  );
  if (own === undefined) return;
  const late = record.attempts.filter(({ startedMs }) => startedMs > own.failover.deadlineMs);
  claim(late.length === 0, `an attempt began after the deadline: ${tried}`);
  judgePromise(deployment, record, own, claim);
  judgeLastLane(record, claim);
}

/** Nobody served who may not stand in for whom was chosen first. */
function judgePromise({ lanes: all }: Deployment, record: ExchangeRecord, target: Target, claim: Claim): void {
  const lanes = record.attempts.map(({ lane }) => all[lane]).filter((lane) => lane !== undefined);
  const [first] = lanes;
  for (const lane of lanes.slice(1)) {
    if (first === undefined || lane.id === first.id) continue;
    const isOwn = target.members.some(({ lanes: ids }) => ids.includes(lane.id));
    // Whoever names another pool for the end has said that it may serve.
    if (isOwn && target.onExhausted.action === "fallback-pool") continue;
    const keeps = target.kind === "model" && !isOwn ? (["model"] as const) : isOwn ? target.failover.keep : [];
    claim(
      keeps.every((keep) => isKept(keep, first, lane)),
      `${lane.id} stood in for ${first.id}, which breaks ${keeps.join()}`,
    );
    claim(!isOwn || !target.failover.exclusions.includes(lane.model), `${lane.id} is excluded and was asked`);
  }
}

function isKept(keep: Keep, first: Lane, lane: Lane): boolean {
  if (keep === "provider") return lane.provider === first.provider;
  if (keep === "region") return first.region !== undefined && lane.region === first.region;
  if (keep === "zdr") return lane.retention === "none";
  const isSame = lane.model === first.model || isSameModel(first, lane);
  if (keep === "model" || isSame) return isSame;
  const tiers = ["tiny", "fast", "strong", "frontier"];
  const [asked, offered] = [first.capabilities.tier, lane.capabilities.tier];
  return asked !== null && offered !== null && tiers.indexOf(offered) >= tiers.indexOf(asked);
}

/** Statistics never take away the only lane that could serve. */
function judgeLastLane({ attempts, skipped, outcome }: ExchangeRecord, claim: Claim): void {
  for (const { lane, because } of skipped) {
    const isTried = attempts.some((attempt) => attempt.lane === lane);
    claim(because !== "tried" || isTried, `${lane} counts as tried and was never asked`);
  }
  if (attempts.length > 0 || outcome === "client-gone") return;
  const able = skipped.filter(
    ({ because }) => because === "breaker-open" || because === "half-open" || because === "full",
  );
  const only = able.length === 1 ? able[0] : undefined;
  claim(
    only === undefined || only.because === "full",
    `${only?.lane} was the last one and was left out for its breaker`,
  );
}

function judgeCall({ url, init }: FetchCall, claim: Claim): void {
  const provider = /^https:\/\/(\w+)\.invalid\//.exec(url)?.[1] ?? "";
  const shown = JSON.stringify(init.headers);
  claim(shown.includes(`key-of-${provider}-`), `${provider} was asked without its own credential`);
  claim(new Set(shown.match(/key-of-\w+/g)).size === 1, `${provider} was sent more credentials than its own`);
}
