/**
 * How a credential is sent to the service, and how a client's signature is checked. The only file of this protocol in
 * which a secret leaves its wrapper.
 *
 * A key pair is written `ACCESS_KEY_ID:SECRET_ACCESS_KEY[:SESSION_TOKEN]` and signs; a Bedrock API key (`ABSK...`,
 * `bedrock-api-key-...`), or anything else without a colon, goes as a bearer token.
 */
import { concatBytes, encodeUtf8, wholeOf } from "../../std/bytes.ts";
import { hmacSha256, sha256HexOfBytes, sha256OfBytes } from "../../std/digest.ts";
import type { CarrierAuth, InboundSignatures, SignInput } from "../protocol.ts";
import { headerText } from "../shared/header-text.ts";
import { isGenuine, isSigned, readClaim } from "./sigv4.ts";

const SERVICE = "bedrock";
/** The vendor's first region, where none is configured. */
const REGION_DEFAULT = "us-east-1";

const inbound: InboundSignatures = {
  keyId: (parts) => (isSigned(parts) ? (readClaim(parts.headers["authorization"] ?? "")?.accessKeyId ?? "") : null),
  verify: ({ parts, body, secret, wallMs }) => isGenuine({ parts, body, secretAccessKey: secret.reveal(), wallMs }),
};

export const auth: CarrierAuth = { sign, perRequest: true, queryKey: false, inbound };

interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
}

async function sign(input: SignInput): Promise<Readonly<Record<string, string>>> {
  const text = headerText(input.secret.reveal().trim());
  if (input.style === "api-key") return { "api-key": text };
  const pair = readKeyPair(text);
  return pair === null ? { authorization: `Bearer ${text}` } : signWith(pair, input);
}

/** Split at the first two colons: none of the first two parts can hold one. Null: no key pair. */
function readKeyPair(text: string): KeyPair | null {
  if (text.startsWith("ABSK") || text.startsWith("bedrock-api-key-")) return null;
  const [accessKeyId = "", secretAccessKey = "", ...rest] = text.split(":");
  if (accessKeyId === "" || secretAccessKey === "") return null;
  const sessionToken = rest.join(":");
  return { accessKeyId, secretAccessKey, sessionToken: sessionToken === "" ? null : sessionToken };
}

/** Over exactly what is sent: the address as the runtime's fetch writes it, and the bytes of the body. */
async function signWith(pair: KeyPair, input: SignInput): Promise<Readonly<Record<string, string>>> {
  const { SignatureV4 } = await import("@aws-sdk/signature-v4");
  const url = new URL(input.url);
  const { accessKeyId, secretAccessKey, sessionToken } = pair;
  const signer = new SignatureV4({
    service: SERVICE,
    region: input.region ?? REGION_DEFAULT,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === null ? {} : { sessionToken }) },
    sha256: Sha256,
  });
  const body = wholeOf(input.body) ?? new Uint8Array(0);
  const signed = await signer.sign(
    {
      method: input.method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: queryOf(url),
      headers: {
        host: url.host,
        "content-type": input.contentType,
        "x-amz-content-sha256": sha256HexOfBytes(body),
      },
      body,
    },
    { signingDate: new Date(input.wallMs) },
  );
  // The runtime writes the host itself, and the sender the content type.
  const { host: _host, "content-type": _type, ...headers } = signed.headers;
  return headers;
}

function queryOf(url: URL): Record<string, string | string[]> {
  return Object.fromEntries([...new Set(url.searchParams.keys())].map((name) => [name, url.searchParams.getAll(name)]));
}

type Source = string | ArrayBuffer | ArrayBufferView;

/** The runtime's hash in the shape the signer asks for. */
class Sha256 {
  readonly #key: Uint8Array | null;
  #parts: Uint8Array[] = [];

  constructor(key?: Source) {
    this.#key = key === undefined ? null : bytesOf(key);
  }

  update(data: Source): void {
    this.#parts.push(bytesOf(data));
  }

  digest(): Promise<Uint8Array> {
    const whole = concatBytes(this.#parts);
    return Promise.resolve(this.#key === null ? sha256OfBytes(whole) : hmacSha256(this.#key, whole));
  }

  reset(): void {
    this.#parts = [];
  }
}

function bytesOf(source: Source): Uint8Array {
  if (typeof source === "string") return encodeUtf8(source);
  return ArrayBuffer.isView(source)
    ? new Uint8Array(source.buffer, source.byteOffset, source.byteLength)
    : new Uint8Array(source);
}
