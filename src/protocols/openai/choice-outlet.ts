/** Where the readers of one choice of a stream put what they find. */
import type { AnswerEvent, StartedBlock } from "../../ir/event.ts";

export interface ChoiceOutlet {
  /** Unique to the stream and choice; ids the vendor leaves out are made of it. */
  readonly seed: string;
  emit(event: AnswerEvent): void;
  /** `member` of the delta. */
  lose(member: string, detail: string): void;
  /** Answers the block's number. */
  startBlock(content: StartedBlock): number;
  /** Ends the block of text, refusal, reasoning or audio that is open, if any. */
  closeText(): void;
}
