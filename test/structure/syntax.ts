// Turns source texts into the facts the structure rules are about: imports, functions, globals, catches. Uses the syntax
// tree of the pinned TypeScript compiler over a file system that exists only in memory, so planted breaches need no files.
import { fileURLToPath } from "node:url";
import { type Node, type SourceFile, SyntaxKind } from "typescript/unstable/ast";
import {
  isArrowFunction,
  isBinaryExpression,
  isBindingElement,
  isCallExpression,
  isCatchClause,
  isClassDeclaration,
  isConstructorDeclaration,
  isExportDeclaration,
  isFunctionDeclaration,
  isFunctionExpression,
  isGetAccessorDeclaration,
  isIdentifier,
  isImportDeclaration,
  isImportTypeNode,
  isInterfaceDeclaration,
  isLiteralTypeNode,
  isMetaProperty,
  isMethodDeclaration,
  isNewExpression,
  isNoSubstitutionTemplateLiteral,
  isPropertyAccessExpression,
  isSetAccessorDeclaration,
  isShorthandPropertyAssignment,
  isStringLiteral,
  isTypeAliasDeclaration,
  isTypeNode,
} from "typescript/unstable/ast/is";
import { API } from "typescript/unstable/async";
import { createVirtualFileSystem } from "typescript/unstable/fs";

/** What the rules see of one file. Lines count from 1. */
export interface SourceFacts {
  path: string; // relative to src, with forward slashes
  lineCount: number;
  /** The comment the file starts with, all of its lines; null when it starts with anything else. */
  firstComment: string | null;
  /** `typeOnly`: gone after compilation, so it puts nothing into the program. */
  imports: { specifier: string; line: number; typeOnly: boolean }[];
  computedImports: number[];
  /** `export … from`: names handed on from another file. */
  reExports: number[];
  emptyCatches: number[];
  /** Interfaces, type aliases and classes that other files may import. */
  exportedTypes: { name: string; line: number }[];
  /** Words that cost a second reading. */
  vagueWords: { word: string; line: number }[];
  functions: { name: string; line: number; lineCount: number }[];
  /** Values taken from the global scope: `Date.now`, `fetch`, `process` … */
  globals: { name: string; line: number }[];
  reveals: number[];
  /** `"name" in value`. `narrowed`: the same function has found out that the value is an object at all. */
  memberTests: { line: number; narrowed: boolean }[];
}

/** Parses every file of the map (path under src → text). The texts need not compile; they must parse. */
export async function readFacts(files: ReadonlyMap<string, string>): Promise<SourceFacts[]> {
  const config = { compilerOptions: { noLib: true, noResolve: true, module: "preserve", types: [] } };
  const disk: Record<string, string> = { [`${VIRTUAL_ROOT}/tsconfig.json`]: "" };
  for (const [path, text] of files) disk[`${VIRTUAL_ROOT}/src/${path}`] = text;
  const roots = [...files.keys()].filter((path) => path.endsWith(".ts")).map((path) => `src/${path}`);
  disk[`${VIRTUAL_ROOT}/tsconfig.json`] = JSON.stringify({ ...config, files: roots });

  const compiler = new API({
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    fs: createVirtualFileSystem(disk),
  });
  try {
    const snapshot = await compiler.updateSnapshot({ openProjects: [`${VIRTUAL_ROOT}/tsconfig.json`] });
    const project = snapshot.getProject(`${VIRTUAL_ROOT}/tsconfig.json`);
    if (project === undefined) throw new Error("the compiler opened no project");
    const facts: SourceFacts[] = [];
    for (const [path, text] of files) {
      if (!path.endsWith(".ts")) continue;
      const source = await project.program.getSourceFile(`${VIRTUAL_ROOT}/src/${path}`);
      if (source === undefined) throw new Error(`the compiler did not parse ${path}`);
      facts.push(factsOf(path, text, source));
    }
    return facts;
  } finally {
    await compiler.close();
  }
}

