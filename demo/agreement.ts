import type { FacetCount, SearchResult } from '../src/catalogue/search-query.ts';
import { sleep } from './children.ts';
import { getJson } from './http.ts';
import type { DemoNode } from './nodes.ts';

/** Everything a node lists: the digest of the current version by key. */
export async function listingsOf(node: DemoNode): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const { key, digest } of await pages(node, 'kind=participant,offering,data-product,resource&sort=name'))
    found.set(key, digest);
  return found;
}

async function pages(node: DemoNode, query: string): Promise<SearchResult['items']> {
  const items: SearchResult['items'] = [];
  let cursor: string | null = null;
  do {
    const next: SearchResult = await getJson(
      `${node.url}/api/v1/listings?${query}&limit=100${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`,
    );
    items.push(...next.items);
    cursor = next.next;
  } while (cursor !== null);
  return items;
}

/** The question the issue asks of every node: which listings have Standard Compliance or better, counted by country. */
async function compliantOf(node: DemoNode): Promise<{ keys: string[]; countries: FacetCount[]; total: number }> {
  const query = 'label=gaia-x:SC&facets=country';
  const first = await getJson<SearchResult>(`${node.url}/api/v1/listings?${query}&limit=1`);
  const keys = (await pages(node, `${query}&sort=name`)).map(({ key }) => key).sort();
  return { keys, countries: first.facets.country ?? [], total: first.total };
}

export interface Agreement {
  /** Current listings of every kind. */
  listings: number;
  /** Offerings and data products with Standard Compliance or better. */
  compliant: number;
}

/** Compares what the nodes list. @returns the agreement, or a sentence that says where they differ */
export async function compare(nodes: DemoNode[], expected: number): Promise<Agreement | string> {
  // Totals are cheap to ask for, and differ as long as anything is under way.
  const held = await Promise.all(nodes.map(listingsOf));
  const [first, ...others] = held;
  const short = nodes.map(({ name }, index) => `${name} ${held[index]!.size}`).join(', ');
  if (held.some(({ size }) => size !== expected)) return `listings held of ${expected}: ${short}`;
  const differs = others.findIndex((other) => [...first!].some(([key, digest]) => other.get(key) !== digest));
  if (differs >= 0) return `${nodes[0]!.name} and ${nodes[differs + 1]!.name} hold different versions`;
  const compliant = await Promise.all(nodes.map(compliantOf));
  const texts = compliant.map((answer) => JSON.stringify(answer));
  const other = texts.findIndex((text) => text !== texts[0]);
  if (other >= 0)
    return `compliant listings: ${nodes.map(({ name }, index) => `${name} ${compliant[index]!.total}`).join(', ')}`;
  return { listings: first!.size, compliant: compliant[0]!.total };
}

const ASK_EVERY_MS = 250;

/** Waits until all nodes agree. @throws with the last difference when they do not in time */
export async function agreement(nodes: DemoNode[], expected: number, timeoutMs: number): Promise<Agreement> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const found = await compare(nodes, expected);
    if (typeof found !== 'string') return found;
    if (Date.now() > end)
      throw new Error(`The nodes did not agree within ${Math.round(timeoutMs / 1000)} seconds: ${found}`);
    await sleep(ASK_EVERY_MS);
  }
}
