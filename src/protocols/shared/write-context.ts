/** What every part of a request writer needs to know: whose request it is, what the model takes, where losses go. */
import type { Dialect } from "../../ir/dialect.ts";
import { type Extras, type IrRequest, NO_EXTRAS } from "../../ir/request.ts";
import { createLosses, type Losses } from "./losses.ts";

export interface WriteContext {
  /** The writer's own. */
  readonly protocol: string;
  /** The protocol the request was read from. */
  readonly from: string;
  /** The request was read from this protocol: what its client wrote is written back, and the vendor judges it. */
  readonly native: boolean;
  /** What the lane's server and model take. */
  readonly dialect: Dialect;
  readonly losses: Losses;
}

/** `noPlace`: the reason told for extras of another protocol. */
export function createWriteContext(
  request: IrRequest,
  own: {
    readonly protocol: string;
    readonly dialect: Dialect;
    readonly noPlace?: string;
  },
): WriteContext {
  const { protocol, dialect, noPlace } = own;
  return {
    protocol,
    from: request.sourceProtocol,
    native: request.sourceProtocol === protocol,
    dialect,
    losses: createLosses({ noPlace }),
  };
}

/** Extras as members of what goes back to its own protocol; anywhere else each of them is a loss. */
export function writeExtras(extras: Extras, path: string, context: Pick<WriteContext, "native" | "losses">): Extras {
  if (context.native) return extras;
  context.losses.dropExtras(path, extras);
  return NO_EXTRAS;
}
