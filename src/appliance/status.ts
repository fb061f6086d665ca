/** What the appliance says of itself, gathered from its parts. */

import type { InfluxWriter } from '../ingest/influx/writer.ts';
import type { AlarmSummary, AlarmsService } from '../model/alarm-service.ts';
import type { NotifyService } from '../model/notify-service.ts';
import type { ApplianceStatus } from '../model/status.ts';
import type { BackupService } from '../ops/backups/service.ts';
import { release } from '../ops/release.ts';
import type { CentralSync } from '../sync/site/central-sync.ts';
import type { CommandService } from '../sync/site/commands/command-service.ts';
import type { Core } from './core.ts';
import type { Intake } from './intake.ts';
import type { BoxRehearsal } from './rehearsal.ts';

/** The time zone of this machine. */
const OWN_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The time zone of the site: as set, otherwise this machine's. */
export function timeZoneOf(config: Core['config']): string {
  return config.site.timeZone ?? OWN_ZONE;
}

export interface Reporting {
  readonly intake: Intake;
  readonly influx: InfluxWriter;
  readonly centre: CentralSync;
  readonly care: { readonly backup: BackupService };
  readonly commands: CommandService;
  readonly rehearsal: BoxRehearsal;
  readonly notify: Pick<NotifyService, 'status'>;
  readonly alarms: Pick<AlarmsService, 'summary'>;
}

export function statusOf(
  { config, store, timekeeper, refused, tracing }: Core,
  startedMs: number,
  { intake: { transport, gateway }, influx, centre, care, commands, rehearsal, notify, alarms }: Reporting,
): ApplianceStatus {
  const underWay = rehearsal.status();
  return {
    site: config.site.name ?? config.site.id,
    version: release().version,
    startedMs,
    nowMs: timekeeper.nowMs(),
    timeZone: timeZoneOf(config),
    broker: {
      ...transport.status(),
      kind: config.mqtt.mode,
      messages: gateway.messages(),
      ...(transport.reach ? { reach: transport.reach() } : {}),
    },
    influx: influx.status(),
    centre: centre.status(),
    commands: commands.status(),
    store: store.status(),
    time: timekeeper.status(),
    backup: care.backup.status(),
    ...(underWay ? { rehearsal: underWay } : {}),
    notify: notify.status(),
    ...(tracing ? { tracing: tracing.status() } : {}),
    openAlarms: openIn(alarms.summary()),
    simulator: config.simulator.enabled,
    refused: refused.counts(),
  };
}

function openIn({ counts }: AlarmSummary): number {
  return Object.values(counts)
    .flatMap((byPriority) => Object.values(byPriority))
    .reduce((sum, count) => sum + count, 0);
}
