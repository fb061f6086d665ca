/** A message about an alarm, in the language of who is told: the box's own sentence too, a person's as it was written. */
import { expect, test } from 'vitest';
import { messageOf } from '../../src/alarms/core/message.ts';
import { planOf } from '../../src/alarms/core/plan.ts';
import type { NotifyLanguage } from '../../src/model/notify.ts';
import { render } from '../../src/notify/texts/render.ts';
import { eui, rule, START_MS } from '../support/alarm-site.ts';
import { bookWith, imaginedSite, personOf, routeOf } from './plan/imagined-site.ts';

const context = { site: 'Hill', timeZone: 'UTC', pageOf: () => undefined, ruleOf: () => undefined };
const condition = { kind: 'limit', field: 't', side: 'high', limit: 10 } as const;
const device = { devEui: eui(1), name: 'Tank', fields: { t: { name: 'Öl', unit: '°C', digits: 1 } } };

function told(language: NotifyLanguage, message?: string): string {
  const plan = planOf(rule('r', { condition, ...(message === undefined ? {} : { message }) }));
  if (!plan) throw new Error('its condition cannot be read');
  const site = imaginedSite(bookWith([personOf('ada')], [routeOf('all', { to: ['person:ada'] })]), START_MS);
  const says = messageOf(plan, { subjectName: 'Tank', device, value: 1_011.5, limit: 10 });
  site.say('raised', 'r:1', { isAnnounced: true, ...says });
  const content = site.sent[0]?.content;
  if (!content) throw new Error('nobody was told');
  return render(content, { name: 'Ada', language }, context, START_MS).text;
}

test('the sentence of the box is in the language of the person', () => {
  expect(told('de')).toMatch(/^Tank: Öl ist 1\.011,5 °C, über 10 °C\n/);
  expect(told('en')).toMatch(/^Tank: Öl is 1011\.5 °C, above 10\.0 °C\n/);
});

test('the words of whoever wrote the rule are left as they are', () => {
  expect(told('de', '{device} is hot')).toMatch(/^Tank is hot\n/);
});
