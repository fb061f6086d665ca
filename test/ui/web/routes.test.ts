/** The table of the pages: an address names one, and hostile ones name the first. */
import { expect, test } from 'vitest';
import { hrefOf, isWithin, pageOf } from '../../../src/ui/web/routes.ts';

test('an address and its page are each other’s, whatever the page is of', () => {
  for (const of of ['', 'stale', '70b3d57ed0000001', 'a/b c%', '../x', '+', 'ü'])
    expect(pageOf(hrefOf('devices', of))).toEqual({ name: 'devices', of });
  expect(pageOf(hrefOf('site'))).toEqual({ name: 'site', of: '' });
});

test('an address that names none, or is broken, is the first page', () => {
  for (const hash of [
    '',
    '#',
    '#/',
    '#content',
    '#/nothing',
    '#/constructor',
    '#/device/%E0%A4%A',
    '#/__proto__/x',
  ])
    expect(pageOf(hash)).toEqual({ name: 'site', of: '' });
});

test('a page is part of the one Back leads to, and of that one’s', () => {
  expect(isWithin('device', 'devices')).toBe(true);
  expect(isWithin('quarantine', 'more')).toBe(true);
  expect(isWithin('devices', 'more')).toBe(false);
  expect(isWithin('more', 'quarantine')).toBe(false);
});
