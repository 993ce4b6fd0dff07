/** A sink that takes a pushed stream to its end. */
import type { ByteSource } from "../../src/exchange/contract.ts";

export interface TakenStream {
  /** Resolves at the end, or when `close` is called and no pause is under way. */
  readonly bytes: Promise<Uint8Array>;
  /** As a client that leaves. */
  close(): void;
}

/** `pauseOf`: how a full sink waits for room before it takes more; null: it is never full. */
export function takePushed(source: ByteSource, pauseOf: (() => Promise<void>) | null, bytesMax = 2 ** 30): TakenStream {
  if (source.pushTo === undefined) throw new Error("the source can only be asked");
  const parts: Uint8Array[] = [];
  const over = Promise.withResolvers<Uint8Array>();
  let isOver = false;
  let isPaused = false;
  let size = 0;
  const must = (holds: boolean, what: string): void => {
    if (!holds) over.reject(new Error(what));
  };
  const pushing = source.pushTo({
    write(bytes) {
      must(!isOver, "a source writes after its end");
      must(!isPaused, "a source writes into a sink that is full");
      must(bytes.length > 0, "a source gave empty bytes");
      parts.push(bytes);
      size += bytes.length;
      must(size <= bytesMax, "a source never ends");
      if (pauseOf === null) return true;
      isPaused = true;
      void pauseOf().then(() => {
        isPaused = false;
        if (isOver) over.resolve(Buffer.concat(parts));
        else pushing.resume();
      });
      return false;
    },
    end(isCut) {
      must(!isOver && !isPaused && isCut === source.isCut, "an end at the wrong moment");
      isOver = true;
      over.resolve(Buffer.concat(parts));
    },
  });
  return {
    bytes: over.promise,
    close() {
      source.cancel();
      isOver = true;
      if (!isPaused) over.resolve(Buffer.concat(parts));
    },
  };
}
