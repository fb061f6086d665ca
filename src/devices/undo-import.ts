/** The way back from the last import: what the devices were before, held in memory until the next one or a start of the box. */
import type { Device, DeviceState } from '../model/device.ts';
import type { ImportedDevice, UndoOutcome } from '../model/onboarding.ts';
import type { Store } from '../store/contract.ts';

/** A device an import made or changed. */
interface Step {
  readonly devEui: string;
  readonly before: (Device & DeviceState) | undefined;
  /** As it was after the import. */
  readonly after: string;
}

export interface ImportUndo {
  /** Has `write` write the devices of an import, and notes what they were before and are then. */
  noted(wanted: readonly Device[], write: () => void): void;
  /** But for devices changed since; undefined where there is nothing to take back. */
  undo(): UndoOutcome | undefined;
}

export function createImportUndo(devices: Store['devices']): ImportUndo {
  let last: readonly Step[] = [];
  return {
    noted(wanted, write) {
      const before = wanted.map(({ devEui }) => devices.get(devEui));
      write();
      // One that found nothing to do leaves the way back from the one before.
      if (wanted.length > 0)
        last = wanted.map(({ devEui }, n) => ({
          ...{ devEui, before: before[n], after: textOf(devices.get(devEui)) },
        }));
    },
    undo() {
      if (last.length === 0) return undefined;
      const outcome = takeBack(devices, last);
      last = [];
      return outcome;
    },
  };
}

function takeBack(devices: Store['devices'], steps: readonly Step[]): UndoOutcome {
  const restored: ImportedDevice[] = [];
  const removed: ImportedDevice[] = [];
  const skipped: ImportedDevice[] = [];
  const wanted: Device[] = [];
  const counters = new Map<string, number>();
  for (const { devEui, before, after } of steps) {
    const now = devices.get(devEui);
    const one = { devEui, name: now?.name ?? before?.name ?? devEui };
    if (!now || textOf(now) !== after) skipped.push(one);
    else if (!before) removed.push(one);
    else {
      wanted.push(withoutState(before));
      // Never below: what was heard since the import counts as heard.
      counters.set(devEui, Math.max(before.nextFCntUp, isSameSession(before, now) ? now.nextFCntUp : 0));
      restored.push({ devEui, name: before.name });
    }
  }
  devices.putAll(wanted, counters);
  for (const { devEui } of removed) devices.remove(devEui);
  return { restored, removed, skipped };
}

function withoutState({
  nextFCntUp: _,
  lastSeq: __,
  lastSeenMs: ___,
  ...device
}: Device & DeviceState): Device {
  return device;
}

/** All that is set of it, to tell whether it was changed. */
function textOf(device: (Device & DeviceState) | undefined): string {
  return device ? JSON.stringify(withoutState(device)) : '';
}

function isSameSession(a: Device, b: Device): boolean {
  return JSON.stringify(a.abp) === JSON.stringify(b.abp);
}
