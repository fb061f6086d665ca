/** What Prometheus is told of messages to people. */
import type { NotifyChannelStatus } from '../../model/notify.ts';
import type { NotifyService } from '../../model/notify-service.ts';
import type { World } from '../../model/world.ts';
import { type Figure, PREFIX } from './figure.ts';

export function notifyFigures(notify: Pick<NotifyService, 'status'> | undefined, { clock }: World): Figure[] {
  if (!notify) return [];
  const { status } = notify;
  const each = (read: (channel: NotifyChannelStatus) => number) => () =>
    status().channels.map((one) => ({
      labels: { channel: one.name === undefined ? one.channel : `${one.channel}:${one.name}` },
      value: read(one),
    }));
  const of = (
    kind: Figure['kind'],
    what: string,
    help: string,
    read: (one: NotifyChannelStatus) => number,
  ) => ({
    ...{ kind, name: `${PREFIX}notify_${what}`, help, labels: ['channel'], read: each(read) },
  });
  return [
    of('gauge', 'queued', 'Addresses for which a message waits.', ({ queued }) => queued),
    of('counter', 'sent_total', 'Messages a server has taken, since the start.', ({ sent }) => sent),
    of(
      'counter',
      'failed_total',
      'Messages given up after refusals, since the start.',
      ({ failed }) => failed,
    ),
    {
      kind: 'gauge',
      name: `${PREFIX}notify_oldest_unsent_seconds`,
      help: 'Age of the oldest message that could have left, 0 when there is none.',
      read() {
        const { oldestUnsentMs } = status();
        return [
          { value: oldestUnsentMs === undefined ? 0 : Math.max(0, clock.nowMs() - oldestUnsentMs) / 1_000 },
        ];
      },
    },
  ];
}
