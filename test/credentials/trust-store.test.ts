import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AnchorsRule, createAnchorStore, type TrustStore } from '../../src/credentials/keys/anchors.ts';
import { days, makeCrl, makeRoot, type TestCertificate } from '../support/certificates.ts';
import { type DidHost, didHost } from '../support/did-host.ts';
import { http, NOW } from '../support/verifying.ts';

/** The operator's trust store: files, folders, a registry; what changes on disk counts within a second. */

let folder: string;
let one: TestCertificate;
let two: TestCertificate;
beforeAll(async () => {
  one = await makeRoot({ subject: 'One', organisation: undefined });
  two = await makeRoot({ subject: 'Two', organisation: undefined });
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kontor-test-'));
  mkdirSync(join(folder, 'anchors'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
const subjects = ({ anchors }: TrustStore) => anchors.map(({ certificate }) => certificate.subject);
let now = NOW;
const open = (rule: AnchorsRule | undefined) =>
  createAnchorStore({ rule: () => rule, base: folder, cache: join(folder, 'data'), http, clock: () => now });
/** A second passes, as the store looks at its files no more often. */
const aSecond = () => new Promise((done) => setTimeout(done, 1_050));

describe('files and folders', () => {
  it('are read under the folder of the policy: certificates and revocation lists', async () => {
    write('one.pem', `About this file\n${one.pem}`);
    write('anchors/b.crt', two.pem);
    write('anchors/a.pem', one.pem + (await makeCrl(one, [])).pem);
    write('anchors/notes.txt', two.pem);
    const store = open({ files: ['one.pem', 'anchors'] }).store();
    expect(subjects(store)).toEqual(['CN=One', 'CN=One', 'CN=Two']);
    expect([store.crls.length, store.problems, store.configured]).toEqual([1, [], true]);
    expect(store.bySubject.get('CN=Two')?.[0]?.from).toBe(join(folder, 'anchors/b.crt'));
  });

  it('that cannot be read count for nothing, are named, and leave the chains judged', () => {
    write('page.pem', '<html>');
    write('half.pem', one.pem.slice(0, 200) + one.pem.slice(300));
    const store = open({ files: ['none.pem', 'page.pem', 'half.pem'] }).store();
    expect(store.anchors).toEqual([]);
    expect(store.configured).toBe(true);
    expect(store.problems.join('\n')).toMatch(
      /none\.pem cannot be read[\s\S]*page\.pem holds no[\s\S]*half\.pem: 1 of its/,
    );
  });

  it('none named: nothing is configured', () => {
    expect(open(undefined).store()).toMatchObject({ configured: false, anchors: [], problems: [] });
    expect(open({ require: true }).store().configured).toBe(false);
  });

  it('H-132 a certificate taken out, a file removed, one added: the next look sees it', async () => {
    write('both.pem', one.pem + two.pem);
    const anchors = open({ files: ['both.pem', 'anchors'] });
    const first = anchors.store();
    expect(subjects(first)).toEqual(['CN=One', 'CN=Two']);
    await aSecond();
    expect(anchors.store()).toBe(first);
    write('both.pem', two.pem);
    await aSecond();
    expect(subjects(anchors.store())).toEqual(['CN=Two']);
    rmSync(join(folder, 'both.pem'));
    write('anchors/new.pem', one.pem);
    await aSecond();
    expect(subjects(anchors.store())).toEqual(['CN=One']);
  });

  it('H-132 a file that the policy names no more is out with the policy', () => {
    write('one.pem', one.pem);
    let rule: AnchorsRule = { files: ['one.pem'] };
    const anchors = createAnchorStore({ rule: () => rule, base: folder, cache: folder, http, clock: () => NOW });
    expect(subjects(anchors.store())).toEqual(['CN=One']);
    rule = { files: [] };
    expect(anchors.store().anchors).toEqual([]);
  });
});

describe('a registry', () => {
  let host: DidHost;
  beforeAll(async () => {
    host = await didHost();
  });
  beforeEach(() => {
    host.files.clear();
    host.seen.length = 0;
    now = NOW;
  });
  afterAll(() => host.close());
  const serve = (body: string, status = 200) =>
    host.files.set('/anchors.pem', { type: 'application/x-pem-file', body, status });
  const registry = () => `${host.url}/anchors.pem`;

  it('is fetched, kept on disk for the next start, and asked daily', async () => {
    serve(one.pem);
    const anchors = open({ registry: registry() });
    expect(anchors.store()).toMatchObject({
      configured: true,
      anchors: [],
      problems: [expect.stringContaining('not fetched')],
    });
    expect(await anchors.refresh()).toBeUndefined();
    expect(anchors.store().anchors).toMatchObject([{ from: registry(), certificate: { subject: 'CN=One' } }]);
    serve(one.pem + two.pem);
    await anchors.refresh();
    expect(subjects(open({ registry: registry() }).store())).toEqual(['CN=One']);
    expect(host.seen).toHaveLength(1);
    now = days(1.01);
    await anchors.refresh();
    expect(subjects(anchors.store())).toEqual(['CN=One', 'CN=Two']);
  });

  it('that fails leaves its last good copy, is told, and is not asked again at once', async () => {
    serve(one.pem);
    const anchors = open({ registry: registry() });
    await anchors.refresh();
    for (const [body, status, says] of [
      ['', 503, /answers 503/],
      ['<html>', 200, /no certificate/],
      ['x'.repeat(9_000_000), 200, /could not be asked/],
    ] as const) {
      now = new Date(now.getTime() + 2 * 86_400_000);
      serve(body, status);
      host.seen.length = 0;
      expect(await anchors.refresh()).toMatch(says);
      expect(await anchors.refresh()).toBeUndefined();
      expect(host.seen).toHaveLength(1);
      expect(subjects(anchors.store())).toEqual(['CN=One']);
    }
  });

  it('that was not heard of for a month no longer says whom to believe', async () => {
    serve(one.pem);
    const anchors = open({ registry: registry() });
    await anchors.refresh();
    now = days(31);
    await aSecond();
    expect(anchors.store()).toMatchObject({ anchors: [], problems: [expect.stringContaining('too long ago')] });
  });

  it('leaves no copy to another registry', async () => {
    serve(one.pem);
    await open({ registry: registry() }).refresh();
    expect(readdirSync(join(folder, 'data'))).toHaveLength(1);
    expect(open({ registry: `${host.url}/other.pem` }).store().anchors).toEqual([]);
  });
});
