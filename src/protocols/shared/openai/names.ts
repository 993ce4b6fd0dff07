/** Names of tools and ids of calls as OpenAI's protocols take them, each with bounds of its own. */
import { createToolNames, shortHash, type ToolNames } from "../names/tools.ts";

interface ProtocolNames extends ToolNames {
  /** The same id for the same id, so that a call and its result agree; short ones stay as they are. */
  legalCallId(id: string): string;
}

export function createNames(bounds: {
  readonly toolNameCharsMax: number;
  readonly callIdCharsMax: number;
}): ProtocolNames {
  const { toolNameCharsMax: charsMax, callIdCharsMax } = bounds;
  return {
    ...createToolNames({ alphabet: "a-zA-Z0-9_-", notFirst: "", charsMax, prefix: "x-u_" }),
    legalCallId: (id) => (id.length <= callIdCharsMax && id !== "" ? id : `call_${shortHash(id)}`),
  };
}
