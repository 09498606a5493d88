/**
 * The declarations of the official SDK's `.d.ts` files, parsed by the TypeScript compiler itself. Types are found by file and name;
 * imports are followed by hand, since only three forms of them occur. Every other form throws.
 */
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import {
  type ClassDeclaration,
  type EntityName,
  type ImportDeclaration,
  type InterfaceDeclaration,
  isClassDeclaration,
  isIdentifier,
  isImportDeclaration,
  isInterfaceDeclaration,
  isNamedImports,
  isNamespaceImport,
  isStringLiteral,
  isTypeAliasDeclaration,
  type TypeAliasDeclaration,
} from "typescript/unstable/ast";
import { API } from "typescript/unstable/sync";

export const SDK = path.dirname(createRequire(import.meta.url).resolve("@anthropic-ai/sdk"));
/** A configuration that exists only in memory: the SDK's type files and nothing around them. */
const CONFIG = path.join(SDK, "virtual-tsconfig.json");

export type Declaration = InterfaceDeclaration | TypeAliasDeclaration | ClassDeclaration;
/** A declaration and the file it stands in (relative to the SDK, without `.d.ts`). */
export interface Found {
  file: string;
  name: string;
  node: Declaration;
}

/** What one file declares and what it imports: local name to module, or to module and name. */
interface Module {
  declared: Map<string, Declaration>;
  namespaces: Map<string, string>;
  imported: Map<string, { file: string; name: string }>;
}

export class Declarations {
  readonly #api: API;
  readonly #modules = new Map<string, Module>();
  readonly #source: (file: string) => Iterable<unknown>;

  constructor() {
    const files = readdirSync(path.join(SDK, "resources"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".d.ts"))
      .map((name) => path.join(SDK, "resources", name));
    files.push(path.join(SDK, "core/pagination.d.ts"));
    const config = JSON.stringify({ compilerOptions: { noLib: true, noResolve: true, types: [] }, files });
    this.#api = new API({
      cwd: SDK,
      fs: {
        readFile: (name) => (name === CONFIG ? config : undefined),
        fileExists: (name) => (name === CONFIG ? true : undefined),
      },
    });
    const project = this.#api.updateSnapshot({ openProjects: [CONFIG] }).getProject(CONFIG);
    if (!project) throw new Error("TypeScript did not open the SDK's type files");
    this.#source = (file) => {
      const source = project.program.getSourceFile(path.join(SDK, `${file}.d.ts`));
      if (!source) throw new Error(`${file}.d.ts is not in the SDK's API types`);
      return source.statements;
    };
  }

  close(): void {
    this.#api.close();
  }

  /** The declaration of `name` as written in `file`, through imports. Throws when there is none. */
  find(file: string, name: string): Found {
    const module = this.#module(file);
    const node = module.declared.get(name);
    if (node) return { file, name, node };
    const from = module.imported.get(name);
    if (!from) throw new Error(`${file}.d.ts declares no ${name}`);
    return this.find(from.file, from.name);
  }

  /** Follows a name as used in `file`: `Name` or `Namespace.Name`. */
  resolve(file: string, name: EntityName): Found {
    if (isIdentifier(name)) return this.find(file, name.text);
    const namespace = isIdentifier(name.left) ? this.#module(file).namespaces.get(name.left.text) : undefined;
    if (!namespace) throw new Error(`${file}.d.ts: cannot follow ${name.getText()}`);
    return this.find(namespace, name.right.text);
  }

  #module(file: string): Module {
    const known = this.#modules.get(file);
    if (known) return known;
    const module: Module = { declared: new Map(), namespaces: new Map(), imported: new Map() };
    for (const statement of this.#source(file) as Iterable<Declaration | ImportDeclaration>) {
      if (isImportDeclaration(statement)) readImport(file, statement, module);
      else if (
        isInterfaceDeclaration(statement) ||
        isTypeAliasDeclaration(statement) ||
        isClassDeclaration(statement)
      ) {
        if (statement.name) module.declared.set(statement.name.text, statement);
      }
    }
    this.#modules.set(file, module);
    return module;
  }
}

function readImport(file: string, statement: ImportDeclaration, module: Module): void {
  const specifier = statement.moduleSpecifier;
  const bindings = statement.importClause?.namedBindings;
  if (!isStringLiteral(specifier) || !specifier.text.endsWith(".js") || !bindings) {
    throw new Error(`${file}.d.ts: an import of unknown form: ${statement.getText()}`);
  }
  const target = path.join(path.dirname(file), specifier.text.slice(0, -".js".length));
  if (isNamespaceImport(bindings)) module.namespaces.set(bindings.name.text, target);
  else if (isNamedImports(bindings)) {
    for (const one of bindings.elements) {
      module.imported.set(one.name.text, { file: target, name: one.propertyName?.text ?? one.name.text });
    }
  }
}
