/** The page of updates on a box whose administrator lets it ask root: what it says, what it asks for, and how it looks. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { createUpdateService } from '../../src/ops/upgrade/by-page.ts';
import { parseRequest } from '../../src/ops/upgrade/request.ts';
import { signStatement } from '../../src/ops/upgrade/signature.ts';
import { createUploads } from '../../src/ops/uploads.ts';
import type { Services } from '../../src/ui/routes/services.ts';
import { AXE, violations } from '../support/axe.ts';
import { createVisitor, overflowOf, smallTargets } from '../support/browser.ts';
import { describeWith, eventually, temporaryFolder } from '../support/process.ts';
import type { UiSite } from '../support/ui-site.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const KEYS = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const PROGRAM = Buffer.from('#!/bin/sh\n# a program\n');
const WIDTHS = [320, 390, 1920];

function filesOf(version: string, key = privateKey) {
  const sha256 = createHash('sha256').update(PROGRAM).digest('hex');
  const statement = { version, commit: 'abc', arch: process.arch, size: PROGRAM.length, sha256 };
  const signature = signStatement({ name: 'webscada-edge', ...statement }, key);
  const name = `webscada-edge-${version}`;
  return [
    { name, mimeType: 'application/octet-stream', buffer: PROGRAM },
    { name: `${name}.sig`, mimeType: 'text/plain', buffer: Buffer.from(signature) },
  ];
}

describeWith(['chromium'], 'the page of updates, with the units of root', () => {
  const visitor = createVisitor();
  let folder: ReturnType<typeof temporaryFolder>;
  let objection: string | undefined;
  beforeAll(visitor.start, 60_000);
  afterAll(visitor.stop);
  beforeEach(() => {
    folder = temporaryFolder();
    objection = undefined;
  });
  afterEach(() => folder.remove());

  /** Version 0.2.0, whose service says the units are there, as they are found by `placeOfProgram`. */
  const box = ({ deps: { world } }: UiSite): Partial<Services> => {
    const uploads = createUploads({ dir: join(folder.path, 'uploads'), reserveBytes: 0, world });
    const updates = createUpdateService({
      ...{ place: { kind: 'system', byRequest: true }, uploads, dir: folder.path, keys: KEYS, settings: [] },
      ...{ spool: join(folder.path, 'update'), url: () => 'https://127.0.0.1:8443', world },
      ...{ release: { version: '0.2.0', commit: 'def' }, backUp: async () => objection },
    });
    return { uploads, updates };
  };

  async function isWellMade(page: Page, when: string): Promise<void> {
    await page.evaluate(AXE);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 740 });
      expect(await overflowOf(page), `${when} at ${width}`).toBeLessThanOrEqual(0);
      expect(await smallTargets(page), `${when} at ${width}`).toEqual([]);
      expect(await violations(page), `${when} at ${width}`).toEqual([]);
    }
  }

  const request = () => join(folder.path, 'update/request.json');
  const bring = (page: Page, version: string, key = privateKey) =>
    page.locator('input[type=file]').setInputFiles(filesOf(version, key));

  test('a newer version is asked for by the second touch only, and the page says that it is under way', async () => {
    const { page, complaints, leave } = await visitor.visit(1, box, '#/update');
    await page.getByText('the machine’s administrator lets it ask').waitFor();
    await isWellMade(page, 'at first');
    await bring(page, '0.3.0');
    await page.getByText('Version 0.3.0 was brought').waitFor();
    // Nobody is told to do by hand what is done here.
    await expect.poll(() => page.getByText('sudo webscada-edge').count()).toBe(0);
    await isWellMade(page, 'with a version');
    await page.getByRole('button', { name: 'Put it in place' }).click();
    await page.getByRole('button', { name: 'sure?' }).waitFor();
    expect(existsSync(request())).toBe(false);
    await page.getByRole('button', { name: 'sure?' }).click();
    await page.getByText('The new version is tried on the settings').waitFor();
    await eventually('asked for', () => existsSync(request()));
    expect(parseRequest(readFileSync(request(), 'utf8'))).toMatchObject({
      ...{ version: '0.3.0', at: { scheme: 'https', host: '127.0.0.1', port: 8443 } },
    });
    await isWellMade(page, 'under way');
    expect(complaints).toEqual([]);
    await leave();
  }, 60_000);

  test('what is not put in place is said: no backup, another signature, an older version by hand only', async () => {
    const { page, leave } = await visitor.visit(1, box, '#/update');
    objection = 'the stick is full';
    await bring(page, '0.3.0');
    await page.getByRole('button', { name: 'Put it in place' }).click();
    await page.getByRole('button', { name: 'sure?' }).click();
    await page.getByText('No backup could be made before it: the stick is full').waitFor();
    expect(existsSync(request())).toBe(false);
    await isWellMade(page, 'refused');
    await bring(page, '0.4.0', generateKeyPairSync('ed25519').privateKey);
    await page.getByText('not made with the key').waitFor();
    await expect.poll(() => page.getByText('Version 0.4.0 was brought').count()).toBe(0);
    await bring(page, '0.1.0');
    await page.getByText('It is older than the one that runs').waitFor();
    const byHand = await page.getByText('sudo webscada-edge upgrade --file').textContent();
    expect(byHand).toMatch(/ --allow-older$/);
    await expect.poll(() => page.getByRole('button', { name: 'Put it in place' }).count()).toBe(0);
    await isWellMade(page, 'an older one');
    await leave();
  }, 60_000);
});
