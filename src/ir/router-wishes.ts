/** What a client asks of the router itself, beside what it asks of a model. */
import type { Task } from "./task.ts";

export interface RouterWishes {
  /** null: to be inferred. */
  readonly task: Task | null;
  /** What an answer must be worth, 0 to 1; null: what the target asks for. */
  readonly threshold: number | null;
  /** How long the request may wait for a lane; 0: not at all. null: as long as the target says. */
  readonly maxWaitMs: number | null;
  /** The best answer is served where none is good enough. */
  readonly allowDegrade: boolean;
  /** The client's own name for this request. */
  readonly requestId: string | null;
  /** The answer that was given to `requestId` before is wanted, and none where there is none. */
  readonly resume: boolean;
  /** What was decided is told beside the answer. */
  readonly debug: boolean;
  /** Only lanes that keep nothing of a request. */
  readonly zdr: boolean;
  /** "deny": only lanes whose vendor does not learn from requests. null: not said. */
  readonly dataCollection: "allow" | "deny" | null;
}
