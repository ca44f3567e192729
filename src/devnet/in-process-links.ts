import { type NodeAddress, parseNodeAddress } from '../sphinx/index.ts';
import { type Attachment, addressName, type CarriedPacket, type Links } from './links.ts';

/** The port that mix nodes have by default. */
const MIX_PORT = 1789;

/** Packets are handed over without sockets and frames, in the order in which they were sent. */
export class InProcessLinks implements Links {
  readonly #receivers = new Map<string, ((carried: CarriedPacket) => void) | undefined>();

  async attach(receive: (carried: CarriedPacket) => void): Promise<Attachment> {
    const address = parseNodeAddress(`127.1.0.${this.#receivers.size + 1}`, MIX_PORT);
    const name = addressName(address);
    this.#receivers.set(name, receive);
    let attached = true;
    return {
      address,
      send: (to, carried) => attached && this.#send(to, carried),
      detach: async () => {
        attached = false;
        this.#receivers.set(name, undefined);
      },
      reattach: async () => {
        attached = true;
        this.#receivers.set(name, receive);
      },
    };
  }

  #send(to: NodeAddress, carried: CarriedPacket): boolean {
    const name = addressName(to);
    if (!this.#receivers.has(name)) return false;
    queueMicrotask(() => this.#receivers.get(name)?.(carried));
    return true;
  }
}
