/** The bench of what tracing costs takes out every place where a frame's way asks for it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { HOOKS, withoutHooks } from '../../scripts/bench/without-tracing.ts';
import { readSources, root } from '../../scripts/house/sources.ts';

/** Where a tracer, a trace, or what is noted of a frame is asked for or used while the box runs. */
const ASKED =
  /\btracer\s*&&|\btracer\?\.|\btraced\?\.|\.traced\b|\btraces\?\.|\bif \(traces?\)|context\.tracer/;
/** Of the centre, and tracing itself. */
const OTHERS = /^src\/(ops\/tracing|sync\/centre|model)\//;

test('each hook stands in its file once, as the bench knows it', () => {
  for (const file of new Set(HOOKS.map((hook) => hook.file)))
    expect(() => withoutHooks(file, readFileSync(join(root, 'src', file), 'utf8'))).not.toThrow();
});

test('no other place at a site asks whether a frame is traced', () => {
  const asking = readSources()
    .filter(({ path }) => /^src\/.*\.ts$/.test(path) && !OTHERS.test(path))
    .flatMap(({ path, text }) => {
      const file = path.replace(/^src\//, '');
      const rest = withoutHooks(file, text);
      return ASKED.test(rest) ? [path] : [];
    });
  expect(asking).toEqual([]);
});
