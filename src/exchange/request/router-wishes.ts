/**
 * What a client asks of the router itself: every `x-router-*` request header, read once. Each has its effect or is refused
 * by name, a header that nothing here knows included.
 */
import { failed, failure, ok, type Result } from "../../ir/failure.ts";
import type { RouterWishes } from "../../ir/router-wishes.ts";
import { TASKS, taskNamed } from "../../ir/task.ts";
import { asObject, type JsonObject } from "../../std/json.ts";
import type { ParsedRequest } from "./facts.ts";

type Headers = Readonly<Record<string, string>>;

const PREFIX = "x-router-";
export const DEBUG_HEADER = `${PREFIX}debug`;

/** null: no header is meant for the router. Names are lower case. */
export function readWishes(headers: Headers): Result<RouterWishes | null> {
  let wishes: RouterWishes | null = null;
  for (const name in headers) {
    if (!name.startsWith(PREFIX)) continue;
    const read = HEADERS.get(name);
    if (read === undefined) return refused(`${shown(name)} is not known here.`);
    const wish = read.wish(headers[name]?.trim() ?? "");
    if (wish === null) return refused(`${name} ${read.takes}`);
    wishes = { ...(wishes ?? NO_WISHES), ...wish };
  }
  if (wishes?.resume === true && wishes.requestId === null)
    return refused(`${PREFIX}resume needs ${PREFIX}request-id beside it.`);
  return ok(wishes);
}

/** With all that a body says to the router. */
export function wishesOf(
  headers: RouterWishes | null,
  { facts, body }: Pick<ParsedRequest, "facts" | "body">,
): Result<RouterWishes | null> {
  const asked = facts.operation === "chat" ? withTask(headers, body) : ok(headers);
  return asked.ok ? withDataWishes(asked.value, body) : asked;
}

/** A member of the router's own dialect, which no vendor is sent. */
export const TASK_MEMBER = "task_type";

/** With what the body of a chat says of its task. */
function withTask(wishes: RouterWishes | null, body: JsonObject): Result<RouterWishes | null> {
  const said = body[TASK_MEMBER] ?? null;
  if (said === null) return ok(wishes);
  const task = typeof said === "string" ? taskNamed(said) : null;
  if (task === null) return refused(`${TASK_MEMBER} must be one of ${TASKS.join(", ")}.`);
  const given = wishes ?? NO_WISHES;
  if (given.task !== null && given.task !== task)
    return refused(`${PREFIX}task-type and the body's ${TASK_MEMBER} say different things.`);
  return ok({ ...given, task });
}

/**
 * With what the body says of its data, in the words of a router that others call: `provider.zdr` and `provider.data_collection`.
 * A request may only narrow, so the stricter of two words holds.
 */
function withDataWishes(wishes: RouterWishes | null, body: JsonObject): Result<RouterWishes | null> {
  const said = asObject(body["provider"]);
  if (said === undefined) return ok(wishes);
  const zdr = said["zdr"] ?? false;
  const dataCollection = said["data_collection"] ?? null;
  if (typeof zdr !== "boolean") return refused("provider.zdr must be true or false.");
  if (dataCollection !== null && dataCollection !== "allow" && dataCollection !== "deny")
    return refused("provider.data_collection must be allow or deny.");
  if (!zdr && dataCollection !== "deny") return ok(wishes);
  const given = wishes ?? NO_WISHES;
  return ok({ ...given, zdr: given.zdr || zdr, dataCollection: dataCollection ?? given.dataCollection });
}

/** What holds for requests that are made on behalf of this one too. */
export function onlyDataWishes({ zdr, dataCollection }: RouterWishes): RouterWishes {
  return { ...NO_WISHES, zdr, dataCollection };
}

const NO_WISHES: RouterWishes = {
  task: null,
  threshold: null,
  maxWaitMs: null,
  allowDegrade: false,
  requestId: null,
  resume: false,
  debug: false,
  zdr: false,
  dataCollection: null,
};

