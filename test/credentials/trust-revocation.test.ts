import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Checks } from '../../src/credentials/check.ts';
import type { TrustStore } from '../../src/credentials/keys/anchors.ts';
import { createChainCheck } from '../../src/credentials/keys/chain-check.ts';
import { readCrl } from '../../src/credentials/keys/revocation.ts';
import { readCertificate } from '../../src/credentials/keys/x509.ts';
import {
  days,
  extension,
  make,
  makeChain,
  makeCrl,
  makeOcsp,
  makeRoot,
  type TestCertificate,
} from '../support/certificates.ts';
import { type DidHost, didHost } from '../support/did-host.ts';
import { http, NOW } from '../support/verifying.ts';

/** Revoked certificates of chains: lists beside the anchors, lists and responders that certificates name. */

type Chain = Awaited<ReturnType<typeof makeChain>>;
let host: DidHost;
beforeAll(async () => {
  host = await didHost();
});
beforeEach(() => host.files.clear());
afterAll(() => host.close());

async function judge({ root, leaf, x5c }: Chain, crls: { der: Buffer }[] = [], require = false) {
  const anchor = { certificate: readCertificate(Buffer.from(root.base64, 'base64'))!, from: 'test' };
  const store: TrustStore = {
    configured: true,
    anchors: [anchor],
    bySubject: new Map([[anchor.certificate.subject, [anchor]]]),
    crls: crls.map(({ der }) => readCrl(der)!),
    problems: [],
  };
  const check = createChainCheck({ anchors: () => store, require: () => require, http, clock: () => NOW });
  const checks = new Checks();
  const method = { id: `${host.did}#key-1`, publicKeyJwk: { ...leaf.jwk, x5c } };
  const anchored = await check(host.did, method, checks, 20_000);
  const [{ result, why } = { result: undefined, why: '' }] = checks.list;
  return { anchored, result, why, code: checks.failure?.code };
}

const serve = (path: string, body: Uint8Array) => host.files.set(path, { type: 'application/octet-stream', body });

describe('a list that the operator put beside the anchors', () => {
  it('revokes a leaf and an authority, and clears the others', async () => {
    const chain = await makeChain('localhost');
    const good = [await makeCrl(chain.intermediate, []), await makeCrl(chain.root, [])];
    expect(await judge(chain, good)).toMatchObject({ result: 'pass', why: expect.stringContaining('not revoked') });
    const leafGone = await judge(chain, [await makeCrl(chain.intermediate, [chain.leaf])]);
    expect(leafGone).toMatchObject({ result: 'fail', code: 'untrusted', anchored: undefined });
    expect(leafGone.why).toMatch(/^Certificate 1 of 3 .*revoked by its issuer on 2026-11-19/);
    const authorityGone = await judge(chain, [await makeCrl(chain.root, [chain.intermediate])]);
    expect(authorityGone.why).toMatch(/^Certificate 2 of 3 .*revoked/);
  });

  it('counts for nothing by another key, past its end, of the future, or with a critical extension nobody knows', async () => {
    const chain = await makeChain('localhost');
    const other = await make(chain.root, { subject: 'Test Intermediate', ca: true, keyUsage: 0x06 });
    const strange = extension('1.2.3.4', true, { toBER: () => new Uint8Array([5, 0]).buffer });
    const lists = [
      await makeCrl(other, [chain.leaf]),
      await makeCrl(chain.intermediate, [chain.leaf], { nextUpdate: days(-1), thisUpdate: days(-8) }),
      await makeCrl(chain.intermediate, [chain.leaf], { thisUpdate: days(1) }),
      await makeCrl(chain.intermediate, [chain.leaf], { extensions: [strange] }),
    ];
    for (const list of lists) expect((await judge(chain, [list])).why).not.toContain('revoked');
  });

  it('by an authority whose key may not sign lists counts for nothing', async () => {
    const chain = await makeChain('localhost', { intermediate: { keyUsage: 0x04 } });
    expect((await judge(chain, [await makeCrl(chain.intermediate, [chain.leaf])])).result).toBe('pass');
  });
});

