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
  const found = ENTRY_POINTS.map(
    (name) => `typeof ${name}==='function'?${name}:module.exports&&module.exports.${name}`,
  );
  return `(function(exports,module){return function(){${source}\n;return [${found.join()}]}})`;
}
