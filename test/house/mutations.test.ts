/** Each mutation stands in the code once, and the tests that should notice it are there: else nobody is held to anything. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MUTATIONS } from '../../scripts/house/mutations.ts';

const root = join(import.meta.dirname, '../..');

test.each(MUTATIONS.map((mutation) => [mutation.name, mutation] as const))(
  '%s',
  (_, { file, from, to, tests }) => {
    expect(readFileSync(join(root, file), 'utf8').split(from)).toHaveLength(2);
    expect(to).not.toBe(from);
    for (const path of tests) expect(existsSync(join(root, path)), path).toBe(true);
  },
);