describe('a list that the certificate names', () => {
  const named = () => makeChain('localhost', { leaf: { crlUrl: `${host.url}/list.crl` } });

  it('is fetched and minded', async () => {
    const chain = await named();
    serve('/list.crl', (await makeCrl(chain.intermediate, [])).der);
    expect(await judge(chain)).toMatchObject({ result: 'pass', why: expect.stringContaining('not revoked') });
    serve('/list.crl', (await makeCrl(chain.intermediate, [chain.leaf])).der);
    expect(await judge(chain)).toMatchObject({ result: 'fail', code: 'untrusted' });
  });

  it.each([
    ['does not exist', undefined],
    ['is no list', async () => Buffer.from('<html>')],
    ['ended', ({ intermediate }: Chain) => crl(intermediate, { nextUpdate: days(-1), thisUpdate: days(-9) })],
    ['is by another', async () => crl(await makeRoot({ subject: 'Test Intermediate' }))],
    ['is longer than what is read', async () => Buffer.alloc(1_100_000)],
  ])('that %s gives unknown, never silently fine', async (_name, body) => {
    const chain = await named();
    if (body) serve('/list.crl', await body(chain));
    const loose = await judge(chain);
    expect(loose).toMatchObject({ result: 'unknown', anchored: undefined, code: undefined });
    expect(loose.why).toMatch(/Whether .*localhost was revoked is not known/);
    expect(await judge(chain, [], true)).toMatchObject({ result: 'unknown', code: 'key-unavailable' });
  });

  it('is not asked for a chain that no anchor stands behind', async () => {
    const chain = await named();
    host.seen.length = 0;
    expect((await judge({ ...chain, root: await makeRoot() })).result).toBe('warn');
    expect(host.seen).toEqual([]);
  });
});

const crl = async (ca: TestCertificate, options = {}) => (await makeCrl(ca, [], options)).der;

describe('a responder that the certificate names', () => {
  const named = () => makeChain('localhost', { leaf: { ocspUrl: `${host.url}/ocsp` } });

  it('clears or revokes', async () => {
    const chain = await named();
    serve('/ocsp', await makeOcsp(chain.intermediate, chain.leaf));
    expect(await judge(chain)).toMatchObject({ result: 'pass', why: expect.stringContaining('not revoked') });
    serve('/ocsp', await makeOcsp(chain.intermediate, chain.leaf, { revoked: true }));
    expect(await judge(chain)).toMatchObject({ result: 'fail', code: 'untrusted' });
  });

  it('may be one that the issuer certified for it, and nobody else', async () => {
    const chain = await named();
    const responder = (ca: TestCertificate, change = {}) =>
      make(ca, { subject: 'Responder', keyUsage: 0x80, ocspSigning: true, ...change });
    const answer = async (signer: TestCertificate) => {
      serve('/ocsp', await makeOcsp(chain.intermediate, chain.leaf, { signer }));
      return (await judge(chain)).result;
    };
    expect(await answer(await responder(chain.intermediate))).toBe('pass');
    expect(await answer(await responder(chain.intermediate, { ocspSigning: false }))).toBe('unknown');
    expect(await answer(await responder(chain.intermediate, { notAfter: days(-1) }))).toBe('unknown');
    expect(await answer(await responder(await makeRoot({ subject: 'Test Intermediate' })))).toBe('unknown');
    expect(await answer(chain.leaf)).toBe('unknown');
  });

  it('counts for nothing about another certificate, or past its end', async () => {
    const chain = await named();
    serve('/ocsp', await makeOcsp(chain.intermediate, (await named()).leaf));
    expect((await judge(chain)).result).toBe('unknown');
    serve('/ocsp', await makeOcsp(chain.intermediate, chain.leaf, { thisUpdate: days(-9), nextUpdate: days(-1) }));
    expect((await judge(chain)).result).toBe('unknown');
    serve('/ocsp', Buffer.from([0x30, 3, 10, 1, 6]));
    expect((await judge(chain)).result).toBe('unknown');
  });

  it('is asked where the list cannot be had', async () => {
    const chain = await makeChain('localhost', {
      leaf: { ocspUrl: `${host.url}/ocsp`, crlUrl: `${host.url}/none.crl` },
    });
    serve('/ocsp', await makeOcsp(chain.intermediate, chain.leaf));
    expect((await judge(chain)).result).toBe('pass');
  });
});
