import { resolve } from 'node:path';
import { Checks } from '../src/credentials/check.ts';
import { createHttp } from '../src/credentials/http.ts';
import { generateDidKey } from '../src/credentials/issuing/identity.ts';
import { signDataIntegrity, signJwt } from '../src/credentials/issuing/sign.ts';
import { loadContexts } from '../src/credentials/jsonld/contexts.ts';
import { mended } from '../src/credentials/jsonld/jsonld.ts';
import { createDidResolver } from '../src/credentials/keys/did.ts';
import { parse } from '../src/credentials/parse.ts';
import { createVerifier } from '../src/credentials/verify.ts';
import { compactVerify, importJWK } from 'jose';
const contexts = loadContexts(resolve(import.meta.dirname, '../shapes/contexts'));
const http = createHttp({ allowPrivateNetwork: true, userAgent: 'b' });
const clock = () => new Date();
const verifier = createVerifier({ contexts, http, clock, resolveDid: createDidResolver({ http, clock, allowPrivateNetwork: true }) });
const key = generateDidKey('EdDSA');
const doc = (i: number, n: number) => ({
  '@context': ['https://www.w3.org/ns/credentials/v2', 'https://w3id.org/gaia-x/development#'],
  id: `urn:uuid:7c1f3c0e-6c9e-4c6e-9a63-7b0b4a3f${String(i).padStart(4, '0')}`,
  type: ['VerifiableCredential', 'gx:ServiceOffering'], issuer: key.did, validFrom: '2026-11-01T00:00:00Z', validUntil: '2027-10-01T00:00:00Z',
  credentialSubject: { id: `https://x.example/${i}`, type: 'gx:ServiceOffering', 'gx:name': 'Offering ' + i,
    'gx:serviceOfferingTermsAndConditions': Array.from({ length: n }, (_, k) => ({ type: 'gx:TermsAndConditions', 'gx:URL': { '@value': `https://x.example/terms/${i}/${k}`, '@type': 'xsd:anyURI' }, 'gx:hash': `${k}a3f5c${i}d2b1e0f9a8c7b6d5e4f3a2b1c0d9e8f7a6b5c4d3e2f1a0b9c8d7e6f5` })) },
});
const N = 300;
const size = Number(process.argv[2] ?? 10);
const dis = [], jwts = [];
for (let i = 0; i < N; i++) { dis.push(JSON.stringify(await signDataIntegrity(doc(i, size) as never, key, contexts))); jwts.push(await signJwt(doc(i, size), key)); }
console.log('mended', mended, 'bytes', dis[0]!.length);
const run = async (body: string, mediaType: string) => {
  const checks = new Checks();
  const p = parse({ bytes: Buffer.from(body), mediaType, source: { kind: 'provider' } }, { objectBytes: 262144 }, checks);
  if (p?.kind !== 'credential' || !(await verifier.credential(p.credential, checks))) throw new Error(JSON.stringify(checks.list));
};
const pk = await importJWK(key.publicJwk as never, 'EdDSA');
for (let r = 0; r < 5; r++) {
  let t = performance.now(); for (const d of dis) await run(d, 'application/vc'); const di = N / (performance.now() - t) * 1000;
  t = performance.now(); for (const d of jwts) await run(d, 'application/vc+jwt'); const jw = N / (performance.now() - t) * 1000;
  t = performance.now(); for (const d of jwts) await compactVerify(d, pk); const jo = N / (performance.now() - t) * 1000;
  t = performance.now(); for (const d of dis) parse({ bytes: Buffer.from(d), mediaType: 'application/vc', source: { kind: 'provider' } }, { objectBytes: 262144 }, new Checks()); const pa = N / (performance.now() - t) * 1000;
  console.log('di/s', di | 0, 'jwt+terms/s', jw | 0, 'jose', jo | 0, 'parse/s', pa | 0);
}
await http.close();
