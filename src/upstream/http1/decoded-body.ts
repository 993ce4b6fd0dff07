/**
 * A body that came compressed, which was not asked for, decoded as it is read: the decoder is given a piece when it has
 * no more to give, so that a small body that swells waits for its reader.
 */
import { concatBytes } from "../../std/bytes.ts";
import { CONTENT_ENCODINGS, type ContentEncoding, openDecoder } from "../../std/content-encoding.ts";
import type { UpstreamBody, UpstreamChunk } from "../contract.ts";
import { BROKEN_ANSWER } from "../failures.ts";

/** One encoding alone, as the runtime's own client has it; null: none, or not known here, and the bytes stay as they are. */
export function encodingOf(header: string | undefined): ContentEncoding | null {
  return header === undefined ? null : (CONTENT_ENCODINGS.get(header.toLowerCase()) ?? null);
}

export function decodedBody(encoded: UpstreamBody, encoding: ContentEncoding): UpstreamBody {
  let decoding: Decoding | null = null;
  /** What came before the decoder could be chosen. */
  let first: Uint8Array = new Uint8Array();
  let ending: UpstreamChunk | null = null;
  const finish = (chunk: UpstreamChunk): UpstreamChunk => {
    ending = chunk;
    decoding?.close();
    return chunk;
  };
  const take = async (chunk: UpstreamChunk): Promise<UpstreamChunk | null> => {
    switch (chunk.kind) {
      case "bytes":
        if (decoding !== null) decoding.write(chunk.bytes);
        else {
          first = first.length === 0 ? chunk.bytes : concatBytes([first, chunk.bytes]);
          if (first.length >= CHOOSING_BYTES) decoding = await startDecoding(encoding, first);
        }
        return null;
      case "end":
        if (decoding === null && first.length === 0) return finish(chunk);
        decoding ??= await startDecoding(encoding, first);
        decoding.end();
        return null;
      case "failed":
      case "aborted":
        return finish(chunk);
    }
  };
  return {
    async next() {
      for (;;) {
        if (ending !== null) return ending.kind === "aborted" ? ending : END;
        const decoded = await decoding?.read();
        // Cancelled while it waited.
        if (ending !== null) return END;
        switch (decoded?.kind) {
          case "bytes":
            return { kind: "bytes", bytes: decoded.bytes, isLast: false };
          case "end":
            return finish(END);
          case "broken":
            encoded.cancel();
            return finish({ kind: "failed", failure: BROKEN_ANSWER });
          case "hungry":
          case undefined: {
            const ended = await take(await encoded.next());
            if (ended !== null) return ended;
          }
        }
      }
    },
    idled: () => encoded.idled(),
    begun: () => encoded.begun(),
    cancel() {
      encoded.cancel();
      finish(END);
    },
  };
}

const END: UpstreamChunk = { kind: "end" };
/** So many bytes tell the two forms of deflate apart. */
const CHOOSING_BYTES = 2;

type Decoded =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  /** It wants more before it can give more. */
  | { readonly kind: "hungry" | "end" | "broken" };

interface Decoding {
  read(): Promise<Decoded>;
  /** Only when it is hungry. */
  write(bytes: Uint8Array): void;
  end(): void;
  close(): void;
}

async function startDecoding(encoding: ContentEncoding, bytes: Uint8Array): Promise<Decoding> {
  const decoder = await openDecoder(encoding, bytes);
  let isHungry = false;
  let state: "open" | "end" | "broken" = "open";
  let wake = (): void => undefined;
  const reach = (next: "end" | "broken"): void => {
    if (state === "open") state = next;
    wake();
  };
  decoder.on("readable", () => wake());
  decoder.on("end", () => reach("end"));
  decoder.on("close", () => reach("broken"));
  decoder.on("error", () => reach("broken"));
  const write = (part: Uint8Array): void => {
    isHungry = false;
    decoder.write(part, () => {
      isHungry = true;
      wake();
    });
  };
  write(bytes);
  return {
    async read() {
      for (;;) {
        const decoded: unknown = state === "broken" ? null : decoder.read();
        if (decoded instanceof Uint8Array) return { kind: "bytes", bytes: decoded };
        if (state !== "open") return { kind: state };
        if (isHungry) return { kind: "hungry" };
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    write,
    end() {
      isHungry = false;
      decoder.end();
    },
    close: () => void decoder.destroy(),
  };
}
