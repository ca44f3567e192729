/** What the client has done since it connected. Counts only: nothing here names a peer. */
export interface ClientStats {
  /** Packets handed to the gateway that carried something: messages, replies, reply blocks, retransmissions. */
  readonly realSent: number;
  /** Cover packets of both streams handed to the gateway. */
  readonly coverSent: number;
  /** Slots of either stream that passed without a packet: no connection, a full socket, or no topology. */
  readonly slotsMissed: number;
  /** Of `realSent`, those sent because an earlier packet was not acknowledged in time. */
  readonly retransmissions: number;
  /** Acknowledgements of real packets, without repeated ones. */
  readonly acksReceived: number;
  /** Acknowledgements of cover packets. */
  readonly coverAcksReceived: number;
  /** Cover packets that came back. */
  readonly coverReceived: number;
  /** Messages accepted for sending. */
  readonly messagesSent: number;
  /** Of those, the ones given up, whatever the reason. */
  readonly messagesFailed: number;
  /** Complete messages received. */
  readonly messagesReceived: number;
  /** Reply blocks made for others to answer with. */
  readonly surbsCreated: number;
  /** Reply blocks of others used up. */
  readonly surbsUsed: number;
  /** Pushed by the gateway and not readable, or for nobody here. */
  readonly packetsDropped: number;
}

export type Counters = { -readonly [Name in keyof ClientStats]: number };

export function newCounters(): Counters {
  return {
    realSent: 0,
    coverSent: 0,
    slotsMissed: 0,
    retransmissions: 0,
    acksReceived: 0,
    coverAcksReceived: 0,
    coverReceived: 0,
    messagesSent: 0,
    messagesFailed: 0,
    messagesReceived: 0,
    surbsCreated: 0,
    surbsUsed: 0,
    packetsDropped: 0,
  };
}
