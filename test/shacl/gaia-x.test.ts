import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { Classes, readSubclasses } from '../../src/compliance/shacl/classes.ts';
import { graphOfExpanded } from '../../src/compliance/shacl/expanded.ts';
import { graphOf } from '../../src/compliance/shacl/graph.ts';
import { RDFS_SUBCLASS, XSD } from '../../src/compliance/shacl/terms.ts';
import { compileShapes } from '../../src/compliance/shacl/validate.ts';
import type { JsonObject } from '../../src/credentials/credential.ts';
import { loadContexts } from '../../src/credentials/jsonld/contexts.ts';
import { canonize, expand } from '../../src/credentials/jsonld/rdf.ts';
import { credentialOf, fullOffering, fullProvider } from '../support/offering.ts';
import { findingsOf, oracle } from './engine.ts';

/** The official Gaia-X 25.11 shapes with their test instances; they are not part of this project. */
const FOLDER = resolve(import.meta.dirname, '../../../shared/data/gaia-x-2511');
const MUTATIONS = Number(process.env.KONTOR_RUNS ?? 200);

/** What objects of statements are replaced by. */
const OBJECTS = [
  '"x"',
  '"DE"',
  '"x"@en',
  `"7"^^<${XSD}integer>`,
  `"7.5"^^<${XSD}float>`,
  `"-1"^^<${XSD}float>`,
  `"https://x.example/"^^<${XSD}anyURI>`,
  `"2026-01-01T00:00:00Z"^^<${XSD}dateTime>`,
  `"2026-02-28"^^<${XSD}date>`,
  '<https://x.example/thing>',
  '<https://w3id.org/gaia-x/development#LegalPerson>',
];

const given = existsSync(FOLDER);

it.skipIf(!given)(
  'on the official test instances and their mutations, compiled shapes find what rdf-validate-shacl finds',
  async () => {
    const turtle = readFileSync(join(FOLDER, 'gx.shacl.ttl'), 'utf8');
    const ontology = readSubclasses(readFileSync(join(FOLDER, 'gx.owl.ttl'), 'utf8'));
    const compiled = compileShapes(turtle, { ontology });
    expect([compiled.count, compiled.uncompiled]).toEqual([164, []]);
    const engine = oracle(turtle);
    const contexts = loadContexts(resolve(import.meta.dirname, '../../shapes/contexts'));
    const documents: string[][] = [];
    let targeted = 0;
    const instances: JsonObject[] = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.startsWith('tests') && file.endsWith('.json'))
      .map((file) => JSON.parse(readFileSync(join(FOLDER, file), 'utf8')));
    expect(instances.length).toBe(16);
    instances.push(credentialOf(fullOffering()), credentialOf(fullProvider()));
    for (const document of instances) {
      const expanded = await expand(document, contexts, false);
      const quads = await canonize(expanded, 'sha256', false);
      documents.push(quads.split('\n').filter((line) => line !== ''));
      const report = await compiled.validate(graphOfExpanded(expanded));
      targeted += report.covered.targeted.length;
      // What is read from the expanded document is what is read from its N-Quads.
      expect(findingsOf(report), quads).toEqual(findingsOf(await compiled.validate(graphOf(quads))));
    }
    expect(targeted).toBeGreaterThan(50);

    const classes = new Classes(ontology);
    const compare = async (lines: string[]) => {
      const text = lines.join('\n');
      const types = new Set([...text.matchAll(/#type> <([^>]*)>/g)].map(([, type]) => type!));
      const lineage = [...types].flatMap((type) =>
        [...classes.above(type)].map((above) => `<${type}> <${RDFS_SUBCLASS}> <${above}> .`),
      );
      const ours = findingsOf(await compiled.validate(graphOf(text)));
      expect(ours).toEqual(await engine([...lines, ...lineage].join('\n')));
    };
    for (const lines of documents) await compare(lines);
    let random = 7;
    const next = (below: number) => {
      random = (random * 48271) % 2147483647;
      return random % below;
    };
    const rich = documents.filter((lines) => lines.some((line) => line.includes('gaia-x/development#')));
    for (let done = 0; done < MUTATIONS; done++) await compare(mutate(rich[done % rich.length]!, next));
  },
  600_000,
);

/** One to three statements left out, given another object, or said twice with different objects. */
function mutate(lines: string[], next: (below: number) => number): string[] {
  const changed = [...lines];
  for (let times = next(3); times >= 0 && changed.length > 1; times--) {
    const at = next(changed.length);
    const line = changed[at]!;
    const [, subject, predicate] = /^(\S+) (\S+) /.exec(line)!;
    const object = OBJECTS[next(OBJECTS.length)]!;
    const isType = predicate!.endsWith('#type>');
    const made = `${subject} ${predicate} ${isType ? '<https://w3id.org/gaia-x/development#Address>' : object} .`;
    const what = next(3);
    if (what === 0) changed.splice(at, 1);
    else if (what === 1) changed[at] = made;
    else changed.push(made);
  }
  return changed;
}
