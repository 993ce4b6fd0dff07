/** What every protocol has a place for, by id: the tables behind docs/translation.md and the matrix. */
import { PROTOCOL_IDS, type ProtocolId } from "../../../src/known.ts";
import { ANTHROPIC_FEATURES } from "./anthropic.ts";
import { BEDROCK_FEATURES } from "./bedrock.ts";
import { COHERE_FEATURES } from "./cohere.ts";
import type { FeatureTable } from "./feature.ts";
import { GEMINI_FEATURES } from "./gemini.ts";
import { OPENAI_FEATURES } from "./openai.ts";
import { RESPONSES_FEATURES } from "./responses.ts";

const TABLES: Readonly<Record<ProtocolId, FeatureTable>> = {
  anthropic: ANTHROPIC_FEATURES,
  bedrock: BEDROCK_FEATURES,
  cohere: COHERE_FEATURES,
  responses: RESPONSES_FEATURES,
  gemini: GEMINI_FEATURES,
  openai: OPENAI_FEATURES,
};

export function featuresOfProtocol(id: string): FeatureTable {
  const found = PROTOCOL_IDS.find((each) => each === id);
  if (found === undefined) throw new Error(`no table says what ${id} carries`);
  return TABLES[found];
}
