/**
 * The contract every protocol fulfils. A payload says what bodies mean; a carrier says how they travel (a carrier can
 * hold another protocol's payload). All of it is synchronous and pure but for `sign`; readers throw only WireError.
 * One contract is read as one page, which is the reason for its length.
 */
import type { Dialect } from "../ir/dialect.ts";
import type { IrEmbedRequest, IrEmbedResponse } from "../ir/embed.ts";
import type { ErrorWords } from "../ir/error-words.ts";
import type { IrEvent, ReadEvent } from "../ir/event.ts";
import type { Operation, PayloadFacts } from "../ir/facts.ts";
import type { Failure } from "../ir/failure.ts";
import type { RateLimits } from "../ir/limits.ts";
import type { Loss, WithLosses } from "../ir/loss.ts";
import type { QuotaHeaders } from "../ir/quota.ts";
import type { ReasoningEdits } from "../ir/reasoning-edits.ts";
import type { IrRequest } from "../ir/request.ts";
import type { IrRerankRequest, IrRerankResponse } from "../ir/rerank.ts";
import type { IrResponse } from "../ir/response.ts";
import type { RequestParts, Route } from "../ir/route.ts";
import type { Usage } from "../ir/usage.ts";
import type { Edit, JsonObject, TopMember } from "../std/json.ts";
import type { Secret } from "../std/secret.ts";
import type { LossNames } from "./shared/loss-names.ts";
import type { SaidMembers } from "./shared/said-counter.ts";

/** One unit of a stream, whatever the framing: an SSE event, a binary event-stream message, an element of a JSON array. */
export interface Frame {
  /** null: the framing carries no name. */
  readonly event: string | null;
  readonly data: string;
}

export interface Protocol {
  readonly id: string;
  readonly payload: Payload;
  readonly carrier: Carrier;
  /** What it offers beside chat; a missing one is a filter on lanes, never a failure. */
  readonly operations: Operations;
}

// ---------------------------------------------------------------- payload

/** The list of turns in a body. Total: any value gives an answer. */
export interface TurnPlaces {
  /** A top-level member. */
  readonly member: string;
  /** What one element of the list is; result: what called tools gave. kept: instructions, and what nothing here knows. */
  kindOf(turn: unknown): TurnKind;
}

export type TurnKind = "user" | "assistant" | "result" | "kept";

export interface Payload {
  /** Payloads with the same id are relayed to each other. */
  readonly id: string;

  /** Top-level members the gateway reads of a body, whose duplicates are refused because two readers could differ. */
  readonly routedMembers: readonly string[];

  /** Top-level member of a whole answer that holds what the model said. */
  readonly answerMember: string;
  /** Members that hold what a streamed answer says: its size is told by them where the vendor counts no tokens. */
  readonly saidMembers: SaidMembers;

  /** Where its vendor's own clients keep a member that the vendor does not send: what the gateway says beside an answer. */
  readonly noticePlaces: NoticePlaces;

  /** How its clients call what a request may lose. */
  readonly lossNames: LossNames;

  /** Where the turns of a conversation stand, for one that must become shorter. Absent: it cannot. */
  readonly turns?: TurnPlaces;

  /** What routing needs to know. Tolerant: a body the vendor would refuse is still routed, so that the vendor says why. */
  readFacts(body: JsonObject): PayloadFacts;
  /** A body in another protocol's shape: its members as this protocol has them. null: it has this one's. Absent: no client sends others. */
  ownShape?(body: JsonObject): Readonly<Record<string, unknown>> | null;
  /** The body as a model may get it that is known not to reason; null: as it is. */
  withoutReasoning(body: JsonObject): ReasoningEdits | null;

  /** Top-level members that a relay changes because the lane's server takes them otherwise (null: removed); null: none. */
  fitMembers?(
    body: JsonObject,
    dialect: Dialect,
  ): { readonly members: Readonly<Record<string, unknown>>; readonly losses: readonly Loss[] } | null;

  /** True for a request that the server is known to refuse in this protocol; another door may take it. Absent: none is. */
  readonly refuses?: (facts: PayloadFacts, dialect: Dialect) => boolean;