interface WishHeader {
  /** null: the value cannot be read. */
  wish(value: string): Partial<RouterWishes> | null;
  /** What the refusal says of it. */
  readonly takes: string;
}

const ON_OFF = "must be true or false.";

const HEADERS: ReadonlyMap<string, WishHeader> = new Map<string, WishHeader>([
  [
    `${PREFIX}task-type`,
    { wish: (value) => wishOf("task", taskNamed(value)), takes: `must be one of ${TASKS.join(", ")}.` },
  ],
  [
    `${PREFIX}quality-threshold`,
    {
      wish: (value) => wishOf("threshold", thresholdOf(value)),
      takes: "must be a number from 0 to 1, or a grade as 4/5; a number over 1 and up to 5 is a grade.",
    },
  ],
  [
    `${PREFIX}max-wait-ms`,
    { wish: (value) => wishOf("maxWaitMs", wholeNumber(value)), takes: "must be a whole number of milliseconds." },
  ],
  [`${PREFIX}allow-degrade`, { wish: (value) => wishOf("allowDegrade", truthOf(value)), takes: ON_OFF }],
  [
    `${PREFIX}request-id`,
    {
      wish: (value) => wishOf("requestId", REQUEST_ID.test(value) ? value : null),
      takes: "must be 1 to 255 visible ASCII characters.",
    },
  ],
  [`${PREFIX}resume`, { wish: (value) => wishOf("resume", truthOf(value)), takes: ON_OFF }],
  [DEBUG_HEADER, { wish: (value) => wishOf("debug", truthOf(value)), takes: ON_OFF }],
  [`${PREFIX}zdr`, { wish: (value) => wishOf("zdr", truthOf(value)), takes: ON_OFF }],
  [
    `${PREFIX}data-collection`,
    { wish: (value) => wishOf("dataCollection", consentOf(value)), takes: "must be allow or deny." },
  ],
  [`${PREFIX}admin-token`, { wish: () => null, takes: "is taken on /admin/* alone. Use /admin." }],
]);

function wishOf<K extends keyof RouterWishes>(name: K, value: RouterWishes[K] | null): Partial<RouterWishes> | null {
  return value === null ? null : { [name]: value };
}

const REQUEST_ID = /^[\x21-\x7e]{1,255}$/;

/** 1 is the whole of it, and not one of five. */
function thresholdOf(value: string): number | null {
  const [, number, grades] = /^(\d+(?:\.\d+)?|\.\d+)(\/5)?$/.exec(value) ?? [];
  if (number === undefined) return null;
  const asked = Number(number);
  const threshold = grades === undefined && asked <= 1 ? asked : asked / GRADE_MAX;
  return threshold <= 1 ? threshold : null;
}

const GRADE_MAX = 5;

/** A thousand years and more cannot be waited for, nor counted. */
function wholeNumber(value: string): number | null {
  return /^\d{1,13}$/.test(value) ? Number(value) : null;
}

function truthOf(value: string): boolean | null {
  return TRUTHS.get(value.toLowerCase()) ?? null;
}

const TRUTHS: ReadonlyMap<string, boolean> = new Map([
  ...["true", "1", "yes", "on"].map((word): [string, boolean] => [word, true]),
  ...["false", "0", "no", "off"].map((word): [string, boolean] => [word, false]),
]);

function consentOf(value: string): "allow" | "deny" | null {
  const word = value.toLowerCase();
  return word === "allow" || word === "deny" ? word : null;
}

const NAME_CHARS_SHOWN = 60;

/** A client may send names of any length. */
function shown(name: string): string {
  return name.length > NAME_CHARS_SHOWN ? `${name.slice(0, NAME_CHARS_SHOWN)}…` : name;
}

function refused(message: string): Result<never> {
  return failed(failure("invalid-request", message));
}
