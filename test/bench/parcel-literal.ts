/** A parcel by a straightforward port of the protocol to @noble: every multiplication of the chain is made. */

import { ctr, gcmsiv } from '@noble/ciphers/aes.js';
import { x25519 } from '@noble/curves/ed25519.js';
import { blake3 } from '@noble/hashes/blake3.js';
import { hkdf } from '@noble/hashes/hkdf.js';
import { concatBytes } from '@noble/hashes/utils.js';
import { buildLiteralPacket, type LiteralHop } from '../support/literal-packet.ts';
import {
  drawContents,
  drawRoute,
  MEAN_DELAY_MS,
  type Parcel,
  type PublicNode,
  bytes as random,
  type Scenario,
} from './packet-scenario.ts';

const MIX_PACKET_KIND = 2;

export function parcelBuilder(scenario: Scenario): () => Parcel {
  const layers = scenario.layers.map(layer => layer.map(literalHop));
  const ownGateway = literalHop(scenario.ownGateway);
  const recipients = scenario.recipients.map(({ encoded, gateway }) => ({ encoded, gateway: literalHop(gateway) }));

  return () => {
    const contents = drawContents(scenario);
    const recipient = recipients[contents.recipient];
    if (recipient === undefined) throw new Error('no such recipient');

    const iv = random(16);
    const id = new Uint8Array(5);
    new DataView(id.buffer).setInt32(0, contents.fragmentId.set);
    id[4] = contents.fragmentId.position;
    const ack = build(
      drawRoute(layers, ownGateway),
      scenario.ownIdentity,
      concatBytes(iv, ctr(scenario.ackKey, iv).encrypt(id)),
      38,
    );

    const ephemeral = random(32);
    const shared = x25519.scalarMult(ephemeral, recipient.encoded.subarray(32, 64));
    const key = hkdf(blake3, shared, undefined, undefined, 16);
    const sealed = ctr(key, new Uint8Array(16)).encrypt(contents.fragment);
    const plaintext = concatBytes(ack.firstHop.subarray(0, 19), ack.packet, x25519.scalarMultBase(ephemeral), sealed);
    const data = build(drawRoute(layers, recipient.gateway), recipient.encoded.subarray(0, 32), plaintext, 2065);

    const mixPacket = concatBytes(Uint8Array.of(0, 1), data.firstHop.subarray(0, 7), data.packet);
    const nonce = random(12);
    const frame = concatBytes(
      Uint8Array.of(MIX_PACKET_KIND, 1),
      nonce,
      gcmsiv(scenario.sharedKey, nonce).encrypt(mixPacket),
    );
    return { ...contents, frame };
  };
}

function build(route: readonly LiteralHop[], destination: Uint8Array, plaintext: Uint8Array, payloadBytes: number) {
  const delaysNs = route.map(() => Math.round(-Math.log(1 - Math.random()) * MEAN_DELAY_MS * 1e6));
  const packet = buildLiteralPacket({ route, delaysNs, destination, plaintext, payloadBytes, random });
  return { packet, firstHop: route[0]?.address ?? new Uint8Array(0) };
}

function literalHop({ ip, port, key }: PublicNode): LiteralHop {
  const address = new Uint8Array(32);
  address.set([4, port >> 8, port & 0xff, ...ip.split('.').map(Number)]);
  return { address, key };
}
