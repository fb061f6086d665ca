/** The alarms of the box: the engine, with what it may look at beside the log. Started before intake: the log comes before what is new. */
import { createAlarms } from '../alarms/service.ts';
import type { Gateway } from '../gateway/gateway.ts';
import type { AlarmsService } from '../model/alarm-service.ts';
import type { ApplianceStatus } from '../model/status.ts';
import { certificateExpiryMs } from '../ops/certificate-expiry.ts';
import type { CertificateSource } from '../ops/tls-source.ts';
import type { Core } from './core.ts';

export function createBoxAlarms(
  { store, world, timekeeper }: Core,
  gateway: Gateway,
  status: () => ApplianceStatus,
  source: CertificateSource | undefined,
): AlarmsService {
  let known: { readonly pem: string | undefined; readonly endsMs: number | undefined } | undefined;
  return createAlarms({
    ...{ store, world, status, nowMs: timekeeper.nowMs },
    refusedJoins(devEui) {
      const refused = gateway.refusedOf(devEui);
      return refused?.reason.startsWith('join') ? refused.count : 0;
    },
    certificateEndsMs() {
      const pem = source?.current().cert;
      if (known?.pem !== pem) known = { pem, endsMs: certificateExpiryMs(pem) };
      return known?.endsMs;
    },
  });
}
