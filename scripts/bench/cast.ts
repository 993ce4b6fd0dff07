// Who takes part in a run: each is started when a row first asks for it, and stands until the run ends.
import type { Contender, Place } from "./contender.ts";
import { startGateway } from "./gateway.ts";
import { findNginx, startNginx } from "./nginx.ts";
import type { Size } from "./sizes.ts";
import { findPeer, startBareFetch, startRawProxy } from "./started.ts";

export interface Bench {
  readonly place: Place;
  readonly size: Size;
  /** The executables to measure: the one at hand, and perhaps an earlier one beside it. */
  readonly programs: readonly Program[];
  readonly peers: readonly string[];
  /** One line of progress. */
  readonly say: (line: string) => void;
  readonly cast: Cast;
}

export interface Program {
  /** As it stands in the table. */
  readonly name: string;
  readonly path: string;
}

export type Part = "nginx" | "fetch" | "sockets" | "token" | "key" | "peers";

export interface Cast {
  /** In this order; nginx is left out where it is not installed. */
  of(parts: readonly Part[]): Promise<Contender[]>;
}

export function createCast({ place, programs, peers }: Omit<Bench, "cast">): Cast {
  const standing = new Map<Part, Promise<Contender[]>>();
  const start: Record<Part, () => Promise<Contender[]>> = {
    nginx: async () => {
      const program = findNginx();
      return program === null ? [] : [await startNginx(place, program)];
    },
    fetch: async () => [await startBareFetch(place)],
    sockets: async () => [await startRawProxy(place)],
    token: () => oneByOne(programs, ({ name, path }) => startGateway(place, { name: `${name}, token`, program: path })),
    key: () =>
      oneByOne(programs, ({ name, path }) => startGateway(place, { name: `${name}, key`, program: path, keys: 1 })),
    peers: () => oneByOne(peers, findPeer),
  };
  return {
    async of(parts) {
      const groups = await oneByOne(parts, (part) => {
        const group = standing.get(part) ?? start[part]();
        standing.set(part, group);
        return group;
      });
      return groups.flat();
    },
  };
}

/** Several starting at once on few cores would be late, and disturb each other. */
export async function oneByOne<In, Out>(items: readonly In[], make: (item: In) => Promise<Out>): Promise<Out[]> {
  const made: Out[] = [];
  for (const item of items) made.push(await make(item));
  return made;
}
