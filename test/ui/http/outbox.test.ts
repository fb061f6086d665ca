/** Pages share the memory there is for those on their way, and are made one after the other. */
import { expect, test } from 'vitest';
import { createOutbox } from '../../../src/ui/http/outbox.ts';

const MB = 1024 ** 2;

test('S6: callers who take nothing get ever shorter pages, and room comes back when they have gone', async () => {
  const { page } = createOutbox();
  const ends: (() => void)[] = [];
  const sizes: number[] = [];
  const stuck = { onEnd: (listener: () => void) => ends.push(listener) };
  for (let n = 0; n < 250; n++) sizes.push(await page(stuck, (bytes) => bytes));
  expect(sizes[0]).toBe(MB / 2);
  expect(Math.min(...sizes)).toBe(16 * 1024);
  expect(sizes.reduce((sum, bytes) => sum + bytes)).toBeLessThan(20 * MB);
  for (const end of ends) end();
  expect(await page({ onEnd: () => {} }, (bytes) => bytes)).toBe(MB / 2);
});

test('S6: one page is made at a time, and one that fails holds up nobody', async () => {
  const { page } = createOutbox();
  const to = { onEnd: (listener: () => void) => listener() };
  const order: string[] = [];
  const slow = page(to, async () => {
    order.push('first begins');
    await Promise.resolve();
    order.push('first ends');
  });
  const failing = page(to, () => {
    throw new Error('no');
  });
  const next = page(to, () => order.push('next'));
  await expect(failing).rejects.toThrow('no');
  await Promise.all([slow, next]);
  expect(order).toEqual(['first begins', 'first ends', 'next']);
});
