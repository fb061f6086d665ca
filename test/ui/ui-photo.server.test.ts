/** A device's photo in a real browser: made small before it is sent, shown, removed; what is no picture is told. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPictures } from '../../src/store/pictures.ts';
import { createVisitor, overflowOf, smallTargets } from '../support/browser.ts';
import { describeWith, eventually, temporaryFolder } from '../support/process.ts';

describeWith(['chromium'], 'the photo of a device', () => {
  const visitor = createVisitor();
  const folder = temporaryFolder();
  beforeAll(visitor.start, 60_000);
  afterAll(async () => {
    await visitor.stop();
    folder.remove();
  });

  test('is taken, made small, shown, and removed; a file that is none is told', async () => {
    mkdirSync(folder.path, { recursive: true });
    const pictures = openPictures(folder.path);
    const { page, ids, complaints, strange, leave } = await visitor.visit(1, () => ({ pictures }));
    const of = ids[0] ?? '';
    await page.goto(`${page.url()}#/device/${of}`);
    const photo = page.locator('#photo');
    const input = photo.locator('input[type=file]');
    await input.waitFor({ state: 'attached' });
    const large = await page.evaluate(() => {
      const canvas = document.createElement('canvas');
      canvas.width = 4_000;
      canvas.height = 1_000;
      canvas.getContext('2d')?.fillRect(10, 10, 2_000, 500);
      return canvas.toDataURL('image/png').split(',')[1] ?? '';
    });
    const file = join(folder.path, 'large.png');
    writeFileSync(file, Buffer.from(large, 'base64'));
    await input.setInputFiles(file);
    await photo.locator('img').waitFor();
    const size = () =>
      photo.locator('img').evaluate((img: HTMLImageElement) => [img.naturalWidth, img.naturalHeight]);
    await expect.poll(size).toEqual([1_600, 400]);
    expect((await pictures.get('device', of))?.type).toBe('image/jpeg');
    writeFileSync(file, 'no picture at all');
    await input.setInputFiles(file);
    await photo.getByText('This is no picture the browser can read.').waitFor();
    expect(await smallTargets(page)).toEqual([]);
    expect(await overflowOf(page)).toBeLessThanOrEqual(0);
    const remove = photo.locator('button');
    await remove.click();
    await remove.click();
    await eventually('the photo is gone', async () => (await pictures.list()).length === 0);
    await photo.locator('img').waitFor({ state: 'detached' });
    expect(strange).toEqual([]);
    expect(complaints.filter((one) => !one.includes('404'))).toEqual([]);
    await leave();
  });
});
