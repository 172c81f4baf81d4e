/**
 * `node test/shacl/w3c.ts FOLDER`: runs a folder of the W3C test suite for SHACL Core and prints how many tests of each
 * manifest pass. The suite is not part of this project: https://github.com/w3c/data-shapes, folder
 * data-shapes-test-suite/tests/core.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Parser, type Quad } from 'n3';
import { type Graph, graphOf, listOf } from '../../src/compliance/shacl/graph.ts';
import { parsePath, pathText } from '../../src/compliance/shacl/paths.ts';
import { isBlank, SH, type Term, textOf } from '../../src/compliance/shacl/terms.ts';
import { compileShapes, type ShaclResult } from '../../src/compliance/shacl/validate.ts';

const MF = 'http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#';
const SHT = 'http://www.w3.org/ns/shacl-test#';

const parsed = new Map<string, Quad[]>();

/** Every file is read once, so that blank nodes of data, shapes and expected results are the same ones. */
function quadsOf(url: string): Quad[] {
  const known = parsed.get(url);
  if (known) return known;
  const quads = new Parser({ baseIRI: url }).parse(readFileSync(fileURLToPath(url), 'utf8'));
  parsed.set(url, quads);
  return quads;
}

/** A node without a name cannot be told by it from another in a file of its own. */
const anonymous = (term: Term | undefined) => (term !== undefined && isBlank(term) ? '_:' : term);

function expected(graph: Graph, result: Term): string {
  const one = (name: string) => graph.out(result, SH + name)[0];
  const node = one('resultPath');
  const path = node === undefined ? undefined : parsePath(graph, node);
  return JSON.stringify([
    anonymous(one('focusNode')),
    path === undefined || typeof path === 'string' ? path : pathText(path),
    anonymous(one('value')),
    one('sourceConstraintComponent'),
    one('resultSeverity'),
    anonymous(one('sourceShape')),
  ]);
}

const actual = (result: ShaclResult): string =>
  JSON.stringify([
    anonymous(result.focusNode),
    result.path,
    anonymous(result.value),
    SH + result.component,
    /^\w+$/.test(result.severity) ? SH + result.severity : result.severity,
    anonymous(result.sourceShape),
  ]);

async function test(graph: Graph, entry: Term): Promise<string | undefined> {
  const action = graph.out(entry, `${MF}action`)[0]!;
  const report = graph.out(entry, `${MF}result`)[0]!;
  const shapes = compileShapes(quadsOf(graph.out(action, `${SHT}shapesGraph`)[0]!));
  if (report === `${SHT}Failure`) return shapes.uncompiled.length > 0 ? undefined : 'a failure is expected';
  const { conforms, results } = await shapes.validate(graphOf(quadsOf(graph.out(action, `${SHT}dataGraph`)[0]!)));
  const wanted = graph.out(report, `${SH}result`).map((result) => expected(graph, result));
  const got = results.map(actual);
  const messages = new Set(results.map(({ message }) => message));
  if (String(conforms) !== textOf(graph.out(report, `${SH}conforms`)[0] ?? '')) return `conforms is ${conforms}`;
  for (const result of graph.out(report, `${SH}result`))
    for (const message of graph.out(result, `${SH}resultMessage`))
      if (!messages.has(textOf(message))) return `the message ${message} is missing`;
  const [more, less] = [without(got, wanted), without(wanted, got)];
  if (more.length + less.length === 0) return undefined;
  return [...more.map((line) => `too many: ${line}`), ...less.map((line) => `missing: ${line}`)].join('\n    ');
}

/** What one list has that the other has not, counting duplicates. */
function without(list: string[], other: string[]): string[] {
  const rest = [...other];
  return list.filter((item) => {
    const at = rest.indexOf(item);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}

async function manifest(url: string, top: string): Promise<{ passed: number; failed: number }> {
  const graph = graphOf(quadsOf(url));
  const counts = { passed: 0, failed: 0 };
  const entries = graph.out(url, `${MF}entries`).flatMap((head) => listOf(graph, head));
  for (const entry of entries) {
    const fault = await test(graph, entry).catch((error: Error) => error.stack ?? error.message);
    if (fault === undefined) counts.passed++;
    else {
      counts.failed++;
      console.log(`FAILED ${relative(top, fileURLToPath(entry))}\n    ${fault}`);
    }
  }
  for (const included of graph.out(url, `${MF}include`)) {
    const inner = await manifest(included, top);
    if (included.endsWith('manifest.ttl'))
      console.log(`${relative(top, fileURLToPath(included))}: ${inner.passed} passed, ${inner.failed} failed`);
    counts.passed += inner.passed;
    counts.failed += inner.failed;
  }
  return counts;
}

const folder = process.argv[2];
if (!folder || !existsSync(join(folder, 'manifest.ttl'))) {
  console.error('Name the folder data-shapes-test-suite/tests/core');
  process.exit(2);
}
const { passed, failed } = await manifest(pathToFileURL(join(folder, 'manifest.ttl')).href, folder);
console.log(`all: ${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
