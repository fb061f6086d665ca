/**
 * Scripts that do not come back (S3): they are ended, and no start runs into them again. How long the others wait and the event
 * loop is held is measured by scripts/attack/codec.ts.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createCodecService } from '../../src/ingest/codec/codec-service.ts';
import { type Codecs, createCodecs } from '../../src/ingest/codec/codecs.ts';
import { openStoppedScripts } from '../../src/ingest/codec/stopped-file.ts';
import { createWorld } from '../../src/ops/world.ts';
import { openStore } from '../../src/store/store.ts';
import { temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

/** Each iteration is one call of a built-in function, which the interpreter does not interrupt. */
const HELD =
  "function decodeUplink(input) { if (input.bytes[0] === 9) for (;;) 'x'.repeat(6000000); return { data: { v: input.bytes[0] } }; }";
const GOOD = 'function decodeUplink(input) { return { data: { v: input.bytes[0] } }; }';
const uplink = (first: number) => ({ fPort: 1, data: Uint8Array.of(first), timeMs: 0 });

function codecs(onHeld?: (name: string, source: string) => void): Codecs {
  const made = createCodecs({ ...createWorld(createTestWorld().logger), ...(onHeld ? { onHeld } : {}) });
  cleanups.push(made.stop);
  return made;
}

describe('a script that does not come back', () => {
  test('S3: is ended at the deadline; those before and behind it are answered in order', async () => {
    const held: string[] = [];
    const site = codecs((name) => held.push(name));
    await site.put('held', HELD);
    await site.put('good', GOOD);
    const answered: string[] = [];
    const ask = async (codec: string, first: number) => {
      const { fields, problem } = await site.decode(codec, uplink(first));
      answered.push(`${codec} ${problem ? 'problem' : String(fields.v)}`);
      return problem;
    };
    const problems = await Promise.all([
      ask('held', 1),
      ask('good', 2),
      ask('held', 9),
      ask('good', 3),
      ask('held', 4),
      ask('good', 5),
    ]);
    expect(answered).toEqual(['held 1', 'good 2', 'held problem', 'good 3', 'held 4', 'good 5']);
    expect(problems[2]).toContain('did not come back and was ended');
    expect(held).toEqual(['held']);
    // Until somebody replaces it nothing of it runs.
    expect((await site.decode('held', uplink(1))).problem).toContain('stopped until it is replaced');
    expect(site.scripts().find(({ name }) => name === 'held')?.problem).toContain('did not come back');
    await site.put('held', GOOD);
    expect(await site.decode('held', uplink(1))).toEqual({ fields: { v: 1 } });
  }, 30_000);

  test('is tried by nobody without a deadline either', async () => {
    const site = codecs();
    expect((await site.test("for (;;) 'x'.repeat(6000000)", uplink(1))).problem).toContain('was ended');
    expect((await site.put('held', "for (;;) 'x'.repeat(6000000)"))?.problem).toContain('was ended');
    expect(site.names()).toEqual(['raw', 'cayenne']);
  }, 30_000);

  test('S3: is not run into again after a restart, and runs again once it was replaced', async () => {
    const folder = temporaryFolder();
    cleanups.push(folder.remove);
    const file = join(folder.path, 'stopped-codecs.json');
    const world = createWorld(createTestWorld().logger);
    const store = openStore({ dir: folder.path, world, commitMaxDelayMs: 0 });
    cleanups.push(store.close);
    async function boot() {
      const stopped = openStoppedScripts(file);
      const made = codecs(stopped.add);
      const desk = createCodecService({ codecs: made, store, stopped, world });
      await desk.start();
      return { made, desk };
    }
    const first = await boot();
    await first.desk.put('held', HELD);
    expect((await first.made.decode('held', uplink(9))).problem).toContain('was ended');
    await first.desk.stop();
    expect(JSON.parse(readFileSync(file, 'utf8'))).toHaveProperty('held');
    const second = await boot();
    expect((await second.made.decode('held', uplink(9))).problem).toContain('stopped until it is replaced');
    expect(await second.desk.put('held', GOOD)).toBeUndefined();
    await second.desk.stop();
    const third = await boot();
    expect(await third.made.decode('held', uplink(9))).toEqual({ fields: { v: 9 } });
  }, 30_000);
});
