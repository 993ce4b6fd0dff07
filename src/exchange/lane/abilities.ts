/**
 * What a request uses of a model beside what it reads and writes: read from the conversation, old turns included, and only where
 * a lane says of itself what it can do.
 */
import { ABILITIES, type Ability, unknownCapabilities } from "../../ir/capability.ts";
import type { Lane } from "../../ir/deployment.ts";
import type { IrRequest } from "../../ir/request.ts";
import type { ClientCall } from "../request/call.ts";
import type { ParsedRequest } from "../request/facts.ts";

/** For a refusal: all that stands against the lane beside what it is known to lack of the request's needs. */
export function alsoLacks(call: Pick<ClientCall, "request" | "ir">, lane: Lane): readonly string[] {
  const abilities = missingAbilities(call, lane).map((ability) => ability.replaceAll("_", " "));
  if (lane.unknown !== "deny") return abilities;
  return [...unknownCapabilities(call.request.facts.needs, lane.capabilities), ...abilities];
}

const USED = new WeakMap<ParsedRequest, ReadonlySet<Ability>>();

/** What the lane is known not to do, or not known to do where that counts as a "no". In the words of the configuration. */
export function missingAbilities(
  call: Pick<ClientCall, "request" | "ir">,
  { capabilities: { abilities }, unknown }: Pick<Lane, "capabilities" | "unknown">,
): readonly Ability[] {
  if (abilities === undefined && unknown !== "deny") return NONE;
  const used = usedBy(call);
  const isMissing = (ability: Ability): boolean =>
    unknown === "deny" ? abilities?.[ability] !== true : abilities?.[ability] === false;
  return ABILITIES.filter((ability) => used.has(ability) && isMissing(ability));
}

function usedBy({ request, ir }: Pick<ClientCall, "request" | "ir">): ReadonlySet<Ability> {
  const known = USED.get(request);
  if (known !== undefined) return known;
  const { facts } = request;
  const read = facts.operation === "chat" ? ir() : null;
  const used = new Set(read?.ok === true ? inConversation(read.value.value) : NONE);
  if (facts.operation === "chat" && facts.stream) {
    used.add("streaming");
    if (facts.needs.tools) used.add("streaming_tools");
  }
  USED.set(request, used);
  return used;
}

function inConversation({ toolChoice, parallelToolCalls, outputFormat, instructions, turns }: IrRequest): Ability[] {
  const used: Ability[] = [];
  const isForced = toolChoice?.kind === "required" || toolChoice?.kind === "tool";
  if (isForced || (toolChoice?.kind === "allowed" && toolChoice.mode === "required")) used.push("forced_tool_choice");
  if (parallelToolCalls === true) used.push("parallel_tools");
  if (outputFormat?.kind === "json") used.push("json_mode");
  if (turns.at(-1)?.role === "assistant") used.push("prefill");
  if (instructions.length > 0 || turns.some(({ role }) => role === "system" || role === "developer"))
    used.push("system_role");
  return used;
}

const NONE: readonly never[] = [];
