/** The OpenAPI document as the page reads it: the operations by the first word of their path, and shapes in lines. Pure. */

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly format?: string;
}

interface Body {
  readonly description?: string;
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}

export interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly deprecated?: boolean;
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly description?: string;
    readonly schema?: Schema;
  }[];
  readonly requestBody?: Body;
  readonly responses?: Readonly<Record<string, Body>>;
}

export interface Document {
  readonly info: { readonly title: string; readonly version: string; readonly description?: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Schema>> };
}

export interface Route {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** '/api/v1/devices/{devEui}' is of 'devices'. */
export function groupsOf({ paths }: Document, wanted = ''): Map<string, Route[]> {
  const groups = new Map<string, Route[]>();
  for (const [path, methods] of Object.entries(paths)) {
    const group = path.replace(/^\/api\/v1/, '').split('/')[1] ?? '';
    for (const method of METHODS) {
      const operation = methods[method];
      if (!operation || !isWanted(path, operation, wanted)) continue;
      groups.set(group, [...(groups.get(group) ?? []), { method: method.toUpperCase(), path, operation }]);
    }
  }
  return new Map([...groups].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isWanted(path: string, { summary = '', operationId = '' }: Operation, wanted: string): boolean {
  return `${path} ${summary} ${operationId}`.toLowerCase().includes(wanted.trim().toLowerCase());
}

/** What a shape is in a word or two: 'string, date-time', 'array of Reading'. */
export function typeOf(schema: Schema | undefined): string {
  if (!schema) return '';
  if (schema.$ref !== undefined) return nameOf(schema.$ref);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map(typeOf).join(' | ');
  if (schema.type === 'array') return `array of ${typeOf(schema.items) || 'anything'}`;
  const type = typeof schema.type === 'string' ? schema.type : (schema.type?.join(' | ') ?? '');
  return schema.format === undefined ? type : `${type}, ${schema.format}`;
}

export function nameOf(reference: string): string {
  return reference.split('/').at(-1) ?? '';
}

/** The fields of a shape, of what it refers to, or of the items of a list. */
export function fieldsOf(
  schema: Schema | undefined,
  document: Document,
  deep = 4,
): [string, Schema, boolean][] {
  if (!schema || deep === 0) return [];
  if (schema.$ref !== undefined)
    return fieldsOf(document.components?.schemas?.[nameOf(schema.$ref)], document, deep - 1);
  if (schema.items) return fieldsOf(schema.items, document, deep - 1);
  return Object.entries(schema.properties ?? {}).map(([name, field]) => [
    name,
    field,
    schema.required?.includes(name) ?? false,
  ]);
}
