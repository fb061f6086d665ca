/** A downlink as values: an example taken apart into fields to fill in, and put together again. Pure. */

/** What is typed of one value. */
export interface ValueDraft {
  readonly key: string;
  readonly kind: 'number' | 'boolean' | 'text' | 'json';
  /** 'true' or 'false' of a boolean. */
  readonly text: string;
}

export function draftsOf(object: Readonly<Record<string, unknown>>): ValueDraft[] {
  return Object.entries(object).map(([key, value]) => {
    if (typeof value === 'number') return { key, kind: 'number', text: String(value) };
    if (typeof value === 'boolean') return { key, kind: 'boolean', text: String(value) };
    if (typeof value === 'string') return { key, kind: 'text', text: value };
    return { key, kind: 'json', text: JSON.stringify(value) };
  });
}

export type Filled =
  | { readonly object: Readonly<Record<string, unknown>>; readonly wrong?: undefined }
  | { readonly object?: undefined; readonly wrong: string };

/** The object again; the key of the first value that is none of its kind. */
export function objectOf(drafts: readonly ValueDraft[]): Filled {
  const values: [string, unknown][] = [];
  for (const { key, kind, text } of drafts) {
    const value = readValue(kind, text);
    if (value === undefined) return { wrong: key };
    values.push([key, value]);
  }
  return { object: Object.fromEntries(values) };
}

function readValue(kind: ValueDraft['kind'], text: string): unknown {
  if (kind === 'text') return text;
  if (kind === 'boolean') return text === 'true';
  if (kind === 'number')
    return text.trim() === '' || !Number.isFinite(Number(text)) ? undefined : Number(text);
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** An object typed as JSON. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
}
