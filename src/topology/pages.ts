/** Lists that the directory may cut into pages, `?page=0` and on. It sends everything at once today. */

import * as limits from '../limits.ts';
import { integer, list, malformed, record } from './json.ts';

export interface Page<T, M> {
  readonly items: readonly T[];
  /** How many the whole list has, in the words of the server. */
  readonly total: number;
  readonly metadata: M;
}

/** Some ten times what the live network has: a longer list is an attack on memory, not a network. */
export const MAX_NODES = limits.directoryNodes;
/** Enough for every list of that length in pages of 100. */
const MAX_PAGES = limits.directoryPages;

/** The pagination envelope, with each item parsed. */
export function parsePagination<T>(
  value: unknown,
  parseItem: (item: unknown) => T,
): { readonly items: readonly T[]; readonly total: number } {
  const { pagination, data } = record(value, 'list');
  const total = integer(record(pagination, 'pagination')['total'], 'pagination', MAX_NODES);
  return { items: list(data, 'list', MAX_NODES).map(parseItem), total };
}

/**
 * Asks for pages until the first page's total is reached. Throws ERR_MIX_DIRECTORY_MALFORMED for a list that does not
 * get there, and for pages that contradict the first.
 */
export async function allPages<T, M>(
  fetchPage: (page: number) => Promise<Page<T, M>>,
  consistent: (first: M, later: M) => boolean,
): Promise<{ readonly items: readonly T[]; readonly metadata: M }> {
  const first = await fetchPage(0);
  const items = [...first.items];
  for (let page = 1; items.length < first.total; page++) {
    if (page === MAX_PAGES) throw malformed('number of pages');
    const next = await fetchPage(page);
    if (next.items.length === 0) throw malformed('total of its pages');
    if (!consistent(first.metadata, next.metadata)) throw malformed('metadata, different on each page');
    items.push(...next.items);
    if (items.length > MAX_NODES) throw malformed('length of its list');
  }
  return { items, metadata: first.metadata };
}
