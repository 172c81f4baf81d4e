/*
 * The other opinion: @digitalbazaar/vc's proof verification with its suites, over jsonld as it is published. It runs in a
 * process of its own, because our process runs with jsonld mended. One job a line in, one verdict a line out.
 */
import { createInterface } from 'node:readline';
import { contexts as credentials } from '@digitalbazaar/credentials-context';
import { DataIntegrityProof } from '@digitalbazaar/data-integrity';
import { contexts as dataIntegrity } from '@digitalbazaar/data-integrity-context';
import * as ecdsaJcs from '@digitalbazaar/ecdsa-jcs-2019-cryptosuite';
import { cryptosuite as ecdsaRdfc } from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
import { Ed25519Signature2020 } from '@digitalbazaar/ed25519-signature-2020';
import * as eddsaJcs from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import { cryptosuite as eddsaRdfc } from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import { contexts as ed25519 } from 'ed25519-signature-2020-context';
import jsigs from 'jsonld-signatures';
import { loadContexts } from '../../../src/credentials/jsonld/contexts.ts';
import type { Job, Opinion } from './job.ts';

const bundled = loadContexts(process.argv[2]!);
const contexts = new Map<string, object>([...credentials, ...dataIntegrity, ...ed25519, ...bundled]);

const suites = () => [
  new DataIntegrityProof({ cryptosuite: eddsaRdfc }),
  new DataIntegrityProof({ cryptosuite: ecdsaRdfc }),
  new DataIntegrityProof({ cryptosuite: eddsaJcs.createVerifyCryptosuite() }),
  new DataIntegrityProof({ cryptosuite: ecdsaJcs.createVerifyCryptosuite() }),
  new Ed25519Signature2020(),
];

async function judge({ document, method }: Job): Promise<Opinion> {
  const { id, controller } = method as { id: string; controller: string };
  const known: Record<string, object> = {
    [id]: method,
    [controller]: { '@context': 'https://www.w3.org/ns/did/v1', id: controller, assertionMethod: [id] },
  };
  const result = await jsigs.verify(document, {
    suite: suites(),
    purpose: new jsigs.purposes.AssertionProofPurpose(),
    documentLoader: async (url: string) => {
      if (contexts.has(url)) return { contextUrl: null, documentUrl: url, document: contexts.get(url), tag: 'static' };
      if (known[url]) return { contextUrl: null, documentUrl: url, document: known[url] };
      throw Object.assign(new Error(`unknown ${url}`), { name: 'jsonld.Unknown' });
    },
  });
  if (result.verified) return { verdict: 'verified', why: '' };
  const errors = flatten(result.error);
  const jsonLd = errors.find(({ name }) => /^jsonld\./i.test(String(name)));
  const why = errors.map((error) => `${error.name}: ${error.message}`).join(' | ');
  if (jsonLd) return { verdict: 'jsonld', why };
  return { verdict: /Invalid signature/.test(why) ? 'signature' : 'proof', why };
}

function flatten(error: unknown): Error[] {
  const { errors = [], cause } = (error ?? {}) as { errors?: unknown[]; cause?: unknown };
  return error instanceof Error ? [error, ...errors.flatMap(flatten), ...(cause ? flatten(cause) : [])] : [];
}

for await (const line of createInterface({ input: process.stdin })) {
  const opinion = await judge(JSON.parse(line) as Job).catch((error: unknown) => ({
    verdict: 'proof' as const,
    why: `thrown: ${error}`,
  }));
  process.stdout.write(`${JSON.stringify(opinion)}\n`);
}
