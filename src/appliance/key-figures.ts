/** What the centre is told in figures, gathered from the parts of the box. */
import { KEY_FIGURES, type KeyFigures } from '../model/key-figures.ts';
import type { ApplianceStatus } from '../model/status.ts';
import type { World } from '../model/world.ts';
import { certificateExpiryMs } from '../ops/certificate-expiry.ts';
import { HEARD_WITHIN_MS } from '../ops/figures/devices.ts';
import type { CertificateSource } from '../ops/tls-source.ts';
import type { Store } from '../store/contract.ts';
import type { Intake } from './intake.ts';

export interface KeyFigureParts {
  readonly status: ApplianceStatus;
  readonly store: Store;
  readonly intake: Intake;
  readonly source: CertificateSource | undefined;
  readonly world: World;
}

export function keyFiguresOf({ status, store, intake, source, world }: KeyFigureParts): KeyFigures {
  const { startedMs, influx, backup, store: log } = status;
  const devices = store.devices.list();
  const heardSinceMs = world.clock.nowMs() - HEARD_WITHIN_MS;
  const gateways = intake.gateway.gateways();
  const online = gateways.filter(({ state }) => state === 'online').length;
  return known({
    startedMs,
    freeBytes: log.freeBytes,
    storeBytes: log.sizeBytes,
    devices: devices.length,
    devicesHeard: devices.filter(({ lastSeenMs }) => lastSeenMs > heardSinceMs).length,
    gatewaysOnline: online,
    gatewaysOffline: gateways.length - online,
    influxPending: influx.state === 'not_configured' ? undefined : influx.pending,
    backupMs: backup?.lastSuccessMs,
    certificateMs: certificateExpiryMs(source?.current().cert),
    cardLifeUsedPercent: log.deviceLifeUsedPercent,
  });
}

function known(figures: Readonly<Record<(typeof KEY_FIGURES)[number], number | undefined>>): KeyFigures {
  return Object.fromEntries(
    KEY_FIGURES.flatMap((name) => (figures[name] === undefined ? [] : [[name, figures[name]]])),
  );
}
