/**
 * A whole answer that is too large to be held: its bytes pass, and what stands at its top level beside the large part is
 * read, so that it is known for the vendor's JSON, and what it cost.
 */
import { type Failure, failed, ok, type Result } from "../../ir/failure.ts";
import type { JsonObject } from "../../std/json.ts";
import { createJsonOutline } from "../../std/json-outline.ts";
import type { AnswerSource, UpstreamResponse } from "../lane/attempt-context.ts";
import { CUT_SHORT, MALFORMED } from "./classify.ts";
import { type Flow, NOTHING, newFlowNote } from "./flow.ts";
import { classifyInBand } from "./refused.ts";
import { readBody } from "./untranslated.ts";

/** Bytes of prose a token takes, as for a request's size; errs to the high side. */
const BYTES_PER_TOKEN = 3.5;

/** `head` is what came so far. A failure: it is no beginning of an answer, and another lane may serve. */
export function openLargeBody(attempt: AnswerSource, sent: UpstreamResponse, head: Uint8Array): Result<Flow> {
  const outline = createJsonOutline();
  const note = newFlowNote();
  const { operation } = attempt.call.request.facts;
  const member = operation === "chat" ? attempt.egress.payload.answerMember : null;
  let isSound = outline.push(head);
  if (!isSound) return failed(MALFORMED);
  const begun = toldBy(attempt, sent, outline.members());
  if (!begun.ok) return begun;
  note.meaningful = true;

  const failureAtEnd = (): Failure | null => {
    if (!isSound || (member !== null && !outline.hasMember(member))) return MALFORMED;
    return outline.isWhole() ? null : CUT_SHORT;
  };
  const end = (trouble: Failure | null): void => {
    const told = toldBy(attempt, sent, outline.members());
    note.failure = trouble ?? (told.ok ? null : told.failure);
    if (told.ok) Object.assign(note, told.value);
    // Without usage the answer counts as a stream does whose vendor told none.
    note.pieces = Math.ceil(outline.proseBytes() / BYTES_PER_TOKEN);
    note.settled = true;
    note.ended = note.failure === null;
  };
  return ok({
    note,
    tellsTrouble: false,
    heldBytes: () => 0,
    commit: () => undefined,
    push(bytes) {
      isSound &&= outline.push(bytes);
      return { out: [bytes], frames: 1, failure: null };
    },
    end() {
      end(failureAtEnd());
      return NOTHING;
    },
    fail(trouble) {
      end(trouble);
      return [];
    },
  });
}

type Told = Pick<Flow["note"], "usage" | "model">;

/** What the small members say. That the large one is missing is no failure here. */
function toldBy(attempt: AnswerSource, sent: UpstreamResponse, members: JsonObject): Result<Told> {
  const { operation } = attempt.call.request.facts;
  if (operation !== "chat") {
    const read = readBody(attempt, sent, operation, members);
    return read.ok || read.failure.kind !== "malformed" ? read : ok(NOTHING_TOLD);
  }
  const { failure, model, usage } = attempt.egress.payload.createTap().body(members);
  const trouble = failure === null ? null : classifyInBand(attempt, sent, failure);
  return trouble === null || trouble.kind === "malformed" ? ok({ usage, model }) : failed(trouble);
}

const NOTHING_TOLD: Told = { usage: null, model: null };
