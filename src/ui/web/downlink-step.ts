/** What the steps of a downlink mean for who looks at it. Pure. */
import type { DownlinkStepView } from '../shapes/devices.ts';

/** Whether a downlink that got so far will not arrive. */
export function isLost(step: DownlinkStepView['step'] | undefined): boolean {
  return step === 'failed' || step === 'expired';
}
