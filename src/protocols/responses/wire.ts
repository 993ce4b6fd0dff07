/**
 * The wire, as the vendor's own SDK types describe it, so that the compiler objects when we drift. What readers get is
 * `unknown` and may hold anything; these types bind what we write. What the SDK leaves out stands beside them.
 */
import type {
  Response,
  ResponseCreateParamsBase,
  ResponseCustomToolCallItem,
  ResponseError,
  ResponseFunctionToolCallItem,
  ResponseInputFile,
  ResponseInputImage,
  ResponseInputText,
  ResponseOutputMessage,
  ResponseOutputRefusal,
  ResponseOutputText,
  ResponseReasoningItem,
  ResponseStreamEvent,
  ResponseUsage,
} from "openai/resources/responses/responses";
import type { JsonObject } from "../../std/json.ts";

/** Id of this protocol and of its payload, as `sourceProtocol` and the issuer of signatures say it. */
export const PROTOCOL = "responses";

export type WireRequest = ResponseCreateParamsBase;
export type WireUsage = ResponseUsage;
export type WireInputText = ResponseInputText;
/** The vendor takes no `detail` for "auto". */
export type WireInputImage = Omit<ResponseInputImage, "detail"> & { detail?: string };
export type WireInputFile = ResponseInputFile;
export type WireRefusal = ResponseOutputRefusal;
export type WireAnnotation = ResponseOutputText["annotations"][number];
export type WireEventType = ResponseStreamEvent["type"];

/** Annotations and log probabilities read from this very wire go back whole, whatever they hold. */
export type WireText = Omit<ResponseOutputText, "annotations" | "logprobs"> & {
  readonly annotations: readonly (WireAnnotation | JsonObject)[];
  readonly logprobs: readonly unknown[];
};
export type WireMessage = Omit<ResponseOutputMessage, "content"> & {
  readonly content: readonly (WireText | WireRefusal)[];
};
export type WireCall = ResponseFunctionToolCallItem;
export type WireCustomCall = ResponseCustomToolCallItem;
export type WireReasoning = ResponseReasoningItem;

/**
 * The SDK adds `output_text` by itself. Tools, choice, tier and form of the answer repeat the client's own words
 * unchecked; codes of errors are the vendor's or the gateway's.
 */
export type WireResponse = Omit<
  Response,
  "output_text" | "output" | "error" | "tools" | "tool_choice" | "text" | "reasoning" | "service_tier" | "user"
> & {
  readonly output: readonly JsonObject[];
  readonly error: { readonly code: ResponseError["code"] | (string & {}); readonly message: string } | null;
  readonly tools: unknown;
  readonly tool_choice: unknown;
  readonly text: unknown;
  readonly reasoning: unknown;
  readonly service_tier: unknown;
  readonly user: unknown;
};
