/** Parts of the state that are sent whole when they change. */
import type { SSEMessage } from 'hono/streaming';
import { gatewayView, iso, statusView, unknownDeviceView } from '../shapes/views.ts';
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

export function createTopics(site: LiveSite, nowMs: () => number): Topics {
  const all: readonly Topic[] = [
    // The clock of the box is left out of the comparison, or every second would be a change.
    { event: 'status', read: () => ({ ...statusView(site.status()), now: '' }) },
    { event: 'gateways', read: () => site.gateways().map(gatewayView) },
    { event: 'strangers', read: () => site.unknownDevices().map(unknownDeviceView) },
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
