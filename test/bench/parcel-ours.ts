/** A parcel as the client builds it. */

import { sealFrame } from '../../src/gateway/index.ts';
import {
  type AckKey,
  createSurbAck,
  decodeRecipient,
  RecipientKeys,
  sealForRecipient,
} from '../../src/message/index.ts';
import {
  buildPacket,
  encodeMixPacket,
  type Hop,
  nodeKey,
  packetSizes,
  parseNodeAddress,
  sampleDelaysNs,
} from '../../src/sphinx/index.ts';
import {
  drawContents,
  drawRoute,
  MEAN_DELAY_MS,
  type Parcel,
  type PublicNode,
  bytes as random,
  type Scenario,
} from './packet-scenario.ts';

export function parcelBuilder(scenario: Scenario): () => Parcel {
  const hop = ({ ip, port, key }: PublicNode): Hop => ({ address: parseNodeAddress(ip, port), key: nodeKey(key) });
  const layers = scenario.layers.map(layer => layer.map(hop));
  const ownGateway = hop(scenario.ownGateway);
  const recipients = scenario.recipients.map(({ encoded, gateway }) => ({
    recipient: decodeRecipient(encoded),
    gateway: hop(gateway),
  }));
  const ackKey = scenario.ackKey as AckKey;
  const keys = new RecipientKeys();

  return () => {
    const contents = drawContents(scenario);
    const { recipient, gateway } = recipients[contents.recipient] ?? { recipient: undefined, gateway: undefined };
    if (recipient === undefined) throw new Error('no such recipient');
    const { block } = createSurbAck({
      route: drawRoute(layers, ownGateway),
      delaysNs: sampleDelaysNs(4, MEAN_DELAY_MS, random),
      ackKey,
      fragmentId: contents.fragmentId,
      destination: scenario.ownIdentity,
      random,
    });
    const packet = buildPacket({
      route: drawRoute(layers, gateway),
      delaysNs: sampleDelaysNs(4, MEAN_DELAY_MS, random),
      destination: recipient.identity,
      plaintext: sealForRecipient({ ackBlock: block, recipient, fragment: contents.fragment, random, keys }),
      size: packetSizes.regular,
      random,
    });
    const mixPacket = encodeMixPacket({ packet: packet.bytes, firstHop: packet.firstHop, rotation: 1 }, 2);
    return { ...contents, frame: sealFrame({ kind: 2, plaintext: mixPacket }, scenario.sharedKey, random) };
  };
}
