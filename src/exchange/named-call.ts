/** A request that names itself is answered once: it runs and is kept, or is given the answer of the one before it. */
import type { RouterWishes } from "../ir/router-wishes.ts";
import type { Answer, RunInput } from "./contract.ts";
import { type Keeping, type RequestName, recall } from "./request/idempotency.ts";
import { STOPPING } from "./request/verdict.ts";
import { CLIENT_GONE, type ExchangeContext, refuse, replay } from "./respond.ts";

interface NamedCall {
  readonly name: RequestName;
  readonly wishes: RouterWishes | null;
  /** Takes what its answer is kept in, or leaves it. */
  run(keep: Keeping): Answer | Promise<Answer>;
}

export async function runNamed(
  exchange: ExchangeContext,
  request: RunInput,
  { name, wishes, run }: NamedCall,
): Promise<Answer> {
  const { running, named } = exchange.input.shared;
  const recalled = await recall(name, request, { wishes, running: named });
  if (!recalled.ok) return refuse(exchange, recalled.failure);
  if (recalled.value.kind === "abandoned") return refuse(exchange, running.stopped ? STOPPING : CLIENT_GONE);
  if (recalled.value.kind === "replay") return replay(exchange, recalled.value.answer);
  const { key } = recalled.value;
  const keep: Keeping = {
    bytesMax: name.store.bytesMax,
    isTaken: false,
    remember(answer) {
      name.store.remember(key, answer);
      named.end(key);
    },
  };
  named.begin(key);
  try {
    return await run(keep);
  } finally {
    if (!keep.isTaken) keep.remember(null);
  }
}
