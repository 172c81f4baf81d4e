/**
 * `npm run bench -- NAME [--json] [--quick]`: one benchmark with its baseline in the same run. A table for people; with
 * `--json` the last line of output is {"bench": NAME, "metrics": {key: number, ...}}.
 */
import { parseArgs } from 'node:util';

export interface Bench {
  metrics: Record<string, number>;
  /** Lines for people: what, figure, unit. */
  table: [what: string, figure: string][];
}

const BENCHES: Record<string, () => Promise<{ run: (options: { quick: boolean }) => Promise<Bench> }>> = {
  ingest: () => import('./ingest.ts'),
  shacl: () => import('./shacl.ts'),
  verify: () => import('./verify.ts'),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, quick: { type: 'boolean' } },
});
const name = positionals[0] ?? '';
const load = BENCHES[name];
if (!load) {
  console.error(`Which benchmark? Known: ${Object.keys(BENCHES).join(', ')}`);
  process.exit(2);
}
const { metrics, table } = await (await load()).run({ quick: values.quick ?? false });
const width = Math.max(...table.map(([what]) => what.length));
for (const [what, figure] of table) console.log(`${what.padEnd(width)}  ${figure}`);
if (values.json) console.log(JSON.stringify({ bench: name, metrics }));