function factsOf(path: string, text: string, source: SourceFile): SourceFacts {
  const facts: SourceFacts = {
    path,
    lineCount: text.replace(/\n$/, "").split("\n").length,
    firstComment: firstComment(text),
    imports: [],
    computedImports: [],
    reExports: [],
    emptyCatches: [],
    exportedTypes: [],
    vagueWords: vagueWordsOf(text),
    functions: [],
    globals: [],
    reveals: [],
    memberTests: [],
  };
  const declared = declaredNames(source);
  const lineOf = (node: Node): number => lineAt(text, node.getStart(source));
  const visit = (node: Node): void => {
    readImport(node, facts, lineOf);
    if (isTypeDeclaration(node) && isExported(node, text)) {
      facts.exportedTypes.push({ name: nameOf(node), line: lineOf(node) });
    }
    if (isCatchClause(node) && node.block.statements.length === 0) facts.emptyCatches.push(lineOf(node));
    if (isFunctionLike(node)) {
      const line = lineOf(node);
      facts.functions.push({ name: nameOf(node), line, lineCount: lineAt(text, node.end) - line + 1 });
    }
    if (
      isCallExpression(node) &&
      isPropertyAccessExpression(node.expression) &&
      node.expression.name.text === "reveal"
    ) {
      facts.reveals.push(lineOf(node));
    }
    const asked = memberTest(node, source);
    if (asked !== null) facts.memberTests.push({ line: lineOf(node), narrowed: asked.narrowed });
    const global = globalRead(node, declared);
    if (global !== null) facts.globals.push({ name: global, line: lineOf(node) });
    node.forEachChild(visit);
  };
  visit(source);
  return facts;
}

/** `import`, `export … from`, `import("…")` and `import("…").Type`; a call whose argument is no literal is computed. */
function readImport(node: Node, facts: SourceFacts, lineOf: (node: Node) => number): void {
  if ((isImportDeclaration(node) || isExportDeclaration(node)) && node.moduleSpecifier !== undefined) {
    if (isStringLiteral(node.moduleSpecifier)) {
      const clause = isImportDeclaration(node) ? node.importClause : undefined;
      const typeOnly = isExportDeclaration(node) ? node.isTypeOnly : clause?.phaseModifier === SyntaxKind.TypeKeyword;
      facts.imports.push({ specifier: node.moduleSpecifier.text, line: lineOf(node), typeOnly });
      if (isExportDeclaration(node)) facts.reExports.push(lineOf(node));
    }
  }
  if (isImportTypeNode(node) && isLiteralTypeNode(node.argument) && isStringLiteral(node.argument.literal)) {
    facts.imports.push({ specifier: node.argument.literal.text, line: lineOf(node), typeOnly: true });
  }
  if (!isCallExpression(node)) return;
  const isImport = node.expression.kind === SyntaxKind.ImportKeyword;
  const isRequire = isIdentifier(node.expression) && node.expression.text === "require";
  if (!isImport && !isRequire) return;
  const argument = node.arguments[0];
  if (argument !== undefined && (isStringLiteral(argument) || isNoSubstitutionTemplateLiteral(argument))) {
    facts.imports.push({ specifier: argument.text, line: lineOf(node), typeOnly: false });
  } else {
    facts.computedImports.push(lineOf(node));
  }
}

/** `"name" in value`, and whether the function around it narrows the value from `unknown`. */
function memberTest(node: Node, source: SourceFile): { narrowed: boolean } | null {
  if (!isBinaryExpression(node) || node.operatorToken.kind !== SyntaxKind.InKeyword) return null;
  if (!isStringLiteral(node.left)) return null;
  let around: Node = node;
  while (around.parent !== undefined && !isFunctionLike(around)) around = around.parent;
  const text = around.getText(source);
  const value = node.right.getText(source);
  return { narrowed: text.includes(`typeof ${value} `) || text.includes(`${value} instanceof `) };
}

/** The global this node reads, spelt as the rules spell it, or null. Types and declared names read nothing. */
function globalRead(node: Node, declared: ReadonlySet<string>): string | null {
  if (isMetaProperty(node)) return null;
  if (isNewExpression(node) && isIdentifier(node.expression) && node.expression.text === "Date") {
    return (node.arguments?.length ?? 0) === 0 ? "new Date()" : null; // with an argument it reads no clock
  }
  if (isCallExpression(node) && isIdentifier(node.expression) && node.expression.text === "Date") return "Date()";
  if (isPropertyAccessExpression(node)) {
    const root = isIdentifier(node.expression)
      ? node.expression.text
      : isMetaProperty(node.expression)
        ? "import.meta"
        : "";
    const path = `${root}.${node.name.text}`;
    return GLOBAL_MEMBERS.has(path) && !declared.has(root) ? path : null;
  }
  if (!isIdentifier(node) || !GLOBAL_NAMES.has(node.text) || declared.has(node.text)) return null;
  if (!isReference(node)) return null;
  const parent = node.parent;
  const member = isPropertyAccessExpression(parent) && parent.expression === node ? `.${parent.name.text}` : "";
  return `${node.text}${member}`;
}

