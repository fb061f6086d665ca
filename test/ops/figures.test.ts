/** O21: what central operations want to be warned of is a figure: devices, disk, certificate, backups, wear. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { ApplianceStatus } from '../../src/model/status.ts';
import { selfSigned } from '../../src/ops/certificate.ts';
import { applianceFigures, type MetricsDeps } from '../../src/ops/figures.ts';
import { createTestWorld } from '../support/world.ts';

const DAY_MS = 86_400_000;
const world = createTestWorld();
const nowMs = world.clock.nowMs();
const part = { state: 'ok', detail: '', sinceMs: 0 } as const;
const sink = { ...part, accepted: 0, delivered: 0, pending: 0, quarantined: 0, expired: 0 };
const STATUS: ApplianceStatus = {
  ...{ site: 'hill', version: '0.0.0', startedMs: 0, nowMs, simulator: false, refused: {} },
  broker: { ...part, kind: 'embedded', messages: 0 },
  influx: sink,
  centre: sink,
  store: { ...part, epoch: 1, firstSeq: 1, lastSeq: 1, sizeBytes: 1, freeBytes: 5_000, takesReadings: true },
  backup: { ...part, state: 'degraded', lastSuccessMs: nowMs - DAY_MS, lastBytes: 7, kept: 3 },
};

const figures = (more: Partial<MetricsDeps> = {}): Record<string, number | undefined> =>
  Object.fromEntries(
    applianceFigures({
      world,
      status: () => STATUS,
      gateways: () => [],
      unknownDevices: () => [],
      ...more,
    }).flatMap((figure) =>
      figure.kind === 'histogram'
        ? []
        : [[figure.name.replace('webscada_edge_', ''), figure.read()[0]?.value] as const],
    ),
  );

it('O21: devices, free disk, backups and written bytes are told', () => {
  const devices = () => [0, nowMs - 2 * DAY_MS, nowMs - 1_000].map((lastSeenMs) => ({ lastSeenMs }));
  const found = figures({ devices });
  expect(found).toMatchObject({
    devices: 3,
    devices_heard: 1,
    disk_free_bytes: 5_000,
    backup_last_success_timestamp_seconds: (nowMs - DAY_MS) / 1_000,
    backup_age_seconds: DAY_MS / 1_000,
    backup_failed: 1,
    backup_size_bytes: 7,
    backups: 3,
  });
  const later = figures().written_bytes_total ?? -1;
  expect(later).toBeGreaterThanOrEqual(found.written_bytes_total ?? Number.POSITIVE_INFINITY);
  expect(
    figures({ status: () => ({ ...STATUS, backup: { ...part, state: 'not_configured' } }) }),
  ).toMatchObject({
    backup_failed: undefined,
    backup_age_seconds: undefined,
  });
});

it('O21: the expiry of the certificate is told as a time and as what is left, and neither where there is none', () => {
  const notAfterMs = nowMs + 30 * DAY_MS;
  const { cert } = selfSigned({
    commonName: 'hill',
    hosts: ['hill.example'],
    notBeforeMs: nowMs,
    notAfterMs,
  });
  expect(figures({ certificate: () => cert })).toMatchObject({
    certificate_expiry_timestamp_seconds: notAfterMs / 1_000,
    certificate_expires_in_seconds: (30 * DAY_MS) / 1_000,
  });
  const { certificate_expires_in_seconds: none } = figures({ certificate: () => undefined });
  expect(none).toBeUndefined();
});

it('O21: docs/metrics.md lists every figure, and no other', () => {
  const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
  const listed = [...page.matchAll(/^\| `(\w+)` \| (\w+) \|/gm)].map(([, name, kind]) => `${name} ${kind}`);
  const made = applianceFigures({
    world,
    status: () => STATUS,
    gateways: () => [],
    unknownDevices: () => [],
  });
  expect(listed.sort()).toEqual(made.map(({ name, kind }) => `${name} ${kind}`).sort());
});