  /** Body -> request. WireError when it cannot be understood; the client gets a 400 with the error's message. */
  readRequest(body: JsonObject): WithLosses<IrRequest>;
  /** Request -> body for the lane. Members of another protocol's extras and foreign blocks become losses. */
  writeRequest(request: IrRequest, options: WriteRequestOptions): WithLosses<JsonObject>;

  readResponse(body: JsonObject): WithLosses<IrResponse>;
  writeResponse(response: IrResponse, context: AnswerContext): WithLosses<JsonObject>;

  createStreamReader(): StreamReader;
  createStreamWriter(context: AnswerContext): StreamWriter;

  /** Watches a relayed stream or body without translating it. */
  createTap(): Tap;
  /** Members, wherever they stand in a body or frame, whose value only its issuer can open (signatures, encrypted reasoning). */
  readonly signatureMembers: readonly string[];
  /** True for a request that gives reasoning back without a signature; null: the payload seals none. */
  readonly holdsUnsigned: ((body: JsonObject) => boolean) | null;
  /** True where this model refuses how the body asks, and the writer knows how it takes it. null: all models are asked alike. */
  readonly misfits: ((body: JsonObject, dialect: Dialect) => boolean) | null;
  /** Ids in a frame or whole answer under which its vendor stores something; absent: it stores no answers. Never throws. */
  readonly storedIds?: (text: string) => readonly string[];
  /** Its requests may mark up to where a prompt is cached. */
  readonly hasCacheMarks: boolean;
  /** Bytes of JSON without which a body holds nothing that only some servers of this protocol take. null: all take the same. */
  readonly dialectMarks:
    | (Readonly<Record<"developerRole" | "customTools" | "calls", Uint8Array>> & {
        readonly compaction?: Uint8Array;
        readonly reasoning?: Uint8Array;
      })
    | null;
  /** Ends a stream whose finish has been seen, where the vendor left its own terminator out. null: nothing is needed. */
  readonly terminator: Frame | null;

  /** The vendor's code, type and message, whatever shape the body has. Total: any bytes give an answer. */
  readError(input: UpstreamAnswer): ErrorWords;
  /** The failure in this protocol's own envelope. Total over every kind. */
  writeError(failure: Failure, context: ErrorContext): WrittenError;

  /** Makes a streamed relay report usage the client did not ask for, and hides it again. null: it always reports. */
  readonly hiddenUsage: HiddenUsage | null;
}

/** Paths: members from the top of the document down to the object that gets one more. */
export interface NoticePlaces {
  readonly whole: readonly string[];
  /** In the first frame of each of these types; null: in the first frame. */
  readonly streamed: { readonly types: readonly string[] | null; readonly path: readonly string[] };
}

export interface WriteRequestOptions {
  readonly upstreamModel: string;
  /** Output limit to write where the protocol demands one and the client gave none. Tokens. */
  readonly defaultMaxOutputTokens: number;
  /** The lane's own limit, to clamp to; null: unknown. Tokens. */
  readonly maxOutputTokens: number | null;
  /** What the lane's server takes. */
  readonly dialect: Dialect;
  /** A client's own request that `misfits`: it is written as the model takes it. */
  readonly isMisfit?: boolean;
  /** A name for the session, which leads back to where its prompt is cached; null or absent: it belongs to none. */
  readonly sessionKey?: string | null;
}

/** What an answer written for the client may need to know. */
export interface AnswerContext {
  /** The request it answers; null when it was relayed and never read. */
  readonly request: IrRequest | null;
  /** The lane's upstream model, shown only where the vendor reports no name. */
  readonly upstreamModel: string;
  /** Wall clock, for vendors that give no time of their own. */
  readonly createdMs: number;
  /** Since the client's request came, for vendors that tell how long they took. */
  readonly elapsedMs: () => number;
  /** Random base62 text of that many characters. */
  readonly newId: (length: number) => string;
  /** Estimate shown where the first event must already name prompt tokens (Anthropic `message_start`). */
  readonly inputTokensEstimate: number;
  /** Of what the answer said so far, where a protocol demands a number that the vendor did not tell. Absent: 0. */
  readonly outputTokensEstimate?: () => number;
}

