/**
 * Bundles the pages of src/ui/web into dist/web: index.html, favicon.svg, the program, its chunks and the styles under names
 * that carry a hash of their content, so a browser may keep them for ever. A page that is opened later is a chunk of its own.
 * Run alone it prints the sizes.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import { licencesOf } from './licences.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const SOURCE = fileURLToPath(new URL('../src/ui/web', import.meta.url));
export const WEB_FOLDER = fileURLToPath(new URL('../dist/web', import.meta.url));

/** A file of the pages as built. */
export interface BuiltFile {
  readonly name: string;
  readonly bytes: number;
  readonly gzipBytes: number;
  /** Whether it is fetched before anything is shown; the others follow when their page is opened. */
  readonly isFirst: boolean;
  /** Of the words that are fetched before anything is shown, in this language alone. */
  readonly language?: string;
  /** The files it was made of. */
  readonly sources: readonly string[];
}

/** Builds the pages into `folder`, which is emptied first. */
export async function buildWeb(folder = WEB_FOLDER): Promise<BuiltFile[]> {
  const { outputFiles, metafile } = await build({
    entryPoints: [join(SOURCE, 'boot.ts'), join(SOURCE, 'pages.css')],
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    outdir: folder,
    bundle: true,
    splitting: true,
    minify: true,
    format: 'esm',
    target: ['chrome111', 'firefox115', 'safari16.4'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    metafile: true,
    write: false,
  });
  const files = new Map(outputFiles.map(({ path, contents }) => [basename(path), Buffer.from(contents)]));
  const outputs = new Map(Object.entries(metafile.outputs).map(([path, output]) => [basename(path), output]));
  const entry = (end: string): string => {
    const found = [...outputs].find(([, { entryPoint }]) => entryPoint?.endsWith(end));
    if (!found) throw new Error(`nothing was made of ${end}`);
    return found[0];
  };
  const [boot, program, styles] = [entry('web/boot.ts'), entry('web/main.tsx'), entry('web/pages.css')];
  // A browser fetches six at a time: first what finds out which words are wanted, which come while the rest does.
  const needed = new Set([...neededBy(boot, outputs), program, ...neededBy(program, outputs)]);
  const template = await readFile(join(SOURCE, 'index.html'), 'utf8');
  const preload = [...needed].map((name) => `<link rel="modulepreload" href="${name}">\n`).join('');
  const html = template
    .replace('app.css', styles)
    .replace('</script>\n', `</script>\n${preload}`)
    .replace('<script type="module" src="app.js">', `<script type="module" src="${boot}">`);
  files.set('index.html', Buffer.from(html));
  files.set('licences.json', Buffer.from(JSON.stringify(licencesOf(ROOT))));
  files.set('favicon.svg', await readFile(join(SOURCE, 'favicon.svg')));
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const [name, content] of files) await writeFile(join(folder, name), content);
  return [...files].map(([name, content]) => ({
    name,
    bytes: content.length,
    gzipBytes: gzipSync(content).length,
    isFirst: needed.has(name) || [boot, styles, 'index.html', 'favicon.svg'].includes(name),
    ...languageOf(outputs.get(name)?.entryPoint),
    sources: Object.keys(outputs.get(name)?.inputs ?? {}),
  }));
}

function languageOf(entryPoint = ''): { readonly language?: string } {
  const [, language] = /\/words\/(\w+)\/first\.ts$/.exec(entryPoint) ?? [];
  return language === undefined ? {} : { language };
}

/** All that is fetched before anything is shown, by the reader of the language with the longest words. */
export function firstLoadBytes(files: readonly BuiltFile[]): number {
  const always = files.filter(({ isFirst }) => isFirst).reduce((sum, { gzipBytes }) => sum + gzipBytes, 0);
  const words = files.filter(({ language }) => language !== undefined).map(({ gzipBytes }) => gzipBytes);
  return always + Math.max(...words);
}

type Outputs = ReadonlyMap<string, Metafile['outputs'][string]>;

/** The chunks a file cannot run without: fetched beside it, rather than after it. */
function neededBy(name: string, outputs: Outputs, found = new Set<string>()): Set<string> {
  for (const { path, kind } of outputs.get(name)?.imports ?? []) {
    const chunk = basename(path);
    if (kind !== 'import-statement' || found.has(chunk)) continue;
    found.add(chunk);
    neededBy(chunk, outputs, found);
  }
  return found;
}

if (import.meta.main) {
  const files = await buildWeb();
  for (const { name, bytes, gzipBytes, isFirst, language = '' } of files)
    console.log(`${name}\t${bytes} bytes\t${gzipBytes} gzip${isFirst ? '\tfirst load' : ''}\t${language}`);
  console.log(`first load\t${firstLoadBytes(files)} gzip`);
}
