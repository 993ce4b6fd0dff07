/**
 * Why something may be lost: the feature it belongs to, by the member a loss names, and what the table of the protocol
 * that had to carry it says about that feature. A loss that no table explains is a defect, and so is a silent change.
 */
import type { Loss } from "../../src/ir/loss.ts";
import { hasEvidence, shownByRequest, shownByResponse } from "./evidence.ts";
import { FEATURES, type FeatureId } from "./features/feature.ts";
import { featuresOfProtocol } from "./features/index.ts";
import { textOf } from "./meaning.ts";
import { OWN_REQUESTS } from "./own-requests.ts";
import { type Came, type Change, DEFAULT_LIMIT, type Kind, lineOfChange, type Pair } from "./translate.ts";

const IDS = Object.keys(FEATURES).filter((name): name is FeatureId => Object.hasOwn(FEATURES, name));

/** Places in a list are not what a feature is about. */
export function withoutPlaces(field: string): string {
  return field.replaceAll(/\[\d+\]/g, "[]");
}

/** Features a loss of this field may belong to, in the words all writers share or those of either side. */
export function featuresOf(field: string, pair: Pair): FeatureId[] {
  const place = withoutPlaces(field);
  return IDS.filter((id) =>
    [
      ...(SHARED_WORDS[id] ?? []),
      ...featuresOfProtocol(pair.client.id)[id].members,
      ...featuresOfProtocol(pair.lane.id)[id].members,
    ].some((member) => covers(member, place)),
  );
}

function covers(member: string, place: string): boolean {
  if (!member.startsWith("*.")) return member === place;
  const tail = member.slice(2);
  return place === tail || place.endsWith(`.${tail}`);
}

/** The features whose table explains the loss, of those that the case shows at all; empty: nothing does. */
export function explanations(kind: Kind, pair: Pair, name: string, { field, came }: LossOfCase): FeatureId[] {
  // Whoever had to carry it: the lane what was asked, the client what was answered.
  const carrier = kind === "requests" ? pair.lane : pair.client;
  const found = featuresOf(field, pair).filter(
    (id) => featuresOfProtocol(carrier.id)[id].carried !== "yes" && isShown(id, came),
  );
  return found.length > 0 || !Object.hasOwn(OWN_REQUESTS, name) ? found : ["own-members"];
}

interface LossOfCase extends Pick<Loss, "field"> {
  readonly came: Came;
}

function isShown(id: FeatureId, { request, response }: Came): boolean {
  if (request !== null) return !hasEvidence(id, "request") || shownByRequest(id, request.sent) !== null;
  // An answer loses what it lacks too: a count nobody told, a reason nobody gave.
  if (response === null || id === "usage" || id === "finish" || !hasEvidence(id, "response")) return true;
  return shownByResponse(id, response.sent) !== null;
}

/** Changes that no loss tells of, each as a line. */
export function silentChanges(pair: Pair, name: string, came: Came): string[] {
  const told = new Set(came.losses.flatMap((loss) => featuresOf(loss.field, pair)));
  return came.changes
    .filter((change) => !isNoLoss(pair, change))
    .filter((change) => !(CHANGES_BY[change.what] ?? []).some((id) => told.has(id)))
    .filter(() => !(Object.hasOwn(OWN_REQUESTS, name) && came.losses.length > 0))
    .map((change) => lineOfChange(change));
}

const unshown = (reasoning: string): string => reasoning.replace(/"display":"(?:auto|summarized)",?/, "");

/**
 * Changes that lose nothing: what the lane's protocol demands or never says is filled in with the lane's own, what the
 * client's protocol never says goes untold, and a model that thinks only when it is told to is told nothing.
 */
function isNoLoss({ client, lane }: Pair, { what, before, after }: Change): boolean {
  // The default, or what it takes to think beside it.
  if (what === "maxOutputTokens") return before === undefined && Number(after) >= DEFAULT_LIMIT;
  if (what === "model") return before === undefined || (NAMELESS.has(client.id) && after === undefined);
  // "Think" without a budget is "as the model likes" where nothing else says it.
  if (what === "reasoning" && textOf(before) === '{"mode":"enabled"}' && textOf(after) === '{"mode":"adaptive"}')
    return true;
  // Shown as the lane's vendor likes is how it shows it.
  if (what === "reasoning" && textOf(before).includes('"display":"auto"'))
    return unshown(textOf(before)) === unshown(textOf(after));
  if (what === "reasoning" && after === undefined) {
    const said = textOf(before);
    return said === '{"mode":"adaptive"}' || (said === '{"mode":"disabled"}' && THINKS_WHEN_TOLD.has(lane.id));
  }
  if (what === "conversation" && after !== undefined && NAMES_DOCUMENTS.has(lane.id))
    return textOf(before) === textOf(after).replaceAll(/"title":"Document \d+"/g, '"title":null');
  const neverSaysWhich = featuresOfProtocol(client.id)["stop-met"].carried === "no";
  return neverSaysWhich && (what === "stopSequences" || (what === "finishes" && saysStopSequence(before)));
}

/** Their answers name no model: what answered stands in the gateway's own headers. */
const NAMELESS: ReadonlySet<string> = new Set(["bedrock"]);