export interface StreamReader {
  push(frame: Frame): ReadEvent[];
  /** The upstream closed. Emits what is owed, then `end`, or `failed` when the answer was cut short. Idempotent. */
  end(): ReadEvent[];
  /** Everything that matters has been seen; a terminator may still follow, or one more answer of several. The pump closes after a grace time. */
  readonly settled: boolean;
  /** Where a stream may hold several answers: those that have told their finish. Absent: one at most. */
  readonly answersFinished?: number | undefined;
}

/** Frames for events; exactly one legal ending for `end` or `failed`, nothing after it. Losses go to `losses`. */
export interface StreamWriter {
  push(event: IrEvent): Frame[];
  readonly losses: readonly {
    readonly field: string;
    readonly how: "dropped" | "clamped" | "approximated";
    readonly detail: string;
  }[];
}

export interface Tap {
  /** One frame of a stream. */
  frame(frame: Frame): TapNote;
  /**
   * A whole buffered answer. `failure`: an error inside a 200, or an answer that is no answer. It keeps nothing, so that one
   * tap reads any number of them.
   */
  body(body: JsonObject): TapNote;
}

export interface TapNote {
  /**
   * A part of the answer is in this frame, so that it is worth committing to; see ir/event.ts isMeaningful for what counts.
   * Every such frame says so, not the first alone: of an answer that breaks they are what is paid for.
   */
  readonly meaningful: boolean;
  /** Reported so far, cumulative; null: nothing in this frame. */
  readonly usage: Usage | null;
  /** An in-band error; null: none. */
  readonly failure: ErrorWords | null;
  /** The protocol's clients do not take this frame for an error: it tells of the failure by its finish word. */
  readonly isFailureUntold?: true;
  /** Nothing that matters follows (the finish has been seen, of every answer that has begun). */
  readonly settled: boolean;
  /** The protocol's own end of stream. */
  readonly terminal: boolean;
  /** Model the vendor reports in this frame; null: not in this one. */
  readonly model: string | null;
  /** The vendor's finish word in this frame; null: not in this one. */
  readonly finish: string | null;
  /** Where a stream may hold several answers: those finished so far, and those begun and not finished. Absent: one at most has begun. */
  readonly answers?: { readonly finished: number; readonly open: number };
}

export interface HiddenUsage {
  /** Edits to the client's bytes that make the upstream report usage. */
  request(bytes: Uint8Array, members: readonly TopMember[]): readonly Edit[];
  /** What the client gets of one raw frame (its exact bytes): the same bytes, other bytes, or null to withhold it. */
  frame(bytes: Uint8Array): Uint8Array | null;
}

/** An upstream answer that is not a success, or an error inside one. */
export interface UpstreamAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed when it was JSON; null otherwise. */
  readonly json: unknown;
  /** First 2,000 characters as text. */
  readonly text: string;
}

export interface ErrorContext {
  readonly requestId: string;
  /** Request path, where the vendor's message or status depends on it. */
  readonly path: string;
  /** Put `failure.details` as a `gateway` object inside the error object. */
  readonly details: boolean;
}

export interface WrittenError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject;
}

// ---------------------------------------------------------------- carrier

export interface Carrier {
  readonly id: string;
  readonly routes: readonly Route[];
  /** Which error envelope an unknown path speaks: the first protocol whose test says yes wins; the table's last is the default. */
  ownsPath(path: string): boolean;
  /** Carriers that write errors in the same envelope name it alike: only then may a vendor's own error bytes be relayed. */
  readonly envelope: string;
  /** How a stream travels between us and a lane. Answers with another content type are not streams. */
  readonly framing: Framing;
  /** How a stream travels to this client, where its head chooses (Gemini without `alt=sse`); most carriers answer `framing`. */
  framingFor(parts: RequestParts): Framing;

