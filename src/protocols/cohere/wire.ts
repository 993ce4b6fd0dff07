/**
 * The wire, as the vendor's own SDK types describe it, so that the compiler objects when we drift. What readers get is
 * `unknown` and may hold anything; these types bind what we write. The SDK spells members in camel case and sends them in
 * snake case, so its types are spelled anew here. What the SDK leaves out stands beside them, with where it was seen.
 */
import type { Cohere } from "cohere-ai";

/** Id of this protocol and of its payload, as `sourceProtocol` says it. */
export const PROTOCOL = "cohere";

type SnakeName<Name extends string> = Name extends `${infer Head}${infer Tail}`
  ? `${Head extends Lowercase<Head> ? Head : `_${Lowercase<Head>}`}${SnakeName<Tail>}`
  : Name;

type Snake<T> = T extends readonly (infer Each)[]
  ? readonly Snake<Each>[]
  : T extends object
    ? { readonly [Name in keyof T as Name extends string ? SnakeName<Name> : Name]: Snake<T[Name]> }
    : T;

export type WireRequest = Snake<Cohere.V2ChatRequest>;
export type WireTool = Snake<Cohere.ToolV2>;
export type WireToolCall = Snake<Cohere.ToolCallV2>;
export type WireToolChoice = Cohere.V2ChatRequestToolChoice;
export type WireThinking = Snake<Cohere.Thinking>;
export type WireContentType =
  | Cohere.AssistantMessageResponseContentItem["type"]
  | Cohere.Content["type"]
  | Cohere.ToolContent["type"];
export type WireEventType = Cohere.V2ChatStreamResponse["type"];
export type WireEmbedRequest = Snake<Cohere.V2EmbedRequest>;
export type WireRerankRequest = Snake<Cohere.V2RerankRequest>;
export type WireModel = Snake<Cohere.GetModelResponse>;

/** `ERROR_TOXIC` is left from the API's first version, whose SDK type (FinishReason) still names it. */
export type WireFinish = Cohere.ChatFinishReason | Extract<Cohere.FinishReason, "ERROR_TOXIC">;

/** `reasoning_tokens` and `image_tokens` stand in recorded answers of 2026 and not in the SDK's type. */
export type WireUsage = Omit<Snake<Cohere.Usage>, "tokens"> & {
  readonly tokens?: Snake<Cohere.UsageTokens> & { readonly reasoning_tokens?: number; readonly image_tokens?: number };
};

/** Citations read from this very wire go back whole, whatever they hold. */
export type WireCitation = Snake<Cohere.Citation>;

export interface WireErrorBody {
  readonly id: string;
  readonly message: string;
  /** A label of the error; some of the vendor's answers have it (`TOO_MANY_TOKENS`, recorded 2026), most do not. */
  readonly error_type?: string;
  /** What the gateway tells about itself, where the operator lets it. */
  readonly gateway?: unknown;
}
