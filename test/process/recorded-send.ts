/** A pipe that keeps what was sent, for the parts of the process room that send messages. */
import type { Message, Send } from "../../src/process/messages.ts";

export function recordedSend<Way>(): { readonly sent: Message<Way>[]; readonly send: Send<Way> } {
  const sent: Message<Way>[] = [];
  const keep = <N extends keyof Way>(message: Message<Way, N>): void => void sent.push(message);
  return {
    sent,
    send(kind, body) {
      keep({ kind, body });
      return true;
    },
  };
}
