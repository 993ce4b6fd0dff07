/**
 * Is a base URL fit to receive a provider's key? https only, and no host of this machine or its network in any spelling,
 * unless the provider says `allow_private`. Names are judged as written: what they resolve to is checked at the connection.
 */
type BaseUrlVerdict =
  | { readonly kind: "fine" }
  /** A sentence part that says what to change. */
  | { readonly kind: "refused"; readonly reason: string };

const FINE: BaseUrlVerdict = { kind: "fine" };

export function judgeBaseUrl(baseUrl: string, allowPrivate: boolean): BaseUrlVerdict {
  const secure = baseUrl.startsWith("https://");
  if (!secure && !(allowPrivate && baseUrl.startsWith("http://"))) {
    return refused("must begin with https:// in lower case (http:// only together with allow_private: true)");
  }
  // A backslash or white space is where two readers of URLs part ways.
  if (/[\s\\]/.test(baseUrl)) return refused("holds white space or a backslash; remove it");
  const url = URL.parse(baseUrl);
  if (url === null) return refused("is not a URL; write https://host/path");
  if (url.username !== "" || url.password !== "" || authorityOf(baseUrl).includes("@")) {
    return refused("holds a user name or password; remove it, and give the key with api_key_env");
  }
  if (baseUrl.includes("?") || baseUrl.includes("#"))
    return refused("holds a query or fragment; put a query into path");
  if (allowPrivate) return FINE;
  const blocked = blockedReason(authorityOf(baseUrl), url.hostname);
  return blocked === null ? FINE : refused(`${blocked}; set allow_private: true for this provider if that is intended`);
}

/** Null: a public name or address. Both the text as written and what the URL reader made of it are judged. */
function blockedReason(authority: string, hostname: string): string | null {
  const name = hostname.toLowerCase().replace(/\.$/, "");
  if (name === "") return "has no host";
  if (METADATA_NAMES.includes(name)) return "is a cloud metadata service";
  if (name === "localhost" || name.endsWith(".localhost")) return "is this machine";
  if (name.startsWith("[")) return blockedV6(name.slice(1, -1)) ? PRIVATE : null;
  const address = parseV4(name);
  if (address === null) return null;
  if (isBlockedV4(address)) return PRIVATE;
  // The reader accepts 0x08080808 for 8.8.8.8. Such a spelling has one use: to get around a guard.
  return isPlainV4(authority) ? null : "is an address in an unusual spelling";
}

function authorityOf(baseUrl: string): string {
  return /^https?:\/\/([^/?#]*)/.exec(baseUrl)?.[1] ?? "";
}

function isPlainV4(authority: string): boolean {
  return PLAIN_V4.test(authority.replace(/:\d*$/, ""));
}

/** The four bytes of an address in the only spelling the URL reader puts out; null: a name. */
function parseV4(name: string): readonly number[] | null {
  return PLAIN_V4.test(name) ? name.split(".").map(Number) : null;
}

function isBlockedV4(address: readonly number[]): boolean {
  const value = address.reduce((sum, byte) => sum * 256 + byte, 0);
  return BLOCKED_V4.some(([network, bits]) => {
    const size = 2 ** (32 - bits);
    const start = network.split(".").reduce((sum, byte) => sum * 256 + Number(byte), 0);
    return value >= start && value < start + size;
  });
}

/** `address` as the URL reader writes it: lower case, compressed, no zone. */
function blockedV6(address: string): boolean {
  const groups = expandV6(address);
  const [first = 0, second = 0] = groups;
  if ((first & 0xfe00) === 0xfc00 || (first & 0xffc0) === 0xfe80 || (first & 0xffc0) === 0xfec0) return true;
  if ((first & 0xff00) === 0xff00) return true;
  const embedded = (at: number) => {
    const high = groups[at] ?? 0;
    const low = groups[at + 1] ?? 0;
    return isBlockedV4([high >> 8, high & 0xff, low >> 8, low & 0xff]);
  };
  const zerosUpTo = (end: number) => groups.slice(0, end).every((group) => group === 0);
  // ::, ::1 and the v4-compatible and v4-mapped forms; then translated (NAT64, 64:ff9b::/32) and 6to4 (2002::/16).
  if (zerosUpTo(6) || (zerosUpTo(5) && groups[5] === 0xffff) || (zerosUpTo(4) && groups[4] === 0xffff))
    return embedded(6);
  if (first === 0x64 && second === 0xff9b) return embedded(6);
  return first === 0x2002 && embedded(1);
}

function expandV6(address: string): number[] {
  const [left = "", right = ""] = address.split("::");
  const groupsOf = (part: string) => (part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16)));
  const before = groupsOf(left);
  const after = groupsOf(right);
  return [...before, ...Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => 0), ...after];
}

function refused(reason: string): BaseUrlVerdict {
  return { kind: "refused", reason };
}

const PRIVATE = "is an address of this machine or a private network";

const METADATA_NAMES = ["metadata.google.internal", "metadata.internal", "instance-data", "instance-data.ec2.internal"];

const PLAIN_V4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$/;

/** IANA special-purpose registry, what is not a public unicast address (RFC 6890 and its updates). */
const BLOCKED_V4: readonly (readonly [network: string, bits: number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
];
