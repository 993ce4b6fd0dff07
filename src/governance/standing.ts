/** Whether the ledger can be written: told to the operator in words, and to every client, when it changes. */
import { codeOf } from "../std/describe-error.ts";

export interface Standing {
  isFailing(): boolean;
  /** The store has rejected with this. */
  fails(error: unknown): void;
  /** A commit is on disk. */
  works(): void;
}

interface StandingOptions {
  readonly say: (level: "error" | "info", line: string) => void;
  readonly tell: (isWritable: boolean) => void;
}

export function createStanding({ say, tell }: StandingOptions): Standing {
  /** What the operator was told last; null: it works. */
  let trouble: string | null = null;
  return {
    isFailing: () => trouble !== null,
    fails(error) {
      const code = codeOf(error);
      const why = error instanceof Error && code !== null ? `${error.message} (${code})` : "unknown";
      const before = trouble;
      trouble = why;
      if (before !== why) say("error", `The ledger cannot be written: ${why}. ${UNTIL}`);
      if (before === null) tell(false);
    },
    works() {
      if (trouble === null) return;
      trouble = null;
      say("info", "The ledger can be written again.");
      tell(true);
    },
  };
}

const UNTIL = "Until it can, requests of keys with budgets are refused, and rows wait in memory.";
