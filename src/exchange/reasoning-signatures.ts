/**
 * Sealed reasoning (signatures, encrypted items) goes back only to a lane that can open it. Through a client of another
 * protocol its issuer travels in a tag; through a client of the same one the bytes are the vendor's own, so which lane
 * issued a value is remembered here, by digest, where a deployment has lanes that cannot open each other's.
 */
import type { Deployment, Lane } from "../ir/deployment.ts";
import type { AnswerEvent } from "../ir/event.ts";
import type { IrBlock, IrInstruction, IrRequest, IrTurn, ReasoningSignature } from "../ir/request.ts";
import type { IrResponse } from "../ir/response.ts";
import type { Payload, Protocol } from "../protocols/protocol.ts";
import { TAG_STARTS_IN_JSON } from "../protocols/shared/signature-tag.ts";
import { createBoundedMap } from "../std/bounded.ts";
import { encodeUtf8, indexOfBytes } from "../std/bytes.ts";
import { sha256Hex } from "../std/digest.ts";
import { asText, parseJson } from "../std/json.ts";
import { WireError } from "../std/wire-error.ts";

export interface ReasoningSignatures {
  /** Null where every lane of the payload opens the signatures of all others: then nothing is looked for. */
  memoryOf(payload: Payload): SignatureMemory | null;
  /** What is remembered stays. */
  reconfigure(deployment: Deployment): void;
}

interface SignatureMemory {
  /** Sealed values in a frame or body that came from the lane. */
  remember(text: string, lane: Lane): void;
  /** Who issued a value; null: not known (any more). */
  issuerOf(value: string): string | null;
}

/** Values remembered: a long agent session has a few hundred. 200 bytes each. */
const VALUES_MAX = 20_000;
/** Sessions older than a day start anew. */
const AGE_MAX_MS = 24 * 60 * 60_000;
/** Shorter values are no signatures. */
const VALUE_CHARS_MIN = 32;
/** Characters of the digest that stand for a value. */
const DIGEST_CHARS = 32;

export function createReasoningSignatures(input: {
  readonly deployment: Deployment;
  readonly protocolOf: (id: string) => Protocol;
  readonly nowMs: () => number;
}): ReasoningSignatures {
  const issuers = new Map<string, Set<string>>();
  const reconfigure = ({ lanes }: Deployment): void => {
    issuers.clear();
    for (const lane of Object.values(lanes)) {
      for (const { protocol } of lane.doors) {
        const { id } = input.protocolOf(protocol).payload;
        issuers.set(id, (issuers.get(id) ?? new Set()).add(lane.sealIssuer));
      }
    }
  };
  reconfigure(input.deployment);
  const memories = new Map<string, SignatureMemory>();
  return {
    reconfigure,
    memoryOf(payload) {
      if (payload.signatureMembers.length === 0 || (issuers.get(payload.id)?.size ?? 0) < 2) return null;
      const known = memories.get(payload.id);
      if (known !== undefined) return known;
      const memory = createMemory(payload, input.nowMs);
      memories.set(payload.id, memory);
      return memory;
    },
  };
}

function createMemory(payload: Payload, nowMs: () => number): SignatureMemory {
  const issued = createBoundedMap<string, string>(VALUES_MAX, AGE_MAX_MS);
  return {
    remember(text, lane) {
      if (!payload.signatureMembers.some((name) => text.includes(`"${name}"`))) return;
      for (const value of signaturesIn(text, payload)) issued.set(digestOf(value), lane.sealIssuer, nowMs());
    },
    issuerOf: (value) => issued.get(digestOf(value), nowMs()) ?? null,
  };
}

function digestOf(value: string): string {
  return sha256Hex(value).slice(0, DIGEST_CHARS);
}

/** Sealed values are found without parsing all that stands around them. In time that grows with the text alone. */
function* signaturesIn(text: string, { signatureMembers }: Payload): Generator<string> {
  for (const name of signatureMembers) {
    const member = `"${name}"`;
    for (let at = text.indexOf(member); at !== -1; at = text.indexOf(member, at)) {
      at += member.length;
      const opens = new RegExp(VALUE_OPENS);
      opens.lastIndex = at;
      if (!opens.test(text)) continue;
      const end = endOfString(text, opens.lastIndex);
      if (end === -1) break;
      const written = text.slice(opens.lastIndex, end);
      at = end;
      // Some writers of JSON escape the slash or the plus of base64.
      if (written.length >= VALUE_CHARS_MIN) yield written.includes("\\") ? unescaped(written) : written;
    }
  }
}

const VALUE_OPENS = /\s*:\s*"/y;

/** Where the quote stands that ends what begins at `from`; -1: it does not end. */
function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from); at !== -1; at = text.indexOf('"', at + 1)) {
    let escapes = 0;
    while (at - escapes > from && text[at - escapes - 1] === "\\") escapes++;
    if (escapes % 2 === 0) return at;
  }
  return -1;
}

function unescaped(written: string): string {
  try {
    return asText(parseJson(`"${written}"`)) ?? written;
  } catch (error) {
    // No JSON: the next reader says so.
    if (error instanceof WireError) return written;
    throw error;
  }
}

