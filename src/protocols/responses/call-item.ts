/** A call of an answer: of a function, with JSON text, or of a custom tool, with free text. */
import type { JsonObject } from "../../std/json.ts";
import { unwrapInput } from "../shared/free-text-tool.ts";
import type { ToolPlace } from "./namespaces.ts";
import { type EventOutlet, type OutputItem, pieceHead } from "./outlet.ts";
import type { WireCall, WireCustomCall } from "./wire.ts";

export interface CallItem extends OutputItem {
  readonly type: "call";
  say(text: string): void;
}

interface Called {
  readonly callId: string;
  readonly kind: "function" | "custom";
  /** A custom tool that the lane called as a function: its text is told when it is whole. */
  readonly wrapped: boolean;
  readonly tool: ToolPlace;
}

export function createCallItem(outlet: EventOutlet, outputIndex: number, called: Called): CallItem {
  const { kind, tool, wrapped } = called;
  const id = outlet.newId(kind === "custom" ? "ctc" : "fc");
  const call_id = called.callId === "" ? outlet.newId("call") : called.callId;
  const place = { item_id: id, output_index: outputIndex };
  const pieces: string[] = [];
  let closed = false;
  const wire = (status: WireCall["status"]): JsonObject => {
    const said = wrapped && !closed ? "" : pieces.join("");
    if (kind === "custom") {
      return { id, type: "custom_tool_call", status, call_id, ...tool, input: said } satisfies WireCustomCall;
    }
    return { id, type: "function_call", status, call_id, ...tool, arguments: said } satisfies WireCall;
  };
  const delta = kind === "custom" ? "response.custom_tool_call_input.delta" : "response.function_call_arguments.delta";
  const head = pieceHead(delta, place);
  const say = (text: string) => {
    pieces.push(text);
    outlet.piece(delta, head, text);
  };
  outlet.emit("response.output_item.added", { output_index: outputIndex, item: wire("in_progress") });
  return {
    type: "call",
    outputIndex,
    get closed() {
      return closed;
    },
    wire: () => wire(closed ? "completed" : "incomplete"),
    say(text) {
      if (wrapped) pieces.push(text);
      else say(text);
    },
    close() {
      if (closed) return;
      if (wrapped) say(unwrapInput(pieces.splice(0).join("")));
      // Clients parse the text; a call without arguments must still be an object.
      if (kind === "function" && pieces.length === 0) say("{}");
      closed = true;
      const said = pieces.join("");
      if (kind === "custom") outlet.emit("response.custom_tool_call_input.done", { ...place, input: said });
      else outlet.emit("response.function_call_arguments.done", { ...place, name: tool.name, arguments: said });
      outlet.emit("response.output_item.done", { output_index: outputIndex, item: wire("completed") });
    },
  };
}
