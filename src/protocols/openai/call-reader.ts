/**
 * Tool calls of one choice of a stream, told apart by whatever the vendor numbers them with. A call starts when its id
 * and name are known; arguments that come earlier wait.
 */
import { asNumber, asObject, at, type JsonObject } from "../../std/json.ts";
import { argumentsText } from "../shared/arguments.ts";
import { nonEmpty } from "../shared/members.ts";
import { shortHash } from "../shared/names/tools.ts";
import type { ChoiceOutlet } from "./choice-outlet.ts";
import { restoreName } from "./names.ts";

interface CallReader {
  /** One entry of `tool_calls`. */
  push(value: JsonObject): void;
  /** The older `function_call`, of which there is only one. */
  pushLegacy(value: JsonObject): void;
  /** Starts what is known by now and ends every call. */
  close(): void;
  /** True when some call has started. */
  any(): boolean;
}

/** Calls open at a time in one choice; agents ask for some ten, the vendor's own limit is 128. */
const CALLS_MAX = 128;

/** Arguments held back while a call has no id or name yet. Vendors name it within a chunk or two. */
const HELD_CHARS_MAX = 1024 * 1024;

interface StreamedCall {
  /** null: not started, because its id or name has not come. */
  block: number | null;
  id: string | null;
  name: string | null;
  kind: "function" | "custom";
  held: string;
}

export function createCallReader(outlet: ChoiceOutlet): CallReader {
  const calls: StreamedCall[] = []; // in order of appearance
  const byKey = new Map<string, StreamedCall>(); // the call a key now means
  let lastKey = "";

  /** Another id with a name under a key in use is another call: some vendors number every call 0. */
  const find = (key: string, id: string | null, name: string | null): StreamedCall | null => {
    const known = byKey.get(key);
    if (known !== undefined && (id === null || known.id === null || known.id === id || name === null)) return known;
    if (calls.length >= CALLS_MAX) return null;
    const call: StreamedCall = { block: null, id: null, name: null, kind: "function", held: "" };
    calls.push(call);
    byKey.set(key, call);
    lastKey = key;
    return call;
  };
  const pushTo = (key: string, value: JsonObject) => {
    const custom = asObject(value["custom"]);
    const called = custom ?? asObject(value["function"]) ?? {};
    const id = nonEmpty(value["id"]);
    const name = nonEmpty(called["name"]);
    const call = find(key, id, name);
    if (call === null) return outlet.lose("tool_calls", `more than ${CALLS_MAX} calls`);
    call.id ??= id;
    call.name ??= name;
    if (custom !== undefined || value["type"] === "custom") call.kind = "custom";
    pushArguments(outlet, call, argumentsText(custom === undefined ? called["arguments"] : custom["input"]));
  };
  const keyOf = (value: JsonObject): string => {
    const index = asNumber(value["index"]);
    if (index !== undefined) return `index ${index}`;
    const id = nonEmpty(value["id"]);
    if (id !== null) return `id ${id}`;
    // Neither: a name starts a call, a piece without one goes on with the last.
    const isNew = nonEmpty(at(value, "function", "name")) !== null || calls.length === 0;
    return isNew ? `place ${calls.length}` : lastKey;
  };

  return {
    push: (value) => pushTo(keyOf(value), value),
    pushLegacy: (value) => pushTo("legacy", { function: value, id: `call_${shortHash(outlet.seed)}` }),
    close() {
      for (const [place, call] of calls.entries()) {
        call.id ??= `call_${shortHash(`${outlet.seed} ${place}`)}`;
        startWhenNamed(outlet, call);
        if (call.block === null) outlet.lose("tool_calls", "a call without a name");
        else outlet.emit({ type: "block-end", block: call.block });
      }
    },
    any: () => calls.some(({ block }) => block !== null),
  };
}

function pushArguments(outlet: ChoiceOutlet, call: StreamedCall, text: string): void {
  if (call.block === null) {
    if (call.held.length + text.length <= HELD_CHARS_MAX) call.held += text;
    else outlet.lose("tool_calls", "arguments of a call that has no name");
    startWhenNamed(outlet, call);
  } else if (text !== "") outlet.emit({ type: "arguments-delta", block: call.block, text });
}

function startWhenNamed(outlet: ChoiceOutlet, call: StreamedCall): void {
  const { id, name, kind, held } = call;
  if (call.block !== null || id === null || name === null) return;
  outlet.closeText();
  call.block = outlet.startBlock({ type: "tool-call", id, name: restoreName(name), kind });
  call.held = "";
  if (held !== "") outlet.emit({ type: "arguments-delta", block: call.block, text: held });
}
