/** `npm run demo`: a site and its centre come up by themselves, records reach the centre, and Ctrl-C leaves nothing. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { describeWith, eventually, startServer } from '../support/process.ts';

const root = dirname(dirname(import.meta.dirname));

describeWith(['redis-server', 'postgres'], 'the demo', () => {
  test('brings up a site, Redis, PostgreSQL and collect, and takes all of it away again', async () => {
    const script = join(root, 'scripts/demo.ts');
    const demo = await startServer(
      process.execPath,
      [script, '--source', '--any-port'],
      { text: 'Ctrl-C' },
      {},
    );
    try {
      const [site = '', fleet = ''] = demo.output().match(/http:\/\/127\.0\.0\.1:\d+\//g) ?? [];
      const folder = /removes (\S+)/.exec(demo.output())?.[1] ?? '';
      expect((await fetch(site)).status).toBe(200);
      expect(existsSync(folder)).toBe(true);
      await eventually(
        'the centre has records of the site',
        async () => {
          const figures = await (await fetch(`${fleet}metrics`)).text();
          return /webscada_collect_records_total\{[^}]*site="demo"[^}]*\} [1-9]/.test(figures);
        },
        60_000,
      );
      const ended = new Promise((resolve) => demo.process.once('exit', resolve));
      demo.process.kill('SIGINT');
      expect(await ended).toBe(0);
      expect(existsSync(folder)).toBe(false);
      await expect(fetch(site)).rejects.toThrow();
      await expect(fetch(fleet)).rejects.toThrow();
    } finally {
      await demo.stop('SIGINT');
    }
  }, 120_000);
});