/** A document without a name is refused there, so that it is given one. */
const NAMES_DOCUMENTS: ReadonlySet<string> = new Set(["bedrock"]);

const THINKS_WHEN_TOLD: ReadonlySet<string> = new Set(["anthropic", "bedrock"]);

function saysStopSequence(finishes: unknown): boolean {
  return JSON.stringify(finishes)?.includes('"stop-sequence"') === true;
}

/** Members by the names that all request writers share, whatever the two protocols: those of Chat Completions for the most part. */
const SHARED_WORDS: Readonly<Partial<Record<FeatureId, readonly string[]>>> = {
  system: ["system[]", "system[].content[]"],
  "system-between": ["messages[]", "messages[].content[]"],
  images: ["messages[].content[]"],
  "image-detail": ["messages[].content[].detail"],
  "images-in-results": ["messages[].content[]", "messages[].content[].content[]"],
  documents: ["messages[].content[]", "messages[].content[].title"],
  "documents-by-address": ["messages[].content[]", "messages[].content[].title"],
  "documents-as-text": ["messages[].content[]", "messages[].content[].title", "messages[].content[].context"],
  audio: ["messages[].content[]"],
  video: ["messages[].content[]"],
  tools: ["tools", "tools[]", "messages[].content[].arguments"],
  "tool-schema": ["tools[].parameters"],
  "tool-strict": ["tools[].strict"],
  "free-text-tools": ["tools[]", "tools[].format"],
  "server-tools": ["tools[]", "messages[].content[]"],
  "tool-choice": ["tool_choice"],
  "tool-choice-subset": ["tool_choice"],
  "parallel-calls": ["parallel_tool_calls"],
  "tool-ids": ["messages[].content[].id"],
  "tool-errors": ["messages[].content[].is_error"],
  "tool-results-json": ["messages[].content[]", "messages[].content[].content[]"],
  "reasoning-effort": ["reasoning", "reasoning_effort", "reasoning.max_tokens"],
  "reasoning-budget": ["reasoning", "reasoning_effort", "reasoning.max_tokens"],
  "reasoning-text": ["messages[].content[]", "reasoning.display", "reasoning.summary"],
  "reasoning-signatures": ["messages[].content[]", "messages[].content[].signature"],
  citations: ["messages[].content[].citations"],
  refusals: ["messages[].content[]"],
  "json-schema": ["response_format", "response_format.schema", "response_format.description"],
  "json-mode": ["response_format"],
  "output-limit": ["max_tokens"],
  temperature: ["temperature"],
  "top-p": ["top_p"],
  "top-k": ["top_k"],
  seed: ["seed"],
  penalties: ["presence_penalty", "frequency_penalty"],
  logprobs: ["logprobs"],
  choices: ["n"],
  stop: ["stop"],
  "cache-marks": ["*.cache_control"],
  user: ["user"],
  metadata: ["metadata"],
  names: ["messages[].name"],
  "service-tier": ["service_tier"],
};

/** What of the meaning (see meaning.ts) which features may change. */
const CHANGES_BY: Readonly<Record<string, readonly FeatureId[]>> = {
  instructions: ["system", "system-between", "json-mode", "json-schema"],
  conversation: [
    "system-between",
    "images",
    "image-detail",
    "images-in-results",
    "documents",
    "documents-by-address",
    "documents-as-text",
    "audio",
    "video",
    "tools",
    "free-text-tools",
    "server-tools",
    "tool-ids",
    "tool-errors",
    "tool-results-json",
    "reasoning-text",
    "reasoning-signatures",
    "citations",
    "refusals",
  ],
  speakers: ["names"],
  tools: [
    "tools",
    "tool-schema",
    "tool-strict",
    "free-text-tools",
    "server-tools",
    "tool-choice-subset",
    "json-schema",
  ],
  toolChoice: [
    "tool-choice",
    "tool-choice-subset",
    "server-tools",
    "reasoning-budget",
    "reasoning-effort",
    "json-schema",
  ],
  parallelToolCalls: ["parallel-calls", "tool-choice"],
  maxOutputTokens: ["output-limit", "reasoning-budget", "reasoning-effort"],
  temperature: ["temperature", "reasoning-budget", "reasoning-effort"],
  topP: ["top-p"],
  topK: ["top-k"],
  seed: ["seed"],
  presencePenalty: ["penalties"],
  frequencyPenalty: ["penalties"],
  stop: ["stop"],
  reasoning: ["reasoning-effort", "reasoning-budget", "reasoning-text"],
  outputFormat: ["json-schema", "json-mode"],
  choices: ["choices"],
  logprobs: ["logprobs"],
  user: ["user"],
  metadata: ["metadata", "user"],
  serviceTier: ["service-tier"],
  cacheMarks: ["cache-marks"],
  content: [
    "tools",
    "tool-ids",
    "reasoning-text",
    "reasoning-signatures",
    "citations",
    "refusals",
    "choices",
    "server-tools",
  ],
  finishes: ["finish", "stop-met", "choices"],
  stopSequences: ["stop-met", "finish"],
  inputTokens: ["usage"],
  cacheReadTokens: ["usage"],
  outputTokens: ["usage"],
  reasoningTokens: ["usage"],
  model: ["own-members"],
};
