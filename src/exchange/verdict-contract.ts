/**
 * Where an operator's own verdicts stand: on a request before lanes are looked at, on an answer before any of it reaches
 * the client. A verdict may make requests of its own, booked to the exchange it judges. Every wait for one is bounded.
 */
import type { Caller } from "../governance/identify.ts";
import type { AliasWay, Lane, Target, TranslationMode } from "../ir/deployment.ts";
import type { Facts } from "../ir/facts.ts";
import { type Failure, failed, failure, type Result } from "../ir/failure.ts";
import type { IrRequest } from "../ir/request.ts";
import type { IrResponse } from "../ir/response.ts";
import type { RequestParts } from "../ir/route.ts";
import type { RouterWishes } from "../ir/router-wishes.ts";
import type { Usage } from "../ir/usage.ts";
import type { ModelEnding } from "../routing/asked-name.ts";
import type { Effects } from "../std/effects.ts";
import type { JsonObject } from "../std/json.ts";
import { createStopper, type Stopper, type StopSignal } from "../std/stop-signal.ts";

/** In the order they are asked, among the gateway's own. */
export interface Verdicts {
  readonly onRequest: readonly RequestVerdict[];
  onAnswer(target: Target): readonly AnswerVerdict[];
}

/** Refuses a request, or changes what was decided of it. */
export type RequestVerdict = (
  draft: RequestDraft,
  context: VerdictContext,
) => Result<RequestDraft> | Promise<Result<RequestDraft>>;

/** What is decided of a request before lanes are looked at. */
export interface RequestDraft {
  readonly caller: Caller;
  readonly parts: RequestParts;
  readonly facts: Facts;
  readonly body: JsonObject;
  /** False: the client named no model, and `facts.target` is the one its vendor would have taken. */
  readonly named: boolean;
  /** Whose lanes may serve; null: it is not decided yet. */
  readonly target: Target | null;
  /** How the client's name stands for the target; absent: it is the target's own. */
  readonly alias?: AliasWay;
  /** What the client put behind the model's name; absent: nothing. */
  readonly ending?: ModelEnding;
  /** What the client asks of the router; null: nothing. */
  readonly wishes: RouterWishes | null;
  /** At least as tight; the target's own mode and the client's header may be tighter. */
  readonly translation: TranslationMode;
}

export interface AnswerVerdict {
  readonly hold: Hold;
  /** The failure is the attempt's, so its kind decides what follows: another lane, as a rule. null: it passes. */
  judge(answer: HeldAnswer, context: VerdictContext): Failure | null | Promise<Failure | null>;
}

/** How long an answer is held before it is judged: until there is something to send, or until it is whole. */
export type Hold = "until-meaningful" | "until-end";

export interface HeldAnswer {
  readonly target: Target;
  readonly lane: Lane;
  readonly caller: Caller;
  readonly facts: Facts;
  readonly reportedModel: string | null;
  /** As far as the vendor has told it; null: not at all. */
  readonly usage: Usage | null;
  /** As the client would get them; all of them only where the verdict holds the answer until its end. */
  readonly bytes: readonly Uint8Array[];
}

export interface VerdictContext {
  /** The exchange's. */
  readonly id: string;
  /** Fires when the client leaves, the gateway stops, or the verdict is not waited for any more. */
  readonly signal: StopSignal;
  /** A request of the gateway's own through the engine, written into the exchange's record. Comes to nothing once the signal has fired. */
  ask(request: SubRequest): Promise<Result<SubAnswer>>;
}

/** Answered in one piece. */
export interface SubRequest {
  /** A configured name; what the body says of a model does not count. */
  readonly target: string;
  /** Whose words the body is in, and the answer comes in; null: the target's first lane's. */
  readonly protocol: string | null;
  /** null: it is written from `request`. */
  readonly body: JsonObject | null;
  readonly request?: IrRequest;
  /** Lanes that may serve it; absent: all of the target's. With it no other target serves either. */
  mayServe?(lane: Lane): boolean;
  /** Absent: as long as the verdict has. */
  readonly withinMs?: number;
}

export interface SubAnswer {
  readonly lane: Lane;
  readonly body: JsonObject;
  /** null: the body cannot be understood. */
  read(): IrResponse | null;
  readonly usage: Usage | null;
}

// ---------------------------------------------------------------- asking for one

/** A verdict that asks a model may take as long as a short answer does. */
export const VERDICT_MS_MAX = 60_000;

