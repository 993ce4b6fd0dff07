/** Whose path a call names, and what of the request stands in it: some vendors put the model and the way of answering there. */
import { PROTOCOLS } from "../protocols/index.ts";
import type { Protocol } from "../protocols/protocol.ts";

export interface CalledPath {
  readonly protocol: Protocol;
  readonly operation: "chat" | "count";
  /** The model the path names; null: the body does. */
  readonly model: string | null;
  /** How the path says it is answered; null: the body does. */
  readonly stream: boolean | null;
}

/** Whose vendors are played: answers here are text, and Vertex puts an operator's project before the paths it shares. */
export const SIMULATED: readonly Protocol[] = Object.values<Protocol>(PROTOCOLS).filter(
  ({ id, carrier }) => carrier.framing.id === "sse" && id !== "vertex",
);

/** Stands for the model in the paths of protocols that name it there. */
const ANY_MODEL = "any-model";

/** null: no simulated vendor has such a path. */
export function findPlace(path: string, protocols: readonly Protocol[] = SIMULATED): CalledPath | null {
  for (const protocol of protocols) {
    const operations = protocol.operations.count === undefined ? (["chat"] as const) : (["chat", "count"] as const);
    for (const operation of operations) {
      const whole = pathOf(protocol, operation, { stream: false });
      const streamed = pathOf(protocol, operation, { stream: true });
      for (const [own, stream] of [
        [whole, false],
        [streamed, true],
      ] as const) {
        const model = modelIn(own, path);
        if (model !== undefined) return { protocol, operation, model, stream: whole === streamed ? null : stream };
      }
    }
  }
  return null;
}

/** Calls come without their query. */
function pathOf(
  { carrier }: Protocol,
  operation: CalledPath["operation"],
  { stream }: { readonly stream: boolean },
): string | null {
  const path = carrier.upstreamPath({ operation, upstreamModel: ANY_MODEL, stream, template: null, clientPath: "" });
  return path?.split("?", 1)[0] ?? null;
}

/** The model a path names where the vendor's own does; null: the vendor's names none. undefined: it is another path. */
function modelIn(own: string | null, path: string): string | null | undefined {
  const [head = "", tail] = own?.split(ANY_MODEL) ?? [];
  if (tail === undefined) return own === path ? null : undefined;
  const isOwn = path.length > head.length + tail.length && path.startsWith(head) && path.endsWith(tail);
  return isOwn ? decoded(path.slice(head.length, path.length - tail.length)) : undefined;
}

/** As it stands where it is no encoding at all. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
