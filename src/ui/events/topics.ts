/** Parts of the state that are sent whole when they change. */
import type { SSEMessage } from 'hono/streaming';
import { summaryView } from '../shapes/alarm-views.ts';
import { gatewayList } from '../shapes/gateway-list.ts';
import { iso, statusView, unknownDeviceView } from '../shapes/views.ts';
import type { LiveSite } from './live-site.ts';

export interface Topic {
  readonly event: string;
  readonly read: () => unknown;
}

export interface Topics {
  readonly all: readonly Topic[];
  /** Those that are other than when it was asked last. */
  changed(): Topic[];
  /** As it was when it was looked at last. */
  message(topic: Topic): SSEMessage & { readonly data: string };
}

/** The figures, with which a page knows whether to fetch the rest. */
function alarmTopic({ alarms }: LiveSite): Topic[] {
  return alarms ? [{ event: 'alarms', read: () => summaryView(alarms.summary()) }] : [];
}

export function createTopics(site: LiveSite, nowMs: () => number): Topics {
  const all: readonly Topic[] = [
    // The clock of the box is left out of the comparison, or every second would be a change.
    { event: 'status', read: () => ({ ...statusView(site.status()), now: '' }) },
    { event: 'gateways', read: () => gatewayList(site) },
    { event: 'strangers', read: () => site.unknownDevices().map(unknownDeviceView) },
    ...alarmTopic(site),
    // Only that there is something new: few look at it, and they fetch it.
    { event: 'logs', read: () => ({ last: site.logs.lastId() }) },
  ];
  const texts = new Map<Topic, string>();
  return {
    all,
    changed: () =>
      all.filter((topic) => {
        const text = JSON.stringify(topic.read());
        if (text === texts.get(topic)) return false;
        texts.set(topic, text);
        return true;
      }),
    message(topic) {
      const text = texts.get(topic) ?? '{}';
      const isStatus = topic.event === 'status';
      const data = isStatus ? text.replace('"now":""', `"now":"${iso(nowMs())}"`) : text;
      return { event: topic.event, data };
    },
  };
}
