/** Services of the API that are there and have nothing to do: for tests of what lies beside them. */
import { inEnglish } from '../../src/model/said.ts';
import { createRequestTimes } from '../../src/ui/http/request-times.ts';
import type { Services } from '../../src/ui/routes/services.ts';
import { type IdleCare, idleCare } from './idle-care.ts';

type Idle = IdleCare &
  Pick<
    Services,
    | 'quarantine'
    | 'influx'
    | 'downlinks'
    | 'scripts'
    | 'onboarding'
    | 'catalogue'
    | 'pictures'
    | 'sheets'
    | 'requests'
    | 'frames'
  >;

export function idleServices(): Idle {
  return {
    ...idleCare(),
    requests: createRequestTimes(),
    frames: {
      run: 1,
      revision: () => 0,
      after: () => [],
      get: () => undefined,
      onFrame: () => () => {},
    },
    quarantine: {
      sinks: ['influx'],
      list: () => [],
      act: async () => ({ matched: 0, delivered: 0, dropped: 0, refused: 0, unfit: 0, ahead: 0 }),
    },
    influx: {
      rewind: () => 'not_configured',
      cancelRewind: () => 'not_configured',
      check: async () => 'not_configured',
    },
    downlinks: {
      list: () => [],
      enqueue: async () => ({ refused: 'no-network-server', detail: 'There is none.' }),
      cancel: async () => 0,
      status: () => undefined,
    },
    scripts: {
      list: () => [],
      source: () => undefined,
      put: async () => undefined,
      remove: () => false,
      decode: async () => undefined,
      encode: async () => undefined,
    },
    sheets: {
      list: async () => [],
      read: async () => undefined,
      write: async () => {},
      remove: async () => {},
    },
    pictures: {
      list: async () => [],
      get: async () => undefined,
      put: async () => undefined,
      remove: async () => false,
    },
    catalogue: {
      state: () => ({}),
      search: () => ({ items: [], total: 0 }),
      model: () => undefined,
      codec: () => undefined,
      begin: () => 'unknown',
      remove: () => 'none',
      take: async () => ({ refused: 'unknown', detail: 'There is no catalogue.' }),
    },
    onboarding: {
      maxBytes: 8 * 1024 * 1024,
      importFile: async () => ({ created: [], changed: [], skipped: [], problems: [] }),
      undoImport: () => undefined,
      exportFile: () => '',
      readCode: () => inEnglish('no code is read here'),
    },
  };
}