/** Requests of one verdict: each stands in the record. */
export const SUB_CALLS_MAX = 32;
const TOO_MANY_SUB_CALLS = failed(
  failure("invalid-request", `A verdict may make ${SUB_CALLS_MAX} requests of its own, and no more.`),
);

export type VerdictWait<T> =
  | { readonly kind: "known"; readonly value: T }
  | { readonly kind: "late" }
  /** The client left, or the gateway stops. */
  | { readonly kind: "stopped" };

/** The exchange that verdicts are asked about. */
export interface JudgedExchange {
  readonly id: string;
  readonly signal: StopSignal;
  readonly setTimer: Effects["setTimer"];
  /** Comes to an end at once when the signal fires. */
  subCall(request: SubRequest, signal: StopSignal): Promise<Result<SubAnswer>>;
}

/** No promise where the verdict is known at once. Throws or rejects where the verdict does: that is its bug. */
export function askVerdict<T>(
  exchange: JudgedExchange,
  judge: (context: VerdictContext) => T | Promise<T>,
  withinMs = VERDICT_MS_MAX,
): T | Promise<VerdictWait<T>> {
  const stopper = createStopper();
  const subCalls: Promise<unknown>[] = [];
  const context: VerdictContext = {
    id: exchange.id,
    signal: stopper.signal,
    ask(request) {
      if (subCalls.length >= SUB_CALLS_MAX) return Promise.resolve(TOO_MANY_SUB_CALLS);
      const asked = subCallWithin(exchange, request, stopper.signal);
      subCalls.push(asked);
      return asked;
    },
  };
  const given = attempted(() => judge(context));
  if (given.kind === "later" || subCalls.length > 0) return settled(exchange, given, { stopper, subCalls, withinMs });
  stopper.abort();
  if (given.kind === "threw") throw given.error;
  return given.value;
}

/** Ends by itself after its own time, or with the verdict. */
function subCallWithin(
  { subCall, setTimer }: JudgedExchange,
  request: SubRequest,
  signal: StopSignal,
): Promise<Result<SubAnswer>> {
  if (request.withinMs === undefined) return subCall(request, signal);
  const own = createStopper();
  const stop = (): void => own.abort();
  let isLate = false;
  const cancelTimer = setTimer(request.withinMs, () => {
    isLate = true;
    stop();
  });
  if (signal.aborted) stop();
  else signal.addEventListener("abort", stop, { once: true });
  return subCall(request, own.signal)
    .then((told) => (isLate && !told.ok ? SUB_CALL_LATE : told))
    .finally(() => {
      cancelTimer();
      signal.removeEventListener("abort", stop);
    });
}

const SUB_CALL_LATE = failed(failure("timeout", "The request did not come to its end in time."));

/** What a verdict came to when it was asked. */
type Given<T> =
  | { readonly kind: "known"; readonly value: T }
  | { readonly kind: "later"; readonly value: Promise<T> }
  | { readonly kind: "threw"; readonly error: unknown };

function attempted<T>(judge: () => T | Promise<T>): Given<T> {
  try {
    const value = judge();
    return value instanceof Promise ? { kind: "later", value } : { kind: "known", value };
  } catch (error) {
    return { kind: "threw", error };
  }
}

/** No sub-call outlives its verdict, so that all of them stand in the record. */
async function settled<T>(
  exchange: JudgedExchange,
  given: Given<T>,
  {
    stopper,
    subCalls,
    withinMs,
  }: { readonly stopper: Stopper; readonly subCalls: readonly Promise<unknown>[]; readonly withinMs: number },
): Promise<VerdictWait<T>> {
  try {
    if (given.kind === "threw") throw given.error;
    return await inTime(exchange, Promise.resolve(given.value), withinMs);
  } finally {
    stopper.abort();
    await Promise.allSettled(subCalls);
  }
}

function inTime<T>(
  { signal, setTimer }: JudgedExchange,
  verdict: Promise<T>,
  withinMs: number,
): Promise<VerdictWait<T>> {
  return new Promise((resolve, reject) => {
    const letGo = (): void => {
      cancelTimer();
      signal.removeEventListener("abort", onAbort);
    };
    const finish = (how: VerdictWait<T>): void => {
      letGo();
      resolve(how);
    };
    const onAbort = (): void => finish({ kind: "stopped" });
    const cancelTimer = setTimer(withinMs, () => finish({ kind: "late" }));
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    verdict.then(
      (value) => finish({ kind: "known", value }),
      (error: unknown) => {
        letGo();
        reject(error);
      },
    );
  });
}
