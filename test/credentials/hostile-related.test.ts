import { createHash } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Check } from '../../src/credentials/check.ts';
import { generateDidKey } from '../../src/credentials/issuing/identity.ts';
import { signJwt, signPresentation } from '../../src/credentials/issuing/sign.ts';
import { type DidHost, didHost } from '../support/did-host.ts';
import { ANSWER_MS, GX, hostileBench, V2 } from '../support/hostile.ts';

/* What many credentials in one presentation, each rightly signed, can make a node work at by naming things by digest. */

const bench = hostileBench();
const key = generateDidKey('EdDSA');
const timed = { timeout: 3 * ANSWER_MS };
let host: DidHost;
beforeAll(async () => {
  host = await didHost();
});
afterAll(() => host.close());

const digestOf = (body: string) => `sha256-${createHash('sha256').update(body).digest('base64')}`;

/** A presentation of `count` credentials, each naming what `named` gives for it. */
async function presentation(count: number, id: (part: number) => string, named: (part: number) => string[], text = '') {
  const parts = Array.from({ length: count }, (_, part) =>
    signJwt(
      {
        '@context': [V2, GX],
        id: id(part),
        type: ['VerifiableCredential'],
        issuer: key.did,
        validFrom: '2026-01-01T00:00:00Z',
        credentialSubject: {
          id: key.did,
          'gx:description': `${part} ${text}`,
          'gx:compliantCredentials': named(part).map((one) => ({ id: one, 'gx:digestSRI': digestOf('other') })),
        },
      },
      key,
    ),
  );
  return signPresentation(await Promise.all(parts), key);
}

/** Posts it, and tells the answer and how long this thread was held up at most, in milliseconds. */
async function measured(token: string) {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const { body } = await bench.post(token, 'application/vp+jwt');
  delay.disable();
  const related: Check[] = body.checks.filter(({ id }: Check) => id === 'verify.related');
  return { body, related, heldUp: delay.max / 1e6 };
}

describe('a presentation whose credentials name many things by digest', () => {
  it('is malformed where more than four of them have one id, and is not hashed over and over', timed, async () => {
    const id = 'https://a.test/same';
    const token = await presentation(
      20,
      () => id,
      () => Array.from({ length: 30 }, () => id),
      'x'.repeat(3_000),
    );
    const { body, related, heldUp } = await measured(token);
    expect(body.items.map(({ code }: { code: string }) => code)).toEqual(Array(20).fill('malformed'));
    expect(related[0]).toMatchObject({ result: 'fail', found: '20', allowed: 'up to 4' });
    expect(heldUp).toBeLessThan(1_900);
  });

  it('lists twenty of what is wrong with each, and counts the others', timed, async () => {
    const token = await presentation(
      4,
      () => 'https://a.test/four',
      () => Array.from({ length: 100 }, () => 'https://a.test/four'),
    );
    const { body, related } = await measured(token);
    expect(body.code).toBe('proof');
    expect(related).toHaveLength(4 * 21);
    expect(related[20]!.why).toContain('And 80 more');
  });

  it('makes the node fetch ten documents and 5 MB, not ten for each of them', timed, async () => {
    const body = 'x'.repeat(990_000);
    const urls = (part: number) => Array.from({ length: 8 }, (_, n) => `${host.url}/${part}/${n}`);
    for (let part = 0; part < 12; part++)
      for (const url of urls(part)) host.files.set(url.slice(host.url.length), { body, type: 'text/plain' });
    const token = await presentation(12, (part) => `https://a.test/${part}`, urls);
    const { related } = await measured(token);
    expect(host.seen.length).toBeGreaterThan(0);
    expect(host.seen.length).toBeLessThanOrEqual(6);
    expect(related.some(({ why }) => why.includes('for one submission'))).toBe(true);
  });
});
