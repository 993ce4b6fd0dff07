/** Whose instructions they are, in the words the lane's server knows. */
import type { IrTurn } from "../../../ir/request.ts";
import type { WriteContext } from "../write-context.ts";

/** Only some vendors know instructions of the developer beside those of the system. */
export function writeRole<T extends IrTurn["role"]>(role: T, { dialect }: WriteContext): T | "system" {
  return role === "developer" && !dialect.developerRole ? "system" : role;
}
