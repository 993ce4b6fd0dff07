// The small servers that stand beside the gateway, and gateways of others that are already running.
import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import type { Contender, Place } from "./contender.ts";
import { KEY } from "./gateway.ts";
import { accepted, freePort } from "./ports.ts";
import { firstLine, type Stage } from "./processes.ts";

/** `answersFile`: more whole answers, by the first part of the path. */
export async function startVendor(
  stage: Stage,
  { root, port, answersFile }: { readonly root: string; readonly port: number; readonly answersFile: string },
): Promise<number> {
  const program = join(root, "scripts", "bench", "vendor.ts");
  const child = stage.start([process.execPath, program, String(port), answersFile], { output: "piped" });
  return Number(await firstLine(child));
}

/** A program of this folder that is told its port and the vendor's. */
async function startBeside({ stage, root, vendorPort }: Place, name: string, file: string): Promise<Contender> {
  const port = freePort();
  const program = join(root, "scripts", "bench", file);
  const child = stage.start([process.execPath, program, String(port), String(vendorPort)]);
  await accepted(port);
  return { name, pid: child.pid, port, streamPort: port, key: KEY, share: 2 };
}

export const startBareFetch = (place: Place): Promise<Contender> => startBeside(place, "bare fetch", "bare-fetch.ts");
export const startRawProxy = (place: Place): Promise<Contender> => startBeside(place, "bare sockets", "raw-proxy.ts");

/** A gateway on this machine that stands in front of the benchmark's vendor. */
export async function findPeer(words: string): Promise<Contender> {
  const { name, port, key } = readPeer(words);
  const pid = await listenerOf(port);
  if (pid === null) throw new Error(`--peer ${words}: no process of this machine that may be looked at listens there`);
  return { name, pid, port, streamPort: port, key, share: 1 };
}

export interface Peer {
  readonly name: string;
  readonly port: number;
  readonly key: string;
}

/** `name=http://key@127.0.0.1:8080`. What is not on this machine has no processor time to read. */
export function readPeer(words: string): Peer {
  const at = words.indexOf("=");
  const url = at > 0 ? URL.parse(words.slice(at + 1)) : null;
  if (url === null || url.protocol !== "http:" || !LOOPBACK.includes(url.hostname)) {
    throw new Error(`--peer ${words}: say name=http://key@127.0.0.1:port`);
  }
  const port = url.port === "" ? 80 : Number(url.port);
  return { name: words.slice(0, at), port, key: decodeURIComponent(url.username) };
}

const LOOPBACK = ["127.0.0.1", "localhost", "[::1]"];

const LISTENING = "0A";

/** The lowest process id that holds the listening socket: a parent before the workers that inherited it. */
async function listenerOf(port: number): Promise<number | null> {
  const tables = await Promise.all(
    ["tcp", "tcp6"].map((name) => readFile(`/proc/net/${name}`, "utf8").catch(() => "")),
  );
  const inodes = new Set(tables.flatMap((table) => inodesIn(table, port)).map((inode) => `socket:[${inode}]`));
  const pids = (await readdir("/proc")).map(Number).filter((pid) => pid > 0);
  for (const pid of pids.toSorted((left, right) => left - right)) {
    const files = await readdir(`/proc/${pid}/fd`).catch(() => []);
    const links = await Promise.all(files.map((file) => readlink(`/proc/${pid}/fd/${file}`).catch(() => "")));
    if (links.some((link) => inodes.has(link))) return pid;
  }
  return null;
}

/** Lines of /proc/net/tcp (proc(5)): the local address ends with the port in hexadecimal; the state; the tenth field is the inode. */
function inodesIn(table: string, port: number): string[] {
  const end = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return table
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(end) === true && fields[3] === LISTENING)
    .flatMap((fields) => fields[9] ?? []);
}
