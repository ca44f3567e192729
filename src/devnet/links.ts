/** How packets get from node to node: as frames over TCP on loopback, or handed over inside the process. */

import type { NodeAddress, RotationMarker } from '../sphinx/index.ts';

export interface CarriedPacket {
  readonly packet: Uint8Array;
  readonly rotation: RotationMarker;
}

export interface Links {
  /** Gives a node its place in the network. */
  attach(receive: (carried: CarriedPacket) => void): Promise<Attachment>;
}

/** A node's ear, and its mouth. */
export interface Attachment {
  readonly address: NodeAddress;
  /** False for an address where no node of this devnet is: nothing is ever sent there. */
  send(to: NodeAddress, carried: CarriedPacket): boolean;
  /** Closes the port and every connection. Packets under way are lost. */
  detach(): Promise<void>;
  /** At the same address as before. */
  reattach(): Promise<void>;
}

export function addressName({ ip, port }: NodeAddress): string {
  return `${ip} ${port}`;
}
