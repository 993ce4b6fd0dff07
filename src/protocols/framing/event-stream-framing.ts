/**
 * AWS event streams as a carrier's framing. An event is a frame called by its `:event-type`. An exception is a frame whose
 * name begins with `exception:`, followed by the exception's type, so that readers can tell the two apart.
 */
import { decodeUtf8, encodeUtf8 } from "../../std/bytes.ts";
import { WireError } from "../../std/wire-error.ts";
import type { Frame, FrameSplitter, Framing } from "../protocol.ts";
import {
  beginsMessage,
  createMessageCutter,
  decodeMessage,
  type EventMessage,
  encodeMessage,
  type HeaderValue,
} from "./event-stream.ts";

const EVENT_STREAM_TYPE = "application/vnd.amazon.eventstream";

const EXCEPTION = "exception:";

/** Between a message's name and payload and a frame, where the payload is wrapped once more. */
export interface EventStreamCodec {
  readonly id: string;
  /** Null: the message says nothing to a reader. */
  read(frame: Frame): Frame | null;
  /** One per stream: it may remember what has been written. */
  createWriter(): (frame: Frame) => Frame;
}

/** The payload is the frame's data. */
const PLAIN: EventStreamCodec = { id: "event-stream", read: (frame) => frame, createWriter: () => (frame) => frame };

/** No heartbeat: clients decode every message, and one that says nothing is an error to some of them. */
export function eventStreamFraming(codec: EventStreamCodec = PLAIN): Framing {
  return {
    id: codec.id,
    contentType: EVENT_STREAM_TYPE,
    begins: beginsMessage,
    createSplitter: () => createSplitter(codec),
    createCutter: () => createMessageCutter(),
    createJoiner() {
      const write = codec.createWriter();
      return { write: (frame) => writeFrame(write(frame)), end: () => NO_BYTES };
    },
    isMeasured: true,
    keepAlive: null,
  };
}

const NO_BYTES = new Uint8Array(0);

export function exceptionFrame(type: string, data: string): Frame {
  return { event: EXCEPTION + type, data };
}

/** The type of the exception a frame carries; null: it carries none. */
export function exceptionOf(frame: Frame): string | null {
  return frame.event?.startsWith(EXCEPTION) === true ? frame.event.slice(EXCEPTION.length) : null;
}

function createSplitter(codec: EventStreamCodec): FrameSplitter {
  const cutter = createMessageCutter();
  return {
    heldBytes: cutter.heldBytes,
    push: (bytes) =>
      cutter
        .push(bytes)
        .map((message) => codec.read(readFrame(decodeMessage(message))))
        .filter((frame) => frame !== null),
    end() {
      if (cutter.end() !== null) throw new WireError("The event stream ends inside a message.");
      return [];
    },
  };
}

function readFrame(message: EventMessage): Frame {
  const data = message.payload.length === 0 ? "{}" : decodeUtf8(message.payload);
  const header = (name: string): string => {
    const value = message.headers.get(name);
    return value?.type === "string" ? value.value : "";
  };
  switch (header(":message-type")) {
    case "exception":
      return exceptionFrame(header(":exception-type"), data);
    case "error":
      // An error outside the service's model: all it has to say stands in its headers.
      return exceptionFrame(header(":error-code"), JSON.stringify({ message: header(":error-message") }));
    default:
      return { event: header(":event-type"), data };
  }
}

function writeFrame(frame: Frame): Uint8Array {
  const exception = exceptionOf(frame);
  const string = (value: string): HeaderValue => ({ type: "string", value });
  const headers = new Map([
    exception === null ? [":event-type", string(frame.event ?? "")] : [":exception-type", string(exception)],
    [":content-type", string("application/json")],
    [":message-type", string(exception === null ? "event" : "exception")],
  ]);
  return encodeMessage({ headers, payload: encodeUtf8(frame.data) });
}
