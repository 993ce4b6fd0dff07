/** What every part of the request writer needs to know: whose request it is, what the model takes, where losses go. */
import type { IrRequest } from "../../ir/request.ts";
import { createLosses, type Losses } from "../shared/losses.ts";
import { type ModelRules, rulesOf } from "./model-rules.ts";
import { ORIGIN } from "./wire.ts";

export interface WriteContext {
  /** The request was read from this protocol: what its client wrote is written back, and the vendor judges it. */
  readonly native: boolean;
  readonly rules: ModelRules;
  readonly losses: Losses;
}

export function createWriteContext(request: IrRequest, upstreamModel: string): WriteContext {
  return { native: request.sourceProtocol === ORIGIN, rules: rulesOf(upstreamModel), losses: createLosses() };
}
