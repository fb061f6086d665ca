/** Changes of users are on disk before anybody hears of them, and nothing but their answer waits for the card. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { syncFileData } from '../../src/store/log/wal-sync.ts';
import { type AccessBox, createAccessBox, PASSWORD } from '../support/access-box.ts';
import { temporaryFolder } from '../support/process.ts';

/** A card whose syncs end when the test says so. */
function createCard() {
  const asked: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = [];
  let open = true;
  let hear: (() => void) | undefined;
  return {
    hold: () => {
      open = false;
    },
    release: () => {
      open = true;
    },
    /** Resolves with the next sync that is asked for. */
    async next() {
      if (asked.length === 0) await new Promise<void>((resolve) => (hear = resolve));
      const sync = asked.shift();
      if (!sync) throw new Error('no sync was asked for');
      return sync;
    },
    async syncData(fd: number): Promise<void> {
      if (open) return syncFileData(fd);
      await new Promise<void>((resolve, reject) => {
        asked.push({ resolve, reject });
        hear?.();
      });
    },
  };
}

let folder: ReturnType<typeof temporaryFolder>;
let card: ReturnType<typeof createCard>;
let box: AccessBox;
beforeEach(async () => {
  folder = temporaryFolder();
  card = createCard();
  box = await createAccessBox({ dir: folder.path, syncData: card.syncData });
});
afterEach(async () => {
  await box.stop();
  folder.remove();
});

test('a login is answered once its session is on disk; whoever is logged in already waits for nothing', async () => {
  const cookie = await box.claim();
  card.hold();
  let answered = false;
  const login = box.login('ada').then((answer) => {
    answered = true;
    return answer;
  });
  const sync = await card.next();
  expect((await box.ask('/api/v1/status', { cookie })).status).toBe(200);
  expect(answered).toBe(false);
  sync.resolve();
  expect((await login).status).toBe(200);
});

test('a change the disk refuses is no success, and its pages are written again before the next one is', async () => {
  const cookie = await box.claim();
  card.hold();
  const login = box.login('ada');
  (await card.next()).reject(Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' }));
  const refused = await login;
  expect([refused.status, refused.json.type]).toEqual([503, expect.stringContaining('not-on-disk')]);
  card.release();
  const body = { name: 'bob', password: PASSWORD, role: 'viewer' };
  expect((await box.ask('/api/v1/users', { method: 'POST', cookie, body })).status).toBeLessThan(300);
  await box.stop();
  box = await createAccessBox({ dir: folder.path });
  expect(box.users.list().map(({ name }) => name)).toEqual(['ada', 'bob']);
});
