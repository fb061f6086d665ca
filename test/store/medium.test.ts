/** What a folder lies on, from lists of mounts as kernels print them, and from this machine's own. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fleetingIn, fleetingUnder } from '../../src/store/medium.ts';
import { openStore } from '../../src/store/store.ts';
import { temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

const ROOT = '29 1 179:2 / / rw,noatime shared:1 - ext4 /dev/mmcblk0p2 rw';
const HIDDEN = 'lowerdir=/lower,upperdir=/upper/data,workdir=/upper/work';
const LISTS: Readonly<Record<string, readonly string[]>> = {
  card: [ROOT, '40 29 0:26 / /run rw - tmpfs tmpfs rw', '41 29 0:30 / /var/lib2 rw - tmpfs tmpfs rw'],
  memory: [ROOT, '40 29 0:40 / /var/lib rw shared:2 - tmpfs tmpfs rw,size=100k'],
  'memory under a disk': [
    ROOT,
    '40 29 0:40 / /var/lib rw - tmpfs tmpfs rw',
    '41 40 8:1 / /var/lib/edge rw - ext4 /dev/sda1 rw',
  ],
  'a disk under memory': [
    ROOT,
    '40 29 8:1 / /var/lib/edge rw - ext4 /dev/sda1 rw',
    '41 40 0:1 / /var/lib/edge rw - tmpfs none rw',
  ],
  zram: [ROOT, '40 29 253:0 / /var/lib rw,relatime - ext4 /dev/zram1 rw'],
  'the RAM disk': [ROOT, '40 29 1:0 / /var/lib rw - ext2 /dev/ram0 rw'],
  'a Raspberry Pi with its card read-only': [
    `29 1 0:22 / / rw,noatime shared:1 - overlay overlayroot rw,${HIDDEN}`,
  ],
  'a container': [
    '1181 1055 0:331 / / rw,relatime - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/A:/var/lib/docker/overlay2/l/B,upperdir=/var/lib/docker/overlay2/9f/diff,workdir=/var/lib/docker/overlay2/9f/work,nouserxattr',
  ],
  'a container with a volume': [
    `1181 1055 0:331 / / rw - overlay overlay rw,${HIDDEN}`,
    '1190 1181 259:1 /var/lib/docker/volumes/x/_data /var/lib/edge rw - ext4 /dev/nvme0n1p1 rw',
  ],
  OpenWrt: [
    '17 0 179:2 / /rom ro - squashfs /dev/root ro',
    '20 17 179:3 / /overlay rw,noatime - f2fs /dev/loop0 rw',
    '21 0 0:15 / / rw,noatime - overlay overlayfs:/overlay rw,lowerdir=/,upperdir=/overlay/upper,workdir=/overlay/work',
  ],
  'an overlay over memory that can be seen': [
    '21 0 0:15 / / rw - overlay overlay rw,lowerdir=/,upperdir=/overlay/upper,workdir=/overlay/work',
    '20 17 0:3 / /overlay rw,noatime - tmpfs tmpfs rw',
  ],
  'a name with a blank': [ROOT, '40 29 0:40 / /var/lib/edge\\040data rw - tmpfs tmpfs rw'],
  nothing: [''],
};

test.each<[string, string, ReturnType<typeof fleetingIn>]>([
  ['card', '/var/lib/edge', undefined],
  ['memory', '/var/lib/edge', { kind: 'memory', type: 'tmpfs' }],
  ['memory', '/var/lib', { kind: 'memory', type: 'tmpfs' }],
  ['memory', '/var/library', undefined],
  ['memory under a disk', '/var/lib/edge', undefined],
  ['a disk under memory', '/var/lib/edge', { kind: 'memory', type: 'tmpfs' }],
  ['zram', '/var/lib/edge', { kind: 'memory', type: 'ext4' }],
  ['the RAM disk', '/var/lib/edge', { kind: 'memory', type: 'ext2' }],
  ['a Raspberry Pi with its card read-only', '/var/lib/edge', { kind: 'layer', type: 'overlay' }],
  ['a container', '/data', { kind: 'layer', type: 'overlay' }],
  ['a container with a volume', '/var/lib/edge', undefined],
  ['OpenWrt', '/etc/edge', undefined],
  ['an overlay over memory that can be seen', '/etc/edge', { kind: 'memory', type: 'tmpfs' }],
  ['a name with a blank', '/var/lib/edge data/x', { kind: 'memory', type: 'tmpfs' }],
  ['nothing', '/', undefined],
])('%s: %s', (list, path, fleeting) => {
  const isThere = (folder: string) => folder.startsWith('/overlay/');
  expect(fleetingIn((LISTS[list] ?? []).join('\n'), path, isThere)).toEqual(fleeting);
});

test.skipIf(!existsSync('/dev/shm'))(
  'memory of this machine is known as that, also before the folder is there',
  () => {
    const folder = mkdtempSync('/dev/shm/wse-test-');
    try {
      expect(fleetingUnder(join(folder, 'site/data'))).toMatchObject({ kind: 'memory' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

test('a store in memory takes readings, and says that they will be gone', async () => {
  const folder = temporaryFolder();
  const open = (more: object) => openStore({ dir: folder.path, world: createTestWorld(), ...more });
  try {
    const store = open({ fleeting: { kind: 'memory', type: 'tmpfs' } });
    expect(store.status()).toMatchObject({ state: 'degraded', takesReadings: true });
    expect(store.status().detail).toContain('in memory only (tmpfs)');
    expect(store.status().hint).toContain('store.may_be_lost');
    await store.close();
    const onDisk = open({});
    expect(onDisk.status()).toMatchObject({ state: 'ok', takesReadings: true });
    await onDisk.close();
    // Nearly full is no reason to be taken for one that refuses.
    const tight = open({ freeBytes: () => 1e9, reserveBytes: 2e9 });
    expect(tight.status()).toMatchObject({ state: 'degraded', takesReadings: true });
    await tight.close();
  } finally {
    folder.remove();
  }
});
