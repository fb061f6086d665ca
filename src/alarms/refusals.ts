/** Why something about alarms was not done, in words. */
import type { AlarmRule } from '../model/alarm.ts';
import type { AlarmRefusal } from '../model/alarm-service.ts';
import type { Told } from '../model/said.ts';

export function refuse(refused: AlarmRefusal['refused'], detail: string): AlarmRefusal {
  return { refused, detail };
}

export function notStarted(): AlarmRefusal {
  return refuse('not-started', 'the box is starting or stopping: try again in a moment');
}

export function noSuch(id: string): AlarmRefusal {
  return refuse('unknown', `there is no alarm ${id}`);
}

export function stale(known: AlarmRule | undefined): AlarmRefusal {
  return refuse(
    'stale',
    known
      ? `somebody has changed it meanwhile: it has revision ${known.revision} by ${known.changedBy}`
      : 'it is gone, or was never there',
  );
}

/** What is wrong is not at one place. */
export function mistaken({ detail, said }: Told): AlarmRefusal {
  return { refused: 'invalid', detail, said };
}

export function invalid(errors: NonNullable<AlarmRefusal['errors']>): AlarmRefusal {
  return { refused: 'invalid', detail: errors.map(({ detail }) => detail).join('; '), errors };
}
