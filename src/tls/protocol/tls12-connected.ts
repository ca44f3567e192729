/** After a handshake of TLS 1.2: a server may ask for another one, which is refused. */

import { messageTypes } from './codes.ts';
import { type Handshake, type State, unexpected } from './state.ts';
import { ended, wireReader } from './wire.ts';

export function connected12({ channel }: Handshake, alpn: string | undefined): State {
  const connected: State = message => {
    if (message.type !== messageTypes.helloRequest) throw unexpected();
    ended(wireReader(message.body));
    channel.refuseRenegotiation();
    return connected;
  };
  channel.open(alpn, undefined);
  return connected;
}
