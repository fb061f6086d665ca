/**
 * Joins the chunks of a bundle that are always read together into the file that reads them. esbuild makes a chunk of every
 * set of modules that the same entries share, so that a start reads a hundred files; finding and linking each takes Node a
 * millisecond (docs/decisions/0034). What is read on demand stays a file of its own.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';

interface Joining {
  readonly folder: string;
  readonly metafile: Metafile;
  /** Sources whose chunks go into one file, with all that they import; the first is the one that keeps its name. */
  readonly sources: readonly [string, ...string[]];
  /** As the bundle was built. */
  readonly options: BuildOptions;
}

/** Writes the joined file over the first; of the others a line is left for those that import them. */
export async function joinChunks({ folder, metafile, sources, options }: Joining): Promise<void> {
  const outputs = new Map(Object.entries(metafile.outputs).map(([path, output]) => [basename(path), output]));
  const starts = sources.map((source) => {
    const found = [...outputs].find(([, { entryPoint }]) => entryPoint === source);
    if (!found) throw new Error(`join-chunks: no output for ${source}`);
    return found[0];
  });
  const joined = closureOf(starts, outputs);
  const [entry = ''] = starts;
  const aliases = [...joined].map((file, n) => ({
    file,
    path: JSON.stringify(`./${file}`),
    names: (outputs.get(file)?.exports ?? []).map((name) => [name, `c${n}_${name}`] as const),
  }));
  const lines = aliases.map(({ file, path, names }) =>
    file === entry
      ? ['import', path, '; export * from', path].join(' ')
      : ['export {', names.map(([name, alias]) => `${name} as ${alias}`).join(', '), '} from', path].join(
          ' ',
        ),
  );
  await build({
    ...options,
    stdin: { contents: lines.join('\n'), resolveDir: folder },
    splitting: false,
    outfile: join(folder, entry),
    allowOverwrite: true,
    plugins: [leaveOnDemand],
    // Each file that is joined has brought its own.
    banner: {},
  });
  for (const { file, names } of aliases) {
    if (file === entry) continue;
    const list = names.map(([name, alias]) => `${alias} as ${name}`).join(',');
    writeFileSync(join(folder, file), `export{${list}}from"./${entry}";\n`);
    rmSync(join(folder, `${file}.map`), { force: true });
  }
}

/** What is read on demand, and Node's own. */
const leaveOnDemand: Plugin = {
  name: 'leave-on-demand',
  setup(build) {
    build.onResolve({ filter: /./ }, ({ path, kind }) =>
      kind === 'dynamic-import' || !path.startsWith('.') ? { path, external: true } : undefined,
    );
  },
};

/** The files that are read when `starts` are. */
function closureOf(
  starts: readonly string[],
  outputs: ReadonlyMap<string, Metafile['outputs'][string]>,
): Set<string> {
  const reached = new Set<string>();
  const left = [...starts];
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    for (const { path, kind } of outputs.get(file)?.imports ?? []) {
      if (kind === 'import-statement' && outputs.has(basename(path))) left.push(basename(path));
    }
  }
  return reached;
}
