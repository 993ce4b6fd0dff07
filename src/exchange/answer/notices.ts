/**
 * Notices inside an answer, for a client that asks for them: that another lane served, or that its name stands for another
 * target. One member is spliced in where the protocol's own clients keep it; every other byte stays.
 */
import type { AliasWay, Deployment } from "../../ir/deployment.ts";
import type { Operation } from "../../ir/facts.ts";
import type { LaneSwitch } from "../../ir/record.ts";
import type { Frame, Framing, NoticePlaces } from "../../protocols/protocol.ts";
import { concatBytes, decodeUtf8, encodeUtf8, indexOfBytes } from "../../std/bytes.ts";
import { asText, at, parseJson } from "../../std/json.ts";
import { insertDeep } from "../../std/json-insert.ts";
import { redact } from "../../std/redact.ts";
import { WireError } from "../../std/wire-error.ts";
import type { Answer, ByteSource } from "../contract.ts";
import { wantsNotices } from "../request/notices-wish.ts";

const MEMBER = "ringmain_notices";

interface NoticesInput {
  /** The client's, of its request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly record: {
    readonly operation: Operation | null;
    readonly stream: boolean;
    readonly switch: LaneSwitch | null;
    readonly alias: AliasWay | null;
    readonly asked: string | null;
    readonly target: string;
  };
  /** What the operator lets clients know of lanes. */
  readonly style: Deployment["responseHeaders"];
  readonly places: NoticePlaces;
  /** How a stream travels to the client. */
  readonly framing: Framing;
}

/** The answer as it is, unless its client asks for notices and there is one. */
export function withNotices(answer: Answer, input: NoticesInput): Answer {
  const { record, framing, places } = input;
  if (!wantsNotices(input.headers) || record.operation !== "chat" || answer.status >= 300) return answer;
  const jsonText = noticesText(input);
  if (jsonText === null) return answer;
  const { body } = answer;
  if (!record.stream) {
    // A whole answer too large to be held passes unread.
    if (!(body instanceof Uint8Array)) return answer;
    return { ...answer, body: insertDeep(body, { path: places.whole, name: MEMBER, jsonText }) ?? body };
  }
  if (answer.headers["content-type"]?.startsWith(framing.contentType) !== true) return answer;
  const inserter = createInserter(framing, places.streamed, jsonText);
  if (!(body instanceof Uint8Array)) return { ...answer, body: inserting(body, inserter) };
  return { ...answer, body: concatBytes([...inserter.push(body), ...inserter.end()]) };
}

/** A list, in JSON; null: there is nothing to tell. Lanes are named only where the headers may name them. */
function noticesText({ record, style }: NoticesInput): string | null {
  const told: object[] = [];
  if (record.switch !== null && style === "full") told.push({ kind: "switch", ...record.switch });
  if (record.alias !== null && style !== "off") {
    const asked = redact((record.asked ?? "").slice(0, ASKED_CHARS_MAX));
    told.push({ kind: "alias", asked, target: record.target, by: record.alias });
  }
  return told.length === 0 ? null : JSON.stringify(told);
}

/** Of a name that a client made up. */
const ASKED_CHARS_MAX = 120;

interface Inserter {
  /** Throws a WireError where the bytes are no such stream. */
  push(bytes: Uint8Array): Uint8Array[];
  end(): Uint8Array[];
}

/** Looks at frames until each place has what it gets; from then on bytes pass unread. */
function createInserter(framing: Framing, { types, path }: NoticePlaces["streamed"], jsonText: string): Inserter {
  const cutter = framing.createCutter();
  const due = types === null ? null : new Set(types);
  let isDone = false;
  const edit = (piece: Uint8Array): Uint8Array => {
    if (isDone) return piece;
    const splitter = framing.createSplitter();
    const [frame, ...others] = [...splitter.push(piece), ...splitter.end()];
    if (frame === undefined || others.length > 0 || !frame.data.startsWith("{")) return piece;
    const type = due === null ? null : typeOf(frame);
    if (type !== null && due?.delete(type) !== true) return piece;
    const data = encodeUtf8(frame.data);
    const changed = insertDeep(data, { path, name: MEMBER, jsonText });
    if (changed === null) return piece;
    isDone = due === null || due.size === 0;
    return replaced(framing, piece, frame, data, changed);
  };
  const rest = (): Uint8Array[] => {
    const left = cutter.end();
    return left === null ? [] : [left];
  };
  let isFlushed = false;
  return {
    push(bytes) {
      if (isFlushed) return [bytes];
      const out = cutter.push(bytes).map(edit);
      if (!isDone) return out;
      isFlushed = true;
      return [...out, ...rest()];
    },
    end: () => (isFlushed ? [] : rest()),
  };
}

/** The frame's own bytes but for its data; written anew where its length stands in them, or its data is not in one piece. */
function replaced(
  framing: Framing,
  piece: Uint8Array,
  frame: Frame,
  data: Uint8Array,
  changed: Uint8Array,
): Uint8Array {
  const start = framing.isMeasured === true ? -1 : indexOfBytes(piece, data);
  if (start < 0) return framing.createJoiner().write({ ...frame, data: decodeUtf8(changed) });
  return concatBytes([piece.subarray(0, start), changed, piece.subarray(start + data.length)]);
}

/** As its own data says, else as the framing does. */
function typeOf({ event, data }: Frame): string {
  return asText(at(parseJson(data), "type")) ?? event ?? "";
}

function inserting(source: ByteSource, inserter: Inserter): ByteSource {
  let isOver = false;
  let isBroken = false;
  const push = (bytes: Uint8Array | null): Uint8Array => {
    isOver = bytes === null;
    try {
      return concatBytes(bytes === null ? inserter.end() : inserter.push(bytes));
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      source.cancel();
      isOver = true;
      isBroken = true;
      return NO_BYTES;
    }
  };
  return {
    async next() {
      while (!isOver) {
        const out = push(await source.next());
        if (out.length > 0) return out;
      }
      return null;
    },
    cancel: source.cancel,
    get isCut() {
      return isBroken || source.isCut;
    },
  };
}

const NO_BYTES = new Uint8Array(0);
