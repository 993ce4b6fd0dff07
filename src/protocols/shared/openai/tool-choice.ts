/** The choice among tools in both of OpenAI's protocols, which differ in how they name a tool and a choice of some. */
import type { IrRequest, IrToolChoice } from "../../../ir/request.ts";
import { asArray, asObject, asText, type JsonObject } from "../../../std/json.ts";
import { unreachable } from "../../../std/unreachable.ts";
import { WireError } from "../../../std/wire-error.ts";
import { withoutUndefined } from "../members.ts";
import type { WriteContext } from "../write-context.ts";

export interface ReadChoiceFormat {
  readonly protocol: string;
  /** Words beside `auto`, `none` and `required`. */
  readonly words?: ReadonlyMap<string, IrToolChoice>;
  /** Undefined: it names no tool. */
  nameOf(choice: JsonObject): string | undefined;
}

export function readToolChoice(value: unknown, format: ReadChoiceFormat): IrToolChoice | null {
  if (value === undefined || value === null) return null;
  const opaque: IrToolChoice = { kind: "opaque", sourceProtocol: format.protocol, value };
  const word = asText(value);
  if (word !== undefined) return WORDS.get(word) ?? format.words?.get(word) ?? opaque;
  const choice = asObject(value);
  if (choice === undefined) throw new WireError("tool_choice must be a string or an object.");
  if (choice["type"] === "allowed_tools") return readAllowed(choice, format) ?? opaque;
  const name = format.nameOf(choice);
  return name === undefined ? opaque : { kind: "tool", name };
}

/** Nested in Chat Completions, flat in Responses; some clients mix the two. */
function readAllowed(choice: JsonObject, format: ReadChoiceFormat): IrToolChoice | undefined {
  const allowed = asObject(choice["allowed_tools"]) ?? choice;
  const mode = allowed["mode"];
  if (mode !== "auto" && mode !== "required") return undefined;
  const names: string[] = [];
  for (const tool of asArray(allowed["tools"]) ?? []) {
    const name = format.nameOf(asObject(tool) ?? {});
    if (name === undefined) return undefined;
    names.push(name);
  }
  return { kind: "allowed", mode, names };
}

const WORDS: ReadonlyMap<string, IrToolChoice> = new Map([
  ["auto", { kind: "auto" }],
  ["none", { kind: "none" }],
  ["required", { kind: "required" }],
]);

interface WrittenTools {
  readonly tools: readonly JsonObject[];
  /** Tools that have a name, as the client knows them. */
  readonly kinds: ReadonlyMap<string, "function" | "custom">;
}

export interface WriteChoiceFormat {
  named(name: string): JsonObject;
  some(mode: "auto" | "required", tools: readonly JsonObject[]): JsonObject;
}

/** Members `tools`, `tool_choice` and `parallel_tool_calls`, those that are to be written. */
export function writeToolMembers(
  { toolChoice, parallelToolCalls }: IrRequest,
  written: WrittenTools,
  format: WriteChoiceFormat,
  context: WriteContext,
): JsonObject {
  const hasTools = written.tools.length > 0;
  return withoutUndefined({
    tools: hasTools ? written.tools : undefined,
    tool_choice: toolChoice === null ? undefined : writeChoice(toolChoice, written, format, context),
    // The vendor refuses both members without tools.
    parallel_tool_calls: hasTools || context.native ? (parallelToolCalls ?? undefined) : undefined,
  });
}

/** A choice never points at a tool that could not be written. Undefined: no member. */
function writeChoice(
  choice: IrToolChoice,
  { tools, kinds }: WrittenTools,
  format: WriteChoiceFormat,
  { protocol, native, losses }: WriteContext,
): unknown {
  if (choice.kind === "opaque") {
    if (choice.sourceProtocol === protocol) return choice.value;
    losses.drop("tool_choice", "exists only in its own protocol");
    return undefined;
  }
  if (tools.length === 0 && !native) {
    if (choice.kind !== "none" && choice.kind !== "auto") {
      losses.drop("tool_choice", "no tool is left to choose");
    }
    return undefined;
  }
  switch (choice.kind) {
    case "auto":
    case "none":
    case "required":
      return choice.kind;
    case "tool":
      if (kinds.has(choice.name) || native) return format.named(choice.name);
      losses.approximate("tool_choice", "the tool is not among those written; the model chooses");
      return "auto";
    case "allowed": {
      const known = choice.names.filter((name) => kinds.has(name) || native);
      if (known.length < choice.names.length) {
        losses.approximate("tool_choice", "some tools are not among those written");
      }
      return known.length === 0 ? "none" : format.some(choice.mode, known.map(format.named));
    }
    default:
      return unreachable(choice);
  }
}
