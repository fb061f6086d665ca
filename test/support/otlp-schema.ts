/**
 * OTLP JSON held against the protocol's own .proto files: every key is the lowerCamelCase of a field, every value of its type. What
 * OTLP has otherwise than JSON of protobuf: ids are hex, enums are numbers.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(import.meta.dirname, '../fixtures/otlp');

interface Field {
  readonly name: string;
  readonly type: string;
  readonly isRepeated: boolean;
}

const messages = new Map<string, ReadonlyMap<string, Field>>();
const enums = new Map<string, ReadonlySet<number>>();

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.proto')))
  read(readFileSync(join(FOLDER, file), 'utf8').replace(/\/\/[^\n]*|\/\*[\s\S]*?\*\//g, ''));

/** The blocks of a file: a nested one ends before the one it stands in. */
function read(text: string): void {
  const open: { kind: string; name: string; body: string }[] = [];
  let rest = '';
  for (const part of text.split(/([{}])/)) {
    if (part === '{') {
      const [, kind = '', name = ''] = /\b(message|enum|oneof|service|rpc)\s+(\w+)[^;]*$/.exec(rest) ?? [];
      open.push({ kind, name, body: '' });
      rest = '';
    } else if (part === '}') {
      const block = open.pop();
      const body = `${block?.body ?? ''};${rest}`;
      rest = '';
      if (block?.kind === 'enum') enums.set(block.name, valuesIn(body));
      else if (block?.kind === 'message') messages.set(block.name, fieldsIn(body));
      else if (block?.kind === 'oneof') addTo(open.at(-1), body);
    } else {
      addTo(open.at(-1), part);
      rest = part;
    }
  }
}

function addTo(block: { body: string } | undefined, text: string): void {
  if (block) block.body += `;${text}`;
}

function valuesIn(body: string): ReadonlySet<number> {
  return new Set([...body.matchAll(/\b[A-Z_0-9]+\s*=\s*(\d+)/g)].map(([, value]) => Number(value)));
}

function fieldsIn(body: string): ReadonlyMap<string, Field> {
  const found = body.matchAll(/(repeated\s+)?([\w.]+)\s+(\w+)\s*=\s*\d+\s*(?:\[[^\]]*\])?\s*;/g);
  return new Map(
    [...found].map(([, repeated, type = '', name = '']) => [
      name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      { name, type: type.split('.').at(-1) ?? '', isRepeated: repeated !== undefined },
    ]),
  );
}

const LENGTHS: Readonly<Record<string, number>> = { trace_id: 32, span_id: 16, parent_span_id: 16 };
const WHOLE = /^(u?int|s?fixed|sint)(32|64)$/;

/** What is wrong with `json` as a message `type`, by place; nothing for what a receiver takes. */
export function otlpProblems(json: unknown, type = 'ExportTraceServiceRequest', at = '$'): string[] {
  const fields = messages.get(type);
  if (!fields) return [`${at}: no message ${type}`];
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return [`${at}: no ${type}`];
  return Object.entries(json).flatMap(([key, value]) => {
    const field = fields.get(key);
    const place = `${at}.${key}`;
    if (!field) return [`${place}: ${type} has no such field`];
    if (!field.isRepeated) return valueProblems(value, field, place);
    if (!Array.isArray(value)) return [`${place}: no list`];
    return value.flatMap((one, index) => valueProblems(one, field, `${place}[${index}]`));
  });
}

function valueProblems(value: unknown, { name, type }: Field, at: string): string[] {
  if (messages.has(type)) return otlpProblems(value, type, at);
  return isOf(value, type, name) ? [] : [`${at}: ${JSON.stringify(value)} is no ${type}`];
}

function isOf(value: unknown, type: string, name: string): boolean {
  const values = enums.get(type);
  if (values) return typeof value === 'number' && values.has(value);
  if (type === 'bytes') return new RegExp(`^[0-9a-f]{${LENGTHS[name]}}$`).test(String(value));
  if (WHOLE.test(type))
    return type.endsWith('64') ? /^-?\d{1,20}$/.test(String(value)) : Number.isInteger(value);
  if (type === 'double') return typeof value === 'number';
  return type === 'bool' ? typeof value === 'boolean' : type === 'string' && typeof value === 'string';
}
