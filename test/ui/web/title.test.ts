/** What the tab of the browser is called. */
import { expect, test } from 'vitest';
import { titleOf } from '../../../src/ui/web/title.ts';

test('P8: the title names the page, then the site', () => {
  const known = { site: 'North hill', device: 'Tank 1' };
  const titles = [
    titleOf({ name: 'site', of: '' }, known),
    titleOf({ name: 'devices', of: 'stale' }, known),
    titleOf({ name: 'device', of: '70b3' }, known),
    titleOf({ name: 'device', of: '70b3' }, { ...known, device: undefined }),
    titleOf({ name: 'codecs', of: '' }, known),
    titleOf({ name: 'codecs', of: 'acme' }, known),
    titleOf({ name: 'codecs', of: '+' }, known),
    titleOf({ name: 'quarantine', of: 'influx' }, { site: undefined, device: undefined }),
  ];
  expect(titles).toEqual([
    'North hill · WebSCADA Edge',
    'Devices · North hill · WebSCADA Edge',
    'Tank 1 · North hill · WebSCADA Edge',
    '70b3 · North hill · WebSCADA Edge',
    'Codecs · North hill · WebSCADA Edge',
    'Codec acme · North hill · WebSCADA Edge',
    'Codec Add a script · North hill · WebSCADA Edge',
    'Quarantine · WebSCADA Edge',
  ]);
});
