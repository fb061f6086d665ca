/**
 * A sentence of the box with its stable key and values beside its English, so that a page can say it in another language.
 * Pure.
 */
import { errorText } from './error-text.ts';
import { SAID_TEXTS } from './said/texts.ts';

export type SaidKey = keyof typeof SAID_TEXTS;
export type SaidValues = Readonly<Record<string, string | number>>;

export interface Said {
  /** Empty where only advice is given. */
  readonly key: string;
  readonly values: SaidValues;
  /** The key of what to do about it, with the same values. */
  readonly todo?: string;
}

/** In English, and piece by piece for whoever says it in another language. */
export interface Told {
  readonly detail: string;
  readonly hint?: string;
  readonly said: readonly Said[];
}

const MAX_SAID = 20;

/** A told trouble: there is always something to do about it. */
export type ToldTrouble = Told & { readonly hint: string };

type Text = string | { readonly one: string; readonly other: string };

/** The keys that have a piece of advice of their own. */
type Advised = { [K in SaidKey]: `${K}.todo` extends SaidKey ? K : never }[SaidKey];

export function tell<K extends SaidKey>(key: K, values?: SaidValues): K extends Advised ? ToldTrouble : Told;
/** `todo`: the key of other advice than its own. */
export function tell(key: SaidKey, values: SaidValues | undefined, todo: SaidKey): ToldTrouble;
export function tell(key: SaidKey, values: SaidValues = {}, todo?: SaidKey): Told {
  const own = `${key}.todo`;
  const advice = todo ?? (isSaidKey(own) ? own : undefined);
  const detail = english(SAID_TEXTS[key], values);
  if (advice === undefined) return { detail, said: [{ key, values }] };
  return {
    detail,
    hint: english(SAID_TEXTS[advice], values),
    said: [{ key, values, todo: advice }],
  };
}

/** Only what to do, beside what is said already. */
export function advise(todo: SaidKey, values: SaidValues = {}): ToldTrouble {
  return { detail: '', hint: english(SAID_TEXTS[todo], values), said: [{ key: '', values, todo }] };
}

/** What nobody has to read in another language. */
export function inEnglish(detail: string, hint?: string): Told {
  return { detail, ...(hint === undefined ? {} : { hint }), said: [] };
}

/** An error that can be said in another language. */
export class ToldError extends Error {
  readonly told: Told;
  constructor(told: Told) {
    super(told.detail);
    this.told = told;
  }
}

/** Whether what was written down once is still what `tell` made. */
export function isSaid(value: unknown): value is readonly Said[] {
  return Array.isArray(value) && value.length <= MAX_SAID && value.every(isOneSaid);
}

function isOneSaid(one: unknown): boolean {
  if (typeof one !== 'object' || one === null) return false;
  const { key, values, todo }: { key?: unknown; values?: unknown; todo?: unknown } = one;
  if (typeof key !== 'string' || (todo !== undefined && typeof todo !== 'string')) return false;
  if (typeof values !== 'object' || values === null) return false;
  return Object.values(values).every((value) => typeof value === 'string' || typeof value === 'number');
}

/** What was thrown, in words. */
export function toldOf(error: unknown): Told {
  return error instanceof ToldError ? error.told : inEnglish(errorText(error));
}

/** One after the other; all that is to be done. */
export function tellAll(pieces: readonly Told[]): Told {
  const hints = pieces.flatMap(({ hint }) => hint ?? []);
  return {
    detail: joinPieces(pieces.map(({ detail }) => detail)),
    ...(hints.length === 0 ? {} : { hint: hints.join('\n') }),
    // One that nobody can translate keeps all of it in English.
    said: pieces.some(({ said }) => said.length === 0) ? [] : pieces.flatMap(({ said }) => said),
  };
}

/** A piece that ends with a colon leads to the next. */
export function joinPieces(pieces: readonly string[]): string {
  return pieces.reduce((all, piece) => `${all}${all.endsWith(':') ? '' : ';'} ${piece}`);
}

export function isSaidKey(key: string): key is SaidKey {
  return Object.hasOwn(SAID_TEXTS, key);
}

function english(text: Text, values: SaidValues): string {
  const form = typeof text === 'string' ? text : text[values.count === 1 ? 'one' : 'other'];
  return form.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
