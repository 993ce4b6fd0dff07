/** Model lists in the vendor's shape. */
import type { ListedModel, ModelsOperation } from "../protocol.ts";
import type { WireModel } from "./wire.ts";

export const models: ModelsOperation = {
  // The default of a path two protocols share: the other one's clients always send its version header.
  recognises: ({ headers, path }) => path.startsWith("/v1/models") && headers["anthropic-version"] === undefined,
  writeList: (listed) => ({ object: "list", data: listed.map(writeModel) }),
  writeOne: (model) => ({ ...writeModel(model) }),
};

function writeModel(model: ListedModel): WireModel {
  const created = Math.floor(model.createdMs / 1000);
  return { id: model.id, object: "model", created, owned_by: model.ownedBy };
}
