/** Checked by `npm run types`: who was written against the declarations of `@nymproject/mix-fetch` 2.1.1 compiles against ours. */

import type * as theirs from '@nymproject/mix-fetch';
import type { TunnelStateName as TheirStateName } from '@nymproject/mix-tunnel';
import * as ours from 'mixfetch/compat/nym-v2';

// Every function stands where theirs stood; the last line fails when they have one that we have not.
ours.createMixFetch satisfies typeof theirs.createMixFetch;
ours.mixFetch satisfies typeof theirs.mixFetch;
ours.setupMixTunnel satisfies typeof theirs.setupMixTunnel;
ours.disconnectMixTunnel satisfies typeof theirs.disconnectMixTunnel;
ours.getTunnelState satisfies typeof theirs.getTunnelState;
'' as keyof typeof theirs satisfies keyof typeof ours;

// What callers have in hands of their types, ours take, and the other way round.
declare const theirOptions: theirs.SetupMixTunnelOpts;
declare const ourState: ours.TunnelStateName;
theirOptions satisfies ours.SetupMixTunnelOpts;
ourState satisfies TheirStateName;
type IsAny<T> = 0 extends 1 & T ? true : false;
false satisfies IsAny<theirs.SetupMixTunnelOpts>;
'' as keyof theirs.SetupMixTunnelOpts satisfies keyof ours.SetupMixTunnelOpts;
