/** The body of a webhook, in the form each kind of receiver expects. Pure. */
import { cut } from '../../model/text.ts';
import type { Outgoing } from './channel.ts';

export type WebhookTemplate = 'json' | 'slack' | 'teams' | 'mattermost' | 'telegram';

/** Chats cut or refuse longer ones. */
const MAX_CHAT = 3_000;

export function webhookBody(template: WebhookTemplate, message: Outgoing, to: string | undefined): string {
  const chat = chatText(message);
  switch (template) {
    case 'json':
      return JSON.stringify(messageJson(message, to));
    case 'slack':
      return JSON.stringify({ text: escapeSlack(chat), ...(to === undefined ? {} : { channel: to }) });
    case 'mattermost':
      return JSON.stringify({ text: withoutCalls(chat), ...(to === undefined ? {} : { channel: to }) });
    case 'teams':
      return JSON.stringify({ type: 'message', attachments: [teamsCard(message)] });
    case 'telegram':
      return JSON.stringify({ chat_id: to ?? '', text: chat, disable_web_page_preview: true });
  }
}

/** What our own form says, and MQTT as well. */
export function messageJson(message: Outgoing, to?: string): object {
  const { messageId, madeMs, subject, text, content, personName, site, page } = message;
  const { kind, news, active, total } = content;
  return {
    ...{
      id: messageId,
      time: new Date(madeMs).toISOString(),
      site,
      kind,
      for: personName,
      subject,
      text,
      active,
    },
    ...(to === undefined ? {} : { to }),
    ...(total === undefined ? {} : { total }),
    ...(page === undefined ? {} : { page }),
    ...{ raised: news.raised, cleared: news.cleared, over: news.over },
    alarms: news.items.map((item) => ({
      ...{ alarm: item.alarm, name: item.name, subject: item.subject, subjectName: item.subjectName },
      ...{ area: item.area, priority: item.priority, message: item.message, kind: item.kind },
      time: new Date(item.timeMs).toISOString(),
      since: new Date(item.activeMs).toISOString(),
      ...(item.endedMs === undefined ? {} : { ended: new Date(item.endedMs).toISOString() }),
      ...(item.escalatedMinutes === undefined ? {} : { escalatedMinutes: item.escalatedMinutes }),
    })),
  };
}

function chatText({ subject, text }: Outgoing): string {
  const whole = text.startsWith(subject) ? text : `${subject}\n${text}`;
  return whole.length <= MAX_CHAT ? whole : `${cut(whole, MAX_CHAT)}…`;
}

/** Names of devices must not call everybody of a channel. */
function withoutCalls(text: string): string {
  return text.replaceAll('@', '@\u200b');
}

function escapeSlack(text: string): string {
  return withoutCalls(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function teamsCard({ subject, text, page }: Outgoing): object {
  return {
    contentType: 'application/vnd.microsoft.card.adaptive',
    content: {
      $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
      ...{ type: 'AdaptiveCard', version: '1.4' },
      body: [
        { type: 'TextBlock', text: subject, weight: 'Bolder', wrap: true },
        { type: 'TextBlock', text: cut(text, MAX_CHAT).replaceAll('\n', '\n\n'), wrap: true },
      ],
      ...(page === undefined ? {} : { actions: [{ type: 'Action.OpenUrl', title: page, url: page }] }),
    },
  };
}
