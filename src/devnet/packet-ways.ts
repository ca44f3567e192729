/**
 * Which nodes each packet has come by: what nobody knows who does not have all nodes in one hand. A packet is known again by
 * its header, which is another after every node.
 */
export class PacketWays {
  readonly #ways = new Map<string, readonly number[]>();

  /** A gateway takes the packet in. */
  entered(nodeId: number, packet: Uint8Array): void {
    this.#remember(packet, [nodeId]);
  }

  /** A node has unwrapped the packet; `next` is what it passes on, if it does. The way up to this node, itself included. */
  unwrapped(nodeId: number, packet: Uint8Array, next: Uint8Array | undefined): readonly number[] {
    const way = [...(this.#ways.get(nameOf(packet)) ?? []), nodeId];
    this.#ways.delete(nameOf(packet));
    if (next !== undefined) this.#remember(next, way);
    return way;
  }

  clear(): void {
    this.#ways.clear();
  }

  #remember(packet: Uint8Array, way: readonly number[]): void {
    this.#ways.set(nameOf(packet), way);
    if (this.#ways.size <= MOST_UNDER_WAY) return;
    const [oldest = ''] = this.#ways.keys();
    this.#ways.delete(oldest);
  }
}

/** Lost ones would stay for ever. */
const MOST_UNDER_WAY = 10_000;

/** The key of the header, new at every hop. */
function nameOf(packet: Uint8Array): string {
  return Buffer.from(packet.subarray(0, 32)).toString('latin1');
}
