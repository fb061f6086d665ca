/** What wants attention, in words: what it is, what to do about it, and where to look. Pure. */
import type { Concern } from './attention.ts';
import { FLAGS } from './device-flags.ts';
import { hrefOf } from './routes.ts';
import { hasText, t } from './texts.ts';

export function concernWords(concern: Concern): string {
  const { kind, count } = concern;
  if (kind !== 'part') return t(`concern.${kind}`, { count });
  return t('concern.part', { part: t(`part.${concern.part}`), state: t(`state.${concern.state}`) });
}

/** What to do; '' where the place it leads to says it. */
export function todoOf({ kind }: Concern): string {
  const key = `todo.${kind}`;
  return hasText(key) ? t(key) : '';
}

/** Where to look; undefined where there is nothing to see. */
export function placeOf(concern: Concern): string | undefined {
  const { kind } = concern;
  const flag = FLAGS.find((one) => one === (kind === 'waitDevices' ? 'silent' : kind));
  if (flag) return hrefOf('devices', flag);
  switch (kind) {
    case 'gatewayOffline':
    case 'gatewayQos0':
    case 'noGateway':
    case 'waitGateway':
      return hrefOf('gateways');
    case 'unknownJoin':
      return hrefOf('unknown');
    case 'alarm':
      return hrefOf('alarms');
    case 'quarantined':
      return hrefOf('quarantine', concern.sink ?? '');
    case 'exposed':
      return undefined;
    default:
      return hrefOf('parts');
  }
}
