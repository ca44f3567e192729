/** Checked by `npm run types`: who was written against the declarations of `@nymproject/mix-fetch` 1.4.4 compiles against ours. */

import type * as theirs from '@nymproject/mix-fetch-full-fat';
import * as ours from 'mixfetch/compat/nym-v1';

// Every function stands where theirs stood.
ours.createMixFetch satisfies typeof theirs.createMixFetch;
ours.mixFetch satisfies typeof theirs.mixFetch;
ours.disconnectMixFetch satisfies typeof theirs.disconnectMixFetch;
ours.ResponseBodyConfigMapDefaults satisfies typeof theirs.ResponseBodyConfigMapDefaults;
ours.EventKinds satisfies Record<keyof typeof theirs.EventKinds, string>;

// What callers have in hands of their types, ours take, and the other way round.
declare const theirOptions: theirs.SetupMixFetchOps;
declare const ourFetch: ours.IMixFetchFn;
declare const ourInstance: ours.IMixFetch;
declare const theirMap: theirs.ResponseBodyConfigMap;
declare const theirMethod: theirs.ResponseBodyMethod;
theirOptions satisfies ours.SetupMixFetchOps;
ourFetch satisfies theirs.IMixFetchFn;
ourInstance satisfies theirs.IMixFetch;
theirMap satisfies ours.ResponseBodyConfigMap;
theirMethod satisfies ours.ResponseBodyMethod;

// Their options are read by name, not as `any`: a misspelt one would not compile.
type IsAny<T> = 0 extends 1 & T ? true : false;
false satisfies IsAny<theirs.SetupMixFetchOps>;
'requestTimeoutMs' satisfies keyof NonNullable<theirs.SetupMixFetchOps['mixFetchOverride']>;
type Groups = keyof NonNullable<theirs.SetupMixFetchOps['clientOverride']>;
'' as Groups satisfies keyof ours.DebugWasmOverride;
type TopLevel = keyof theirs.SetupMixFetchOps;
'' as TopLevel satisfies keyof ours.SetupMixFetchOps;

// As their documentation writes arguments, whose mode is a `string` then.
const args = { mode: 'unsafe-ignore-cors' };
ourFetch satisfies (url: string, init: typeof args, opts: theirs.SetupMixFetchOps) => Promise<Response>;
