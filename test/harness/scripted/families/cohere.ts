/** Cohere's reasoning model: it knows four roles, refuses members it does not know, and wants words in every turn. */
import { asObject } from "../../../../src/std/json.ts";
import { COHERE_DIALECT } from "../cohere.ts";
import { type Family, ruled, when } from "./family.ts";

export const COHERE: Family = {
  id: "cohere",
  provider: "cohere",
  entry: {},
  models: ["command-a-reasoning-08-2025"],
  doors: [
    ruled(
      {
        ...COHERE_DIALECT,
        reasoning: ({ body }, _step, text) =>
          asObject(body["thinking"])?.["type"] === "disabled" ? null : { text, seal: "" },
      },
      [
        {
          name: "a tool has no members of other vendors",
          source: "agno-agi/agno#3503, cohere-ai/notebooks#226",
          broken: ({ body }) =>
            (Array.isArray(body["tools"]) ? body["tools"] : []).flatMap((tool) => {
              const unknown = Object.keys(asObject(asObject(tool)?.["function"]) ?? {}).filter(
                (name) => !["name", "description", "parameters"].includes(name),
              );
              return when(unknown.length > 0, `unknown field: parameter '${unknown.join()}' is not a valid field`);
            }),
        },
      ],
    ),
  ],
};
