/** A page that connects with this package, as soon as it has loaded it. */

import { createMixFetch } from '../../src/index.ts';

declare const given: { readonly gateway: string };

await createMixFetch({ gateway: given.gateway }).ready();
