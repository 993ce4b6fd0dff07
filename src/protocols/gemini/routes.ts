/**
 * The paths of the Gemini API as clients call it: the developer API, and the cloud's with projects, locations and
 * publishers, which the official SDK calls in its enterprise mode.
 */
import type { Operation } from "../../ir/facts.ts";
import type { Route } from "../../ir/route.ts";
import { PROTOCOL } from "./wire.ts";

interface Action {
  readonly word: string;
  readonly operation: Operation;
  readonly stream: boolean;
}

const ACTIONS: readonly Action[] = [
  { word: "generateContent", operation: "chat", stream: false },
  { word: "streamGenerateContent", operation: "chat", stream: true },
  { word: "countTokens", operation: "count", stream: false },
  { word: "embedContent", operation: "embed", stream: false },
  { word: "batchEmbedContents", operation: "embed", stream: false },
];

/** Versions of the developer API; enterprise mode has the first and the last. */
const VERSIONS = ["v1", "v1beta", "v1alpha", "v1beta1"] as const;
const CLOUD_VERSIONS = ["v1", "v1beta1"] as const;

/** A model or pool, a provider and a model, or a provider, an account and a model. */
const TARGETS = [
  { path: ":target", names: ["target"] },
  { path: ":provider/:model", names: ["provider", "model"] },
  { path: ":provider/:account/:model", names: ["provider", "account", "model"] },
] as const;

function post(base: string, target: (typeof TARGETS)[number], { word, operation, stream }: Action): Route {
  return {
    protocol: PROTOCOL,
    operation,
    method: "POST",
    path: `${base}/${target.path}:${word}`,
    target: { from: "param", names: target.names },
    stream: { from: "fixed", value: stream },
  };
}

function list(path: string): Route[] {
  const stream = { from: "fixed", value: false } as const;
  const common = { protocol: PROTOCOL, operation: "models", method: "GET", stream } as const;
  return [
    { ...common, path, target: { from: "none" } },
    { ...common, path: `${path}/:id`, target: { from: "param", names: ["id"] } },
  ];
}

const [BY_NAME] = TARGETS;

export const routes: readonly Route[] = [
  ...VERSIONS.flatMap((version) =>
    TARGETS.flatMap((target) => ACTIONS.map((action) => post(`/${version}/models`, target, action))),
  ),
  ...CLOUD_VERSIONS.flatMap((version) =>
    [
      `/${version}/publishers/google/models`,
      `/${version}/projects/:project/locations/:location/publishers/google/models`,
    ].flatMap((base) => ACTIONS.map((action) => post(base, BY_NAME, action))),
  ),
  // That of version `v1` is on a path shared with others; the head tells whose client it is.
  ...VERSIONS.flatMap((version) => list(`/${version}/models`)),
];

/** Methods of the vendor by their last word: an unknown path with one of them is answered in this protocol's envelope. */
const METHOD =
  /:(generateContent|streamGenerateContent|countTokens|embedContent|batchEmbedContents|batchGenerateContent|asyncBatchEmbedContent|generateAnswer|predict|rawPredict|streamRawPredict|computeTokens)$/;

export function ownsPath(path: string): boolean {
  if (/^\/v1(beta|alpha|beta1)\/models(\/|$)/.test(path)) return true;
  // The cloud's other publishers speak protocols of their own.
  const publisher = /^\/v1(?:beta1)?\/(?:projects\/[^/]+\/locations\/[^/]+\/)?publishers\/([^/]+)\//.exec(path)?.[1];
  if (publisher !== undefined) return publisher === "google";
  if (/^\/v1(beta1)?\/(projects|publishers)\//.test(path)) return true;
  return /^\/v1\/models\//.test(path) && METHOD.test(path);
}
