/** What a part says of itself: since when, and what the log hears of it. */
import { expect, test } from 'vitest';
import { createHealth } from '../../src/model/health.ts';
import { inEnglish } from '../../src/model/said.ts';
import { createTestWorld } from '../support/world.ts';

const START_MS = 1_000;

function newHealth() {
  const world = createTestWorld(START_MS);
  const health = createHealth(world, 'centre', 'connecting', inEnglish('not asked yet'));
  const events = () => world.logged.map(({ level, event }) => `${level} ${event}`);
  return { world, health, events };
}

test('tells state, why, what to do, and since when it is in this state', () => {
  const { world, health } = newHealth();
  expect(health.get()).toMatchObject({ state: 'connecting', detail: 'not asked yet', sinceMs: START_MS });
  world.advance(500);
  health.set('down', inEnglish('no answer', 'is it running?'));
  world.advance(500);
  health.set('down', inEnglish('refused'));
  expect(health.get()).toMatchObject({ state: 'down', detail: 'refused', sinceMs: START_MS + 500 });
});

test('a change is logged once: trouble as a warning, its end as information', () => {
  const { world, health, events } = newHealth();
  for (let i = 0; i < 3; i++) health.set('down', inEnglish('no answer', 'is it running?'));
  for (let i = 0; i < 3; i++) health.set('ok', inEnglish('delivering'));
  expect(events()).toEqual(['warn centre.down', 'info centre.ok']);
  expect(world.logged[0]?.fields).toEqual({ detail: 'no answer', hint: 'is it running?' });
});

test('another trouble is logged, other words for what works are not', () => {
  const { health, events } = newHealth();
  health.set('ok', inEnglish('delivering'));
  health.set('ok', inEnglish('everything is there'));
  health.set('down', inEnglish('no answer'));
  health.set('down', inEnglish('refused'));
  expect(events()).toEqual(['info centre.ok', 'warn centre.down', 'warn centre.down']);
});

test('a code tells troubles apart whose words vary', () => {
  const { world, health, events } = newHealth();
  health.set('down', inEnglish('no answer after 1.0 s'), 'TIMEOUT');
  health.set('down', inEnglish('no answer after 1.1 s'), 'TIMEOUT');
  health.set('down', inEnglish('no answer after 1.1 s'), 'CLOSED');
  expect(events()).toEqual(['warn centre.down', 'warn centre.down']);
  expect(world.logged[1]?.fields).toMatchObject({ code: 'CLOSED' });
});
