/**
 * An esbuild plugin: `import … from 'node:http'` in the bundle becomes `require('node:http')`. An import statement makes Node
 * read every export of the module once, and node:http's include WebSocket, which loads the whole fetch implementation:
 * 13 MB of memory and 30 ms for something nobody asked for. Each name used becomes a constant of its own, since copying
 * whole modules for every file that imports them is another megabyte.
 */
import { createRequire, isBuiltin } from 'node:module';
import type { Plugin } from 'esbuild';

const require = createRequire(import.meta.url);

export const requireBuiltins: Plugin = {
  name: 'require-builtins',
  setup(build) {
    build.onResolve({ filter: /./ }, ({ path, kind }) => {
      if (!isBuiltin(path)) return undefined;
      return kind === 'import-statement' ? { path, namespace: 'builtin' } : { path, external: true };
    });
    build.onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({ contents: moduleOf(path) }));
  },
};

/** What a file does not use falls away, so that a getter nobody asks for is never called. */
function moduleOf(path: string): string {
  const names = Object.keys(require(path) as object).filter(
    (name) => /^[a-z_$][\w$]*$/i.test(name) && name !== 'default',
  );
  const lines = names.map((name) => `export const ${name} = /* @__PURE__ */ (() => module.${name})();`);
  return [`const module = require(${JSON.stringify(path)});`, 'export default module;', ...lines].join('\n');
}
