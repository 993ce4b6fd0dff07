/**
 * The corpus: requests, answers and streams in between that every protocol must take in, write out and read back.
 * `ringmain matrix` runs over it from the program itself, and the tests run over the same.
 */
import type { IrEvent } from "../../src/ir/event.ts";
import { eventsOf } from "../../src/ir/fold.ts";
import type { IrRequest } from "../../src/ir/request.ts";
import type { IrResponse } from "../../src/ir/response.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import { ANSWER_STREAMS, ANSWERS } from "./answers.ts";
import { CONVERSATIONS } from "./conversations.ts";
import { LONG_CONVERSATIONS } from "./long-conversations.ts";
import { MORE_ANSWERS, MORE_STREAMS } from "./odd-answers.ts";
import { OWN_REQUESTS } from "./own-requests.ts";

export const REQUESTS: Readonly<Record<string, IrRequest>> = {
  ...CONVERSATIONS,
  ...LONG_CONVERSATIONS,
  ...Object.fromEntries(
    Object.entries(OWN_REQUESTS).flatMap(([name, { protocol, body }]) => {
      const speaker = Object.values(PROTOCOLS).find((each) => each.id === protocol);
      return speaker === undefined ? [] : [[name, speaker.payload.readRequest(body).value]];
    }),
  ),
};

export const RESPONSES: Readonly<Record<string, IrResponse>> = { ...ANSWERS, ...MORE_ANSWERS };

export const STREAMS: Readonly<Record<string, readonly IrEvent[]>> = {
  ...Object.fromEntries(Object.entries(RESPONSES).map(([name, each]) => [`${name} (whole)`, eventsOf(each)])),
  ...ANSWER_STREAMS,
  ...MORE_STREAMS,
};
