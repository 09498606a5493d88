/**
 * JSON Schema (draft 2020-12) from the SDK's type declarations. Objects are closed: a key that the type does not name is a violation.
 * Only the constructs that the response types use are known; any other throws, so that nothing passes unseen after an SDK upgrade.
 */
import {
  type InterfaceDeclaration,
  isClassDeclaration,
  isIdentifier,
  isIndexSignatureDeclaration,
  isInterfaceDeclaration,
  isIntersectionTypeNode,
  isLiteralTypeNode,
  isNumericLiteral,
  isParenthesizedTypeNode,
  isPropertySignatureDeclaration,
  isStringLiteral,
  isTypeLiteralNode,
  isTypeReferenceNode,
  isUnionTypeNode,
  type Node,
  SyntaxKind,
  type TypeElement,
  type TypeReferenceNode,
} from "typescript/unstable/ast";
import type { Declarations, Found } from "./declarations.ts";
import { unionOf } from "./union.ts";

export interface Schema {
  $ref?: string;
  type?: string;
  const?: string | number | boolean | null;
  enum?: string[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  anyOf?: Schema[];
  oneOf?: Schema[];
  discriminator?: { propertyName: string };
}

/** Where a type stands: the file it is written in, and the schemas that its type parameters stand for. */
interface Scope {
  file: string;
  parameters: Map<string, Schema>;
}

const KEYWORDS = new Map<SyntaxKind, Schema>([
  [SyntaxKind.StringKeyword, { type: "string" }],
  [SyntaxKind.NumberKeyword, { type: "number" }],
  [SyntaxKind.BooleanKeyword, { type: "boolean" }],
  [SyntaxKind.UnknownKeyword, {}],
]);

export class SchemaWriter {
  /** Every named type reached so far. */
  readonly defs: Record<string, Schema> = {};
  readonly #declarations: Declarations;
  readonly #homes = new Map<string, string>();

  constructor(declarations: Declarations) {
    this.#declarations = declarations;
  }

  /** Adds the named type and all it reaches to `defs`; answers the reference to it. */
  add(file: string, name: string): Schema {
    return this.#named(this.#declarations.find(file, name), []);
  }

  #named(found: Found, args: Schema[]): Schema {
    const { file, name, node } = found;
    const parameters = new Map((node.typeParameters ?? []).map((p, i) => [p.name.text, args[i] ?? missing(name)]));
    const scope = { file, parameters };
    // Generic types are the page envelopes: written out at each use, since a definition has no parameters.
    if (parameters.size > 0) return this.#body(found, scope);
    const home = this.#homes.get(name);
    if (home !== undefined && home !== file) throw new Error(`two types are named ${name}: ${home}, ${file}`);
    if (home === undefined) {
      this.#homes.set(name, file);
      this.defs[name] = this.#body(found, scope);
    } else if (!this.defs[name]) throw new Error(`${name} refers to itself`);
    return { $ref: `#/$defs/${name}` };
  }

  #body({ node, name }: Found, scope: Scope): Schema {
    if (isInterfaceDeclaration(node)) return this.#interface(node, scope);
    if (!isClassDeclaration(node)) return this.#type(node.type, scope);
    // A page class: its wire form is the one interface that it implements.
    const clause = node.heritageClauses?.find((c) => c.token === SyntaxKind.ImplementsKeyword);
    const [form] = clause?.types ?? [];
    if (!form || !isIdentifier(form.expression)) throw new Error(`class ${name} implements no wire form`);
    const args = (form.typeArguments ?? []).map((arg) => this.#type(arg, scope));
    return this.#named(this.#declarations.resolve(scope.file, form.expression), args);
  }

  #interface(node: InterfaceDeclaration, scope: Scope): Schema {
    if (node.heritageClauses?.length) throw new Error(`${node.name.text} extends another type`);
    return this.#object([...node.members], scope);
  }

  #object(members: TypeElement[], scope: Scope): Schema {
    const properties: Record<string, Schema> = {};
    const required: string[] = [];
    let additionalProperties: Schema | boolean = false;
    for (const member of members) {
      if (isPropertySignatureDeclaration(member)) {
        if (!isIdentifier(member.name) && !isStringLiteral(member.name)) throw unknown(member, scope);
        properties[member.name.text] = this.#type(member.type, scope);
        if (!member.postfixToken) required.push(member.name.text);
      } else if (isIndexSignatureDeclaration(member)) additionalProperties = this.#type(member.type, scope);
      else throw unknown(member, scope);
    }
    return { type: "object", properties, required, additionalProperties };
  }

  #type(node: Node, scope: Scope): Schema {
    const keyword = KEYWORDS.get(node.kind);
    if (keyword) return { ...keyword };
    if (isParenthesizedTypeNode(node)) return this.#type(node.type, scope);
    if (isTypeLiteralNode(node)) return this.#object([...node.members], scope);
    if (isUnionTypeNode(node))
      return unionOf(
        [...node.types].map((t) => this.#type(t, scope)),
        this.defs,
      );
    if (isLiteralTypeNode(node)) return literal(node.literal, scope);
    // `string & {}` is how the SDK says "any string, but suggest these".
    if (isIntersectionTypeNode(node) && node.getText().trim() === "string & {}") return { type: "string" };
    if (isTypeReferenceNode(node)) return this.#reference(node, scope);
    throw unknown(node, scope);
  }

  #reference(node: TypeReferenceNode, scope: Scope): Schema {
    const args = (node.typeArguments ?? []).map((arg) => this.#type(arg, scope));
    if (isIdentifier(node.typeName)) {
      const parameter = scope.parameters.get(node.typeName.text);
      if (parameter) return parameter;
      if (node.typeName.text === "Array") return { type: "array", items: args[0] ?? missing("Array") };
    }
    return this.#named(this.#declarations.resolve(scope.file, node.typeName), args);
  }
}

function literal(node: Node, scope: Scope): Schema {
  if (isStringLiteral(node)) return { type: "string", const: node.text };
  if (isNumericLiteral(node)) return { type: "number", const: Number(node.text) };
  if (node.kind === SyntaxKind.TrueKeyword) return { type: "boolean", const: true };
  if (node.kind === SyntaxKind.FalseKeyword) return { type: "boolean", const: false };
  if (node.kind === SyntaxKind.NullKeyword) return { type: "null" };
  throw unknown(node, scope);
}

function unknown(node: Node, scope: Scope): Error {
  return new Error(`${scope.file}.d.ts: no schema for ${SyntaxKind[node.kind]}: ${node.getText().slice(0, 120)}`);
}

function missing(name: string): never {
  throw new Error(`${name} is used without its type argument`);
}
