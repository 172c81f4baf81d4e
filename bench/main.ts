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

interface Module {
  run: (options: { quick: boolean }) => Promise<Bench>;
}

/** Several measurements as one benchmark, one after the other. */
async function together(...loads: Promise<Module>[]): Promise<Module> {
  const modules = await Promise.all(loads);
  return {
    run: async (options) => {
      const all: Bench = { metrics: {}, table: [] };
      for (const { run } of modules) {
        const { metrics, table } = await run(options);
        Object.assign(all.metrics, metrics);
        all.table.push(...table);
      }
      return all;
    },
  };
}

const BENCHES: Record<string, () => Promise<Module>> = {
  ingest: () => import('./ingest.ts'),
  labels: () => together(import('./labels.ts'), import('./shacl.ts'), import('./reeval.ts')),
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
