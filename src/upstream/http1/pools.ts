/** A pool for every origin that is asked. Providers that trust different authorities share no connection. */
import { createBoundedMap } from "../../std/bounded.ts";
import type { Effects } from "../../std/effects.ts";
import { createPool, type Pool } from "./pool.ts";
import { type RequestPlace, requestPlace } from "./request-place.ts";

interface PooledPlace {
  readonly place: RequestPlace;
  readonly pool: Pool;
}

/** null: the URL is none of HTTP. */
type FindPool = (url: string, ca: string | null) => PooledPlace | null;

/** Lanes and operations ask a few URLs each. Forgetting one costs its reading, never its connections. */
const URLS_MAX = 1_024;
/** A pool that is pushed out ends its connections as they fall idle. */
const POOLS_MAX = 1_024;

export function createPools(effects: Pick<Effects, "connect" | "setTimer" | "nowMs">): FindPool {
  const urls = createBoundedMap<string, PooledPlace & { readonly ca: string | null }>(URLS_MAX, null);
  const pools = createBoundedMap<string, Pool>(POOLS_MAX, null);
  return (url, ca) => {
    const known = urls.get(url, 0);
    if (known !== undefined && known.ca === ca) return known;
    const place = requestPlace(url, ca);
    if (place === null) return null;
    const key = `${place.origin} ${ca ?? ""}`;
    const pool = pools.get(key, 0) ?? createPool({ place: place.connect, effects });
    pools.set(key, pool, 0);
    const found = { place, pool, ca };
    urls.set(url, found, 0);
    return found;
  };
}
