/** The keys of a site: one slot, and nothing that a stranger names becomes a site. */
import { expect, test } from 'vitest';
import { oldSiteKeys, parseSiteKey, siteKeys, sitesKey } from '../../src/sync/keys.ts';
import { problems } from '../support/settings.ts';

test('all have the site for their hash tag', () => {
  expect(siteKeys('webscada', 'hut')).toEqual({
    log: 'webscada:{hut}:log',
    events: 'webscada:{hut}:events',
    live: 'webscada:{hut}:live',
    again: 'webscada:{hut}:again',
    commands: 'webscada:{hut}:commands',
    epochs: 'webscada:{hut}:epochs',
    others: 'webscada:{hut}:others',
    watermark: 'webscada:{hut}:watermark',
  });
  expect(sitesKey('webscada')).toBe('webscada:sites');
  expect(oldSiteKeys('webscada', 'hut')).toEqual({ log: 'webscada:hut:log', epochs: 'webscada:hut:epochs' });
});

test('a key gives its site and kind', () => {
  expect(parseSiteKey('webscada', 'webscada:{north-hill}:events')).toEqual({
    site: 'north-hill',
    name: 'events',
  });
});

test.each([
  'webscada:sites',
  'webscada:hut:log',
  'webscada:{}:log',
  'webscada:{a}b}:log',
  'webscada:{{a}}:log',
  'webscada:{hut}:other',
  'webscada:{HUT}:log',
  'other:{hut}:log',
  `webscada:{${'x'.repeat(100)}}:log`,
])('%s is no key of a site', (key) => {
  expect(parseSiteKey('webscada', key)).toBeUndefined();
});

test.each(['a{b}', '{hut}', 'hut}'])('the settings refuse the site %s', async (id) => {
  const [problem] = await problems({ env: { WSE_SITE__ID: id } });
  expect(problem).toContain('site.id must be lower-case letters, digits and inner hyphens');
});
