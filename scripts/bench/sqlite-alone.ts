/** The least a log could cost: the same readings as JSON in one table of SQLite, a commit of 100 at a time, synced. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { openSqlite } from '../../src/store/sqlite.ts';
import { temporaryFolder } from '../../test/support/process.ts';

const A_COMMIT = 100;

export interface SqliteAlone {
  /** Of the file, for each reading. */
  readonly bytes: number;
  readonly cpuS: number;
}

/** A reading as it may look in a table of JSON, without thought for its size. */
export function plainReading(index: number): string {
  return JSON.stringify({
    time: new Date(Date.UTC(2026, 0, 1) + index * 10).toISOString(),
    device: (index % 100).toString(16).padStart(16, '0'),
    fields: { temperature_1: (index % 128) / 10, humidity_2: 45, digital_input_3: index & 1 },
    ...{ data: '01670000026845030000', fPort: 2, fCnt: index, devAddr: '01020304', confirmed: false },
    ...{ frequency: 868_100_000, dataRate: 'SF7BW125', codec: 'cayenne' },
    receptions: [{ gateway: '0016c001f153a14c', rssi: -80, snr: 7 }],
  });
}

export async function sqliteAlone(readings: number): Promise<SqliteAlone> {
  const folder = temporaryFolder();
  try {
    const file = join(folder.path, 'alone.db');
    const db = openSqlite(file);
    db.exec('CREATE TABLE readings (seq INTEGER PRIMARY KEY, body TEXT NOT NULL)');
    const insert = db.prepare('INSERT INTO readings (body) VALUES (?)');
    const before = process.cpuUsage();
    for (let from = 0; from < readings; from += A_COMMIT) {
      db.exec('BEGIN');
      for (let index = from; index < Math.min(readings, from + A_COMMIT); index++)
        insert.run(plainReading(index));
      db.exec('COMMIT');
    }
    const { user, system } = process.cpuUsage(before);
    db.close();
    return { bytes: statSync(file).size / readings, cpuS: (user + system) / 1e6 };
  } finally {
    folder.remove();
  }
}
