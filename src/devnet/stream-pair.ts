import { type Duplex, duplexPair } from 'node:stream';

/**
 * The two ends of a connection that needs no socket. As with TCP, an end that is destroyed lets the other read what had
 * arrived, and then end.
 */
export function streamPair(): [Duplex, Duplex] {
  const [near, far] = duplexPair();
  outlive(near, far);
  outlive(far, near);
  return [near, far];
}

function outlive(one: Duplex, other: Duplex): void {
  one.once('close', () => {
    if (!one.writableFinished) other.push(null);
    if (other.readableEnded) other.destroy();
    else other.once('end', () => other.destroy());
  });
}
