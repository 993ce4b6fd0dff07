/** Rules about any secret, in whichever of its forms: given once, named and not quoted, there, and fit to be sent. */
import type { CheckInput, Findings } from "./findings.ts";
import { hasControl } from "./interpolate.ts";
import type { Path } from "./problem.ts";
import { countForms, type SecretForms } from "./values.ts";

type SecretState =
  | { readonly kind: "value"; readonly text: string }
  /** `reason` is a sentence part that names the variable or file, never a value. */
  | { readonly kind: "absent"; readonly reason: string }
  | { readonly kind: "unfit"; readonly reason: string };

/** True when the forms contradict each other; `key` is the name of the field without its ending. */
export function refuseForms(forms: SecretForms, path: Path, key: string, findings: Findings): boolean {
  if (countForms(forms) < 2) return false;
  const aws = forms.aws == null ? "" : ", aws";
  findings.error(path, `has more than one of ${key}, ${key}_env${aws} and ${key}_file; keep one of them`);
  return true;
}

/** What the secret is at this moment. Only ever looked at, never shown. */
export function readSecret(
  forms: SecretForms,
  { readEnv, readFile, resolvePath, source }: CheckInput,
  path: Path,
): SecretState {
  if (forms.env !== null) return readVariable(forms.env, readEnv, isTemplate(source.templateAt(path)));
  if (forms.file !== null) {
    const text = readFile(resolvePath(forms.file));
    if (text === null)
      return {
        kind: "absent",
        reason: "names a file that cannot be read; create it, or correct the path (a pipe or a device is no file)",
      };
    return judge(text, "names a file");
  }
  return judge(forms.value?.text ?? "", "is a value");
}

function readVariable(name: string, readEnv: CheckInput["readEnv"], hidden: boolean): SecretState {
  if (!VARIABLE.test(name) || looksLikeKey(name)) {
    return { kind: "unfit", reason: "must be the name of an environment variable and not the secret itself" };
  }
  const shown = hidden ? "the variable it names" : `the variable ${name}`;
  const text = readEnv(name);
  if (text === undefined) return { kind: "absent", reason: `${shown} is not set; set it before the start` };
  if (text.trim() === "") return { kind: "absent", reason: `${shown} is empty; give it a value` };
  return judge(text, `${shown} has a value`);
}

function judge(text: string, what: string): SecretState {
  const trimmed = text.trim();
  if (trimmed === "") return { kind: "absent", reason: `${what} that is empty; give it one` };
  if (hasControl(trimmed))
    return { kind: "unfit", reason: `${what} with control characters or several lines; a secret is one line` };
  if (!PRINTABLE.test(trimmed))
    return { kind: "unfit", reason: `${what} with characters that cannot be sent in a header` };
  return { kind: "value", text: trimmed };
}

/** A credential that ends within the hour or needs a renewal we cannot make; null: none of those. */
export function unrefreshable(text: string): string | null {
  if (text.startsWith("{"))
    return "is a service account file, whose tokens must be renewed, which is not supported; use an API key";
  if (text.startsWith("ya29."))
    return "is an access token that ends within the hour and cannot be renewed here; use an API key";
  return null;
}

/** Names of variables are shown in messages; a key pasted in place of a name must not be. */
function looksLikeKey(name: string): boolean {
  return name.length > 64 || KEY_PREFIX.test(name);
}

function isTemplate(template: string | null): boolean {
  return template !== null;
}

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const KEY_PREFIX = /^(?:sk|gsk|pplx|nvapi|hf|key|r8|fw|csk|AIza|AKIA|ASIA)(?:_[A-Za-z0-9]{16,}|[A-Za-z0-9]{16,})/;
const PRINTABLE = /^[\x20-\x7e\xa0-\xff]*$/;
