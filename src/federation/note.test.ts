import { generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatCheckpoint, openCheckpoint, parseCheckpoint, signCheckpoint } from './checkpoint.ts';
import { EMPTY_ROOT, hashLeaf } from './merkle.ts';
import {
  ED25519,
  formatNote,
  formatVerifierKey,
  keyIdOf,
  parseNote,
  parseVerifierKey,
  TIMESTAMPED_ED25519,
  verifyEd25519,
} from './note.ts';

const NOW = new Date('2026-11-21T03:10:00Z');
const SECONDS = NOW.getTime() / 1000;

function testKey() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url'),
    sign: (bytes: Uint8Array) => sign(null, bytes, privateKey),
  };
}
const key = testKey();
const ORIGIN = 'node.example/catalogue/1';

/** Opens a note with one verifier key, as https://c2sp.org/signed-note#signatures says. */
function holds(source: string, vkey: string): boolean {
  const note = parseNote(source);
  const known = parseVerifierKey(vkey);
  if (!note.ok || !known.ok) return false;
  return note.value.signatures.some(
    (line) =>
      line.name === known.value.name &&
      line.keyId === keyIdOf(known.value) &&
      verifyEd25519(known.value.publicKey, Buffer.from(note.value.text), line.bytes),
  );
}

describe('signed notes', () => {
  it('verifies the example of the specification', () => {
    const vkey = 'example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k';
    const note =
      'This is an example message.\n\n\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';
    expect(holds(note, vkey)).toBe(true);
    expect(holds(note.replace('example message', 'example messagE'), vkey)).toBe(false);
    const parsed = parseVerifierKey(vkey);
    expect(parsed.ok && formatVerifierKey(parsed.value)).toBe(vkey);
  });

  it('verifies a checkpoint of the Go checksum database', () => {
    const vkey = 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8';
    const note =
      'go.sum database tree\n35225469\nvt5T6GaLCXvyHFl9VUvvItR43XZxfLgftEcTyO3eJCQ=\n\n\u2014 sum.golang.org Az3grpukl5AXaVfYkLiDGORx/DN2nlcS5kZHR5uYOBV2KA2HgXpD+gu9HHONebHLAyaKbbTM75QTtPydhKCExixSfwQ=\n';
    expect(holds(note, vkey)).toBe(true);
    const parsed = parseNote(note);
    expect(parsed.ok && formatNote(parsed.value)).toBe(note);
    const text = note.slice(0, note.indexOf('\n\n') + 1);
    const checkpoint = parseCheckpoint(text);
    expect(checkpoint).toMatchObject({ ok: true, value: { origin: 'go.sum database tree', size: 35225469 } });
    expect(checkpoint.ok && formatCheckpoint(checkpoint.value)).toBe(text);
  });

  it('reads the verifier key of this project’s design and gives key ids per type', () => {
    const vkey = parseVerifierKey('node.example/catalogue/1+f68796f5+AQfuWxadgBYHksfLNoiHCLts9MleLcVv91PcsB/3LOwR');
    expect(vkey.ok && vkey.value.type).toBe(ED25519);
    const ids = [ED25519, TIMESTAMPED_ED25519].map((type) => keyIdOf({ name: ORIGIN, type, publicKey: key.publicKey }));
    expect(ids[0]).not.toBe(ids[1]);
  });

  it.each([
    ['no signature', 'text\n'],
    ['no final newline', 'text\n\n\u2014 a AAAAAAA='],
    ['a hyphen for the dash', 'text\n\n- a AAAAAAA=\n'],
    ['a name with a plus sign', 'text\n\n\u2014 a+b AAAAAAA=\n'],
    ['a name with a no-break space', 'text\n\n\u2014 a\u00a0b AAAAAAA=\n'],
    ['base64 without its padding', 'text\n\n\u2014 a AAAAAAA\n'],
    ['base64 that is not canonical', 'text\n\n\u2014 a AAAAAAB=\n'],
    ['nothing behind the key id', 'text\n\n\u2014 a AAAAAA==\n'],
    ['a tab', 'te\txt\n\n\u2014 a AAAAAAA=\n'],
    ['a lone surrogate', 'te\ud800xt\n\n\u2014 a AAAAAAA=\n'],
    ['a line too much', 'text\n\n\u2014 a AAAAAAA=\nx\n'],
    ['seventeen signatures', `text\n\n${'\u2014 a AAAAAAA=\n'.repeat(17)}`],
  ])('refuses a note with %s', (_, source) => {
    expect(parseNote(source).ok).toBe(false);
  });
});

