/** Services of the API that are there and have nothing to do: for tests of what lies beside them. */
import { createRequestTimes } from '../../src/ui/http/request-times.ts';
import type { Services } from '../../src/ui/routes/services.ts';

type Idle = Pick<Services, 'quarantine' | 'influx' | 'downlinks' | 'scripts' | 'onboarding' | 'requests'>;

export function idleServices(): Idle {
  return {
    requests: createRequestTimes(),
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
    onboarding: {
      maxBytes: 8 * 1024 * 1024,
      importFile: async () => ({ created: [], changed: [], skipped: [], problems: [] }),
      exportFile: () => '',
      readCode: () => 'no code is read here',
    },
  };
}
