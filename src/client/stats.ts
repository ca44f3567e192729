/** What the client has done since it connected, and what waits in it. Counts only: nothing here names a peer. */
export interface ClientStats extends ClientCounts, ClientStock {}

/** They only grow. */
export interface ClientCounts {
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
  /** Packets received that held a part of a message, repeated ones included. */
  readonly realReceived: number;
  /** Messages accepted for sending. */
  readonly messagesSent: number;
  /** Of those, the ones acknowledged in full: they have reached the recipient's gateway. */
  readonly messagesDelivered: number;
  /** Of those, the ones given up, whatever the reason. */
  readonly messagesFailed: number;
  /** Complete messages received. */
  readonly messagesReceived: number;
  /** Of those, the ones that came by a reply block. */
  readonly repliesReceived: number;
  /** Sets of fragments dropped unfinished: something of them never came, or there was no room. */
  readonly incompleteSetsDropped: number;
  /** Reply blocks made for others to answer with. */
  readonly surbsCreated: number;
  /** Reply blocks of others used up. */
  readonly surbsUsed: number;
  /** Requests for reply blocks, by those who answer us. */
  readonly surbRequestsReceived: number;
  /** Requests for reply blocks, to those whom we answer. */
  readonly surbRequestsSent: number;
  /** How often an answer of ours was given up for want of reply blocks. */
  readonly surbStarvations: number;
  /** Pushed by the gateway and not readable, or for nobody here. */
  readonly packetsDropped: number;
  /** Connections to the gateway that were lost. */
  readonly gatewayLosses: number;
  /** Connections to the gateway that came back. */
  readonly gatewayReconnects: number;
  /** Views of the network fetched, without the first. */
  readonly topologyRefreshes: number;
  /** Views of the network that could not be fetched, or not be used. */
  readonly topologyFailures: number;
  /** How often the nodes of the network had other keys than before. */
  readonly keyRotations: number;
}

/** What there is at this moment. */
export interface ClientStock {
  /** Packets that have not been handed to the gateway once, without those that wait for reply blocks. */
  readonly packetsQueued: number;
  /** Packets that wait for reply blocks. */
  readonly packetsParked: number;
  /** Packets sent, or about to be, and not acknowledged. */
  readonly acksPending: number;
  /** Messages accepted that are neither delivered nor given up, those of the client itself included. */
  readonly messagesPending: number;
  /** Reply blocks that others are believed to hold, or to get, of ours. */
  readonly surbsOutstanding: number;
  /** Reply blocks of others that are here. */
  readonly surbsHeld: number;
  /** Sets of fragments of which something is missing yet. */
  readonly incompleteSets: number;
}

export type Counters = { -readonly [Name in keyof ClientCounts]: number };

export function newCounters(): Counters {
  return {
    realSent: 0,
    coverSent: 0,
    slotsMissed: 0,
    retransmissions: 0,
    acksReceived: 0,
    coverAcksReceived: 0,
    coverReceived: 0,
    realReceived: 0,
    messagesSent: 0,
    messagesDelivered: 0,
    messagesFailed: 0,
    messagesReceived: 0,
    repliesReceived: 0,
    incompleteSetsDropped: 0,
    surbsCreated: 0,
    surbsUsed: 0,
    surbRequestsReceived: 0,
    surbRequestsSent: 0,
    surbStarvations: 0,
    packetsDropped: 0,
    gatewayLosses: 0,
    gatewayReconnects: 0,
    topologyRefreshes: 0,
    topologyFailures: 0,
    keyRotations: 0,
  };
}
