/** What is told of a broker that lets us in and yet does not serve us. */
import { describe, expect, it } from 'vitest';
import { clientIdTwice } from '../../../src/gateway/mqtt/refusals.ts';
import { createStanding } from '../../../src/gateway/mqtt/standing.ts';
import { createHealth } from '../../../src/model/health.ts';
import { inEnglish } from '../../../src/model/said.ts';
import { createTestWorld } from '../../support/world.ts';

function start() {
  const world = createTestWorld();
  const health = createHealth(world, 'mqtt', 'connecting', inEnglish('connecting'));
  return { world, health, standing: createStanding('mqtt://broker:1883', health, world) };
}
const TEN_MINUTES_MS = 10 * 60_000;

describe('how it stands with a broker', () => {
  it('A1: subscribed and nothing ever came is told after ten minutes, until something comes', () => {
    const { world, health, standing } = start();
    standing.subscribed(5);
    world.advance(TEN_MINUTES_MS - 1);
    expect(health.get()).toMatchObject({ state: 'ok', detail: 'connected to mqtt://broker:1883 (MQTT 5)' });
    world.advance(1);
    expect(health.get()).toMatchObject({
      state: 'degraded',
      detail: expect.stringContaining('nothing has come in 10 minutes'),
      hint: expect.stringContaining('access list'),
    });
    standing.received();
    expect(health.get().state).toBe('ok');
  });

  it('A1: reconnecting does not begin the ten minutes anew, nor hides what was told', () => {
    const { world, health, standing } = start();
    standing.subscribed(5);
    world.advance(TEN_MINUTES_MS - 1);
    standing.ended();
    standing.subscribed(5);
    world.advance(1);
    standing.ended();
    standing.subscribed(4);
    expect(health.get().detail).toContain('nothing has come');
  });

  it('A1: a site that has been heard once may be quiet', () => {
    const { world, health, standing } = start();
    standing.subscribed(5);
    standing.received();
    world.advance(10 * TEN_MINUTES_MS);
    expect(health.get().state).toBe('ok');
  });

  it('A3: commands that are refused are told until one is taken', () => {
    const { health, standing } = start();
    standing.subscribed(5);
    standing.commandsRefused(true);
    expect(health.get()).toMatchObject({ state: 'degraded', detail: expect.stringContaining('access list') });
    standing.commandsRefused(false);
    expect(health.get().state).toBe('ok');
  });

  it('S3: a session that was lost is told for a quarter of an hour', () => {
    const { world, health, standing } = start();
    standing.sessionLost();
    standing.subscribed(5);
    expect(health.get()).toMatchObject({
      state: 'degraded',
      detail: expect.stringContaining('forgot our session'),
    });
    standing.received();
    world.advance(15 * 60_000);
    expect(health.get().state).toBe('ok');
    expect(world.logged.filter(({ event }) => event === 'mqtt.session_lost')).toHaveLength(1);
  });

  it('B: an unsteady connection is told once, whether it is there or not', () => {
    const { world, health, standing } = start();
    for (let n = 0; n < 20; n++) {
      standing.subscribed(5);
      standing.ended();
      standing.unsteady(clientIdTwice('edge', n % 2 === 0));
      expect(health.get().state).toBe('degraded');
    }
    expect(world.logged.map(({ event }) => event)).toEqual(['mqtt.ok', 'mqtt.degraded']);
    standing.subscribed(5);
    standing.unsteady(undefined);
    expect(health.get().state).toBe('ok');
  });
});
