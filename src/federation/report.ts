/** What one round of exchanging came to, for the command line and the tests. */
export interface SyncReport {
  /** Response bytes and requests, all sources together. */
  bytes: number;
  requests: number;
  /** Entries verified and kept, of all logs. */
  entries: number;
  /** Objects taken in. */
  objects: number;
  rejected: { digest: string; origin: string; code: string; detail: string }[];
  /** Peers with whom the exchange did not go through. */
  errors: { url: string; why: string }[];
}

export const emptyReport = (): SyncReport => ({
  bytes: 0,
  requests: 0,
  entries: 0,
  objects: 0,
  rejected: [],
  errors: [],
});
