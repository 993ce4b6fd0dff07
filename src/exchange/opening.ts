/**
 * Opening: the client of a stream gets its status, its headers and signs of life before the answer begins. A proxy on
 * the way would take the wait for a dead connection. None of a model's bytes have been sent, so another lane may still serve.
 */
import type { Effects } from "../std/effects.ts";
import { KEEP_ALIVE_MS } from "./answer/pump.ts";
import type { Answer, ByteSource } from "./contract.ts";
import { type ExchangeContext, openStream } from "./respond.ts";

interface OpeningInput {
  readonly answering: Promise<Answer>;
  /** How long the client waits for its headers. */
  readonly afterMs: number;
  /** A bug ended the exchange. */
  failed(error: unknown): Answer;
  /** The client has left: ends the exchange. */
  stop(): void;
}

/** The answer, or a stream that is opened when there is none in time. One timer, and nothing else where there is. */
export function orOpened(exchange: ExchangeContext, input: OpeningInput): Promise<Answer> {
  const { answering, afterMs } = input;
  const { setTimer } = exchange.input.world.effects;
  return new Promise((resolve, reject) => {
    const cancel = setTimer(afterMs, () => resolve(open(exchange, input, setTimer)));
    answering.then(
      (answer) => {
        cancel();
        resolve(answer);
      },
      (error: unknown) => {
        cancel();
        reject(error);
      },
    );
  });
}

function open(exchange: ExchangeContext, input: OpeningInput, setTimer: Effects["setTimer"]): Answer {
  const { keepAlive } = exchange.ingress.carrier.framingFor(exchange.parts);
  const answer = input.answering.catch(input.failed);
  return openStream(exchange, createOpenedSource({ answer, keepAlive, stop: input.stop, setTimer }));
}

interface OpenedInput {
  /** Never rejects. */
  readonly answer: Promise<Answer>;
  /** Sent at once and in silence; null: the client's protocol has none. */
  readonly keepAlive: Uint8Array | null;
  readonly setTimer: Effects["setTimer"];
  stop(): void;
}

/** Signs of life until the answer begins, then its bytes as they are. */
function createOpenedSource({ answer, keepAlive, setTimer, stop }: OpenedInput): ByteSource {
  let source: ByteSource | null = null;
  let isGreeted = keepAlive === null;
  let isOver = false;

  const begin = ({ body }: Answer): Promise<Uint8Array | null> => {
    if (body instanceof Uint8Array) {
      isOver = true;
      return Promise.resolve(body.length === 0 ? null : body);
    }
    source = body;
    return body.next();
  };
  const wait = async (): Promise<Uint8Array | null> => {
    const begun = await (keepAlive === null ? answer : orSilence(answer, setTimer));
    if (isOver) return null;
    return begun === null ? keepAlive : begin(begun);
  };
  const leave = ({ body }: Answer): void => {
    if (!(body instanceof Uint8Array)) body.cancel();
  };
  return {
    next() {
      if (isOver) return Promise.resolve(null);
      if (source !== null) return source.next();
      if (isGreeted) return wait();
      isGreeted = true;
      return Promise.resolve(keepAlive);
    },
    cancel() {
      if (source !== null) return source.cancel();
      if (isOver) return;
      isOver = true;
      stop();
      // What was committed in the meantime is never read.
      void answer.then(leave);
    },
    get isCut() {
      return source?.isCut ?? false;
    },
  };
}

/** What was waited for, or null after a silence; the wait goes on. `pending` never rejects. */
function orSilence<T>(pending: Promise<T>, setTimer: Effects["setTimer"]): Promise<T | null> {
  return new Promise((resolve) => {
    const cancel = setTimer(KEEP_ALIVE_MS, () => resolve(null));
    void pending.then((value) => {
      cancel();
      resolve(value);
    });
  });
}
