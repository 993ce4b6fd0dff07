/** docs/translation.md between its marks: the features table, the notes with their sources, and what the matrix pinned. */
import { join } from "node:path";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import type { Protocol } from "../../src/protocols/protocol.ts";
import { FEATURES, type FeatureCell, type FeatureId } from "../corpus/features/feature.ts";
import { featuresOfProtocol } from "../corpus/features/index.ts";
import type { PairResult } from "../corpus/grid.ts";

export const TRANSLATION_MD = join(import.meta.dir, "..", "..", "docs", "translation.md");

const BEGIN = "<!-- generated from the features of each protocol and the matrix: begin -->";
const FINISH = "<!-- generated: end -->";
const IDS = Object.keys(FEATURES).filter((name): name is FeatureId => Object.hasOwn(FEATURES, name));
const PROTOCOL_IDS: readonly string[] = Object.values<Protocol>(PROTOCOLS)
  .filter(({ id, payload }) => id === payload.id)
  .map(({ id }) => id);

export function translationPage(page: string, results: readonly PairResult[]): string {
  const begin = page.indexOf(BEGIN);
  const finish = page.indexOf(FINISH);
  if (begin === -1 || finish === -1) throw new Error("docs/translation.md has lost its marks");
  const parts = [featureRows(), "## Why", sourceRows(), "## Every loss", LOSSES_INTRO, lossRows(results)];
  return `${page.slice(0, begin + BEGIN.length)}\n\n${parts.join("\n\n")}\n\n${page.slice(finish)}`;
}

const LOSSES_INTRO = `What the matrix found, pair by pair, over its corpus (\`ringmain matrix --pair CLIENT>LANE\` shows it too).
Requests are lost on the way to the lane, answers and streams on the way to the client.
\`refused\`: no lane of this protocol is asked, and where no other is left, a 400 names the member.`;

function featureRows(): string {
  const rows = IDS.map((id) => [
    FEATURES[id],
    ...PROTOCOL_IDS.map((protocol) => cellOf(featuresOfProtocol(protocol)[id])),
  ]);
  return table([["feature", ...PROTOCOL_IDS], ...rows]);
}

function cellOf({ carried, note }: FeatureCell): string {
  if (carried === "yes") return note === "" ? "yes" : `yes: ${note}`;
  if (carried === "no") return note === "" ? "no" : `no: ${note}`;
  return note;
}

/** The vendors' pages behind what is not carried whole, one line a protocol and page. */
function sourceRows(): string {
  const rows = PROTOCOL_IDS.flatMap((protocol) => {
    const pages = new Map<string, FeatureId[]>();
    for (const id of IDS) {
      const { source } = featuresOfProtocol(protocol)[id];
      if (source !== "") pages.set(source, [...(pages.get(source) ?? []), id]);
    }
    return [...pages].map(([source, ids]) => [
      protocol,
      ids.map((id) => FEATURES[id]).join("; "),
      source.replace(/ (\S+)$/, " ($1)"),
    ]);
  });
  return table([["protocol", "features", "vendor's page, and when it was read"], ...rows]);
}

function lossRows(results: readonly PairResult[]): string {
  const rows = results.flatMap(({ kind, pair, losses, features }) =>
    Object.entries(losses).map(([loss, names]) => {
      const field = loss.slice(0, loss.indexOf(" "));
      const why = (features[loss] ?? []).map((id) => FEATURES[id]);
      const cases =
        names.length > 3 ? `${names.slice(0, 3).join(", ")} and ${names.length - 3} more` : names.join(", ");
      return [kind, pair.name, `\`${field}\``, loss.slice(field.length + 1), why.join("; "), cases];
    }),
  );
  return table([["what", "client > lane", "member", "what happens", "feature", "seen in"], ...rows]);
}

function table(rows: readonly (readonly string[])[]): string {
  const [head = [], ...rest] = rows.map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  return [head, head.map(() => "---"), ...rest]
    .map((row) => `| ${row.join(" | ")} |`)
    .join("\n")
    .replaceAll("| --- ", "|---")
    .replaceAll("---|---", "---|---");
}
