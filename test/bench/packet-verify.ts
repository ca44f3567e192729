/** Follows a parcel as gateways and mixes would: 4 hops out, and its acknowledgement 4 hops back. Throws if it gets lost. */

import { fixedSecret } from '#crypto';
import { openFrame } from '../../src/gateway/index.ts';
import { type AckKey, openAck, openFromSender, splitAckBlock } from '../../src/message/index.ts';
import { decodeMixPacket, type FinalPacket, type NodeAddress, unwrapPacket } from '../../src/sphinx/index.ts';
import type { Parcel, Scenario, Secrets } from './packet-scenario.ts';

const HOPS = 4;

export function verifyParcel(parcel: Parcel, scenario: Scenario, secrets: Secrets): void {
  const { kind, plaintext: mixPacket } = openFrame(parcel.frame, scenario.sharedKey);
  expectEqual('kind of frame', kind, 2);
  const { packet, firstHop } = decodeMixPacket(mixPacket, 2);
  const arrived = walk(packet, firstHop, secrets);
  const recipient = scenario.recipients[parcel.recipient];
  expectEqual('destination', hex(arrived.destination), hex(recipient?.encoded.subarray(0, 32)));

  const { firstHop: ackHop, ackPacket, message } = splitAckBlock(arrived.plaintext);
  const fragment = openFromSender(message, fixedSecret(secrets.recipients[parcel.recipient] ?? new Uint8Array(32)));
  expectEqual('fragment', hex(fragment), hex(parcel.fragment));

  const returned = walk(ackPacket, ackHop, secrets);
  expectEqual('destination of the acknowledgement', hex(returned.destination), hex(scenario.ownIdentity));
  const id = openAck(scenario.ackKey as AckKey, returned.plaintext);
  expectEqual('acknowledged fragment', JSON.stringify(id), JSON.stringify(parcel.fragmentId));
}

function walk(packet: Uint8Array, firstHop: NodeAddress, secrets: Secrets): FinalPacket {
  let [onTheWay, address] = [packet, firstHop];
  for (let hop = 1; hop <= HOPS; hop++) {
    const secret = secrets.nodes.get(`${address.ip}:${address.port}`);
    if (secret === undefined) throw new Error(`hop ${hop} is no node`);
    const step = unwrapPacket(onTheWay, secret);
    if (step.type === 'final') {
      expectEqual('hops', hop, HOPS);
      return step;
    }
    [onTheWay, address] = [step.packet, step.nextHop];
  }
  throw new Error(`more than ${HOPS} hops`);
}

function expectEqual(what: string, found: unknown, expected: unknown): void {
  if (found !== expected) throw new Error(`a benchmarked packet has a wrong ${what}`);
}

function hex(data: Uint8Array = new Uint8Array(0)): string {
  return Buffer.from(data).toString('hex');
}
