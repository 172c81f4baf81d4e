import { describe, expect, it } from 'vitest';
import { Checks } from './check.ts';

const mend = 'Mend it';

describe('a list of checks', () => {
  it('lists twenty that fail or are unknown of one id, and counts the others in one line', () => {
    const checks = new Checks();
    for (let n = 0; n < 15; n++) checks.unknown('verify.related', `unknown ${n}`);
    for (let n = 0; n < 15; n++) checks.fail('proof', 'verify.related', `fail ${n}`, { mend });
    checks.fail('status', 'verify.status', 'revoked', { mend });
    expect(checks.list.slice(0, 20).map(({ why }) => why)).toContain('fail 4');
    expect(checks.list.slice(20)).toMatchObject([
      { id: 'verify.related', result: 'fail', why: 'And 10 more of this kind, which are not listed' },
      { id: 'verify.status', why: 'revoked' },
    ]);
    expect(checks.failure).toEqual({ code: 'proof', detail: 'fail 0' });
  });

  it('says fail in that line as soon as one of them failed, and unknown before', () => {
    const checks = new Checks();
    for (let n = 0; n < 21; n++) checks.unknown('verify.related', `unknown ${n}`);
    expect(checks.list[20]).toMatchObject({ result: 'unknown', why: expect.stringContaining('And 1 more') });
    checks.fail('proof', 'verify.related', 'another digest', { mend });
    expect(checks.list).toHaveLength(21);
    expect(checks.list[20]).toMatchObject({ result: 'fail', why: expect.stringContaining('And 2 more') });
    expect(checks.failure?.code).toBe('proof');
  });

  it('counts those that were made elsewhere, and leaves those that pass or warn', () => {
    const other = new Checks();
    for (let n = 0; n < 30; n++) other.pass('shape.x', 'good');
    const checks = new Checks();
    checks.take({ checks: other.list });
    for (let n = 0; n < 30; n++) checks.warn('shape.x', 'hm');
    const one = { id: 'shape.x', result: 'fail', why: 'bad' } as const;
    checks.take({ checks: Array.from({ length: 25 }, () => one), failure: { code: 'shape', detail: 'bad' } });
    expect(checks.list).toHaveLength(81);
    expect(checks.list.at(-1)!.why).toContain('And 5 more');
  });
});
