/**
 * References to secrets, resolved by the process that uses them: a variable, a file, or text with references in it. A key
 * file that changes is read again without a restart. Imports neither zod nor yaml, because every worker loads it.
 */
import type { SecretRef } from "../ir/deployment.ts";
import { Secret } from "../std/secret.ts";
import { awsFilesOf, readAwsKeys } from "./aws.ts";
import { type FileStamp, readFileOrNull, statFile } from "./files.ts";
import { hasControl, interpolate, type ReadEnv } from "./interpolate.ts";

export interface SecretSources {
  readonly readEnv: ReadEnv;
  /** The whole text; null: not there or not readable. */
  readonly readFile: (path: string) => string | null;
  /** What changes when the file does; null: not there. */
  readonly statFile: (path: string) => FileStamp | null;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
}

interface SecretResolver {
  /** Null: unset, empty, unreadable, or nothing that could be sent in a header. Never throws. */
  resolve(ref: SecretRef): Secret | null;
}

/** How often a key file is looked at, however often its key is used. */
export const FILE_CHECK_MS = 1_000;

/** Key files remembered; a deployment names each of its own, so this is never reached by use. */
const FILES_MAX = 10_000;

/** Longer than any credential; a wrong path must not fill the memory. */
const SECRET_CHARS_MAX = 64 * 1024;

export function createSecretResolver(sources: SecretSources): SecretResolver {
  const files = new Map<string, FileEntry>();
  return {
    resolve(ref) {
      switch (ref.kind) {
        case "env":
          return toSecret(sources.readEnv(ref.name) ?? null);
        case "file":
          return readThrough(files, ref.path, sources);
        case "aws":
          return readAws(files, ref.profile, sources);
        case "template": {
          const result = interpolate(ref.text, sources.readEnv);
          return result.kind === "bad" ? null : toSecret(result.text);
        }
      }
    },
  };
}

/** The real ones. `readEnv` and `nowMs` are the caller's, because globals are. */
export function systemSecretSources(own: Pick<SecretSources, "readEnv" | "nowMs">): SecretSources {
  return { ...own, readFile: readFileOrNull, statFile };
}

interface FileEntry {
  readonly secret: Secret | null;
  /** Changes when a file does. */
  readonly stamp: string;
  readonly checkedMs: number;
}

function readThrough(files: Map<string, FileEntry>, path: string, sources: SecretSources): Secret | null {
  const look: FileSource = { key: path, paths: [path], read: () => sources.readFile(path) };
  return readAgain(files, look, sources);
}

/** The keys of a profile, read again when one of AWS's files changes. */
function readAws(files: Map<string, FileEntry>, profile: string | null, sources: SecretSources): Secret | null {
  const read = (): string | null => {
    const keys = readAwsKeys(profile, sources);
    return keys.kind === "keys" ? keys.text : null;
  };
  if (profile === null) return toSecret(read());
  return readAgain(files, { key: `aws:${profile}`, paths: awsFilesOf(sources.readEnv), read }, sources);
}

interface FileSource {
  readonly key: string;
  /** Files it is made of. */
  readonly paths: readonly string[];
  readonly read: () => string | null;
}

function readAgain(files: Map<string, FileEntry>, look: FileSource, sources: SecretSources): Secret | null {
  const nowMs = sources.nowMs();
  const known = files.get(look.key);
  if (known !== undefined && nowMs - known.checkedMs < FILE_CHECK_MS) return known.secret;
  // The stamp is taken first: a change while reading is then seen at the next look instead of never.
  const stamps = look.paths.map((path) => sources.statFile(path));
  const stamp = stamps.map((each) => (each === null ? "-" : `${each.modifiedMs}/${each.bytes}`)).join(" ");
  const absent = stamps.every((each) => each === null);
  const secret = known?.stamp === stamp ? known.secret : absent ? null : toSecret(look.read());
  if (files.size >= FILES_MAX) files.clear();
  files.set(look.key, { secret, stamp, checkedMs: nowMs });
  return secret;
}

/** A control character inside could end a header and begin another one. */
function toSecret(text: string | null): Secret | null {
  const trimmed = text?.trim() ?? "";
  if (trimmed === "" || trimmed.length > SECRET_CHARS_MAX || hasControl(trimmed)) return null;
  return Secret.from(trimmed);
}
