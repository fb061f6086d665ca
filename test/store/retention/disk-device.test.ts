/** The device under a folder, found in a made-up /sys: a partition's disk, an encrypted volume's, and none. */
import { mkdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { diskDeviceOf } from '../../../src/store/retention/disk-device.ts';
import { temporaryFolder } from '../../support/process.ts';

let folder: ReturnType<typeof temporaryFolder>;
let sys: string;
beforeEach(() => {
  folder = temporaryFolder();
  sys = join(folder.path, 'sys');
});
afterEach(() => folder.remove());

const STAT = '  219136    19165  7112682   168499  2460063   349105 63045200   707399        0   337772\n';

function put(name: string, text: string): void {
  mkdirSync(join(sys, name, '..'), { recursive: true });
  writeFileSync(join(sys, name), text);
}

/** Makes `name` the device that the folder lies on. */
function under(name: string): void {
  const { dev } = statSync(folder.path);
  const number = `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`;
  mkdirSync(join(sys, 'dev/block'), { recursive: true });
  symlinkSync(join(sys, name), join(sys, 'dev/block', number));
}

test('the whole disk of a partition, with what the card says of its life: the worse of two', () => {
  put('mmcblk0/stat', STAT);
  put('mmcblk0/device/life_time', '0x01 0x03\n');
  put('mmcblk0/mmcblk0p2/partition', '2\n');
  put('mmcblk0/mmcblk0p2/stat', '1 1 1 1 1 1 1 1 1 1\n');
  under('mmcblk0/mmcblk0p2');
  const read = diskDeviceOf(folder.path, sys);
  expect(read()).toEqual({ writtenBytes: 63_045_200 * 512, lifeUsedPercent: 30 });
  for (const [text, percent] of [
    ['0x0b 0x0b', 100],
    ['0x00 0x00', undefined],
    ['nonsense', undefined],
  ] as const) {
    put('mmcblk0/device/life_time', text);
    expect(read()?.lifeUsedPercent).toBe(percent);
  }
});

test('the disk under an encrypted volume', () => {
  put('dm-0/stat', '1 1 1 1 1 1 1 1 1 1\n');
  put('sda/stat', STAT);
  put('sda/sda1/partition', '1\n');
  mkdirSync(join(sys, 'dm-0/slaves'), { recursive: true });
  symlinkSync(join(sys, 'sda/sda1'), join(sys, 'dm-0/slaves/sda1'));
  under('dm-0');
  expect(diskDeviceOf(folder.path, sys)()).toEqual({ writtenBytes: 63_045_200 * 512 });
});

test('none, where there is no one device, no /sys, or it goes', () => {
  expect(diskDeviceOf(folder.path, sys)()).toBeUndefined();
  expect(diskDeviceOf(join(folder.path, 'missing'), sys)()).toBeUndefined();
  put('sda/stat', 'nothing to say\n');
  under('sda');
  const read = diskDeviceOf(folder.path, sys);
  expect(read()).toBeUndefined();
  put('sda/stat', STAT);
  expect(read()?.writtenBytes).toBe(63_045_200 * 512);
  rmSync(sys, { recursive: true });
  expect(read()).toBeUndefined();
});
