/** What is wrong with a script that compiles and defines none of the functions it could be called by, or is only the inside of one. */
import { type Told, tell } from '../../model/said.ts';
import { cut } from '../../model/text.ts';

/** Names by which makers' own platforms call their decoders; the likeliest first. */
const LIKELY = [
  /^decode_?up_?link$/i,
  /^encode_?down_?link$/i,
  /^decoder?$/i,
  /^encoder?$/i,
  /decod|bytes2|payload|uplink|parse|consume|convert|tojson/i,
];
const DEFINED =
  /(?:^|[^\w$.])(?:async\s+)?function\s*\*?\s*([\w$]+)\s*\(([^)]*)\)|(?:^|[^\w$.])(?:const|let|var)\s+([\w$]+)\s*=\s*(?:async\s*)?(?:function\b[^(]*)?\(([^)]*)\)/gm;
const FORM = 'function decodeUplink(input) { return { data: … }; }';
const MAX_SHOWN = 40;

/** What is skipped when brackets are counted, then what counts. What is opened and never closed ends with the script. */
const TOKENS =
  /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|"(?:[^"\\\n]|\\.)*"?|'(?:[^'\\\n]|\\.)*'?|`(?:[^`\\]|\\[\s\S])*`?|[{}]|\breturn\b/g;
/** How to open the function that is missing, by what its inside asks for; the last for all others. */
const OPENINGS: readonly (readonly [asksFor: RegExp, opening: string])[] = [
  [/\binput\b/, 'function decodeUplink(input) {'],
  [/\bfPort\b/, 'function Decode(fPort, bytes, variables) {'],
  [/\bbytes\b/, 'function Decoder(bytes, port) {'],
  [/(?:)/, 'function decodeUplink(input) {'],
];

/** Some platforms take the inside of a function for a script: it returns where no function is. undefined for another. */
export function insideOfFunction(source: string): Told | undefined {
  let depth = 0;
  for (const [token] of source.matchAll(TOKENS)) {
    if (token === 'return' && depth === 0) {
      const [, opening = ''] = OPENINGS.find(([asksFor]) => asksFor.test(source)) ?? [];
      return tell('codec.inside', { opening });
    }
    if (token === '{') depth++;
    else if (token === '}') depth--;
  }
  return undefined;
}

/** Says what is there instead, and what form is needed. `names`: what was looked for. */
export function missingFunction(source: string, names: string): Told {
  const inside = insideOfFunction(source);
  if (inside) return inside;
  const all = [...source.matchAll(DEFINED)].flatMap(([, name, args, other, otherArgs]) => {
    const own = name ?? other;
    return own === undefined ? [] : [{ name: own, args: (args ?? otherArgs ?? '').trim() }];
  });
  const near = LIKELY.map((like) => all.find(({ name }) => like.test(name))).find((one) => one !== undefined);
  if (!near) return tell('codec.noFunction', { names, form: FORM });
  const found = `${cut(near.name, MAX_SHOWN)}(${cut(near.args, MAX_SHOWN)})`;
  return tell('codec.otherFunction', { names, found, form: FORM });
}
