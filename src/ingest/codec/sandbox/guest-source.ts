/**
 * The program around a device maker's script inside QuickJS, as text: the files of guest/ joined to one strict function.
 * scripts/build.ts puts the text into the bundle; without a bundle it is read from the files.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

declare const WSE_CODEC_GUEST: string | undefined;

/** Each sees the names of those before it. */
const FILES = ['prelude.js', 'guards.js', 'buffer.js', 'text.js', 'watch.js', 'driver.js'];

/** Evaluates to an object with `load`, `loadWatched`, `decode`, `encode` and `settle`. */
export const GUEST_SOURCE: string = typeof WSE_CODEC_GUEST === 'string' ? WSE_CODEC_GUEST : readGuest();

export function readGuest(): string {
  const parts = FILES.map((name) => readFileSync(join(import.meta.dirname, 'guest', name), 'utf8'));
  return `(function () {\n'use strict';\n${parts.join('')}return guest;\n})()`;
}
