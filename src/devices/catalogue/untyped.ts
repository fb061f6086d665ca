/** Members of values out of other people's YAML, TOML and JSON: each is looked at before it is believed. Never throws. */
import { isCatalogueWord } from '../../model/device-catalogue.ts';
import { cut, oneLine } from '../../model/text.ts';

export type Members = Readonly<Record<string, unknown>>;

/** The members of an object; none of anything else. */
export function membersOf(value: unknown): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {};
}

export function member(value: unknown, name: string): unknown {
  const members = membersOf(value);
  return Object.hasOwn(members, name) ? members[name] : undefined;
}

export function listOf(value: unknown, most: number): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, most) : [];
}

/** A line of text, a number as text too: versions are written either way. */
export function lineOf(value: unknown, most: number): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const text = cut(oneLine(String(value)), most).trim();
  return text === '' ? undefined : text;
}

export function wholeOf(value: unknown, least: number, most: number): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
    ? value
    : undefined;
}

/** A name of a file or a folder as it stands in a key; undefined where it is none. */
export function wordOf(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string') return undefined;
  const word = text.trim().toLowerCase();
  return isCatalogueWord(word) ? word : undefined;
}

/** 'Wind Sensor (v2)' as 'wind-sensor-v2'. */
export function slugOf(text: string): string | undefined {
  return wordOf(
    text
      .normalize('NFKD')
      .toLowerCase()
      .replace(/[^a-z0-9.]+/g, '-')
      .replace(/^[-.]+|[-.]+$/g, '')
      .slice(0, 60),
  );
}