const TAG_STARTS = TAG_STARTS_IN_JSON.map((start) => encodeUtf8(start));

/** True when the client's own bytes hold something this lane cannot open, so that they cannot be sent as they are. */
export function holdsForeignSignatures(
  bytes: Uint8Array,
  payload: Payload,
  lane: Lane,
  signatures: ReasoningSignatures,
): boolean {
  if (payload.signatureMembers.length === 0) return false;
  if (TAG_STARTS.some((start) => indexOfBytes(bytes, start) !== -1)) return true;
  const memory = signatures.memoryOf(payload);
  if (memory === null) return false;
  if (!payload.signatureMembers.some((name) => indexOfBytes(bytes, encodeUtf8(`"${name}"`)) !== -1)) return false;
  const text = new TextDecoder().decode(bytes);
  for (const value of signaturesIn(text, payload)) {
    const issuer = memory.issuerOf(value);
    if (issuer !== null && issuer !== lane.sealIssuer) return true;
  }
  return false;
}

/**
 * The request as this lane may see it: signatures it can open are marked as its protocol's own, and its writer writes
 * them. All others are marked as another issuer's, and its writer drops and reports them.
 */
export function withSignaturesFor(
  request: IrRequest,
  payload: Payload,
  lane: Lane,
  signatures: ReasoningSignatures,
): IrRequest {
  const memory = signatures.memoryOf(payload);
  const judge = (signature: ReasoningSignature): ReasoningSignature => {
    const issuer = issuerOf(signature, request.sourceProtocol === payload.id ? memory : null, {
      payloadId: payload.id,
      lane,
      untagged: request.sourceProtocol === payload.id,
    });
    return issuer === signature.issuer ? signature : { issuer, value: signature.value };
  };
  return mapSignatures(request, judge);
}

function issuerOf(
  signature: ReasoningSignature,
  memory: SignatureMemory | null,
  at: { readonly payloadId: string; readonly lane: Lane; readonly untagged: boolean },
): string | null {
  const { payloadId, lane } = at;
  if (signature.issuer === lane.sealIssuer) return payloadId;
  if (signature.issuer !== payloadId) return signature.issuer;
  // Through another protocol a tag named the issuer, and it is not this lane's.
  if (!at.untagged) return null;
  const known = memory?.issuerOf(signature.value) ?? null;
  return known === null || known === lane.sealIssuer ? payloadId : known;
}

/** Every signature marked as one that no lane can open, so that writers drop and report it. */
export function withoutSignatures(request: IrRequest): IrRequest {
  return mapSignatures(request, ({ value }) => ({ issuer: null, value }));
}

function mapSignatures(request: IrRequest, judge: (signature: ReasoningSignature) => ReasoningSignature): IrRequest {
  const one = (block: IrBlock): IrBlock => mapBlock(block, judge);
  const all = <T extends IrInstruction | IrTurn>(holder: T): T =>
    holder.blocks.some(holdsSignature) ? { ...holder, blocks: holder.blocks.map(one) } : holder;
  if (!request.turns.some((turn) => turn.blocks.some(holdsSignature))) return request;
  return { ...request, turns: request.turns.map(all) };
}

function holdsSignature(block: IrBlock): boolean {
  return block.type === "reasoning" || (block.type === "tool-call" && block.signature !== null);
}

function mapBlock(block: IrBlock, judge: (signature: ReasoningSignature) => ReasoningSignature): IrBlock {
  if (block.type === "tool-call" && block.signature !== null) return { ...block, signature: judge(block.signature) };
  if (block.type !== "reasoning") return block;
  return {
    ...block,
    signature: block.signature === null ? null : judge(block.signature),
    encrypted: block.encrypted === null ? null : judge(block.encrypted),
  };
}

/** A translated answer's signatures, under the name of who can open them; the writer for the client tags them with it. */
export function issuedEvent(event: AnswerEvent, payload: Payload, lane: Lane): AnswerEvent {
  if (lane.sealIssuer === payload.id) return event;
  if (event.type === "signature-delta") return { ...event, signature: issued(event.signature, payload, lane) };
  if (event.type === "block-start" && event.content.type === "reasoning" && event.content.encrypted !== null) {
    return { ...event, content: { ...event.content, encrypted: issued(event.content.encrypted, payload, lane) } };
  }
  return event;
}

export function issuedResponse(response: IrResponse, payload: Payload, lane: Lane): IrResponse {
  if (lane.sealIssuer === payload.id) return response;
  const judge = (signature: ReasoningSignature): ReasoningSignature => issued(signature, payload, lane);
  return {
    ...response,
    choices: response.choices.map((choice) => ({
      ...choice,
      blocks: choice.blocks.map((block) => mapBlock(block, judge)),
    })),
  };
}

function issued(signature: ReasoningSignature, payload: Payload, lane: Lane): ReasoningSignature {
  return signature.issuer === payload.id ? { issuer: lane.sealIssuer, value: signature.value } : signature;
}
