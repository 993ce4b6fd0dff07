/** Tool definitions and the choice among them. */
import { type Extras, type IrTool, type IrToolChoice, NO_EXTRAS, NO_SPELLING } from "../../ir/request.ts";
import { asArray, asObject, asText, type JsonObject } from "../../std/json.ts";
import {
  extrasOf,
  isAnything,
  isEmpty,
  isText,
  isTextList,
  needList,
  needObject,
  needText,
  type Shape,
  spelled,
  spelledObject,
} from "./members.ts";
import { readJsonSchema, readSchema } from "./schema-reader.ts";
import { type ChoiceMode, PROTOCOL } from "./wire.ts";

/** One entry may hold function declarations and the vendor's own tools at once; each becomes a tool of its own. */
export function readTools(tools: unknown): IrTool[] {
  const list = asObject(tools) === undefined ? needList(tools, "tools") : [tools];
  return list.flatMap((value, index) => {
    const tool = needObject(value, `tools[${index}]`);
    return Object.keys(tool).flatMap((name): IrTool[] => {
      const member = tool[name];
      if (member === undefined || member === null) return [];
      if (name !== "functionDeclarations") {
        return [{ type: "opaque", sourceProtocol: PROTOCOL, name, value: { [name]: member } }];
      }
      const path = `tools[${index}].functionDeclarations`;
      return needList(member, path).map((each, place) => readFunction(each, `${path}[${place}]`));
    });
  });
}

const FUNCTION_SHAPE: Shape = {
  name: isText,
  description: isText,
  parameters: isAnything,
  parametersJsonSchema: isAnything,
};

function readFunction(value: unknown, path: string): IrTool {
  const declared = needObject(value, path);
  const json = declared["parametersJsonSchema"] ?? null;
  return {
    type: "function",
    name: needText(declared, "name", path),
    description: asText(declared["description"]) ?? null,
    parameters: json === null ? readSchema(declared["parameters"] ?? null) : readJsonSchema(json),
    strict: null,
    cache: null,
    extras: extrasOf(declared, FUNCTION_SHAPE),
    spelling: NO_SPELLING,
  };
}

interface ReadChoice {
  readonly toolChoice: IrToolChoice | null;
  /** What is left of `toolConfig`, under its name. */
  readonly extras: Extras;
}

export function readToolChoice(value: unknown): ReadChoice {
  if (value === undefined || value === null) return { toolChoice: null, extras: NO_EXTRAS };
  const config = needObject(value, "toolConfig");
  const { functionCallingConfig, ...others } = config;
  const calling = spelledObject(functionCallingConfig);
  const left = { ...extrasOf(others, {}), ...leftOf(calling) };
  return {
    toolChoice: calling === undefined ? null : readMode(calling),
    extras: isEmpty(left) ? NO_EXTRAS : { toolConfig: left },
  };
}

const CALLING_SHAPE: Shape = { mode: isText, allowedFunctionNames: isTextList };

function leftOf(calling: JsonObject | undefined): JsonObject {
  if (calling === undefined) return {};
  const left = extrasOf(calling, CALLING_SHAPE);
  return isEmpty(left) ? {} : { functionCallingConfig: left };
}

/** Null: nothing was said. Some clients write the words in small letters, which the vendor takes. */
function readMode(calling: JsonObject): IrToolChoice | null {
  const word = (asText(calling["mode"]) ?? "").toUpperCase();
  const names = (asArray(calling["allowedFunctionNames"]) ?? []).flatMap((each) => asText(each) ?? []);
  const read = Object.hasOwn(MODES, word) ? MODES[toMode(word)] : null;
  if (read !== null) return read(names);
  return word === "" ? null : { kind: "opaque", sourceProtocol: PROTOCOL, value: spelled(calling) };
}

function toMode(word: string): ChoiceMode {
  return MODE_WORDS.find((each) => each === word) ?? "MODE_UNSPECIFIED";
}

// Closed over the SDK's enum.
const MODES = {
  MODE_UNSPECIFIED: () => null,
  AUTO: () => ({ kind: "auto" }),
  NONE: () => ({ kind: "none" }),
  ANY: (names) => {
    const [only, ...more] = names;
    if (only === undefined) return { kind: "required" };
    return more.length === 0 ? { kind: "tool", name: only } : { kind: "allowed", mode: "required", names };
  },
  // Free to call or to talk, but every call is held to its schema.
  VALIDATED: (names) => {
    if (names.length > 0) return { kind: "allowed", mode: "auto", names };
    return { kind: "opaque", sourceProtocol: PROTOCOL, value: { mode: "VALIDATED" } };
  },
} as const satisfies Record<ChoiceMode, (names: readonly string[]) => IrToolChoice | null>;

const MODE_WORDS: readonly ChoiceMode[] = ["MODE_UNSPECIFIED", "AUTO", "NONE", "ANY", "VALIDATED"];
