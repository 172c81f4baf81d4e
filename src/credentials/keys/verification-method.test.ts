import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../credential.ts';
import { findMethod, type Purpose, revokedKeys } from './verification-method.ts';

const DID = 'did:web:a.example';
const NOW = new Date('2026-11-21T12:00:00Z');
const [BEFORE, END, AFTER] = ['2026-06-01T00:00:00Z', '2026-07-01T00:00:00Z', '2026-08-01T00:00:00Z'];

const documentWith = (method: JsonObject, listed: JsonObject = { assertionMethod: [`${DID}#key-1`] }) => ({
  id: DID,
  verificationMethod: [{ id: `${DID}#key-1`, type: 'Multikey', controller: DID, ...method }],
  ...listed,
});
const find = (
  document: JsonObject,
  {
    id = `${DID}#key-1`,
    purpose = 'assertionMethod' as Purpose,
    issuedAt = BEFORE,
    now = NOW,
  }: { id?: string; purpose?: Purpose; issuedAt?: string; now?: Date } = {},
) => findMethod(document as never, id, purpose, { issuedAt: new Date(issuedAt), now });
const refusalOf = (verdict: ReturnType<typeof findMethod>) => {
  expect(verdict).toMatchObject({ ok: false, code: 'proof' });
  return verdict.ok ? '' : verdict.detail;
};

describe('a verification method', () => {
  it('H-047: is found by its absolute id and by a relative one, whichever way the document writes it', () => {
    for (const id of ['#key-1', `${DID}#key-1`])
      for (const listed of ['#key-1', `${DID}#key-1`])
        for (const wanted of ['#key-1', `${DID}#key-1`])
          expect(find(documentWith({ id }, { assertionMethod: [listed] }), { id: wanted })).toMatchObject({
            ok: true,
            value: { id: `${DID}#key-1` },
          });
  });

  it('may stand inside the list of its purpose, for that purpose alone', () => {
    const embedded = { id: DID, assertionMethod: [{ id: '#key-1', controller: DID }] };
    expect(find(embedded).ok).toBe(true);
    expect(refusalOf(find(embedded, { purpose: 'authentication' }))).toContain('is not in the DID document');
  });

  it('H-048: belongs to the DID of its document', () => {
    const foreign = { id: 'did:web:b.example#key-1', controller: DID };
    const document = { id: DID, verificationMethod: [foreign], assertionMethod: [foreign.id] };
    expect(refusalOf(find(document, { id: foreign.id }))).toContain('is not one of did:web:a.example');
    expect(refusalOf(find(documentWith({ controller: 'did:web:b.example' })))).toContain(
      'controlled by did:web:b.example',
    );
    expect(refusalOf(find(documentWith({ controller: undefined })))).toContain('controlled by');
  });

  it('H-050: is listed under the purpose', () => {
    const document = documentWith({}, { authentication: [`${DID}#key-1`], assertionMethod: ['#key-2', null, 7] });
    expect(refusalOf(find(document))).toContain('not listed under assertionMethod');
    expect(find(document, { purpose: 'authentication' }).ok).toBe(true);
    expect(refusalOf(find(documentWith({}, { assertionMethod: `${DID}#key-1` })))).toContain('not listed');
  });

  it('each reason has its own mend, and a missing key is answered with those that are listed', () => {
    const mendOf = (verdict: ReturnType<typeof find>) => (verdict.ok ? '' : verdict.mend);
    const missing = find(documentWith({}), { id: '#key-9' });
    expect(refusalOf(missing)).toContain(`which lists ${DID}#key-1`);
    const mends = [
      missing,
      find({ id: DID }),
      find(documentWith({}), { id: 'did:web:b.example#key-1' }),
      find(documentWith({ controller: 'did:web:b.example' })),
      find(documentWith({}, { assertionMethod: [] })),
      find(documentWith({ revoked: BEFORE })),
      find(documentWith({ expires: BEFORE })),
      find(documentWith({ expires: 'soon' })),
    ].map(mendOf);
    for (const mend of mends) expect(mend).toMatch(/^[A-Z]/);
    expect(new Set(mends).size).toBe(mends.length);
  });

  it('is one: a document with two of the same id is refused', () => {
    const [method] = documentWith({}).verificationMethod;
    const twice = { ...documentWith({}), verificationMethod: [method, { ...method, revoked: BEFORE }] };
    expect(refusalOf(find(twice))).toContain('more than once');
  });

  it('is missing from documents that list nothing, or nonsense', () => {
    for (const nonsense of [undefined, null, 'x', {}, [null], [[]], ['#key-1']])
      expect(refusalOf(find({ id: DID, verificationMethod: nonsense })), String(nonsense)).toContain('is not in');
  });
});

