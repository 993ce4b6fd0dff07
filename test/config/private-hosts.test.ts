/** Where a provider's key may be sent: every spelling of a private host is refused, look-alikes are not. */
import { describe, expect, test } from "bun:test";
import { judgeBaseUrl } from "../../src/config/private-hosts.ts";
import { load } from "./harness.ts";

const BLOCKED = [
  ...[
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0X7F000001",
    "017700000001",
    "0177.0.0.1",
  ],
  ...[
    "0x7f.1",
    "0x7f.0x0.0x0.0x1",
    "0",
    "0.0.0.0",
    "127.0.0.1.",
    "127.0.0.1:8443",
    "%31%32%37.0.0.1",
    "169%2E254%2E169%2E254",
  ],
  ...[
    "①②⑦.0.0.1",
    "127。0。0。1",
    "127.0.0.1\u00ad",
    "user:pass@127.0.0.1",
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
  ],
  ...[
    "172.31.255.255",
    "192.168.0.1",
    "169.254.169.254",
    "100.64.0.0",
    "100.127.255.255",
    "0.1.2.3",
    "198.18.0.1",
    "192.0.0.8",
  ],
  ...["224.0.0.1", "240.0.0.1", "255.255.255.255", "134744072", "0x08080808", "8.8.2056", "010.8.8.8"],
  ...[
    "localhost",
    "LOCALHOST",
    "localhost.",
    "api.localhost",
    "x.y.LocalHost.",
    "metadata.google.internal",
    "metadata.google.internal.",
  ],
  ...["Metadata.Internal", "ⓜetadata.google.internal", "instance-data.ec2.internal"],
  ...[
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[::ffff:100.64.0.1]",
  ],
  ...[
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[febf::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::10.0.0.1]",
  ],
  ...["[2002:7f00:1::]", "[2002:0a00:0001::1]", "[::ffff:0:127.0.0.1]", "[::1]:8443"],
];

const ALLOWED = [
  ...[
    "api.acme.invalid",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.1.1",
    "11.0.0.1",
  ],
  ...[
    "metadata.google.internal.example.invalid",
    "localhost.example.invalid",
    "notlocalhost",
    "127.0.0.1.example.invalid",
  ],
  ...[
    "[2001:db8::1]",
    "[2606:4700::1111]",
    "[64:ff9b::808:808]",
    "[2002:808:808::1]",
    "[::ffff:8.8.8.8]",
    "api.acme.invalid:8443",
  ],
  ...["1e100.invalid", "10.example.invalid", "0x.invalid"],
];

describe("hosts", () => {
  test.each(BLOCKED)("https://%s is refused", (host) =>
    expect(judgeBaseUrl(`https://${host}/v1`, false).kind).toBe("refused"),
  );
  test.each(ALLOWED)("https://%s is fine", (host) =>
    expect(judgeBaseUrl(`https://${host}/v1`, false)).toEqual({ kind: "fine" }),
  );
});

describe("with allow_private", () => {
  test.each([
    "http://127.0.0.1:11434",
    "https://10.0.0.1",
    "http://localhost",
    "http://[::1]:80",
    "https://2130706433",
  ])("%s is fine", (url) => {
    expect(judgeBaseUrl(url, true)).toEqual({ kind: "fine" });
  });
});

describe("shapes that no opt-out allows", () => {
  test.each([
    ["HTTPS://api.acme.invalid", "https://"],
    ["ftp://api.acme.invalid", "https://"],
    ["api.acme.invalid", "https://"],
    ["https://", "not a URL"],
    ["https://a b", "white space"],
    ["https:\\\\127.0.0.1", "https://"],
    ["https://api.acme.invalid\\@x", "backslash"],
    ["https://user@api.acme.invalid", "user name"],
    ["https://user:pass@api.acme.invalid", "user name"],
    ["https://@api.acme.invalid", "user name"],
    ["https://api.acme.invalid?x=1", "query"],
    ["https://api.acme.invalid/#x", "fragment"],
  ])("%s", (url, says) => {
    expect(judgeBaseUrl(url, true)).toEqual({ kind: "refused", reason: expect.stringContaining(says) });
  });
});

describe("who may opt out", () => {
  const config = (own: string) => `providers: { p: { ${own} } }\nmodels: { m: { provider: p } }\n`;
  const catalog = (own: string) => `p: { protocol: openai, base_url: "http://10.0.0.1", ${own} }\n`;

  test.each([
    ["nobody", "", "", false],
    ["the configuration", "allow_private: true", "", true],
    ["the catalog", "", "allow_private: true", true],
    ["the catalog, taken back", "allow_private: false, api_key_env: TOKEN", "allow_private: true", false],
  ])("%s", (_, own, listed, loads) => {
    const { deployment } = load(config(own), { catalog: catalog(listed) });
    expect(deployment !== null).toBe(loads);
  });
});
