import type { Diagnostics } from '../diagnostics/index.ts';
import { MixnetError } from '../errors.ts';
import type { GatewayLink } from '../gateway/index.ts';
import type { Recipient } from '../message/index.ts';
import type { Milliseconds, Platform } from '../platform/platform.ts';
import type { Directory, Topology } from '../topology/index.ts';
import { AnonymousSender } from './anonymous-sender.ts';
import { Deliveries } from './deliveries.ts';
import { Drain } from './drain.ts';
import { GatewayWatch } from './gateway-watch.ts';
import { Inbox } from './inbox.ts';
import { Lanes } from './lanes.ts';
import { NetworkView } from './network-view.ts';
import { OutageWatch } from './outage-watch.ts';
import type { OutgoingPacket, PacketBuilder } from './packet-builder.ts';
import type { Pseudonym } from './pseudonym.ts';
import { ReadyPackets } from './ready-packets.ts';
import { type PayloadOpener, Receiver } from './receive.ts';
import { Replier } from './replier.ts';
import { RotationWatch } from './rotation-watch.ts';
import { SentReplyKeys } from './sent-reply-keys.ts';
import { type ClientStats, type Counters, newCounters } from './stats.ts';
import { SurbSupply } from './surb-supply.ts';
import type { Traffic } from './traffic.ts';
import { TrafficStreams } from './traffic-streams.ts';
import { type QueuedFragment, Transmissions } from './transmissions.ts';

export interface AssembleOptions {
  readonly platform: Platform;
  readonly traffic: Traffic;
  readonly directory: Pick<Directory, 'topology' | 'keyRotation'>;
  /** Who the client is, and behind which gateway. */
  readonly self: Recipient;
  /** Of that gateway; connected. */
  readonly link: Link;
  /** Just fetched. */
  readonly topology: Topology;
  readonly builder: PacketBuilder;
  readonly opener: PayloadOpener;
  readonly strictReserve: boolean;
  readonly diagnostics?: Diagnostics | undefined;
  /** Of a client that is kept: what has come for it before, and how to keep what comes. See `InboxOptions.keep`. */
  readonly received?:
    | { readonly sets: readonly number[]; readonly keep: (sets: readonly number[]) => Promise<void> }
    | undefined;
  /** Another topology is in use. */
  readonly topologyChanged?: (topology: Topology) => void;
}

/** What the client needs of its link. */
export type Link = Pick<GatewayLink, 'state' | 'lastError' | 'bufferedBytes' | 'send' | 'close'>;

/** The client's parts that its public face speaks to. */
export interface ClientParts {
  readonly self: Recipient;
  readonly traffic: Traffic;
  stats(): ClientStats;
  readonly counters: Counters;
  readonly link: Link;
  readonly network: NetworkView;
  readonly lanes: Lanes<QueuedFragment>;
  readonly ready: ReadyPackets<QueuedFragment, OutgoingPacket>;
  readonly deliveries: Deliveries;
  readonly transmissions: Transmissions;
  readonly anonymousSender: AnonymousSender;
  readonly replier: Replier;
  readonly replyKeys: SentReplyKeys;
  readonly receiver: Receiver;
  readonly supply: SurbSupply;
  readonly inbox: Inbox;
  start(): void;
  linkChanged(): void;
  onState(listener: () => void): () => void;
  releasePseudonym(pseudonym: Pseudonym): void;
  /** Again, it cuts the drain short. */
  close(drain: Milliseconds): Promise<void>;
}

