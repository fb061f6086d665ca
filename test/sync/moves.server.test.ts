/**
 * Boxes and sites that move: an old backup on a new box, another centre, two boxes with one id, sticks. Real stores, Redis,
 * PostgreSQL and `collect`: each record is at the centre once, nothing collides, and `verify-sync` says in words what happened.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import {
  type Box,
  type BoxChange,
  boxVerbs,
  restoreTo,
  startBox,
  startCentre,
  type TestCentre,
} from '../support/moving-box.ts';
import { describeWith, eventually, temporaryFolder } from '../support/process.ts';

const SLOW_MS = 240_000;

describeWith(['postgres', 'redis-server'], 'what moves', () => {
  const folder = temporaryFolder();
  const running: Box[] = [];
  let centre: TestCentre;
  let elsewhere: TestCentre;
  let site: string;

  beforeAll(async () => {
    centre = await startCentre(folder.path);
    elsewhere = await startCentre(folder.path, false);
  }, 120_000);
  afterEach(async () => {
    for (const box of running.splice(0)) await box.off();
  });
  afterAll(async () => {
    await centre?.stop();
    await elsewhere?.stop();
    folder.remove();
  });

  const place = () => join(folder.path, randomUUID());

  async function boxAt({ redis }: TestCentre, dir: string, change?: BoxChange): Promise<Box> {
    const box = await startBox(dir, site, redis.url, change);
    running.push(box);
    return box;
  }

  async function off(box: Box): Promise<void> {
    running.splice(running.indexOf(box), 1);
    await box.off();
  }

  /** A site with `count` records, all of them stored at the centre and trimmed from its stream. */
  async function settled(count: number): Promise<{ box: Box; dir: string; bodies: string[] }> {
    site = `s-${randomUUID()}`;
    const dir = place();
    const box = await boxAt(centre, dir);
    const bodies = await box.measure(count);
    await box.drained();
    await centre.marked(site, `1-${count}`);
    await centre.trim(site, `1-${count}`);
    return { box, dir, bodies };
  }

  test(
    'an old backup on a new box, also where the stream has been trimmed: numbers used since then are used again, in another epoch',
    async () => {
      const { box: old, bodies } = await settled(40);
      const backup = place();
      await old.backUp(backup);
      const since = await old.measure(20);
      await old.drained();
      await centre.marked(site, '1-60');
      await centre.trim(site, '1-60');
      await off(old);

      const dir = place();
      await restoreTo(dir, backup);
      const anew = await boxAt(centre, dir);
      const after = await anew.measure(30);
      await anew.drained();
      await centre.marked(site, '2-70');
      expect(await centre.stored(site)).toEqual([...bodies, ...since, ...after]);
      const proof = await centre.verify(site);
      expect(proof).toMatchObject({ code: 0, text: expect.stringMatching(/ proven$/m) });
      expect(proof.text).toContain(
        'explained: epoch 2 begins with 41: the same store was put back from a backup that ended with 40; 1-41 to 1-60 came before that, and are other records than those of epoch 2',
      );
    },
    SLOW_MS,
  );

  test(
    'a backup of a box that had records still to send: what the old one has sent of them does not go again',
    async () => {
      const { box: old, dir, bodies } = await settled(10);
      await off(old);
      const silent = await boxAt(centre, dir, { centre: { windows: [], maxBytesPerDay: 1 } });
      const waiting = await silent.measure(30);
      const backup = place();
      await silent.backUp(backup);
      await off(silent);
      const again = await boxAt(centre, dir);
      await again.drained();
      await centre.marked(site, '1-40');
      await centre.trim(site, '1-40');
      await off(again);

      const other = place();
      await restoreTo(other, backup);
      const anew = await boxAt(centre, other);
      const after = await anew.measure(5);
      await anew.drained();
      await centre.marked(site, '2-45');
      expect(await centre.stored(site)).toEqual([...bodies, ...waiting, ...after]);
    },
    SLOW_MS,
  );

  test(
    'two boxes with one id: the first stands back and says so, here and there; nothing collides, and it goes on once it is alone',
    async () => {
      const { box: one, dir, bodies } = await settled(10);
      const two = await boxAt(centre, place());
      const theirs = await two.measure(12);
      await two.drained();
      await eventually('one stands back', () => one.sync.status().state === 'down', 60_000);
      expect(one.sync.status().detail).toContain('two boxes use one site id');
      const kept = await one.measure(5);
      await centre.marked(site, '2-12');
      expect(await centre.stored(site)).toEqual([...bodies, ...theirs]);
      const told = await centre.verify(site);
      expect(told.code).toBe(3);
      expect(told.text).toMatch(
        /: conflict: two boxes use this site id: the one with store \w{8} stands back/,
      );
      expect(told.text).toMatch(
        /explained: epoch 2 begins with 1: another store \(\S+\) than in epoch 1 \(\S+\): the box was replaced or emptied, or two boxes use this site id/,
      );
      expect((await centre.say('sites')).text).toContain('two boxes use this site id');

      await off(two);
      await off(one);
      await (await boxAt(centre, dir)).drained();
      await centre.marked(site, '3-15');
      expect(await centre.stored(site)).toEqual([...bodies, ...theirs, ...kept]);
      const proof = await centre.verify(site);
      expect([proof.code, proof.text.includes('conflict')]).toEqual([0, false]);
      expect(proof.text).toMatch(
        /explained: epoch 3 begins with 11: the store of epoch 1 again \(\S+\), after another one/,
      );
    },
    SLOW_MS,
  );

  test(
    'another centre, begun empty: everything the site still has, each once',
    async () => {
      const { box, dir, bodies } = await settled(50);
      await off(box);
      const moved = await boxAt(elsewhere, dir);
      const more = await moved.measure(10);
      await moved.drained();
      await elsewhere.marked(site, '1-60');
      expect(await elsewhere.stored(site)).toEqual([...bodies, ...more]);
      expect((await elsewhere.verify(site)).code).toBe(0);
      // And back, where the first 50 are.
      await off(moved);
      const back = await boxAt(centre, dir);
      await back.drained();
      await centre.marked(site, '1-60');
      expect(await centre.stored(site)).toEqual([...bodies, ...more]);
      expect((await centre.verify(site)).code).toBe(0);
    },
    SLOW_MS,
  );

  test(
    'another centre, the stream brought along and the database not: what lies in the stream is read again, and the rest is accepted',
    async () => {
      const { box, dir, bodies } = await settled(50);
      await off(box);
      for (const name of ['log', 'epochs', 'watermark']) {
        const key = `webscada:{${site}}:${name}`;
        const dump = await centre.redis.client.dumpBuffer(key);
        await elsewhere.redis.client.restore(key, 0, dump ?? Buffer.alloc(0));
      }
      const moved = await boxAt(elsewhere, dir);
      const more = await moved.measure(10);
      await moved.drained();
      await elsewhere.marked(site, '1-60');
      const accept = () =>
        elsewhere.say('verify-sync', '--accept', site, '1', '1', '49', '--reason', 'at the old centre');
      // The watermark that came along is beyond what the new database has: the stream is read again by itself.
      const stored = [...bodies.slice(49), ...more];
      await eventually(
        'read again',
        async () => (await elsewhere.stored(site)).length === stored.length,
        60_000,
      );
      expect(await elsewhere.stored(site)).toEqual(stored);
      expect((await elsewhere.verify(site)).code).toBe(1);
      expect((await elsewhere.verify(site)).text).toContain('gap: 1-1 to 1-49 are missing: trimmed before');
      expect((await accept()).code).toBe(0);
      expect((await elsewhere.verify(site)).code).toBe(0);
    },
    SLOW_MS,
  );

  test(
    'a stick twice, and while the line sends the same: each once, and its import is told',
    async () => {
      site = `s-${randomUUID()}`;
      const dir = place();
      const stick = place();
      mkdirSync(stick);
      const box = await boxAt(centre, dir, { centre: { maxBytesPerSecond: 8_000 } });
      const bodies = await box.measure(400);
      const at = boxVerbs(dir, site);
      const key = /^key +(\S+)$/m.exec((await at('export', 'key')).text)?.[1] ?? '';
      expect((await centre.say('import', 'key', site, key)).code).toBe(0);
      expect((await at('export', '--since-last', '--out', stick)).code).toBe(0);
      const file = join(stick, `${site}-1-1-400.wse`);
      const both = await Promise.all([centre.say('import', file), centre.say('import', file)]);
      expect(both.map(({ code }) => code)).toEqual([0, 0]);
      expect(await centre.say('import', file)).toMatchObject({
        code: 0,
        text: expect.stringContaining('0 records imported, 400 were there already'),
      });
      const more = await box.measure(20);
      await box.drained();
      await centre.marked(site, '1-420');
      expect(await centre.stored(site)).toEqual([...bodies, ...more]);
      const proof = await centre.verify(site);
      expect(proof.code).toBe(0);
      expect(proof.text).toMatch(
        /explained: 1-1 to 1-400 were carried here and imported at 2\S+, \d+ records were new/,
      );
    },
    SLOW_MS,
  );
});