describe('a key that was rotated', () => {
  it('H-121: keeps good what it signed before its end, listed under the purpose or not', () => {
    for (const listed of [{ assertionMethod: [`${DID}#key-1`] }, { assertionMethod: [] }, {}])
      expect(find(documentWith({ expires: END }, listed)).ok).toBe(true);
  });

  it('H-123: signs nothing at its end or after', () => {
    for (const issuedAt of [END, AFTER])
      expect(refusalOf(find(documentWith({ expires: END }), { issuedAt }))).toContain(
        `ended at ${new Date(END).toISOString()}`,
      );
  });

  it('H-123: is judged by the time of the proof, also while its end is still to come', () => {
    const now = new Date(BEFORE);
    expect(find(documentWith({ expires: END }), { now }).ok).toBe(true);
    expect(refusalOf(find(documentWith({ expires: END }), { now, issuedAt: END }))).toContain('ended at');
  });

  it('needs its place under the purpose until it has ended', () => {
    expect(refusalOf(find(documentWith({ expires: END }, {}), { now: new Date(BEFORE) }))).toContain('not listed');
    expect(refusalOf(find(documentWith({}, {})))).toContain('not listed');
  });

  it('does not become a key for assertions by its end', () => {
    const forLogin = documentWith({ expires: END }, { authentication: ['#key-1'] });
    expect(refusalOf(find(forLogin))).toContain('not listed under assertionMethod');
  });

  it('authenticates only while it is listed', () => {
    const purpose = 'authentication';
    expect(refusalOf(find(documentWith({ expires: END }), { purpose }))).toContain('not listed under authentication');
    expect(find(documentWith({ expires: END }, { authentication: ['#key-1'] }), { purpose }).ok).toBe(true);
  });
});

describe('a key that was revoked', () => {
  it('H-122: is refused from then on, whatever date its signatures bear', () => {
    for (const issuedAt of ['2020-01-01T00:00:00Z', BEFORE, END, AFTER])
      expect(refusalOf(find(documentWith({ revoked: END }), { issuedAt }))).toContain('was revoked at');
    expect(refusalOf(find(documentWith({ revoked: END, expires: AFTER }, {})))).toContain('was revoked at');
  });

  it('H-122: serves until the time that was announced', () => {
    expect(find(documentWith({ revoked: END }), { now: new Date(new Date(END).getTime() - 1) }).ok).toBe(true);
    expect(find(documentWith({ revoked: END }), { now: new Date(END) }).ok).toBe(false);
  });

  it.each(['2026-07-01', '2026-07-01T00:00:00', '1782864000', 1782864000, '', null, true, '2027-02-30T00:00:00Z'])(
    'is not saved by a time that is none: %j',
    (time) => {
      for (const name of ['revoked', 'expires'])
        expect(refusalOf(find(documentWith({ [name]: time })))).toContain(`has a "${name}" that is not a time`);
    },
  );
});

it('names the revoked keys of a document: its own, wherever they stand, whose time has come', () => {
  const method = (id: string, more: JsonObject) => ({ id, type: 'Multikey', controller: DID, ...more });
  const document = {
    id: DID,
    verificationMethod: [
      method('#short', { revoked: END }),
      method(`${DID}#good`, {}),
      method(`${DID}#rotated`, { expires: END }),
      method(`${DID}#later`, { revoked: '2027-01-01T00:00:00Z' }),
      method(`${DID}#misspelt`, { revoked: '2026-07-01' }),
      method('did:web:b.example#key-1', { revoked: END }),
      { revoked: END },
      null,
    ],
    assertionMethod: ['#good', method(`${DID}#embedded`, { revoked: AFTER })],
  };
  expect([...revokedKeys(document, NOW)].sort()).toEqual([
    [`${DID}#embedded`, new Date(AFTER)],
    [`${DID}#short`, new Date(END)],
  ]);
  expect([...revokedKeys({ id: DID }, NOW)]).toEqual([]);
});
