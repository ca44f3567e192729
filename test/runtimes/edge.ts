/** For workerd: all of it within one request, as such a runtime wants it. */

import { type Given, smoke } from './smoke.ts';

export default {
  async fetch(request: Request): Promise<Response> {
    return Response.json(await smoke((await request.json()) as Given));
  },
};