  /**
   * Path (and query) below the provider's base URL; null: with this template the operation has no path, which is a filter
   * on lanes like an operation that is missing. Chat has one, but for paths beside it that a template leaves no place for.
   */
  upstreamPath(input: UpstreamPathInput): string | null;
  /** Top-level members the carrier replaces (value: JSON text) or removes (null) in a relayed or translated body. */
  memberEdits(input: MemberEditsInput): Readonly<Record<string, string | null>>;
  /** Headers that other carriers of this payload have for what this carrier's clients write into the body; null: none. */
  readonly bodyHeaders: ((body: JsonObject) => Readonly<Record<string, string>>) | null;
  readonly auth: CarrierAuth;
  readonly headers: HeaderRules;
  /** Headers of an answer that tell what is left of the vendor's limits; absent: it has none. */
  readonly quotas?: readonly QuotaHeaders[];
  /** Headers in which this protocol's clients look for what is left of a minute; absent: OpenAI's, which most look for. */
  limitHeaders?(limits: RateLimits, wallMs: number): Readonly<Record<string, string>>;
  /** Request id headers of an answer in this protocol. */
  answerHeaders(requestId: string): Readonly<Record<string, string>>;
}

export interface UpstreamPathInput {
  readonly operation: Operation;
  readonly upstreamModel: string;
  readonly stream: boolean;
  /**
   * The provider's `path`, which replaces the protocol's own and may hold `{model}` (percent-encoded when filled in) and
   * `{action}` (the protocol's own word for what is asked: `generateContent`, `converse-stream`). null: none is configured.
   */
  readonly template: string | null;
  /** Path the client called; an operation that is only relayed goes to the same one. */
  readonly clientPath: string;
}

