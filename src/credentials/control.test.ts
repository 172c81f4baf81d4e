import { describe, expect, it } from 'vitest';
import { controls, ownersOf } from './control.ts';

describe('the owners of an id', () => {
  it.each([
    ['https://a.example/offers/1', ['did:web:a.example', 'did:web:a.example:offers']],
    ['https://a.example:8443/x', ['did:web:a.example%3A8443']],
    ['https://a.example/x/y/z?q#f', ['did:web:a.example', 'did:web:a.example:x', 'did:web:a.example:x:y']],
    ['https://A.example', ['did:web:a.example']],
    ['did:web:a.example', ['did:web:a.example']],
    ['did:web:a.example:x#vat', ['did:web:a.example', 'did:web:a.example:x', 'did:web:a.example:x#vat']],
    ['urn:uuid:00000000-0000-4000-8000-000000000000', []],
    ['_:b0', []],
    ['https://', []],
  ])('%s', (id, owners) => {
    expect(ownersOf(id)).toEqual(owners);
    for (const owner of owners) expect(controls(owner, id), owner).toBe(true);
  });
});
