/** The web server with the pages and the API, made from the parts they show and change. */
import { createDeviceImportService } from '../devices/device-import-service.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { InfluxWriter } from '../ingest/influx/writer.ts';
import { createQuarantineService } from '../ingest/quarantine-service.ts';
import type { AlarmsService } from '../model/alarm-service.ts';
import type { CatalogueService } from '../model/device-catalogue.ts';
import type { NotifyService } from '../model/notify-service.ts';
import type { ApplianceStatus } from '../model/status.ts';
import type { Timings } from '../ops/figures/durations.ts';
import { createMetrics } from '../ops/metrics.ts';
import { webFolder } from '../ops/release.ts';
import { type CertificateSource, ownNames } from '../ops/tls-source.ts';
import { openPictures } from '../store/pictures.ts';
import { openSheets } from '../store/sheets.ts';
import type { AccessControl } from '../ui/access/access-control.ts';
import { folderAssets } from '../ui/http/assets.ts';
import { createRequestTimes } from '../ui/http/request-times.ts';
import { createHttpServer } from '../ui/http/server.ts';
import { createApp } from '../ui/routes/app.ts';
import type { RehearsalCare } from '../ui/routes/care-services.ts';
import { createDeviceFreshness } from '../ui/routes/device-freshness.ts';
import { createAskInside } from '../ui/routes/inside.ts';
import type { AuditTrail } from './audit-trail.ts';
import type { Care } from './care.ts';
import { testConnection } from './connection-tests.ts';
import type { Core } from './core.ts';
import type { OpenCodecs } from './open-codecs.ts';
import type { ConfigSettings } from './pages-settings.ts';

export interface Shown {
  readonly codecs: OpenCodecs;
  readonly gateway: Gateway;
  readonly influx: InfluxWriter;
  readonly access: AccessControl;
  readonly source: CertificateSource | undefined;
  readonly status: () => ApplianceStatus;
  readonly timings: Timings;
  readonly care: Care['services'];
  readonly catalogue: CatalogueService;
  readonly settings: ConfigSettings | undefined;
  readonly audit: AuditTrail;
  readonly rehearsals: RehearsalCare;
  readonly alarms: AlarmsService;
  readonly notify: NotifyService;
}

/** Made, not yet listening; `ask` answers as the pages do, without a connection. */
export function createPages(
  { config, store, timekeeper, world }: Core,
  { codecs: { codecs, scripts }, ...shown }: Shown,
) {
  const { gateway, influx, access, status, source, care, settings, audit } = shown;
  const { catalogue, rehearsals, timings, alarms, notify } = shown;
  const { host, port, trustedProxies, names, hstsDays, accessLog } = config.http;
  const tls = source ? { tls: source } : {};
  const { gateways, unknownDevices, refusedOf, downlinks, frames } = gateway;
  const { timeOf, nowMs } = timekeeper;
  const requests = createRequestTimes();
  const app = createApp({
    ...tls,
    ...{ trustedProxies, accessLog },
    // Browsers heed it only where it comes by TLS.
    ...(source ? { hstsDays } : {}),
    names: [...names, ...ownNames()],
    ...care,
    rehearsals,
    access,
    store,
    quarantine: createQuarantineService({ store, world, sinks: { influx: influx.replay } }),
    influx: influx.upkeep,
    status,
    timeOf,
    nowMs,
    requests,
    gateways,
    unknownDevices,
    refusedOf,
    frames,
    downlinks,
    metrics: createMetrics({
      ...{ world, status, gateways, unknownDevices, requests, timings, notify },
      freshness: createDeviceFreshness({ store, world, timeOf, nowMs }),
      devices: store.devices.list,
      certificate: () => source?.current().cert,
      alarms,
    }),
    codecs: codecs.names,
    scripts,
    ...(settings ? { settings } : {}),
    testConnection: async (name, saved) =>
      testConnection(name, (saved ? settings?.configToCome() : undefined) ?? config, world),
    audit,
    notify,
    catalogue,
    alarms,
    onboarding: createDeviceImportService({ store, codecs: codecs.names }),
    pictures: openPictures(config.store.dir),
    sheets: openSheets(config.store.dir),
    asset: folderAssets(webFolder()),
    world,
  });
  const http = createHttpServer({ world, host, port, ...tls, ...app });
  return { http, ask: createAskInside(app.app, { kind: 'centre' }) };
}
