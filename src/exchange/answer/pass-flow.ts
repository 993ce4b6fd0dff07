/**
 * An answer whose format nobody here reads (sound, plain text, the rest of a large buffered one), byte for byte. A break
 * cannot be told inside it, so the client's connection breaks too.
 */
import { MALFORMED } from "./classify.ts";
import type { Flow } from "./flow.ts";
import { newFlowNote } from "./flow.ts";

export function createPassFlow(): Flow {
  const note = newFlowNote();
  return {
    note,
    tellsTrouble: false,
    commit: () => undefined,
    push(bytes) {
      note.meaningful ||= bytes.length > 0;
      return { out: [bytes], frames: 0, failure: null };
    },
    end() {
      if (!note.meaningful) return { out: [], frames: 0, failure: MALFORMED };
      note.settled = true;
      note.ended = true;
      return { out: [], frames: 0, failure: null };
    },
    fail(failed) {
      note.failure = failed;
      return [];
    },
  };
}
