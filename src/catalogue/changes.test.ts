import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { digestOf } from '../credentials/digest.ts';
import { readParts } from './changes.ts';

const data = mkdtempSync(join(tmpdir(), 'kontor-changes-'));
afterAll(() => rmSync(data, { recursive: true, force: true }));
const places = { policy: join(data, 'policy.yaml'), data, shapes: resolve(import.meta.dirname, '../../shapes') };

/** Reads schemes of certificates as if each were to be put in force. */
function put(...schemes: { id: string; name: string; editions?: object[] }[]) {
  const files = new Map(
    schemes.map((more) => {
      const levels = [{ id: 'held', name: 'held', decided: true }];
      const scheme = { kind: 'certificates', edition: '1', levels, document: 'paper', about: 'service', ...more };
      const bytes = Buffer.from(JSON.stringify(scheme));
      return [digestOf(bytes), { id: more.id, bytes }];
    }),
  );
  const changes = [...files].map(([digest, { id }]) => ({
    what: 'scheme' as const,
    name: id,
    digest,
    was: null,
    source: `${id}.json`,
  }));
  return readParts(places, changes, (digest) => files.get(digest)!.bytes);
}

describe('schemes that are to be put in force', () => {
  const base = { id: 'base', name: 'Base', editions: [{ id: '1' }] };
  const above = { id: 'above', name: 'Above', editions: [{ id: '1', requires: ['base 1'] }] };

  it('are refused where a reader would take one for another that is held, or that is put with it', () => {
    expect(() => put({ id: 'gaia-x-2', name: 'GAIA-X' })).toThrow(
      /gaia-x-2\.json: \/name "GAIA-X" is taken by the scheme gaia-x/,
    );
    expect(() => put(base, { id: 'other', name: 'BASE' })).toThrow(/other\.json: \/name "BASE" is taken by the scheme/);
  });

  it('may build on one that is put with them, and not on one that nobody has', () => {
    expect([...put(above, base).schemes.keys()]).toEqual(['above', 'base']);
    expect(() => put(above)).toThrow(/above\.json: \/editions\/0\/requires\/0 "base 1" is no scheme and edition held/);
  });
});
