/**
 * JSON from strangers, read without losing anything: guarded before it is parsed, numbers kept as their author wrote
 * them, and edited in place instead of being written anew. This file is what others import; its three parts stand beside it.
 */
export {
  appendMember,
  type Edit,
  editMembers,
  removeMember,
  replaceValue,
  splice,
  spliceParts,
} from "./json-edit.ts";
export {
  asArray,
  asBoolean,
  asNumber,
  asObject,
  asText,
  at,
  atPath,
  isRawJson,
  type JsonObject,
  parseBody,
  parseExact,
  parseJson,
  type RawJson,
} from "./json-read.ts";
export { JSON_LIMITS, type JsonLimits, type JsonScan, scanJson, type TopMember } from "./json-scan.ts";
