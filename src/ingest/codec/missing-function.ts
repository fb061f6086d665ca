/** What is wrong with a script that compiles and defines none of the functions it could be called by. */
import { type Told, tell } from '../../model/said.ts';
import { cut } from '../../model/text.ts';

/** Names by which makers' own platforms call their decoders; the likeliest first. */
const LIKELY = [
  /^decode_?up_?link$/i,
  /^encode_?down_?link$/i,
  /^decoder?$/i,
  /^encoder?$/i,
  /decod|bytes2|payload|uplink|parse|consume|tojson/i,
];
const DEFINED =
  /(?:^|[^\w$.])(?:async\s+)?function\s*\*?\s*([\w$]+)\s*\(([^)]*)\)|(?:^|[^\w$.])(?:const|let|var)\s+([\w$]+)\s*=\s*(?:async\s*)?(?:function\b[^(]*)?\(([^)]*)\)/gm;
const FORM = 'function decodeUplink(input) { return { data: … }; }';
const MAX_SHOWN = 40;

/** Says what is there instead, and what form is needed. `names`: what was looked for. */
export function missingFunction(source: string, names: string): Told {
  const all = [...source.matchAll(DEFINED)].flatMap(([, name, args, other, otherArgs]) => {
    const own = name ?? other;
    return own === undefined ? [] : [{ name: own, args: (args ?? otherArgs ?? '').trim() }];
  });
  const near = LIKELY.map((like) => all.find(({ name }) => like.test(name))).find((one) => one !== undefined);
  if (!near) return tell('codec.noFunction', { names, form: FORM });
  const found = `${cut(near.name, MAX_SHOWN)}(${cut(near.args, MAX_SHOWN)})`;
  return tell('codec.otherFunction', { names, found, form: FORM });
}
