/**
 * What a client's own bytes may hold that another server of the same protocol refuses: a role, a kind of tool, or reasoning
 * of earlier turns. The bytes are searched first, so that a request without them pays for a search alone.
 */
import { approximated, type Loss } from "../../ir/loss.ts";
import type { IrRequest } from "../../ir/request.ts";
import type { Payload } from "../../protocols/protocol.ts";
import { holdsOtherIds } from "../../protocols/shared/call-ids.ts";
import { holdsFreeText } from "../../protocols/shared/fit-request.ts";
import { indexOfBytes } from "../../std/bytes.ts";
import type { LaneContext } from "./attempt-context.ts";
import { modeOf } from "./mode.ts";

type AskedLane = Pick<LaneContext, "call" | "lane" | "egress">;

/** `compacts`: the server compacts conversations, as far as is known. */
type AnsweringLane = AskedLane & { readonly compacts: boolean };

/**
 * Whether the lane's answer is the client's as it stands. A lane that knows no tools with free text calls them as
 * functions, and one that compacts nothing answers with a summary: another form than the client asked for.
 */
export function answersAsAsked(asked: AnsweringLane): boolean {
  const { call, lane, egress } = asked;
  const { operation } = call.request.facts;
  if (modeOf(operation, call.ingress, egress) === "translate") return false;
  if (operation !== "chat") return true;
  if (!asked.compacts && asksCompaction(asked)) return false;
  return lane.dialect.customTools || !holds(asked, "customTools", holdsFreeText);
}

/** By its path, or by the last item of its conversation. */
export function asksCompaction(asked: Pick<LaneContext, "call" | "egress">): boolean {
  if (asked.call.request.facts.compacts === true) return true;
  return holds(asked, "compaction", ({ compacts }) => compacts !== undefined);
}

/** What is told of a relayed request that this lane's server takes only written anew; empty: it goes as it is. */
export function foreignParts(asked: AskedLane): readonly Loss[] {
  const { developerRole, reasoningBack, callIdChars } = asked.lane.dialect;
  const losses: Loss[] = [];
  if (!developerRole && holds(asked, "developerRole", holdsDeveloper)) losses.push(ROLE_REWRITTEN);
  if (reasoningBack === "refused" && holds(asked, "reasoning", holdsReasoning)) losses.push(REASONING_REFUSED);
  if (callIdChars !== null && holds(asked, "calls", (request) => holdsOtherIds(request, callIdChars)))
    losses.push(IDS_FITTED);
  return losses;
}

const ROLE_REWRITTEN = approximated("role", "the developer's instructions are written as the system's");
const REASONING_REFUSED = approximated(
  "messages",
  "written anew, for a vendor that refuses reasoning of earlier turns",
);

const IDS_FITTED = approximated("messages", "written anew, for a vendor that takes ids of calls in one length");

function holdsDeveloper({ instructions, turns }: IrRequest): boolean {
  return [...instructions, ...turns].some(({ role }) => role === "developer");
}

/** As text, which its client may have from any vendor. What is sealed goes by who sealed it. */
function holdsReasoning({ turns }: IrRequest): boolean {
  return turns.some(({ blocks }) =>
    blocks.some((block) => block.type === "reasoning" && block.text !== "" && block.encrypted === null),
  );
}

/** A body that cannot be read is the vendor's to judge. */
function holds(
  { call, egress }: Pick<LaneContext, "call" | "egress">,
  what: keyof NonNullable<Payload["dialectMarks"]>,
  inRequest: (request: IrRequest) => boolean,
): boolean {
  const marks = egress.payload.dialectMarks;
  const mark = marks?.[what];
  if (mark === undefined || indexOfBytes(call.request.bytes, mark) === -1) return false;
  const read = call.ir();
  return read.ok && inRequest(read.value.value);
}
