/** What the live view looks at. */
import type { AlarmsService } from '../../model/alarm-service.ts';
import type { FrameService } from '../../model/frame.ts';
import type { LogLines } from '../../model/log-lines.ts';
import type { ApplianceStatus, GatewayStatus, UnknownDeviceStatus } from '../../model/status.ts';
import type { Dating } from '../../model/time.ts';
import type { World } from '../../model/world.ts';
import type { Store } from '../../store/contract.ts';

export interface LiveSite {
  readonly world: World;
  readonly store: Pick<Store, 'epoch' | 'log' | 'devices' | 'profiles' | 'documents'>;
  readonly status: () => ApplianceStatus;
  readonly gateways: () => readonly GatewayStatus[];
  readonly unknownDevices: () => readonly UnknownDeviceStatus[];
  /** The newest frames, as they were on the air. */
  readonly frames: FrameService;
  /** None where nobody watches. */
  readonly alarms?: AlarmsService;
  /** The newest lines of the program's own log. */
  readonly logs: LogLines;
  /** When a record happened, where the clock may have been wrong; as written without it. */
  readonly timeOf?: Dating['timeOf'];
  /** The time as far as it is known, epoch milliseconds; the clock's without it. */
  readonly nowMs?: () => number;
}
