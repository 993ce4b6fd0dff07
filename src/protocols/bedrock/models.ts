/**
 * Model lists as the service's control plane gives them: `GET /foundation-models` and `GET /inference-profiles`, and one
 * entry of either (docs.aws.amazon.com, ListFoundationModels and ListInferenceProfiles, read 2026-11). The lists have
 * different members, so one body holds both: clients read the one they asked for.
 */
import type { JsonObject } from "../../std/json.ts";
import type { ListedModel, ModelsOperation } from "../protocol.ts";

export const models: ModelsOperation = {
  // The paths are this protocol's alone.
  recognises: () => false,
  writeList,
  writeOne: (model) => ({ modelDetails: foundationModel(model), ...inferenceProfile(model) }),
};

/** `query`: maxResults and nextToken of the profiles, as the vendor pages. A wrong value reads as none. */
function writeList(list: readonly ListedModel[], query: string): JsonObject {
  const asked = new URLSearchParams(query);
  const size = pageSize(asked.get("maxResults"), list.length);
  const after = list.findIndex((model) => model.id === asked.get("nextToken"));
  const page = list.slice(after + 1, after + 1 + size);
  const last = page.at(-1);
  const more = after + 1 + size < list.length && last !== undefined;
  return {
    modelSummaries: list.map(foundationModel),
    inferenceProfileSummaries: page.map(inferenceProfile),
    ...(more ? { nextToken: last.id } : {}),
  };
}

function foundationModel(model: ListedModel): JsonObject {
  return {
    modelArn: `arn:aws:bedrock:::foundation-model/${model.id}`,
    modelId: model.id,
    modelName: model.id,
    providerName: model.ownedBy,
    inputModalities: ["TEXT"],
    outputModalities: ["TEXT"],
    responseStreamingSupported: true,
    customizationsSupported: [],
    inferenceTypesSupported: ["ON_DEMAND", "INFERENCE_PROFILE"],
    modelLifecycle: { status: "ACTIVE" },
  };
}

function inferenceProfile(model: ListedModel): JsonObject {
  const created = new Date(model.createdMs).toISOString();
  return {
    inferenceProfileName: model.id,
    inferenceProfileId: model.id,
    inferenceProfileArn: `arn:aws:bedrock:::inference-profile/${model.id}`,
    models: [{ modelArn: `arn:aws:bedrock:::foundation-model/${model.id}` }],
    description: model.id,
    status: "ACTIVE",
    type: "SYSTEM_DEFINED",
    createdAt: created,
    updatedAt: created,
  };
}

/** The vendor's page holds up to 1,000; without a size it is all of them. */
function pageSize(text: string | null, all: number): number {
  const size = Number(text ?? Number.NaN);
  return Number.isInteger(size) && size >= 1 ? Math.min(size, PAGE_MAX) : Math.max(1, all);
}

const PAGE_MAX = 1000;
