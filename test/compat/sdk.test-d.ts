/** Checked by `npm run types`: who was written against the declarations of `@nymproject/sdk` 1.4.1 compiles against ours. */

import type { ClientOpts as TheirOpts } from '@nymproject/nym-client-wasm-node';
import type * as theirs from '@nymproject/sdk';
import * as ours from 'mixfetch/compat/sdk';

/** Their enumerations are texts: what is the same but for their names, is the same. */
type Plain<T> = T extends string
  ? `${T}`
  : T extends Uint8Array
    ? Uint8Array
    : T extends Promise<infer Result>
      ? Promise<Plain<Result>>
      : T extends (...args: infer Args) => infer Result
        ? (...args: { [I in keyof Args]: Plain<Args[I]> }) => Plain<Result>
        : T extends object
          ? { [Name in keyof T]: Plain<T[Name]> }
          : T;

// The function stands where theirs stood, and what it gives can do what theirs can.
declare const ourClient: ours.NymMixnetClient;
declare const theirOptions: theirs.NymMixnetClientOptions;
declare const theirPayload: theirs.Payload;
ourClient satisfies Plain<theirs.NymMixnetClient>;
ours.createNymMixnetClient satisfies (options?: theirs.NymMixnetClientOptions) => Promise<ours.NymMixnetClient>;
'' as keyof theirs.Client satisfies keyof ours.Client;
'' as keyof theirs.Events satisfies keyof ours.Events;
theirOptions satisfies ours.NymMixnetClientOptions;
theirPayload satisfies ours.Payload;
ours.MimeTypes satisfies Record<keyof typeof theirs.MimeTypes, string>;
ours.EventKinds satisfies Record<keyof typeof theirs.EventKinds, string>;
'' as `${theirs.MimeTypes}` satisfies ours.MimeTypes;
'' as `${theirs.EventKinds}` satisfies ours.EventKinds;

// Their options are those of their client, which the package of that has: they are read by name, not as `any`.
type IsAny<T> = 0 extends 1 & T ? true : false;
declare const theirStart: TheirOpts;
false satisfies IsAny<theirs.Payload>;
false satisfies IsAny<TheirOpts>;
theirStart satisfies ours.ClientOpts;
'' as keyof TheirOpts satisfies keyof ours.ClientOpts;
