/**
 * Which nodes run a network requester: `v2/nym-nodes/described`, joined with the performance of the skimmed list. What is
 * described is what operators say of their own nodes: a description that cannot be read is passed over.
 */

import { isRecord, type JsonRecord } from './json.ts';
import { type Page, parsePagination } from './pages.ts';
import type { SkimmedNode } from './skimmed-nodes.ts';
import { parseLooseTimestamp } from './timestamps.ts';

export interface ExitDescription {
  readonly nodeId: number;
  /** Where its requester is: `identity.encryption@gateway`, each 32 bytes in base58. */
  readonly recipientText: string;
  /** Percent, 0 … 100; 0 for a node that the directory has not measured. */
  readonly performance: number;
  /** Whether it says that it obeys the exit policy of the network. */
  readonly usesExitPolicy: boolean;
  /** Whether its operator declares it to be such an exit. */
  readonly declaredRoleExitNr: boolean;
  /** When the directory last heard from it, Unix time in ms; 0 if unknown. */
  readonly lastPolled: number;
}

const RECIPIENT = /^[1-9A-HJ-NP-Za-km-z]{32,44}\.[1-9A-HJ-NP-Za-km-z]{32,44}@[1-9A-HJ-NP-Za-km-z]{32,44}$/;

/** A described page; `undefined` for nodes that are no exit. */
export function parseDescribedPage(answer: unknown): Page<DescribedExit | undefined, undefined> {
  return { ...parsePagination(answer, parseDescription), metadata: undefined };
}

export type DescribedExit = Omit<ExitDescription, 'performance'>;

export function withPerformance(
  described: readonly (DescribedExit | undefined)[],
  nodes: readonly SkimmedNode[],
): ExitDescription[] {
  const performances = new Map(nodes.map(({ nodeId, performance }) => [nodeId, performance]));
  return described.flatMap(exit =>
    exit === undefined ? [] : [{ ...exit, performance: performances.get(exit.nodeId) ?? 0 }],
  );
}

function parseDescription(value: unknown): DescribedExit | undefined {
  const node = fieldsOf(value);
  const description = fieldsOf(node['description']);
  const requester = fieldsOf(description['network_requester']);
  const nodeId = node['node_id'];
  const recipientText = requester['address'];
  if (typeof nodeId !== 'number' || typeof recipientText !== 'string' || !RECIPIENT.test(recipientText))
    return undefined;
  const lastPolled = description['last_polled'];
  return {
    nodeId,
    recipientText,
    usesExitPolicy: requester['uses_exit_policy'] === true,
    declaredRoleExitNr: fieldsOf(description['declared_role'])['exit_nr'] === true,
    lastPolled: typeof lastPolled === 'string' ? parseLooseTimestamp(lastPolled) : 0,
  };
}

function fieldsOf(value: unknown): JsonRecord {
  return isRecord(value) ? value : {};
}
