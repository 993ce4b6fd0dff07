/**
 * Paths of the vendor's API that are served here, each below `/v1` and, for clients of Azure, below `/openai/v1` and
 * `/openai/deployments/<name>` (whose `api-version` says nothing to us).
 */
import type { Operation } from "../../ir/facts.ts";
import type { Route } from "../../ir/route.ts";
import { PROTOCOL } from "./wire.ts";

/** The end of each path, after its prefix, and what is asked there. */
const ENDS = {
  "/chat/completions": "chat",
  "/completions": "complete",
  "/embeddings": "embed",
  "/moderations": "moderate",
  "/images/generations": "image",
  "/images/edits": "image",
  "/images/variations": "image",
  "/audio/speech": "audio",
  "/audio/transcriptions": "audio",
  "/audio/translations": "audio",
} as const satisfies Record<string, Operation>;

type End = keyof typeof ENDS;

export const CHAT_END = "/chat/completions" satisfies End;
const MODELS_END = "/models";
export const VERSION = "/v1";
const PREFIXES = [VERSION, "/openai/v1"] as const;
const DEPLOYMENT = "/openai/deployments/:target";
const DEPLOYMENT_PATH = /^\/openai\/deployments\/[^/]+(\/.+)$/;

/** What the vendor takes where the body names no model (its OpenAPI document and openai 6.49.0, read 2026-11). */
const ABSENT: Partial<Readonly<Record<End, string>>> = {
  "/moderations": "omni-moderation-latest",
  "/images/generations": "dall-e-2",
  "/images/edits": "dall-e-2",
  "/images/variations": "dall-e-2",
};

/** The others answer in one piece, or choose by other means, and the answer shows it. */
const STREAMED: ReadonlySet<End> = new Set<End>([
  "/chat/completions",
  "/completions",
  "/images/generations",
  "/images/edits",
  "/audio/transcriptions",
]);

function routeOf(end: End, path: string, target: Route["target"]): Route {
  const stream: Route["stream"] = STREAMED.has(end) ? { from: "body", member: "stream" } : NOT_STREAMED;
  return { protocol: PROTOCOL, operation: ENDS[end], method: "POST", path, target, stream };
}

const NOT_STREAMED = { from: "fixed", value: false } as const;

function isEnd(end: string): end is End {
  return Object.hasOwn(ENDS, end);
}

const ALL_ENDS: readonly End[] = Object.keys(ENDS).filter(isEnd);

function byBody(end: End): Route["target"] {
  const absent = ABSENT[end];
  return { from: "body", member: "model", ...(absent === undefined ? {} : { absent }) };
}

function listing(prefix: string): readonly Route[] {
  const common = { protocol: PROTOCOL, operation: "models", method: "GET", stream: NOT_STREAMED } as const;
  return [
    { ...common, path: `${prefix}${MODELS_END}`, target: { from: "none" } },
    { ...common, path: `${prefix}${MODELS_END}/:id`, target: { from: "param", names: ["id"] } },
  ];
}

export const routes: readonly Route[] = [
  ...PREFIXES.flatMap((prefix) => ALL_ENDS.map((end) => routeOf(end, `${prefix}${end}`, byBody(end)))),
  ...ALL_ENDS.map((end) => routeOf(end, `${DEPLOYMENT}${end}`, { from: "param", names: ["target"] })),
  ...PREFIXES.flatMap(listing),
];

/** The part of a path of ours that names the operation; null: it is none of ours. */
export function endOf(path: string): string | null {
  const deployed = DEPLOYMENT_PATH.exec(path)?.[1];
  const ends = [
    deployed,
    ...PREFIXES.map((prefix) => (path.startsWith(prefix) ? path.slice(prefix.length) : undefined)),
  ];
  return ends.find((end): end is string => end !== undefined && isEnd(end)) ?? null;
}

/** A colon in the last segment is Gemini's way to name an operation. */
export function ownsPath(path: string): boolean {
  if (endOf(path) !== null) return true;
  const below = PREFIXES.map((prefix) => `${prefix}${MODELS_END}`).find((each) => path.startsWith(each));
  if (below === undefined) return false;
  return path === below || (path.startsWith(`${below}/`) && !GEMINI_OPERATION.test(path));
}

const GEMINI_OPERATION = /:(generate|streamGenerate|embed|batchEmbed)Contents?$|:(countTokens|generateAnswer)$/;
