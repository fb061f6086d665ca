/** The care for the box, for tests of other things: nothing is saved, brought or put back. */
import { tell } from '../../src/model/said.ts';
import { createLogMemory } from '../../src/ops/log-memory.ts';
import type { Services } from '../../src/ui/routes/services.ts';

export type IdleCare = Pick<
  Services,
  'logs' | 'backups' | 'restoring' | 'uploads' | 'support' | 'updates' | 'rehearsals'
>;

export function idleCare(): IdleCare {
  return {
    logs: createLogMemory(),
    backups: {
      schedule: { enabled: true, at: '02:17', keepDaily: 7, keepWeekly: 4, keepMonthly: 12 },
      list: async () => ({ folder: '/backups', backups: [] }),
      begin: () => 'off',
      making: async () => undefined,
      send: async () => undefined,
    },
    restoring: {
      state: () => ({ kind: 'idle' }),
      last: () => undefined,
      preview: async () => 'unknown',
      restore: () => tell('restore.gone'),
    },
    support: { names: [], text: async () => undefined, async *bundle() {} },
    rehearsals: {
      site: 'test-site',
      last: async () => undefined,
      preview: async (plan) => ({
        ...{
          plan,
          expectedRecords: 0,
          expectedBytes: 0,
          remarks: [],
          objections: ['there is nothing to cut'],
        },
      }),
      begin: async (plan) => ({
        ...{
          plan,
          expectedRecords: 0,
          expectedBytes: 0,
          remarks: [],
          objections: ['there is nothing to cut'],
        },
      }),
      end: async () => false,
    },
    updates: {
      state: () => ({
        ...{ place: { kind: 'elsewhere' }, version: '0.1.0', commit: 'source', arch: 'x64', canCheck: false },
      }),
      check: async () => tell('release.noKey'),
      begin: () => tell('update.gone'),
    },
    uploads: {
      begin: async () => tell('upload.noRoom', { size: 9, free: 1 }),
      take: async () => ({ kind: 'unknown' }),
      find: () => undefined,
      drop: async () => false,
    },
  };
}