/** Puts a client together. Nothing runs until `start`. */
export function assemble(options: AssembleOptions): ClientParts {
  const { platform, traffic, self, link, builder, diagnostics } = options;
  const random = platform.randomBytes;
  const counters = newCounters();
  const maxRetransmissions = traffic.maximumNumberOfRetransmissions;

  const network = new NetworkView({
    platform,
    directory: options.directory,
    gateway: self.gateway,
    topology: options.topology,
    counters,
    diagnostics,
    changed() {
      ready.rebuild();
      streams.wake();
      rotationWatch.look();
      options.topologyChanged?.(network.latest);
    },
  });
  const topology = (): Topology => {
    if (network.current === undefined) throw new MixnetError('ERR_MIX_MIXNET_NO_ROUTE');
    return network.current;
  };

  const lanes = new Lanes<QueuedFragment>();
  const transmissions: Transmissions = new Transmissions({
    platform,
    traffic,
    counters,
    builder,
    lanes,
    routes: rotation => network.ofRotation(rotation),
    queued(lane) {
      ready.makeWay(lane);
      streams.wake();
    },
    replyExpired: outgoing => replier.expired(outgoing),
    surbUnused: (tag, surb) => replier.unused(tag, surb),
  });
  const ready = new ReadyPackets(lanes, transmissions, random);
  const streams = new TrafficStreams<QueuedFragment, OutgoingPacket>({
    platform,
    traffic,
    counters,
    ready,
    wire: {
      send: packet => link.send(packet),
      get connected() {
        return link.state === 'connected';
      },
      get bufferedBytes() {
        return link.bufferedBytes;
      },
    },
    sent: (real, now) => transmissions.sent(real, now),
  });
  const deliveries: Deliveries = new Deliveries(
    () => platform.hold(),
    delivery => {
      // In this order: the reply blocks that the other gives back are not for what is left of this one.
      replier.drop(delivery);
      transmissions.drop(delivery);
    },
  );

  const replyKeys = new SentReplyKeys();
  const supply = new SurbSupply();
  const receiver = new Receiver({ opener: options.opener, replyKeys });
  const anonymousSender = new AnonymousSender({
    platform,
    builder,
    transmissions,
    deliveries,
    replyKeys,
    counters,
    topology,
    nextSlot: () => streams.nextDeadline,
    maxRetransmissions,
  });
  const replier: Replier = new Replier({
    platform,
    transmissions,
    deliveries,
    self,
    strictReserve: options.strictReserve,
    maxRetransmissions: traffic.maximumNumberOfReplyRetransmissions,
    counters,
    diagnostics,
  });
  receiver.remember(options.received?.sets ?? [], platform.now());
  const inbox = new Inbox({
    ...{ platform, receiver, transmissions, replier, anonymousSender, supply, counters },
    keep: options.received?.keep,
  });
  const rotationWatch = new RotationWatch({
    platform,
    network,
    rotate(view) {
      replyKeys.rotate(view);
      replyKeys.purge(platform.now());
      replier.rotate(view);
      receiver.prune(platform.now());
    },
  });

  const outageWatch = new OutageWatch(platform, link, deliveries);
  const gatewayWatch = new GatewayWatch(platform, link, counters, diagnostics);

  const stateListeners = new Set<() => void>();
  let closed = false;
  let drain: Drain | undefined;

  /** In this order: nothing more is sent, every promise is settled, then the timers that this has moved are stopped. */
  function shut(reason: MixnetError): void {
    closed = true;
    streams.stop();
    deliveries.close(reason);
    for (const part of [transmissions, anonymousSender, replier, network, rotationWatch, outageWatch]) part.stop();
    ready.clear();
    inbox.clear();
    link.close();
    for (const listener of [...stateListeners]) listener();
    stateListeners.clear();
  }

  return {
    self,
    traffic,
    stats: () => ({
      ...counters,
      incompleteSetsDropped: receiver.droppedSets,
      packetsQueued: lanes.total + ready.total,
      packetsParked: replier.parkedOfAll,
      acksPending: transmissions.pending,
      messagesPending: deliveries.count,
      surbsOutstanding: replyKeys.outstandingOfAll,
      surbsHeld: replier.surbsHeld,
      incompleteSets: receiver.unfinished.sets,
    }),
    counters,
    link,
    network,
    lanes,
    ready,
    deliveries,
    transmissions,
    anonymousSender,
    replier,
    replyKeys,
    receiver,
    supply,
    inbox,
    start() {
      network.start();
      gatewayWatch.linkChanged();
      outageWatch.linkChanged(); // it may have lost its connection before there was anybody to be told
      rotationWatch.look();
      streams.start();
    },
    linkChanged() {
      if (closed) return;
      gatewayWatch.linkChanged();
      outageWatch.linkChanged();
      if (link.state === 'connected') streams.wake();
      for (const listener of [...stateListeners]) listener();
    },
    onState(listener) {
      const subscription = () => listener();
      stateListeners.add(subscription);
      return () => void stateListeners.delete(subscription);
    },
    releasePseudonym(pseudonym) {
      anonymousSender.release(pseudonym);
      supply.forget(pseudonym);
      receiver.forget(pseudonym);
    },
    close(ms) {
      const reason = new MixnetError('ERR_MIX_MIXNET_CLOSED');
      if (drain === undefined) {
        deliveries.refuse(reason);
        drain = new Drain(platform, deliveries.idle(), () => shut(reason));
      }
      drain.within(ms);
      return drain.over;
    },
  };
}
