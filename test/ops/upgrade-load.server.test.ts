/** The short form of scripts/upgrade-load.ts: one upgrade, one roll-back and one broken version while frames come in. */
import { expect, test } from 'vitest';
import { upgradeLoad } from '../../scripts/upgrade-load.ts';
import { describeWith } from '../support/process.ts';

describeWith(['mosquitto', 'redis-server'], 'upgrades under load', () => {
  test('an upgrade, a roll-back and a version that comes back by itself lose and double no frame', async () => {
    const result = await upgradeLoad({ rounds: 1, rate: 200, seed: 7, dead: false });
    expect(result.faults).toEqual([]);
    expect(result.changes.map(({ name }) => name)).toEqual([
      'upgrade 1',
      'roll-back 1',
      'a version that is not healthy',
    ]);
    expect(result.frames).toBeGreaterThan(300);
  }, 240_000);
});
