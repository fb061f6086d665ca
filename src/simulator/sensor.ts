/**
 * What the simulated sensors measure. Slow quantities (time of day, tank levels, meters) are functions of the time, so
 * that they go on after a restart as if nothing had been; only the noise on top is drawn.
 */
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** When the meters were installed. */
const METERS_START_MS = Date.UTC(2025, 0, 1);

export type SensorModel =
  /** Daily course of `swing` degrees around `mean`; humidity in per cent. */
  | { readonly kind: 'climate'; readonly mean: number; readonly swing: number; readonly humidity: number }
  /** As climate, with air pressure and light. */
  | { readonly kind: 'weather'; readonly mean: number; readonly swing: number; readonly humidity: number }
  /** Falls from full to low in `hours`, then is refilled. */
  | { readonly kind: 'tank'; readonly hours: number }
  /** Opens at random, mostly in working hours. */
  | { readonly kind: 'door' }
  /** Pulses since installation. */
  | { readonly kind: 'meter'; readonly pulsesPerHour: number };

/** One number of a payload; its channel is its place in it, from 1. */
export interface Measurement {
  /** A type of Cayenne LPP, which has its unit. */
  readonly name: string;
  readonly value: number;
}

/** One sensor with its little memory. */
export interface Sensor {
  /** What it sends at `nowMs` (epoch milliseconds). */
  measure(nowMs: number): Measurement[];
}

/** `phase` in 0..1 sets sensors of one model apart; `random` is uniform in 0..1. */
export function createSensor(model: SensorModel, phase: number, random: () => number): Sensor {
  const battery = (): Measurement => ({ name: 'voltage', value: 3.3 + 0.3 * phase + 0.01 * noise(random) });
  const quantities = quantitiesOf(model, phase, random);
  return { measure: (nowMs) => [...quantities(nowMs), battery()] };
}

function quantitiesOf(
  model: SensorModel,
  phase: number,
  random: () => number,
): (nowMs: number) => Measurement[] {
  switch (model.kind) {
    case 'climate':
      return climate(model, phase, random);
    case 'weather':
      return weather(model, phase, random);
    case 'tank':
      return (nowMs) => [{ name: 'analog_input', value: tankLevel(nowMs, model.hours, phase, random) }];
    case 'door':
      return door(random);
    case 'meter':
      return (nowMs) => [{ name: 'generic_sensor', value: pulses(nowMs, model.pulsesPerHour) }];
  }
}

function climate(
  model: { readonly mean: number; readonly swing: number; readonly humidity: number },
  phase: number,
  random: () => number,
): (nowMs: number) => Measurement[] {
  let drift = 0;
  return (nowMs) => {
    drift = 0.9 * drift + 0.15 * noise(random);
    // Warmest in the middle of the afternoon.
    const course = model.swing * Math.sin(2 * Math.PI * (nowMs / DAY_MS - 9 / 24));
    const temperature = model.mean + course + drift + 2 * (phase - 0.5);
    const humidity = clamp(model.humidity - 1.5 * course - 2 * drift, 5, 99);
    return [
      { name: 'temperature', value: temperature },
      { name: 'relative_humidity', value: humidity },
    ];
  };
}

function weather(
  model: { readonly mean: number; readonly swing: number; readonly humidity: number },
  phase: number,
  random: () => number,
): (nowMs: number) => Measurement[] {
  const air = climate(model, phase, random);
  return (nowMs) => {
    const daylight = Math.max(0, Math.sin(2 * Math.PI * (nowMs / DAY_MS - 6 / 24)));
    return [
      ...air(nowMs),
      { name: 'barometric_pressure', value: 1013 + 9 * Math.sin((2 * Math.PI * nowMs) / (5.3 * DAY_MS)) },
      { name: 'illuminance', value: Math.round(daylight * (32_000 + 3_000 * noise(random)) + 3) },
    ];
  };
}

/** Per cent: 96 down to 18 over most of the time, then up again quickly. */
function tankLevel(nowMs: number, hours: number, phase: number, random: () => number): number {
  const cycle = (((nowMs / (hours * HOUR_MS) + phase) % 1) + 1) % 1;
  const level = cycle < 0.95 ? 96 - (78 * cycle) / 0.95 : 18 + (78 * (cycle - 0.95)) / 0.05;
  return level + 0.05 * noise(random);
}

function door(random: () => number): (nowMs: number) => Measurement[] {
  let open = false;
  return (nowMs) => {
    const hour = new Date(nowMs).getUTCHours();
    const opening = hour >= 6 && hour < 18 ? 0.25 : 0.02;
    open = open ? random() < 0.4 : random() < opening;
    return [{ name: 'digital_input', value: open ? 1 : 0 }];
  };
}

/** The integral of a rate with a daily course, so it never goes back. */
function pulses(nowMs: number, perHour: number): number {
  const hours = Math.max(0, nowMs - METERS_START_MS) / HOUR_MS;
  const course = 1 - Math.cos((2 * Math.PI * hours) / 24);
  return Math.floor(perHour * (hours + 0.6 * (24 / (2 * Math.PI)) * course)) % 2 ** 32;
}

/** Nearly normal, mean 0, deviation 1. */
export function noise(random: () => number): number {
  return (random() + random() + random() + random() - 2) * Math.sqrt(3);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
