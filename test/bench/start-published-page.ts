/** A page that connects with the published package, as soon as it has loaded it. */

import { createMixFetch } from '@nymproject/mix-fetch';

declare const given: { readonly gateway: string; readonly router: string };

await createMixFetch({ preferredGateway: given.gateway, preferredIpr: given.router });
