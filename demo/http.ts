import { sleep } from './children.ts';

/** What a node said to a submission: the judgement, or the problem document. */
export interface Answer {
  status: number;
  body: {
    ok?: boolean;
    code?: string;
    title?: string;
    detail?: string;
    digest?: string;
    listing?: { key: string; id: string; name: string };
    labels?: { scheme: string; level: string | null }[];
    [key: string]: unknown;
  };
}

export interface Signed {
  mediaType: string;
  body: string;
}

const TIMEOUT_MS = 20_000;
const RETRIES = 20;

/** Sends a document as a provider would; waits where the node asks to. */
export async function post(node: string, { mediaType, body }: Signed): Promise<Answer> {
  for (let attempt = 0; ; attempt++) {
    const response = await fetch(`${node}/api/v1/credentials`, {
      method: 'POST',
      headers: { 'content-type': mediaType },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const answer = { status: response.status, body: (await response.json()) as Answer['body'] };
    if (![202, 429, 503].includes(response.status) || attempt >= RETRIES) return answer;
    await sleep(500);
  }
}

export async function getJson<T>(url: string): Promise<T> {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}: ${(await response.text()).slice(0, 300)}`);
  return (await response.json()) as T;
}

/** Runs work on each item, a few at a time, in order of the items. */
export async function eachOf<T>(items: Iterable<T>, parallel: number, work: (item: T) => Promise<void>): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: parallel }, worker));
}
