/** The doors of a provider: the protocols in which it is asked, each with its own path, credential header and error map. */
import type { Door } from "../ir/deployment.ts";
import type { ConfigProvider } from "./schema.ts";

type Said = Pick<ConfigProvider, "protocol" | "protocols" | "carrier" | "path" | "auth" | "error_map">;
type ListedDoor = Exclude<NonNullable<ConfigProvider["protocols"]>[number], string>;

/** By name, as they are listed; empty where none is said. Of several, a path of the provider's own is that of one. */
export function listedDoors({ protocol, protocols, path }: Said): readonly ListedDoor[] {
  if (protocols === undefined) return protocol === undefined ? [] : [{ protocol }];
  const listed = protocols.map((each) => (typeof each === "string" ? { protocol: each } : each));
  if (path === undefined || listed.length === 1 || listed.every((door) => door.path !== undefined)) return listed;
  return listed.filter((door) => door.path === undefined && isPathOf(door.protocol, path));
}

/** What the provider says for all of its doors, and over it what a door says for itself. */
export function doorsOf(provider: Said): [Door, ...Door[]] | null {
  const [first, ...others] = listedDoors(provider).map(
    (door): Door => ({
      // A carrier holds the bodies of the protocol it was checked against.
      protocol: provider.carrier ?? door.protocol,
      path: door.path ?? provider.path ?? null,
      authStyle: (door.auth ?? provider.auth) === "api-key" ? "api-key" : "native",
      errorMap: { ...provider.error_map, ...door.error_map },
    }),
  );
  return first === undefined ? null : [first, ...others];
}

/** A path that ends as the protocol's own does belongs to it. */
function isPathOf(protocol: string, path: string): boolean {
  const end = OWN_ENDS[protocol];
  const [bare = ""] = path.split("?");
  return end !== undefined && bare.endsWith(end);
}

const OWN_ENDS: Readonly<Record<string, string>> = {
  openai: "/chat/completions",
  responses: "/responses",
  anthropic: "/messages",
};
