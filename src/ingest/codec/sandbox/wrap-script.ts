/** A device maker's script as the program around it (guest/driver.js) wants it. */

/** What a script may define, in the order in which `load` lists it. */
export const ENTRY_POINTS = [
  'decodeUplink',
  'encodeDownlink',
  'Decode',
  'Encode',
  'Decoder',
  'Encoder',
] as const;

/** Wraps a script so that line numbers stay its own; evaluates to a function that makes its top level. */
export function wrapScript(source: string): string {
  const found = ENTRY_POINTS.map((name) => `typeof ${name}==='function'?${name}:0`);
  return `(function(exports,module){return function(){${plainStart(source)}\n;return [${found.join()}]}})`;
}

/** Without what only a file may begin with: the mark of its encoding, the program that is to run it. */
function plainStart(source: string): string {
  return source.replace(/^\ufeff?#!/, '//');
}

/** Patterns that read a built-in prototype and change nothing. */
const READS = /\b\w+\s*\.\s*prototype\s*\.\s*\w+\s*\.\s*(?:call|apply|bind)\b/g;
const CHANGES =
  /\bprototype\b|__proto__|\b[gs]etPrototypeOf\b|__define[GS]etter__|\b(?:Object|Array|String|Number|Date|Math|JSON|Buffer)\s*(?:\.\s*[\w$]+|\[[^\]]*\])\s*=[^=>]/;

/**
 * Whether the script may change built-in objects. Those of all others are frozen, which is cheaper; one that changes them
 * in a way this does not see finds that it had no effect.
 */
export function mayChangeBuiltIns(source: string): boolean {
  return CHANGES.test(source.replace(READS, ''));
}
