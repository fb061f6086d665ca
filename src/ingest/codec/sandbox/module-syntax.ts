/**
 * A script written as a module, turned into one that is none: `export` goes, what it named is given to `module.exports`. Only
 * asked once a script does not compile as it is, where these words can be nothing else but in a text of several lines.
 */

export type WithoutModules =
  | { readonly source: string; readonly problem?: undefined }
  /** It needs another file. */
  | { readonly problem: string; readonly line: number };

const IMPORT = /^[ \t]*(?:import\b(?!\s*[.(])|export\b[^;{}]*\{[^}]*\}\s*from\b|export\s*\*)/m;
const LIST = /^([ \t]*)export\s*\{([^}]*)\}[ \t]*;?/gm;
const DECLARED =
  /^([ \t]*)export\s+(?:default\s+)?(?=(?:async\s+)?function\b\s*\*?\s*[\w$]|class\s+[\w$]|(?:const|let|var)\b)/gm;
const DEFAULT = /^([ \t]*)export\s+default\b/gm;

/** `undefined` for a source that has nothing of a module. Lines stay where they are. */
export function withoutModuleSyntax(source: string): WithoutModules | undefined {
  const needs = IMPORT.exec(source);
  if (needs) {
    const line = source.slice(0, needs.index).split('\n').length;
    return { line, problem: 'it takes something from another file; a codec is one file: put that into it' };
  }
  if (!/^[ \t]*export\b/m.test(source)) return undefined;
  const exported: string[] = [];
  const plain = source
    .replace(LIST, (whole, indent: string, names: string) => {
      exported.push(...names.split(',').flatMap(exportOf));
      return indent + whole.replace(/[^\n]/g, '');
    })
    .replace(DECLARED, '$1')
    .replace(DEFAULT, '$1module.exports.default =');
  return { source: `${plain}\n;${exported.join('')}` };
}

/** `a`, `a as b`, `a as default` */
function exportOf(text: string): string[] {
  const [, local, name] = /^\s*([\w$]+)(?:\s+as\s+([\w$]+))?\s*$/.exec(text) ?? [];
  return local === undefined ? [] : [`module.exports.${name ?? local}=${local};`];
}