/** False where an identifier is a name being given (a property, a parameter, a type) and not a value being read. */
function isReference(node: Node): boolean {
  const parent = node.parent;
  if (isTypeNode(parent) || parent.kind === SyntaxKind.QualifiedName) return false;
  if (isShorthandPropertyAssignment(parent)) return true;
  if ("name" in parent && parent.name === node) return false;
  return !(isBindingElement(parent) && parent.propertyName === node);
}

/** Names the file itself gives to an import, variable, parameter or function: those are not the global. */
function declaredNames(source: SourceFile): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (node: Node): void => {
    if (DECLARATIONS.has(node.kind) && "name" in node) {
      const name: unknown = node.name;
      if (typeof name === "object" && name !== null && "text" in name && typeof name.text === "string")
        names.add(name.text);
    }
    node.forEachChild(visit);
  };
  visit(source);
  return names;
}

const isFunctionLike = (node: Node): boolean =>
  isFunctionDeclaration(node) ||
  isFunctionExpression(node) ||
  isArrowFunction(node) ||
  isMethodDeclaration(node) ||
  isConstructorDeclaration(node) ||
  isGetAccessorDeclaration(node) ||
  isSetAccessorDeclaration(node);

const isTypeDeclaration = (node: Node): boolean =>
  isInterfaceDeclaration(node) || isTypeAliasDeclaration(node) || isClassDeclaration(node);

const isExported = (node: Node, text: string): boolean =>
  /^\s*export\s/.test(withoutComments(text.slice(node.pos, node.end)));

const withoutComments = (text: string): string => text.replace(/^(?:\s|\/\*[\s\S]*?\*\/|\/\/[^\n]*\n)+/, "");

const VAGUE_WORDS = /\b(?:nobody|somebody|whoever)\b|\bin between\b/gi;

function vagueWordsOf(text: string): SourceFacts["vagueWords"] {
  return [...text.matchAll(VAGUE_WORDS)].map(({ 0: word, index }) => ({ word, line: lineAt(text, index) }));
}

/** Its own name, or that of the variable or property it is given to. */
function nameOf(node: Node): string {
  for (const holder of [node, node.parent]) {
    const name: unknown = "name" in holder ? holder.name : undefined;
    if (typeof name === "object" && name !== null && "text" in name && typeof name.text === "string") return name.text;
  }
  return "(anonymous)";
}

/** The `//` lines or the block the text starts with, after a shebang. */
function firstComment(text: string): string | null {
  const start = text.replace(/^#![^\n]*\n/, "").trimStart();
  return /^(?:\/\/[^\n]*(?:\n|$))+|^\/\*[\s\S]*?\*\//.exec(start)?.[0] ?? null;
}

const lineAt = (text: string, position: number): number => text.slice(0, position).split("\n").length;

const VIRTUAL_ROOT = "/ringmain-structure";
/** Any use of these is a use of the world. */
const GLOBAL_NAMES: ReadonlySet<string> = new Set([
  ...["Bun", "process", "console", "fetch", "crypto", "performance", "globalThis", "WebSocket", "Worker"],
  ...["setTimeout", "setInterval", "setImmediate"],
]);
/** Of these objects only some members read a clock or chance. */
const GLOBAL_MEMBERS: ReadonlySet<string> = new Set([
  "Date.now",
  "Math.random",
  "AbortSignal.timeout",
  "import.meta.env",
]);
const DECLARATIONS: ReadonlySet<SyntaxKind> = new Set([
  SyntaxKind.VariableDeclaration,
  SyntaxKind.Parameter,
  SyntaxKind.BindingElement,
  SyntaxKind.FunctionDeclaration,
  SyntaxKind.ImportSpecifier,
  SyntaxKind.ImportClause,
  SyntaxKind.NamespaceImport,
]);
