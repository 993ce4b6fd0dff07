/** A success in one piece: relayed as it came, translated, or written as the stream the client asked for. */
import { eventsOf } from "../../ir/fold.ts";
import type { Usage } from "../../ir/usage.ts";
import { concatBytes, decodeUtf8, encodeUtf8 } from "../../std/bytes.ts";
import { asObject, JSON_LIMITS, type JsonObject, parseBody, parseJson, scanJson } from "../../std/json.ts";
import { WireError } from "../../std/wire-error.ts";
import { failed, MALFORMED, type Outcome, type Prepared, type Response, type Side } from "../lane/outcome.ts";
import { issuedResponse } from "../reasoning-signatures.ts";
import { collect } from "./collect.ts";
import { addLosses, newFlowNote } from "./flow.ts";
import { createPassFlow } from "./pass-flow.ts";
import { createEventWriter } from "./translate-flow.ts";
import { readBody } from "./untranslated.ts";
import { classifyInBand, relayHeaders, wrongModel } from "./verdict.ts";

/** A relayed buffered answer beyond this is committed before its end. */
export const BUFFER_BYTES_MAX = 8 * 1024 * 1024;
/** Pictures come in JSON as well, several at a time, and only the end of it tells their usage. */
const PICTURES_BYTES_MAX = 32 * 1024 * 1024;
/** A buffered answer that must be translated may not be larger. */
const TRANSLATE_BYTES_MAX = 32 * 1024 * 1024;

export async function readBuffered(side: Side, prepared: Prepared, sent: Response): Promise<Outcome> {
  sent.body.begun();
  const { facts } = side.call.request;
  // A vendor may answer in one piece what was asked for as a stream; of what is only relayed, that is the answer.
  const passing = side.relayed && (!facts.stream || facts.operation !== "chat");
  const read = await collect(sent.body, bytesMax(side, passing));
  if (read.kind === "aborted") return { kind: "abandoned" };
  if (read.kind === "failed") return failed(read.failure, sent.status, true);
  if (read.kind === "cut") {
    if (!passing) {
      sent.body.cancel();
      return failed(MALFORMED, sent.status, true);
    }
    const flow = createPassFlow();
    return {
      kind: "streaming",
      status: sent.status,
      headers: relayHeaders(side, sent.headers),
      body: sent.body,
      flow,
      held: [read.bytes],
      closed: false,
      relayed: true,
      losses: [],
    };
  }
  // Relayed bytes leave as they came, so only a body that is written anew needs its digits.
  const body = asObject(passing ? jsonOrNull(read.bytes) : exactJsonOrNull(read.bytes));
  if (body === undefined) return failed(MALFORMED, sent.status, true);
  const { operation } = side.call.request.facts;
  if (operation !== "chat") {
    const seen = readBody(side, sent, operation, body);
    if (!seen.ok) return failed(seen.failure, sent.status, true);
    const headers = relayHeaders(side, sent.headers);
    const { usage, model } = seen.value;
    return {
      kind: "answered",
      status: sent.status,
      headers,
      body: read.bytes,
      usage,
      reportedModel: model,
      losses: [],
    };
  }
  return judgeBody(side, prepared, sent, { bytes: read.bytes, body });
}

function bytesMax(side: Side, passing: boolean): number {
  if (!passing) return TRANSLATE_BYTES_MAX;
  return side.call.request.facts.operation === "image" ? PICTURES_BYTES_MAX : BUFFER_BYTES_MAX;
}

function judgeBody(
  side: Side,
  prepared: Prepared,
  sent: Response,
  answer: { bytes: Uint8Array; body: JsonObject },
): Outcome {
  const seen = side.egress.payload.createTap().body(answer.body);
  if (seen.failure !== null) {
    return failed(classifyInBand(side, sent, seen.failure), sent.status, true, seen.model);
  }
  if (!seen.meaningful) return failed(MALFORMED, sent.status, true, seen.model);
  const wrong = wrongModel(side, seen.model);
  if (wrong !== null) return failed(wrong, sent.status, true, seen.model);
  if (side.relayed && !side.call.request.facts.stream) {
    side.world.seals.memoryOf(side.egress.payload)?.remember(decodeUtf8(answer.bytes), side.lane);
    return {
      kind: "answered",
      status: sent.status,
      headers: relayHeaders(side, sent.headers),
      body: answer.bytes,
      usage: seen.usage,
      reportedModel: seen.model,
      losses: prepared.losses,
    };
  }
  return translateAnswer(side, prepared, answer.body, { status: sent.status, usage: seen.usage, model: seen.model });
}

function translateAnswer(
  side: Side,
  prepared: Prepared,
  body: JsonObject,
  seen: { status: number; usage: Usage | null; model: string | null },
): Outcome {
  const { ingress, framing, request, id } = side.call;
  try {
    const answered = side.egress.payload.readResponse(body);
    const read = { ...answered, value: issuedResponse(answered.value, side.egress.payload, side.lane) };
    const headers = ingress.carrier.answerHeaders(id);
    if (request.facts.stream) {
      // A streaming client gets a stream although the lane answered in one piece.
      const note = newFlowNote();
      addLosses(note, [...prepared.losses, ...read.losses]);
      const writer = createEventWriter(ingress.payload, framing, prepared.context, note);
      const bytes = concatBytes(eventsOf(read.value).flatMap((event) => writer.push(event)));
      return {
        kind: "answered",
        status: seen.status,
        headers: { ...headers, "content-type": framing.contentType },
        body: bytes,
        usage: seen.usage,
        reportedModel: seen.model,
        losses: note.losses,
      };
    }
    const written = ingress.payload.writeResponse(read.value, prepared.context);
    return {
      kind: "answered",
      status: seen.status,
      headers: { ...headers, "content-type": "application/json" },
      body: encodeUtf8(JSON.stringify(written.value)),
      usage: seen.usage,
      reportedModel: seen.model,
      losses: [...prepared.losses, ...read.losses, ...written.losses],
    };
  } catch (error) {
    if (error instanceof WireError) return failed(MALFORMED, seen.status, true, seen.model);
    throw error;
  }
}

export function jsonOrNull(bytes: Uint8Array): unknown {
  return parsedOrNull(bytes, parseJson);
}

/** Keeps the author's digits where a double would not; a scan tells whether there are any such, as a rule not. */
function exactJsonOrNull(bytes: Uint8Array): unknown {
  const scan = scanJson(bytes, JSON_LIMITS);
  // What the scan does not let pass (deep, or many names) may still be an answer: read with care, as it was sent.
  return parsedOrNull(bytes, (text) => parseBody(text, scan.kind === "bad" || scan.exactNumbers));
}

function parsedOrNull(bytes: Uint8Array, parse: (text: string) => unknown): unknown {
  try {
    return parse(decodeUtf8(bytes));
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}
