/** A box with settings and an audit trail, for tests that look at its pages. */

import { describeSettings } from '../../src/config/describe.ts';
import { mustBe } from '../../src/config/formats.ts';
import { loadConfig } from '../../src/config/load.ts';
import { inWords } from '../../src/config/problem.ts';
import { SECTION_DOCS } from '../../src/config/schema.ts';
import type { AuditEntry } from '../../src/model/audit.ts';
import { tell } from '../../src/model/said.ts';
import type { SettingsService, SettingsState } from '../../src/model/settings.ts';
import type { Services } from '../../src/ui/routes/services.ts';

const loaded = await loadConfig({
  file: '/etc/webscada-edge/config.toml',
  env: { WSE_INFLUX__BUCKET: 'plant' },
  readFile: async (path) =>
    path.endsWith('.toml')
      ? '[site]\nid = "north-hill"\nname = "North Hill Pumping Station"\n[influx]\nurl = "http://127.0.0.1:8086"\ntoken = "x"'
      : '{"site": {"time_zone": "Europe/Berlin"}, "centre": {"url": "rediss://site:secret@centre.example:6380"}}',
  listFolder: async () => [],
});
if (!loaded.ok) throw new Error('settings for the pages are wrong');
const { layers } = loaded;
const whole = tell('setting.whole', { minimum: 1, maximum: 65_535 });
const WHOLE = { detail: `must be ${whole.detail}`, said: mustBe(whole) };

/** Settings that take any change, as text, and apply it when asked. */
export function furnishSettings(more: Partial<SettingsState> = {}): SettingsService & {
  readonly saved: Record<string, unknown>;
  state: SettingsState;
} {
  const saved: Record<string, unknown> = {};
  const service = {
    saved,
    state: {
      revision: '1',
      sections: Object.entries(SECTION_DOCS).map(([name, description]) => ({ name, description })),
      settings: describeSettings(layers, undefined),
      problems: [],
      ...more,
    } as SettingsState,
    view: () => service.state,
    save: async (changes: Readonly<Record<string, unknown>>) => {
      Object.assign(saved, changes);
      if (changes['http.port'] === 0) return { problems: [{ path: 'http.port', ...inWords(WHOLE) }] };
      const settings = service.state.settings.map((setting) =>
        setting.path in changes ? { ...setting, next: { value: String(changes[setting.path]) } } : setting,
      );
      service.state = { ...service.state, settings };
      return { saved: true as const };
    },
    discard: () => 'done' as const,
    apply: () => {
      const settings = service.state.settings.map(({ next, ...setting }) =>
        next ? { ...setting, ...next, source: 'pages' as const } : setting,
      );
      service.state = { ...service.state, settings };
      return 'applying' as const;
    },
    keep: () => {
      const { trial: _, ...rest } = service.state;
      service.state = rest;
      return 'kept' as const;
    },
  };
  return service;
}

const ENTRIES: readonly Omit<AuditEntry, 'seq' | 'hash'>[] = [
  {
    timeMs: Date.UTC(2026, 0, 1, 8),
    who: 'nobody',
    from: '192.0.2.7',
    what: 'claim',
    on: 'access/claim',
    detail: { name: 'ada' },
  },
  {
    timeMs: Date.UTC(2026, 0, 1, 9),
    who: 'nobody',
    from: '192.0.2.9',
    what: 'login',
    on: 'session',
    refused: true,
    detail: { name: '?' },
  },
  {
    timeMs: Date.UTC(2026, 0, 1, 10),
    who: 'user ada',
    from: '192.0.2.7',
    what: 'saveSettings',
    on: 'settings',
    detail: { settings: ['influx.url', 'influx.token'] },
  },
  {
    timeMs: Date.UTC(2026, 0, 1, 11),
    who: 'token 3f09ac11d0e2',
    from: '10.0.0.12',
    what: 'createDownlink',
    on: 'devices/70b3d57ed0000001/downlinks',
    detail: { fPort: 2, data: '01' },
  },
];

export function furnishAudit(): NonNullable<Services['audit']> {
  const entries = ENTRIES.map((entry, index) => ({
    ...entry,
    seq: index + 1,
    hash: 'ab'.repeat(32),
  })).reverse();
  return {
    list: (before, limit) => entries.filter(({ seq }) => seq < before).slice(0, limit),
    lines: () => [],
    check: async () => ({ entries: 4, firstSeq: 1, lastSeq: 4, head: 'ab'.repeat(32) }),
  };
}
