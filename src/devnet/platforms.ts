import type { Platform, WebSocketConnection, WebSocketHandlers } from '../platform/platform.ts';

/** A platform that differs from `base` in some of its parts. */
export function withParts(base: Platform, parts: Partial<Platform>): Platform {
  return {
    now: () => base.now(),
    wallTime: () => base.wallTime(),
    setTimer: (callback, delay) => base.setTimer(callback, delay),
    randomBytes: base.randomBytes,
    openWebSocket: (url, handlers) => base.openWebSocket(url, handlers),
    directoryFetch: base.directoryFetch,
    hold: () => base.hold(),
    ...parts,
  };
}

type Connect = (handlers: WebSocketHandlers) => WebSocketConnection;

/** Which gateway is meant by the URL that the directory gave for it. */
export function inProcessWebSockets(gateways: ReadonlyMap<string, Connect>): Platform['openWebSocket'] {
  return (url, handlers) => {
    const connect = gateways.get(new URL(url).host);
    if (connect === undefined) throw new Error('there is no gateway at this address');
    return connect(handlers);
  };
}
