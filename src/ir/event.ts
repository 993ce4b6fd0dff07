/**
 * A streamed answer in the IR. Order: one `start`; blocks (`block-start`, deltas, `block-end`), interleaved only as
 * the vendor interleaves them; `finish` per choice; `usage` whenever the vendor reports it (cumulative);
 * then exactly one of `end` and `failed`, and nothing after it. A reader's `failed` tells what the vendor said; the
 * exchange judges that, and a writer's `failed` holds the failure.
 */
import type { ErrorWords } from "./error-words.ts";
import type { Failure } from "./failure.ts";
import type { Loss } from "./loss.ts";
import type { Extras, IrCitation, OpaqueBlock, ReasoningSignature, Spelling } from "./request.ts";
import type { IrFinish } from "./response.ts";
import type { Usage } from "./usage.ts";

/** What a block is, known when it starts. Its content follows in deltas. */
export type StartedBlock =
  | { readonly type: "text" }
  | { readonly type: "refusal" }
  | { readonly type: "reasoning"; readonly encrypted: ReasoningSignature | null }
  | { readonly type: "tool-call"; readonly id: string; readonly name: string; readonly kind: "function" | "custom" }
  | OpaqueBlock;

/** What writers take. */
export type IrEvent = AnswerEvent | { readonly type: "failed"; readonly failure: Failure };

/** What readers give. */
export type ReadEvent = AnswerEvent | { readonly type: "failed"; readonly error: StreamError };

/** The vendor's error event, or what is wrong with a stream that tells of none. */
export type StreamError = ErrorWords | "malformed" | "cut-short";

export type AnswerEvent =
  | {
      readonly type: "start";
      readonly sourceProtocol: string;
      readonly id: string | null;
      readonly model: string | null;
      readonly createdMs: number | null;
      readonly serviceTier: string | null;
      readonly extras: Extras;
      readonly spelling: Spelling;
    }
  /** `block` numbers blocks over the whole answer, from 0, in order of their start; `choice` is 0 but for n > 1. */
  | { readonly type: "block-start"; readonly block: number; readonly choice: number; readonly content: StartedBlock }
  /** For text, refusal and reasoning blocks. `logprobs` in the wire's own shape, null: none. */
  | { readonly type: "text-delta"; readonly block: number; readonly text: string; readonly logprobs: unknown }
  /** JSON text (function) or free text (custom) of a tool call, in pieces. */
  | { readonly type: "arguments-delta"; readonly block: number; readonly text: string }
  | { readonly type: "signature-delta"; readonly block: number; readonly signature: ReasoningSignature }
  | { readonly type: "citation"; readonly block: number; readonly citation: IrCitation }
  /** A delta only its own protocol has. */
  | { readonly type: "opaque-delta"; readonly block: number; readonly sourceProtocol: string; readonly value: unknown }
  | { readonly type: "block-end"; readonly block: number }
  | { readonly type: "usage"; readonly usage: Usage }
  | { readonly type: "finish"; readonly choice: number; readonly finish: IrFinish }
  /** The vendor said it is still there (Anthropic `ping`). */
  | { readonly type: "keep-alive" }
  | { readonly type: "loss"; readonly loss: Loss }
  | { readonly type: "end" };

/**
 * True for the first event worth committing to: something the client would see as an answer. A handshake, usage,
 * a keep-alive or an empty delta is not; a clean end is (an empty answer is still the vendor's answer once it ends well).
 */
export function isMeaningful(event: IrEvent | ReadEvent): boolean {
  switch (event.type) {
    case "text-delta":
    case "arguments-delta":
      return event.text !== "";
    case "block-start":
      return (
        event.content.type === "tool-call" ||
        event.content.type === "opaque" ||
        (event.content.type === "reasoning" && event.content.encrypted !== null)
      );
    case "signature-delta":
    case "citation":
    case "opaque-delta":
    case "finish":
    case "end":
      return true;
    case "start":
    case "block-end":
    case "usage":
    case "keep-alive":
    case "loss":
    case "failed":
      return false;
  }
}
