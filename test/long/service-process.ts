/** Loaded into a service before its own code: tells its parent how much memory it has. */

import { serve } from '../support/child.ts';
import { settledMemory } from './memory.ts';

export type ServiceJobs = typeof jobs;

const jobs = { settledMemory };

serve(jobs);
// The service ends when it is told to, whether anybody still asks or not.
process.channel?.unref();