export interface MemberEditsInput {
  readonly operation: Operation;
  readonly upstreamModel: string;
  readonly stream: boolean;
  /** The client's request headers, for what this carrier wants in the body and others send as a header. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: JsonObject;
}

/** How frames are cut out of bytes and joined to bytes. Two framings with one id carry the same bytes. */
export interface Framing {
  readonly id: string;
  readonly contentType: string;
  createSplitter(): FrameSplitter;
  /** Cuts a raw stream at frame boundaries without decoding it, every byte kept. */
  createCutter(): FrameCutter;
  createJoiner(): FrameJoiner;
  /** True when these first bytes begin such a stream; null: they are too few to tell. */
  begins(bytes: Uint8Array): boolean | null;
  /** A frame's length stands in its bytes, so that one with other data is written anew. Absent: it does not. */
  readonly isMeasured?: true;
  /** Null when comment heartbeats would break the protocol's clients. */
  readonly keepAlive: Uint8Array | null;
}

export interface FrameSplitter {
  push(bytes: Uint8Array): Frame[];
  /** Of a frame that has begun and is not whole; roughly, where it is text. */
  heldBytes(): number;
  end(): Frame[];
}

export interface FrameCutter {
  /** The exact bytes of each frame that is whole now. */
  push(bytes: Uint8Array): Uint8Array[];
  /** Of a frame that has begun and is not whole. */
  heldBytes(): number;
  /** What is left at the end; null: nothing. */
  end(): Uint8Array | null;
}

export interface FrameJoiner {
  write(frame: Frame): Uint8Array;
  /** Bytes that close the stream; empty where the framing needs none. */
  end(): Uint8Array;
}

export interface CarrierAuth {
  /** Headers that authenticate an upstream request. Bodies are signed as given. */
  sign(input: SignInput): Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  /** True when the signature depends on the request, so that headers cannot be prepared once per lane. */
  readonly perRequest: boolean;
  /** True where this carrier's clients may send their credential as `?key=`. */
  readonly queryKey: boolean;
  /** Only where this carrier's clients sign their requests instead of sending a credential. */
  readonly inbound?: InboundSignatures;
}

/** Signatures of clients. Pure; nothing here throws, whatever the head holds. */
export interface InboundSignatures {
  /** Id of the key the head claims to be signed with, "" where that cannot be read; null: it is not signed. */
  keyId(parts: RequestParts): string | null;
  /** True when the whole request was signed with this key, at about this time. */
  verify(input: VerifyInput): boolean;
}

interface VerifyInput {
  readonly parts: RequestParts;
  /** As it arrived, whole. */
  readonly body: Uint8Array;
  readonly secret: Secret;
  readonly wallMs: number;
}

export interface SignInput {
  readonly method: string;
  readonly url: string;
  readonly contentType: string;
  /** In parts that follow each other; none: there is no body. */
  readonly body: readonly Uint8Array[];
  readonly secret: Secret;
  /** The provider's region, for vendors that sign for one; null or absent: not known. */
  readonly region?: string | null;
  /** `api-key`: send the header of that name instead of the protocol's own. */
  readonly style: "native" | "api-key";
  /** The secret is the caller's own (auth mode passthrough). */
  readonly passthrough: boolean;
  readonly wallMs: number;
}

/** Lower-case names; a trailing `*` is a prefix. Hop-by-hop headers, credentials and cookies never pass whatever stands here. */
export interface HeaderRules {
  /** Client headers sent on to a lane of the same protocol. */
  readonly request: readonly string[];
  /** Upstream headers sent on to a client of the same protocol. */
  readonly response: readonly string[];
  /** Sent upstream when the client sent none. */
  readonly requestDefaults: Readonly<Record<string, string>>;
}

// ---------------------------------------------------------------- operations

export interface Operations {
  readonly models?: ModelsOperation;
  readonly count?: CountOperation;
  readonly embed?: EmbedOperation;
  readonly rerank?: RerankOperation;
  /** Path of the vendor's own list of models, asking for as much of it as it gives at once; absent: its host has none. */
  readonly vendorList?: string;
  /** Operations whose bodies are relayed between carriers of the same payload and never translated. */
  readonly relayed?: Readonly<Partial<Record<RelayedOperationId, RelayedOperation>>>;
}

export type RelayedOperationId = "complete" | "moderate" | "image" | "audio";

export interface RelayedOperation {
  /**
   * As a payload's, for a body of this operation. Of a form (multipart/form-data) `body` holds the short text fields as
   * strings. `path` is the one the client called: one operation may have several.
   */
  readFacts(body: JsonObject, path: string): PayloadFacts;
  /** Watches an answer in JSON or as an event stream; others pass unseen. */
  createTap(): Tap;
}

/** Texts to vectors. Readers throw WireError; a writer throws it where its vendor cannot do what was asked at all. */
export interface EmbedOperation {
  readRequest(body: JsonObject): WithLosses<IrEmbedRequest>;
  /** Request -> body for one call, by the model's own shape where a vendor has several. `request.inputs` has at most `inputsMax` entries. */
  writeRequest(request: IrEmbedRequest, upstreamModel: string): WithLosses<JsonObject>;
  /** Inputs one call may carry; the gateway makes several calls of more. */
  inputsMax(upstreamModel: string): number;
  readResponse(body: JsonObject, upstreamModel: string): IrEmbedResponse;
  writeResponse(response: IrEmbedResponse, context: EmbedContext): WithLosses<JsonObject>;
}

export interface EmbedContext {
  /** The request it answers, for what the answer must repeat (encoding, how it was asked). */
  readonly request: IrEmbedRequest;
  readonly upstreamModel: string;
  readonly newId: (length: number) => string;
}

/** Documents in order of relevance to a query. */
export interface RerankOperation {
  readRequest(body: JsonObject): WithLosses<IrRerankRequest>;
  writeRequest(request: IrRerankRequest, upstreamModel: string): WithLosses<JsonObject>;
  readResponse(body: JsonObject): IrRerankResponse;
  writeResponse(response: IrRerankResponse, context: { readonly newId: (length: number) => string }): JsonObject;
}

/** A name clients may ask for, as model lists show it. */
export interface ListedModel {
  readonly id: string;
  readonly createdMs: number;
  readonly ownedBy: string;
  readonly contextWindow: number | null;
  readonly maxOutputTokens: number | null;
}

export interface ModelsOperation {
  /** True when the request's head shows a client of this protocol, where two protocols share a path. */
  recognises(parts: RequestParts): boolean;
  writeList(models: readonly ListedModel[], query: string): JsonObject;
  writeOne(model: ListedModel): JsonObject;
}

export interface CountOperation {
  /** A count call's body as the chat body it asks about; absent: it is one. WireError when there is none in it. */
  readRequest?(body: JsonObject): JsonObject;
  /** A written chat body as a count call's; absent: it is one. */
  writeRequest?(body: JsonObject, upstreamModel: string): JsonObject;
  /** Tokens in a vendor's answer; WireError when there are none. */
  readCount(body: JsonObject): number;
  writeCount(tokens: number): JsonObject;
}
