import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHttp } from '../../src/credentials/http.ts';
import { type TestNode, testNode } from '../support/node.ts';
import { testProvider } from '../support/provider.ts';

const data = resolve(import.meta.dirname, '../../../shared/data');
const folder = join(data, 'xfsc/jwt/valid');
const NOW = new Date('2026-06-01T12:00:00Z');

/** did:web:did-server as the credentials name it: https, on loopback, found by the ordinary resolution. */
let server: Server;
let strict: TestNode;
let permitting: TestNode;
let scratch: string;

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'kontor-tls-'));
  const [key, cert] = [join(scratch, 'key.pem'), join(scratch, 'cert.pem')];
  execFileSync(
    'openssl',
    [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      key,
      '-out',
      cert,
      '-days',
      '2',
      '-subj',
      '/CN=did-server',
      '-addext',
      'subjectAltName=DNS:did-server',
    ],
    { stdio: 'pipe' },
  );
  server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (request, response) => {
    const found = request.url === '/.well-known/did.json';
    response.writeHead(found ? 200 : 404, { 'content-type': 'application/json' });
    response.end(found ? readFileSync(join(data, 'xfsc/did/did.json')) : '');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  const http = createHttp({
    allowPrivateNetwork: true,
    userAgent: 'test',
    hosts: { 'did-server': { address: '127.0.0.1', port } },
    ca: readFileSync(cert, 'utf8'),
  });
  strict = await testNode({ clock: () => NOW, http });
  const subjects = ['https://service-provider.example.com/*', 'did:web:participant.example.com'];
  permitting = await testNode({
    clock: () => NOW,
    http,
    policy: { publishers: [{ did: 'did:web:did-server', subjects }] },
  });
});
afterAll(async () => {
  await strict.end();
  await permitting.end();
  server.close();
  rmSync(scratch, { recursive: true });
});

const mediaTypeOf = (file: string) => (file.includes('vp') ? 'application/vp+jwt' : 'application/vc+jwt');
const post = (node: TestNode, file: string) => node.post(readFileSync(join(folder, file)), mediaTypeOf(file));

describe('real credentials of the Gaia-X reference catalogue', () => {
  it.each(readdirSync(folder))('%s: the signature holds, and the refusal names what is true of it', async (file) => {
    const { status, body } = await post(strict, file);
    expect(body.checks.find((check: { id: string }) => check.id === 'verify.signature')).toMatchObject({
      result: 'pass',
    });
    // did:web:did-server signs about ids of other hosts: without a rule of the operator that is refused, and said.
    expect(status).toBe(422);
    const owner = body.checks.find((check: { id: string }) => check.id === 'shape.owner');
    expect(owner).toMatchObject({ result: 'fail', allowed: expect.stringContaining('did:web:did-server') });
  });

  it.each([
    ['participant.loire.signed.jwt', 'gx:LegalPerson'],
    ['participant-vp.loire.signed.jwt', 'gx:LegalPerson'],
    ['service-offering.loire.signed.jwt', 'gx:ServiceOffering'],
  ])('%s is listed where the operator lets the issuer speak for those ids', async (file, type) => {
    const { status, body } = await post(permitting, file);
    expect([200, 201]).toContain(status);
    expect(body.listing).toMatchObject({ type });
    const { body: listing } = await permitting.get(`/api/v1/listings/${body.listing.key}`);
    expect(listing).toMatchObject({ state: 'current', provider: { did: 'did:web:did-server' } });
    // No notary vouched for anything: nothing reaches a level.
    expect(listing.labels).toEqual([]);
    expect(listing.decisions[0].next.missing.length).toBeGreaterThan(0);
  });

  it.each([
    [
      'participant.vc2.signed.jwt',
      ['gx:registrationNumber', 'gx:legalAddress', 'gx:headquartersAddress'],
      'gx:legalName',
    ],
    [
      'participant.vp2.signed.jwt',
      ['gx:registrationNumber', 'gx:legalAddress', 'gx:headquartersAddress'],
      'gx:legalName',
    ],
    [
      'digital-service-offering.loire.signed.jwt',
      ['gx:digitalServiceOfferingName', 'gx:digitalServiceOfferingProvider'],
      undefined,
    ],
  ])('%s is refused for what it lacks', async (file, missing, extra) => {
    const { status, body } = await post(permitting, file);
    expect(status).toBe(422);
    const failed = body.checks
      .filter((check: { result: string }) => check.result === 'fail')
      .map((check: { why: string }) => check.why)
      .join('\n');
    for (const property of missing) expect(failed).toContain(property);
    if (extra) expect(failed).toContain(extra);
  });
});

describe('the namespace trap', () => {
  it('a credential whose gx: is not the Gaia-X namespace conforms to nothing (H-090, H-091)', async () => {
    const provider = await testProvider(NOW);
    const node = await testNode({ clock: () => NOW });
    const person = JSON.parse(Buffer.from((await provider.person()).split('.')[1]!, 'base64url').toString());
    const foreign = structuredClone(person);
    foreign['@context'] = ['https://www.w3.org/ns/credentials/v2'];
    const iri = JSON.parse(
      JSON.stringify(foreign)
        .replaceAll('"gx:', '"https://w3id.org/gaia-x/other#')
        .replaceAll('"kontor:', '"https://w3id.org/kontor/v1#')
        .replaceAll('"vcard:', '"http://www.w3.org/2006/vcard/ns#'),
    );
    expect((await node.post(await provider.sign(foreign))).body).toMatchObject({ code: 'terms' });
    for (const document of [iri]) {
      const { status, body } = await node.post(await provider.sign(document));
      expect(status).toBe(422);
      expect(body).toMatchObject({
        code: 'shape',
        checks: expect.arrayContaining([
          expect.objectContaining({
            id: 'shape.type',
            result: 'fail',
            why: expect.stringContaining('No shape applies'),
          }),
        ]),
      });
    }
    const inline = {
      ...person,
      '@context': ['https://www.w3.org/ns/credentials/v2', { gx: 'https://w3id.org/gaia-x/other#' }],
    };
    expect((await node.post(await provider.sign(inline))).body).toMatchObject({ code: 'terms' });
    expect((await node.get('/api/v1/listings?kind=participant')).body.total).toBe(0);
    await node.end();
    await provider.host.close();
  });
});
