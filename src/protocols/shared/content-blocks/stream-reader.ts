/** What the stream readers of Messages and Converse share: numbered blocks that start, grow and end, and how it all ends. */
import type { ReadEvent, StreamError } from "../../../ir/event.ts";
import type { IrFinish } from "../../../ir/response.ts";
import type { Usage } from "../../../ir/usage.ts";
import { asText } from "../../../std/json.ts";
import type { Frame, StreamReader } from "../../protocol.ts";
import { isDoneMark } from "../done-mark.ts";
import { reportUnknown as reportUnknownWord } from "../unknown-words.ts";

export interface BlockStream<OpenBlock> {
  /** Blocks that have started and not ended, by the wire's index. */
  readonly open: Map<number, OpenBlock>;
  /** Blocks started so far: the number of the next. */
  blocks: number;
  started: boolean;
  /** The last reason for the end; null: none has come. Some servers tell one early, so that content may follow. */
  finish: IrFinish | null;
  ended: boolean;
  /** Words that no event carries, each reported once. */
  readonly unknown: Set<string>;
  /** Ends the block at the index, if there is one. */
  endBlock(stream: BlockStream<OpenBlock>, index: number, events: ReadEvent[]): void;
}

export function createBlockStream<OpenBlock>(endBlock: BlockStream<OpenBlock>["endBlock"]): BlockStream<OpenBlock> {
  return {
    open: new Map(),
    blocks: 0,
    started: false,
    finish: null,
    ended: false,
    unknown: new Set(),
    endBlock,
  };
}

export function createBlockStreamReader<Stream extends BlockStream<unknown>>(
  stream: Stream,
  readFrame: (stream: Stream, frame: Frame, events: ReadEvent[]) => void,
): StreamReader {
  return {
    push(frame) {
      if (stream.ended) return [];
      const events: ReadEvent[] = [];
      if (isDoneMark(frame)) endStream(stream, events);
      else readFrame(stream, frame, events);
      return events;
    },
    end() {
      if (stream.ended) return [];
      const events: ReadEvent[] = [];
      endStream(stream, events);
      return events;
    },
    get settled() {
      return stream.finish !== null || stream.ended;
    },
  };
}

/** No more frames come. */
function endStream(stream: BlockStream<unknown>, events: ReadEvent[]): void {
  if (stream.finish === null) fail(stream, "cut-short", events);
  else endAnswer(stream, events);
}

export function endAnswer(stream: BlockStream<unknown>, events: ReadEvent[]): void {
  for (const index of [...stream.open.keys()]) stream.endBlock(stream, index, events);
  if (stream.finish !== null) events.push({ type: "finish", choice: 0, finish: stream.finish });
  stream.ended = true;
  events.push({ type: "end" });
}

export function fail(stream: BlockStream<unknown>, error: StreamError, events: ReadEvent[]): void {
  stream.ended = true;
  events.push({ type: "failed", error });
}

export function reportUnknown(stream: BlockStream<unknown>, what: string, events: ReadEvent[]): void {
  reportUnknownWord(stream.unknown, what, events);
}

export function pushText(block: number, value: unknown, events: ReadEvent[]): void {
  const text = asText(value) ?? "";
  if (text !== "") events.push({ type: "text-delta", block, text, logprobs: null });
}

export function pushUsage(usage: Usage | null, events: ReadEvent[]): void {
  if (usage !== null) events.push({ type: "usage", usage });
}
