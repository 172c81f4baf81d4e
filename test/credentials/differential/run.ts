/*
 * The whole comparison: `node test/credentials/differential/run.ts [--runs 100000] [--seed 1]`. Prints what differs, and
 * ends with 1 if anything does.
 */
import { parseArgs } from 'node:util';
import { compare } from './differ.ts';

const { values } = parseArgs({ options: { runs: { type: 'string' }, seed: { type: 'string' } } });
const [runs, seed] = [Number(values.runs ?? 100_000), Number(values.seed ?? 1)];
const result = await compare(runs, seed, (done) => {
  if (done % 2_000 === 0) process.stderr.write(`${done}\r`);
});
for (const { job, ours, theirs } of result.differences.slice(0, 40))
  console.log(JSON.stringify({ ours, theirs, document: job.document }));
const { differences, ...rest } = result;
console.log(JSON.stringify({ ...rest, seed, differences: differences.length }));
process.exit(differences.length > 0 ? 1 : 0);
