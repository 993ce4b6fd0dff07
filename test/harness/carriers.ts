/** What carriers are asked, with everything a test does not care about filled in. */
import type { MemberEditsInput, UpstreamPathInput } from "../../src/protocols/protocol.ts";

export function pathInput(given: Partial<UpstreamPathInput> = {}): UpstreamPathInput {
  return { operation: "chat", upstreamModel: "m", stream: false, template: null, clientPath: "", ...given };
}

export function editsInput(given: Partial<MemberEditsInput> = {}): MemberEditsInput {
  return { operation: "chat", upstreamModel: "m", stream: false, headers: {}, body: {}, ...given };
}
