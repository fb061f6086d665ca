/** The devices of the settings, as they lie in the store. */
import type { DeviceConfig } from '../config/schema.ts';
import { type Device, type LinkSettings, remarksOf } from '../model/device.ts';
import type { Store } from '../store/contract.ts';

/** Devices of the settings as devices of the store. */
export function declaredDevices(devices: readonly DeviceConfig[]): Device[] {
  return devices.map(({ devEui, name, codec, devAddr, nwkSKey, appSKey, joinEui, appKey, ...radio }) => ({
    devEui,
    name: name ?? devEui,
    codec,
    origin: 'config',
    ...(devAddr && nwkSKey && appSKey ? { abp: { devAddr, nwkSKey, appSKey } } : {}),
    ...(joinEui && appKey ? { otaa: { joinEui, appKey } } : {}),
    ...linkOf(radio),
  }));
}

/** What a device of the settings says of its radio; nothing when it says nothing. */
function linkOf(
  radio: Pick<DeviceConfig, 'macVersion' | 'class' | 'adr' | 'rx1DelayS' | 'allowCounterReset'>,
): { link?: LinkSettings } {
  const { class: deviceClass, ...rest } = radio;
  const link = { ...rest, ...(deviceClass === undefined ? {} : { deviceClass }) };
  return Object.keys(link).length === 0 ? {} : { link };
}

/** Writes declared devices into the store; those that are declared no longer go from it. What was remarked of them here stays. */
export function declareDevices(store: Pick<Store, 'devices'>, declared: readonly Device[]): void {
  const names = new Set(declared.map(({ devEui }) => devEui));
  for (const { devEui, origin } of store.devices.list()) {
    if (origin === 'config' && !names.has(devEui)) store.devices.remove(devEui);
  }
  for (const device of declared)
    store.devices.put({ ...device, ...remarksOf(store.devices.get(device.devEui) ?? {}) });
}
