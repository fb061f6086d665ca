/** docs/logs.md names every event the program logs, with its level, and no other; a line keeps to docs/schemas/log.schema.json. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readSources, root } from '../../scripts/house/sources.ts';
import { createLogger } from '../../src/ops/logger.ts';

/** Made from parts, or by others than a logger; the code says so where they are made. */
const MADE: Readonly<Record<string, string>> = {
  'backup.made': 'backup.$' + '{result.outcome}',
  'gateway.online': 'gateway.$' + '{state}',
  'gateway.offline': 'gateway.$' + '{state}',
  'influx.rewind_done': 'influx.rewind_$' + '{state}',
};

const code = readSources()
  .filter(({ path }) => path.startsWith('src/') && !path.startsWith('src/ui/web/'))
  .map(({ code: text }) => text)
  .join('\n');

const listed = new Map(
  [...readFileSync(join(root, 'docs/logs.md'), 'utf8').matchAll(/^\| `([a-z._]+)` \| (\w+) \|/gm)].map(
    ([, event = '', level = '']) => [event, level] as const,
  ),
);

test('every event is listed with its level', () => {
  const logged = [...code.matchAll(/logger\.(debug|info|warn|error)\(\s*'([a-z._]+)'/g)];
  expect(logged.length).toBeGreaterThan(100);
  const wrong = logged
    .filter(([, level, event = '']) => listed.get(event) !== level)
    .map(([, level, event]) => `${event} is ${level}`);
  expect(wrong).toEqual([]);
  const others = [...code.matchAll(/(?:logEvent|logger\[[^\]]+\])\('([a-z]+\.[a-z_]+)', \{/g)];
  expect(others.map(([, event = '']) => event).filter((event) => !listed.has(event))).toEqual([]);
});

test('nothing is listed that nobody logs', () => {
  const unknown = [...listed.keys()].filter(
    (event) => !code.includes(`'${event}'`) && !code.includes(MADE[event] ?? '\u0000'),
  );
  expect(unknown).toEqual([]);
});

test('a line has the form of the schema', () => {
  const schema = JSON.parse(readFileSync(join(root, 'docs/schemas/log.schema.json'), 'utf8')) as {
    required: string[];
    properties: Record<string, { pattern?: string; enum?: string[] }>;
  };
  const lines: string[] = [];
  const logger = createLogger({ level: 'debug', format: 'json', write: (text) => lines.push(text) });
  logger.warn('influx.down', { detail: 'it\nis away', level: 3, password: 'hunter2' });
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^\{.*\}\n$/);
  const line = JSON.parse(lines[0] ?? '') as Record<string, string>;
  for (const name of schema.required) {
    const { pattern, enum: values } = schema.properties[name] ?? {};
    if (pattern) expect(line[name]).toMatch(new RegExp(pattern));
    else expect(values).toContain(line[name]);
  }
  expect(line).toMatchObject({ event: 'influx.down', level_: 3, password: '***' });
});
