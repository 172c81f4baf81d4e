import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Parser } from 'n3';
import SHACLValidator from 'rdf-validate-shacl';
import { readSubclasses } from '../src/compliance/shacl/classes.ts';
import { graphOfExpanded } from '../src/compliance/shacl/expanded.ts';
import { compileShapes } from '../src/compliance/shacl/validate.ts';
import { loadContexts } from '../src/credentials/jsonld/contexts.ts';
import { canonize, expand } from '../src/credentials/jsonld/rdf.ts';
import { median, rounded } from './figures.ts';
import type { Bench } from './main.ts';

/** The official Gaia-X 25.11 shapes and ontology are not part of this project; KONTOR_GAIA_X names their folder. */
const GAIA_X = process.env.KONTOR_GAIA_X ?? resolve(import.meta.dirname, '../../shared/data/gaia-x-2511');
const SHAPES_FILE = join(GAIA_X, 'gx.shacl.ttl');
const ONTOLOGY_FILE = join(GAIA_X, 'gx.owl.ttl');
const CONTEXTS = resolve(import.meta.dirname, '../shapes/contexts');

interface Engine {
  factory: { dataset(quads: unknown[]): unknown };
  validate(data: unknown): Promise<{ conforms: boolean; results: unknown[] }>;
}

/**
 * One credential against all official shapes: by compiled shapes, from the expanded document on, and by rdf-validate-shacl with its
 * data set made beforehand. Both run in turns in one process; medians count.
 */
export async function run({ quick }: { quick: boolean }): Promise<Bench> {
  if (!existsSync(SHAPES_FILE)) throw new Error(`No ${SHAPES_FILE}: name the folder in KONTOR_GAIA_X`);
  // As at the start of a node, each time in a new process; the best counts, as other work on the machine only adds.
  const loads = [1, 2, 3, 4, 5].map(() => Number(execFileSync(process.execPath, [import.meta.filename, 'load'])));
  const ontology = readSubclasses(readFileSync(ONTOLOGY_FILE, 'utf8'));
  const turtle = readFileSync(SHAPES_FILE, 'utf8');
  const shapes = compileShapes(turtle, { ontology });

  const contexts = loadContexts(CONTEXTS);
  const expanded = await expand(credential(), contexts);
  const Constructor = SHACLValidator as unknown as new (quads: unknown[]) => Engine;
  const engine = new Constructor(new Parser().parse(turtle));
  const classes = ontology.map(
    ([one, above]) => `<${one}> <http://www.w3.org/2000/01/rdf-schema#subClassOf> <${above}> .`,
  );
  const types = JSON.stringify(expanded);
  const lineage = classes.filter((line) => types.includes(line.slice(1, line.indexOf('>'))));
  const dataset = engine.factory.dataset(new Parser().parse(`${await canonize(expanded)}${lineage.join('\n')}`));

  const first = await shapes.validate(graphOfExpanded(expanded));
  const other = await engine.validate(dataset);
  if (first.covered.targeted.length === 0 || first.results.length !== other.results.length)
    throw new Error(`The engines differ: ${first.results.length} results, ${other.results.length}`);

  const ours: number[] = [];
  const rates: { ours: number; theirs: number }[] = [];
  const count = quick ? 2_000 : 10_000;
  const theirCount = quick ? 20 : 60;
  for (let round = 0; round < (quick ? 4 : 6); round++) {
    const times: number[] = [];
    for (let at = 0; at < count; at++) {
      const start = performance.now();
      await shapes.validate(graphOfExpanded(expanded));
      times.push(performance.now() - start);
    }
    const start = performance.now();
    for (let at = 0; at < theirCount; at++) await engine.validate(dataset);
    const theirs = (theirCount * 1000) / (performance.now() - start);
    // The first round is spent on compiling the code.
    if (round === 0) continue;
    ours.push(...times);
    rates.push({ ours: (count * 1000) / times.reduce((sum, time) => sum + time, 0), theirs });
  }
  const metrics = {
    shacl_ratio: rounded(median(rates.map((rate) => rate.ours / rate.theirs))),
    shacl_p50_ms: rounded(median(ours), 4),
    shacl_load_ms: rounded(median(loads)),
  };
  const table: Bench['table'] = [
    [`${shapes.count} shapes and the ontology loaded, ms`, `${metrics.shacl_load_ms}`],
    ['a credential of 2.5 KB checked, ms (median)', `${metrics.shacl_p50_ms}`],
    [
      '  a second: compiled; rdf-validate-shacl; times as fast',
      `${Math.round(median(rates.map(({ ours }) => ours)))}; ${Math.round(median(rates.map(({ theirs }) => theirs)))}; ${metrics.shacl_ratio}`,
    ],
  ];
  return { metrics, table };
}

/** An offering with its provider: 13 nodes of 9 types. */
function credential() {
  const url = (path: string) => ({ '@value': `https://nordlys.example/${path}`, '@type': 'xsd:anyURI' });
  const address = { type: 'gx:Address', 'gx:countryCode': 'NO', 'gx:countryName': 'Norway' };
  return {
    '@context': ['https://www.w3.org/ns/credentials/v2', 'https://w3id.org/gaia-x/development#'],
    id: 'urn:uuid:7c1f3c0e-6c9e-4c6e-9a63-000000000001',
    type: ['VerifiableCredential'],
    issuer: 'did:web:nordlys.example',
    validFrom: '2026-11-01T00:00:00Z',
    credentialSubject: [
      {
        id: 'https://nordlys.example/offerings/storage',
        type: 'gx:ServiceOffering',
        name: 'Fjord Object Storage',
        'gx:providedBy': { id: 'https://nordlys.example/#company' },
        'gx:servicePolicy': { type: 'gx:AccessUsagePolicy', 'gx:policyLanguage': 'Rego', 'gx:policyDocument': 'allow' },
        'gx:serviceOfferingTermsAndConditions': Array.from({ length: 5 }, (_, at) => ({
          type: 'gx:TermsAndConditions',
          'gx:url': url(`terms/${at}`),
          'gx:hash': `${at}d41d8cd98f00b204e9800998ecf8427e7f83b1657ff1fc53b92dc18148a1d65`,
        })),
        'gx:dataAccountExport': {
          type: 'gx:DataAccountExport',
          'gx:requestType': 'API',
          'gx:accessType': 'digital',
          'gx:formatType': 'application/json',
        },
        'gx:legalDocuments': [{ type: 'gx:LegalDocument', 'gx:url': url('legal') }],
      },
      {
        id: 'https://nordlys.example/#company',
        type: 'gx:LegalPerson',
        name: 'Nordlys Cloud AS',
        'gx:registrationNumber': { type: 'gx:VatID', 'gx:vatID': 'NO123456789' },
        'gx:legalAddress': address,
        'gx:headquartersAddress': address,
      },
    ],
  };
}

/** Milliseconds to load shapes and ontology. */
function load(): number {
  const start = performance.now();
  const ontology = readSubclasses(readFileSync(ONTOLOGY_FILE, 'utf8'));
  compileShapes(readFileSync(SHAPES_FILE, 'utf8'), { ontology });
  return performance.now() - start;
}

if (import.meta.main && process.argv[2] === 'load') console.log(load());
