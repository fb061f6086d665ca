/** What a machine says about its clock: its files, and the answers of time daemons. */
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createClockProbe, readChronyAnswer, readNtpAnswer } from '../../src/clock/clock-probe.ts';
import { createWorld } from '../../src/ops/world.ts';
import { temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

const NOW_MS = Date.UTC(2026, 5, 1);

describe('a machine is asked', () => {
  test('for its files, in whatever state they are', async () => {
    const folder = temporaryFolder();
    const probe = () => createClockProbe(createWorld(createTestWorld().logger), folder.path);
    expect(probe().boot).toMatch(/^[0-9a-f]{16}$/);
    expect(await probe().look()).not.toHaveProperty('rtcMs');
    for (const path of ['run/systemd/timesync', 'sys/class/rtc/rtc0', 'proc/sys/kernel/random']) {
      mkdirSync(join(folder.path, path), { recursive: true });
    }
    writeFileSync(join(folder.path, 'sys/class/rtc/rtc0/since_epoch'), `${NOW_MS / 1000}\n`);
    writeFileSync(
      join(folder.path, 'proc/sys/kernel/random/boot_id'),
      '1b4e28ba-2fa1-11d2-883f-0016d3cca427\n',
    );
    expect(probe().boot).toBe('1b4e28ba2fa111d2');
    expect(await probe().look()).toMatchObject({ rtcMs: NOW_MS });
    const flag = join(folder.path, 'run/systemd/timesync/synchronized');
    writeFileSync(flag, '');
    utimesSync(flag, NOW_MS / 1000, NOW_MS / 1000);
    expect(await probe().look()).toMatchObject({ daemon: 'synchronized', syncedAtMs: NOW_MS });
    folder.remove();
  });

  test('for the answers of chronyd and ntpd, and nothing else is taken for one', () => {
    const chrony = Buffer.alloc(104);
    chrony.set([6, 2, 0, 0, 0, 33, 0, 5]);
    chrony.writeUInt32BE(NOW_MS / 1000, 60);
    expect(readChronyAnswer(chrony)).toEqual({ synchronized: true, syncedAtMs: NOW_MS });
    chrony.writeUInt16BE(3, 54);
    expect(readChronyAnswer(chrony)).toEqual({ synchronized: false });
    const ntp = Buffer.alloc(48);
    ntp.set([0x24, 2]);
    ntp.writeUInt32BE((NOW_MS - Date.UTC(1900, 0, 1)) / 1000, 16);
    expect(readNtpAnswer(ntp)).toEqual({ synchronized: true, syncedAtMs: NOW_MS });
    ntp[0] = 0xe4;
    expect(readNtpAnswer(ntp)).toEqual({ synchronized: false });
    for (const junk of [Buffer.alloc(0), Buffer.alloc(200), Buffer.alloc(200, 255)]) {
      expect(readChronyAnswer(junk)).toBeUndefined();
      expect(readNtpAnswer(junk)).toBeUndefined();
    }
  });
});
