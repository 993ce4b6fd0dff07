/** What only Chat Completions has, kept beside what every protocol has (see ../extras.ts). */
export { hide, rest, withoutUndefined } from "../shared/extras.ts";

/** Id of this protocol and of its payload, as `origin` says it. */
export const ORIGIN = "openai";
