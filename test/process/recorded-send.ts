/** A pipe that keeps what was sent, for the parts of the process room that send messages. */
import type { ProcessMessage, SendMessage } from "../../src/process/messages.ts";

export function recordedSend<Way>(): { readonly sent: ProcessMessage<Way>[]; readonly send: SendMessage<Way> } {
  const sent: ProcessMessage<Way>[] = [];
  const keep = <N extends keyof Way>(message: ProcessMessage<Way, N>): void => void sent.push(message);
  return {
    sent,
    send(kind, body) {
      keep({ kind, body });
      return true;
    },
  };
}
