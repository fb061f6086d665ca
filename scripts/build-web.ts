/**
 * Bundles the pages of src/ui/web into dist/web: index.html, favicon.svg and app.js, app.css under names that carry a
 * hash of their content, so a browser may keep them for ever. Run alone it prints the sizes.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const SOURCE = fileURLToPath(new URL('../src/ui/web', import.meta.url));
export const WEB_FOLDER = fileURLToPath(new URL('../dist/web', import.meta.url));

/** A file of the pages as built. */
export interface BuiltFile {
  readonly name: string;
  readonly bytes: number;
  readonly gzipBytes: number;
}

/** Builds the pages into `folder`, which is emptied first. */
export async function buildWeb(folder = WEB_FOLDER): Promise<BuiltFile[]> {
  const { outputFiles } = await build({
    entryPoints: [join(SOURCE, 'main.tsx'), join(SOURCE, 'app.css')],
    entryNames: '[name]-[hash]',
    outdir: folder,
    bundle: true,
    minify: true,
    format: 'esm',
    target: ['chrome111', 'firefox115', 'safari16.4'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    legalComments: 'none',
    write: false,
  });
  const files = new Map(outputFiles.map(({ path, contents }) => [basename(path), Buffer.from(contents)]));
  let html = await readFile(join(SOURCE, 'index.html'), 'utf8');
  for (const name of files.keys()) {
    html = html.replace(name.endsWith('.css') ? 'app.css' : 'app.js', name);
  }
  files.set('index.html', Buffer.from(html));
  files.set('favicon.svg', await readFile(join(SOURCE, 'favicon.svg')));
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const [name, content] of files) await writeFile(join(folder, name), content);
  return [...files].map(([name, content]) => ({
    name,
    bytes: content.length,
    gzipBytes: gzipSync(content).length,
  }));
}

if (import.meta.main) {
  for (const { name, bytes, gzipBytes } of await buildWeb()) {
    console.log(`${name}\t${bytes} bytes\t${gzipBytes} gzip`);
  }
}
