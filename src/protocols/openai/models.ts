/** Model lists in the vendor's shape. */
import type { ListedModel, ModelsOperation } from "../protocol.ts";
import type { WireModel } from "./wire.ts";

export const models: ModelsOperation = {
  // The default of a path two protocols share: the other one's clients always send its version header.
  recognises: ({ headers, path }) => path.startsWith("/v1/models") && headers["anthropic-version"] === undefined,
  writeList: (listed) => ({ object: "list", data: listed.map(writeModel) }),
  writeOne: (model) => ({ ...writeModel(model) }),
};

/** The vendor's own entries know no limits; compatible vendors tell them under these names. */
interface WireListed extends WireModel {
  readonly context_length?: number;
  readonly max_output_tokens?: number;
}

function writeModel({ id, createdMs, ownedBy, contextWindow, maxOutputTokens }: ListedModel): WireListed {
  return {
    id,
    object: "model",
    created: Math.floor(createdMs / 1000),
    owned_by: ownedBy,
    ...(contextWindow === null ? {} : { context_length: contextWindow }),
    ...(maxOutputTokens === null ? {} : { max_output_tokens: maxOutputTokens }),
  };
}
