/** A store of any size within seconds: its records are put into the closed file with their checksums. */
import { storeFiles } from '../../src/store/files.ts';
import { KINDS } from '../../src/store/log/kinds.ts';
import { checkOf } from '../../src/store/log/record-check.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { openStore } from '../../src/store/store.ts';
import { createTestWorld } from './world.ts';

/** Makes a store in `dir` with the records 1 to `count`, of about 320 bytes each. */
export async function fillLog(dir: string, count: number): Promise<void> {
  await openStore({ dir, world: createTestWorld() }).close();
  const db = openSqlite(storeFiles(dir).database);
  const insert = db.prepare('INSERT INTO log (seq, time, kind, crc, body) VALUES (?, ?, ?, ?, ?)');
  const kind = KINDS.indexOf('system');
  const text = 'x'.repeat(240);
  db.transaction(() => {
    for (let seq = 1; seq <= count; seq++) {
      const time = Date.UTC(2026, 0, 1) + seq * 1_000;
      const body = JSON.stringify({ event: 'test', n: seq, text });
      const crc = checkOf({ seq, time, kind, device: null, next: null, key: null, body });
      insert.run(seq, time, kind, crc, body);
    }
  })();
  db.close();
}
