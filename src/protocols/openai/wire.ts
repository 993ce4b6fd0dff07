/**
 * The wire, as the vendor's own SDK types describe it, so that the compiler objects when we drift. What readers get is
 * `unknown` and may hold anything; these types bind what we write. Additions of compatible vendors stand beside them.
 */
import type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionMessage,
  ChatCompletionMessageToolCall,
} from "openai/resources/chat/completions";
import type { CompletionUsage } from "openai/resources/completions";
import type { CreateEmbeddingResponse, EmbeddingCreateParams } from "openai/resources/embeddings";
import type { Model } from "openai/resources/models";
import type { JsonObject } from "../../std/json.ts";

/** Id of this protocol and of its payload. */
export const PROTOCOL = "openai";

export type WireToolCall = ChatCompletionMessageToolCall;
export type WireUsage = CompletionUsage;
export type WireModel = Model;
export type WireEmbedRequest = EmbeddingCreateParams;
export type WireEmbedResponse = CreateEmbeddingResponse;
export type WireResponse = ChatCompletion;
export type WireChoice = ChatCompletion.Choice;
export type WireFinish = ChatCompletion.Choice["finish_reason"];
export type WireChunk = ChatCompletionChunk;

/** `reasoning_content`: reasoning text, as DeepSeek first spelled it and most compatible vendors and clients now do. */
export type WireAnswer = Omit<ChatCompletionMessage, "annotations"> & {
  reasoning_content?: string;
  annotations?: readonly (WireAnnotation | JsonObject)[];
};

export type WireAnnotation = ChatCompletionMessage.Annotation;

/** The SDK types only function calls here; custom ones stream in the shape they have when whole. */
export type WireToolDelta =
  | ChatCompletionChunk.Choice.Delta.ToolCall
  | { index: number; id?: string; type?: "custom"; custom: { name?: string; input: string } };

export type WireDelta = Omit<ChatCompletionChunk.Choice.Delta, "tool_calls"> & {
  tool_calls?: WireToolDelta[];
  reasoning_content?: string;
  annotations?: readonly (WireAnnotation | JsonObject)[];
  /** `{id, data, transcript, expires_at}` in pieces; the SDK does not type it. */
  audio?: unknown;
};