describe('checkpoints', () => {
  it('signs two lines that any reader of the formats can check', async () => {
    const root = hashLeaf(Buffer.from('x'));
    const note = await signCheckpoint({ origin: ORIGIN, size: 1, root }, key, SECONDS);
    expect(note.startsWith(`${ORIGIN}\n1\n${Buffer.from(root).toString('base64')}\n\n\u2014 ${ORIGIN} `)).toBe(true);
    expect(holds(note, formatVerifierKey({ name: ORIGIN, type: ED25519, publicKey: key.publicKey }))).toBe(true);
    const stamped = Buffer.from(note.trimEnd().split(' ').at(-1)!, 'base64');
    expect(stamped.length).toBe(4 + 8 + 64);
    expect(Number(stamped.readBigUInt64BE(4))).toBe(SECONDS);
    const message = `cosignature/v1\ntime ${SECONDS}\n${note.slice(0, note.indexOf('\n\n') + 1)}`;
    expect(verifyEd25519(key.publicKey, Buffer.from(message), stamped.subarray(12))).toBe(true);
    expect(openCheckpoint(note, ORIGIN, [testKey().publicKey, key.publicKey], NOW)).toMatchObject({
      ok: true,
      value: { size: 1, time: SECONDS, note },
    });
  });

  it('drops what others have added, and does not believe a time that has not come', async () => {
    const checkpoint = { origin: ORIGIN, size: 0, root: EMPTY_ROOT };
    const note = await signCheckpoint(checkpoint, key, SECONDS);
    const padded = `${note}\u2014 witness.example/w AAAAAAA=\n`;
    expect(openCheckpoint(padded, ORIGIN, [key.publicKey], NOW)).toMatchObject({ value: { note } });
    const early = await signCheckpoint(checkpoint, key, SECONDS + 3600);
    expect(openCheckpoint(early, ORIGIN, [key.publicKey], NOW)).toMatchObject({ ok: true, value: { time: null } });
  });

  it('H-153 refuses another origin line, another key, and extension lines', async () => {
    const checkpoint = { origin: ORIGIN, size: 0, root: EMPTY_ROOT };
    const note = await signCheckpoint(checkpoint, key, SECONDS);
    expect(openCheckpoint(note, 'other.example/catalogue/1', [key.publicKey], NOW)).toMatchObject({ code: 'proof' });
    expect(openCheckpoint(note, ORIGIN, [testKey().publicKey], NOW)).toMatchObject({ code: 'untrusted' });
    const text = `${formatCheckpoint(checkpoint)}extension\n`;
    const keyId = keyIdOf({ name: ORIGIN, type: ED25519, publicKey: key.publicKey });
    const extended = formatNote({ text, signatures: [{ name: ORIGIN, keyId, bytes: key.sign(Buffer.from(text)) }] });
    expect(openCheckpoint(extended, ORIGIN, [key.publicKey], NOW)).toMatchObject({ code: 'malformed' });
  });

  it.each(['a\n01\n', 'a\n-1\n', 'a\n1e3\n', 'a\n9007199254740993\n', '\n0\n', 'a\n\n'])(
    'refuses the checkpoint %j',
    (start) => {
      expect(parseCheckpoint(`${start}${Buffer.from(EMPTY_ROOT).toString('base64')}\n`).ok).toBe(false);
    },
  );

  it('does not open after any single byte was changed', async () => {
    const note = Buffer.from(
      await signCheckpoint({ origin: ORIGIN, size: 77, root: hashLeaf(Buffer.from('y')) }, key, SECONDS),
    );
    fc.assert(
      fc.property(fc.nat({ max: note.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = Buffer.from(note);
        changed[at]! ^= by;
        const opened = openCheckpoint(changed.toString('utf8'), ORIGIN, [key.publicKey], NOW);
        // The names and key ids of a line are not signed: a line that is no longer ours is dropped, never misread.
        if (opened.ok) expect(opened.value).toMatchObject({ size: 77, time: null });
      }),
      { numRuns: 2000 },
    );
  });
});
