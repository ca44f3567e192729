/** What parts of the network count. Real and cover packets look the same to all of them; data and acknowledgements differ in size. */

export interface ByKind {
  readonly data: number;
  readonly acks: number;
}

export interface NodeStats {
  readonly nodeId: number;
  readonly received: ByKind;
  /** Sent to the next hop. */
  readonly forwarded: number;
  /** Unwrapped for a client, at a gateway. */
  readonly final: number;
  /** For no key of this node, changed on the way, or of a hop this node is not. */
  readonly unreadable: number;
  readonly replayed: number;
  /** For an address where no node is. */
  readonly unroutable: number;
  /** By the version of the Sphinx format in the packets unwrapped: 258, 259, … */
  readonly versions: Readonly<Record<number, number>>;
}

/** Of all packets on their whole way. */
export interface PacketStats {
  /** From clients (the exits among them), and the acknowledgements that gateways send off. */
  readonly entered: ByKind;
  /** By the fault of that name. */
  readonly lost: ByKind;
  readonly heldBack: ByKind;
  /** To clients, or into their inboxes. */
  readonly delivered: ByKind;
  readonly duplicated: ByKind;
  /** Of those delivered, the ones for clients that are not connected. */
  readonly stored: ByKind;
}

export class PacketCounters {
  readonly #counts = {
    entered: none(),
    lost: none(),
    heldBack: none(),
    delivered: none(),
    duplicated: none(),
    stored: none(),
  };

  count(what: keyof PacketStats, kind: keyof ByKind): void {
    this.#counts[what][kind] += 1;
  }

  snapshot(): PacketStats {
    return structuredClone(this.#counts);
  }
}

type NodeCounter = 'forwarded' | 'final' | 'unreadable' | 'replayed' | 'unroutable';

export class NodeCounters {
  readonly #received = none();
  readonly #counts: Record<NodeCounter, number> = { forwarded: 0, final: 0, unreadable: 0, replayed: 0, unroutable: 0 };
  readonly #versions: Record<number, number> = {};

  countReceived(kind: keyof ByKind): void {
    this.#received[kind] += 1;
  }

  count(what: NodeCounter): void {
    this.#counts[what] += 1;
  }

  countVersion(version: number): void {
    this.#versions[version] = (this.#versions[version] ?? 0) + 1;
  }

  snapshot(nodeId: number): NodeStats {
    return { nodeId, received: { ...this.#received }, ...this.#counts, versions: { ...this.#versions } };
  }
}

function none(): { data: number; acks: number } {
  return { data: 0, acks: 0 };
}
