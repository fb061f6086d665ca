/** Spares the 10 MB of number buffers that mqtt-packet, the codec MQTT.js and aedes share, would make at its first packet. */
import mqttPacket from 'mqtt-packet';

/** Call before the first packet is written. */
export function sparePacketCache(): void {
  mqttPacket.writeToStream.cacheNumbers = false;
}
