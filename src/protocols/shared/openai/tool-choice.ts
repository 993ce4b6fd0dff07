/** The choice among tools in both of OpenAI's dialects, which differ in how they name a tool and a choice of some. */
import type { IrToolChoice } from "../../../ir/request.ts";
import type { JsonObject } from "../../../std/json.ts";
import { unreachable } from "../../../std/unreachable.ts";
import type { Losses } from "../losses.ts";

export interface ChoiceDialect {
  /** Id of the protocol: a choice only it knows goes back to it. */
  readonly sourceProtocol: string;
  /** The request was read from it: what its client wrote goes back, and the vendor judges it. */
  readonly native: boolean;
  readonly losses: Losses;
  /** Some tool could be written. */
  readonly hasTools: boolean;
  /** A tool of this name could be written. */
  has(name: string): boolean;
  named(name: string): JsonObject;
  some(mode: "auto" | "required", tools: readonly JsonObject[]): JsonObject;
}

/** A choice never points at a tool that could not be written. Undefined: no member. */
export function writeToolChoice(choice: IrToolChoice, dialect: ChoiceDialect): unknown {
  const { native, losses } = dialect;
  if (choice.kind === "opaque") {
    if (choice.sourceProtocol === dialect.sourceProtocol) return choice.value;
    losses.drop("tool_choice", "exists only in its own protocol");
    return undefined;
  }
  if (!dialect.hasTools && !native) {
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
      if (dialect.has(choice.name) || native) return dialect.named(choice.name);
      losses.approximate("tool_choice", "the tool is not among those written; the model chooses");
      return "auto";
    case "allowed": {
      const known = choice.names.filter((name) => dialect.has(name) || native);
      if (known.length < choice.names.length) {
        losses.approximate("tool_choice", "some tools are not among those written");
      }
      return known.length === 0 ? "none" : dialect.some(choice.mode, known.map(dialect.named));
    }
    default:
      return unreachable(choice);
  }
}
