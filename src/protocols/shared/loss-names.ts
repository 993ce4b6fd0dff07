/** A loss of a request in the words of the protocol its client speaks: writers tell all of them in one vocabulary. */
import type { IrRequest } from "../../ir/request.ts";

export interface LossNames {
  /** The place of a turn and of an instruction; `#` is its index. */
  readonly turn: string;
  readonly instruction: string;
  readonly tool: string;
  /** The list of blocks of a turn. */
  readonly blocks: string;
  /** Instructions are counted among the turns. */
  readonly countsInstructions: boolean;
  /** Options, and members of blocks, that are called otherwise. */
  readonly words: Readonly<Record<string, string>>;
}

/** `field`: as writers call it, or a member that only the client's protocol has, which stays. */
export function clientField(
  field: string,
  names: LossNames,
  { instructions }: Pick<IrRequest, "instructions">,
): string {
  const known = own(names.words, field);
  if (known !== undefined) return known;
  const [, list = "", index = "", rest = ""] = LISTED.exec(field) ?? [];
  if (list === "") return field;
  const offset = list === "messages" && names.countsInstructions ? instructions.length : 0;
  const kind = own(PLACES, list);
  const place = kind === undefined ? list : names[kind];
  const at = place.replace("#", index === "" ? "" : String(Number(index) + offset));
  return at + memberNames(rest, names);
}

const LISTED = /^(messages|system|tools)\[(\d*)\](.*)$/;
const PLACES: Readonly<Record<string, "turn" | "instruction" | "tool">> = {
  messages: "turn",
  system: "instruction",
  tools: "tool",
};

function memberNames(rest: string, { blocks, words }: LossNames): string {
  return rest.replaceAll(/\.(\w+)/g, (_, member: string) => {
    if (member === "content") return `.${blocks}`;
    return `.${own(words, `.${member}`) ?? member}`;
  });
}

/** A client may call a member `__proto__` or `constructor`. */
function own<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
