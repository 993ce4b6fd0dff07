/**
 * The room's contract: what an exchange offers the server, and what it is given to work with. No framework type crosses
 * here.
 */
import type { Admission } from "../governance/admission.ts";
import type { Caller, Signer } from "../governance/identify.ts";
import type { Deployment, Lane, Provider } from "../ir/deployment.ts";
import type { Failure, Result } from "../ir/failure.ts";
import type { ExchangeRecord } from "../ir/record.ts";
import type { RequestParts, Route } from "../ir/route.ts";
import type { Protocol } from "../protocols/protocol.ts";
import type { Effects } from "../std/effects.ts";
import type { Secret } from "../std/secret.ts";
import type { StopSignal } from "../std/stop-signal.ts";
import type { Send } from "../upstream/contract.ts";
import type { HeaderFilters } from "./header-filter.ts";
import type { IdempotencyStore } from "./named-requests.ts";
import type { ReasoningMemory } from "./reasoning-memory.ts";
import type { ReasoningSignatures } from "./reasoning-signatures.ts";
import type { RepairMemory } from "./repairs.ts";
import type { SharedState } from "./shared-state.ts";
import type { StoredAnswers } from "./stored-answers.ts";
import type { Verdicts } from "./verdict-contract.ts";

// ---------------------------------------------------------------- offered

export interface Exchange {
  /** Who is calling, from the head alone, before the body is read. */
  credential(route: Route | null, parts: RequestParts): Result<Caller>;
  /** Never rejects: whatever happens ends in one answer and one record. */
  run(input: RunInput): Promise<Answer>;
  /** A refusal in the path's protocol, recorded. `route` null: the path belongs to no route. */
  refuse(input: RefuseInput): Answer;
}

export interface RunInput {
  readonly route: Route;
  readonly parts: RequestParts;
  readonly caller: Caller;
  /** Whole and bounded. */
  readonly body: Uint8Array;
  /** Client gone or shutdown. */
  readonly signal: StopSignal;
  /** Monotonic moment the head arrived. */
  readonly receivedMs: number;
}

export interface RefuseInput {
  readonly route: Route | null;
  readonly parts: RequestParts;
  readonly failure: Failure;
  readonly receivedMs: number;
}

export interface Answer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | ByteSource;
}

/** An answer that is here as a whole. */
export interface WholeAnswer extends Answer {
  readonly body: Uint8Array;
}

/** A stream at the client's pace, asked for piece by piece or pushed to a sink; never both. */
export interface ByteSource {
  /** The next bytes, never empty; null at the end. Never rejects: trouble is written into the stream in the client's dialect. */
  next(): Promise<Uint8Array | null>;
  /** Bytes are written as they come, the first at once. Absent: this source can only be asked. */
  pushTo?(sink: ByteSink): Pushing;
  /** The client left or the server stops: aborts the upstream at once and settles. Idempotent. */
  cancel(): void;
  /** At the end: the answer broke off and its format cannot say so, so that the client's connection must. */
  readonly isCut: boolean;
}

/** A source that is pushed alone. */
export interface PushedSource extends Omit<ByteSource, "next" | "pushTo"> {
  pushTo(sink: ByteSink): Pushing;
}

export interface Pushing {
  /** There is room again; called after a `write` that answered false has returned. */
  resume(): void;
}

/** Where a pushed stream goes. It does not throw. */
export interface ByteSink {
  /** Never empty. False: it is full, and is given nothing, not even the end, until it is resumed. */
  write(bytes: Uint8Array): boolean;
  /** The last call, but for a source that was cancelled, which says nothing more. `isCut`: as of the source. */
  end(isCut: boolean): void;
}

// ---------------------------------------------------------------- given

export interface ExchangeInput {
  readonly world: World;
  readonly shared: SharedState;
  readonly protocols: readonly Protocol[];
  readonly identify: (credential: Secret | null) => Result<Caller>;
  /** Limits every request is admitted by; null: no caller has limits. */
  readonly admission: Admission | null;
  /** Answers given again to a request that is repeated; null: none are kept. */
  readonly idempotency: IdempotencyStore | null;
  /** Keys that clients sign their requests with; null or absent: there are none. */
  readonly signer?: Signer | null;
  /** The virtual key that a signing key belongs to; absent: there are none, and signed requests have no limits. */
  readonly callerNamed?: (label: string) => Caller | null;
  /** An operator's own; absent: there are none. */
  readonly verdicts?: Verdicts;
  readonly onRecord: (record: ExchangeRecord) => void;
  /** A bug ended an exchange; the message is for the operator's log only. */
  readonly onBug: (id: string, error: unknown) => void;
  readonly startedWallMs: number;
  /** Open to every process on this machine: only calls that name this machine are served. */
  readonly localHostsOnly: boolean;
}

/** What every exchange of a deployment shares. */
export interface World extends HeaderFilters {
  readonly deployment: Deployment;
  readonly effects: Effects;
  readonly send: Send;
  protocolOf(id: string): Protocol;
  /** The lane's own credential now; null: it has none, or it cannot be read. */
  secretOf(lane: Lane): Secret | null;
  /** Text without any secret of the deployment: for words of a client that are told or kept. */
  masked(text: string): string;
  readonly signatures: ReasoningSignatures;
  readonly reasoning: ReasoningMemory;
  readonly repairs: RepairMemory;
  readonly storedAnswers: StoredAnswers;
  /** PEM text of the provider's authorities; null: the built-in ones. */
  caOf(provider: Provider): string | null;
  /** `ringmain/<version>`: we never imitate a vendor's own client. */
  readonly userAgent: string;
  /** A relayed stream is asked for its usage behind the client's back: the lane has a price, or keys are limited by it. */
  asksUsage(lane: Lane): boolean;
  /** Lanes without a known price are left out. */
  readonly pricedOnly: boolean;
  /** Records are kept as decisions, so that they name every lane that could serve. */
  readonly keepsDecisions: boolean;
}
