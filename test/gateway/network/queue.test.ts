/** The queue under any order of steps: no downlink is lost or doubled, what is stored is what is in memory. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createQueue, type QueueStep } from '../../../src/gateway/network/queue.ts';
import type { QueuedDownlink } from '../../../src/model/downlink.ts';
import type { NewRecord } from '../../../src/model/record.ts';
import { tell } from '../../../src/model/said.ts';
import { createTestWorld } from '../../support/world.ts';

const EUI = '70b3d57ed0000001';
const FINAL = ['device_ack', 'failed', 'expired', 'cancelled'];

test('stored and remembered are the same, at most one is under way, and each ends once', () => {
  const step = fc.constantFrom('add', 'addConfirmed', 'send', 'onAir', 'ack', 'missed', 'expire', 'cancel');
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const world = createTestWorld();
      const queue = createQueue(world.clock, []);
      const stored = new Map<string, QueuedDownlink>();
      const told: NewRecord[] = [];
      let ids = 0;
      let counter = 0;
      const keep = (made: QueueStep | undefined) => {
        for (const item of made?.network.downlinks ?? []) stored.set(item.id, item);
        for (const id of made?.network.finished ?? []) stored.delete(id);
        told.push(...(made?.records ?? []));
      };
      for (const what of steps) {
        world.advance(1_000);
        const underWay = queue.inFlight(EUI);
        const next = queue.next(EUI);
        if (what === 'add' || what === 'addConfirmed') {
          const expiresMs = world.clock.nowMs() + 5_000;
          const input = { fPort: 1, data: '01', confirmed: what === 'addConfirmed', retries: 1, expiresMs };
          keep(queue.add(EUI, String(ids++), input)?.step);
        } else if (what === 'send' && next) keep(queue.sent(next, counter++, 'gateway'));
        else if (what === 'onAir' && underWay) keep(queue.onAir(underWay, 'gateway'));
        else if (what === 'ack' && underWay) keep(queue.acknowledged(underWay));
        else if (what === 'missed' && underWay) keep(queue.missed(underWay, tell('downlink.noAnswer')));
        else if (what === 'expire') keep(queue.expire());
        else if (what === 'cancel') keep(queue.cancel(EUI, undefined).step);
        expect([...stored.values()]).toEqual(queue.list(EUI));
        expect(queue.list(EUI).filter(({ state }) => state === 'sent').length).toBeLessThanOrEqual(1);
        expect(createQueue(world.clock, [...stored.values()]).list(EUI)).toEqual(queue.list(EUI));
      }
      const ends = new Map<string, number>();
      for (const { body } of told) {
        const { id, step: name, confirmed } = body as { id: string; step: string; confirmed: boolean };
        const final = FINAL.includes(name) || (name === 'gateway_ack' && !confirmed);
        if (final) ends.set(id, (ends.get(id) ?? 0) + 1);
      }
      expect([...ends.values()].every((count) => count === 1)).toBe(true);
      expect(ends.size + queue.list(EUI).length).toBe(ids);
    }),
    { numRuns: 500 },
  );
});

test('a line takes 64 and no more', () => {
  const queue = createQueue(createTestWorld().clock, []);
  const input = { fPort: 1, data: '', confirmed: false, retries: 0 };
  const taken = Array.from({ length: 70 }, (_, index) => queue.add(EUI, String(index), input));
  expect(taken.filter((one) => one !== undefined)).toHaveLength(64);
});
