import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { messageOf, whyNot } from '../../errors.ts';
import type { Http } from '../http.ts';
import type { Anchor } from './chain.ts';
import { type Crl, readCrl } from './revocation.ts';
import { pemBlocks, readCertificate } from './x509.ts';

/** Where the operator's trust anchors stand: the policy's member `anchors`. */
export interface AnchorsRule {
  /** PEM files, or folders of them, relative to the policy file. Certificates, and revocation lists of theirs. */
  files?: string[];
  /** An https address that serves a PEM bundle of trust anchors; asked daily. */
  registry?: string;
  /** Whether a key counts only with a chain that leads to an anchor. */
  require?: boolean;
}

/** The trust anchors as of now. A new object whenever anything in it changed. */
export interface TrustStore {
  /** Whether the policy names any source. If so chains are judged, even where nothing could be read from it. */
  configured: boolean;
  anchors: Anchor[];
  bySubject: ReadonlyMap<string, Anchor[]>;
  crls: Crl[];
  /** What could not be read, a sentence each. */
  problems: string[];
}

interface AnchorStore {
  store(): TrustStore;
  /** Fetches the registry's bundle where it is due. @returns what went wrong, in a sentence */
  refresh(): Promise<string | undefined>;
}

interface AnchorStoreOptions {
  rule: () => AnchorsRule | undefined;
  /** Folder that relative files are under: the policy file's. */
  base: string;
  /** Folder where the registry's last good copy is kept. */
  cache: string;
  http: Http;
  clock: () => Date;
}

const LOOK_MS = 1_000;
const REFRESH_MS = 86_400_000;
const RETRY_MS = 600_000;
/** A registry that was not heard of for so long no longer says whom to believe. */
const STALE_MS = 30 * 86_400_000;
const MAX_BUNDLE_BYTES = 8_000_000;
const ENDINGS = /\.(pem|crt|cer|crl)$/i;

/** Reads files (or folders) of anchors. What cannot be read counts for nothing and is told in `problems`. */
export function readAnchors(files: string[]): Omit<TrustStore, 'configured' | 'bySubject'> {
  const found = { anchors: [] as Anchor[], crls: [] as Crl[], problems: [] as string[] };
  for (const file of files) {
    let text: string;
    try {
      text = readFileSync(file, 'latin1');
    } catch (error) {
      found.problems.push(`${file} cannot be read: ${whyNot(error)}`);
      continue;
    }
    const certificates = pemBlocks(text, 'CERTIFICATE').map(readCertificate);
    const crls = pemBlocks(text, 'X509 CRL').map(readCrl);
    const broken = [...certificates, ...crls].filter((one) => one === undefined).length;
    if (broken > 0) found.problems.push(`${file}: ${broken} of its certificates and lists cannot be read`);
    if (certificates.length + crls.length === 0)
      found.problems.push(`${file} holds no certificate and no revocation list in PEM form`);
    for (const certificate of certificates) if (certificate) found.anchors.push({ certificate, from: file });
    for (const crl of crls) if (crl) found.crls.push(crl);
  }
  return found;
}

/** The files of a list of files and folders, with what cannot be found left in. */
const filesOf = (paths: string[]): string[] =>
  paths.flatMap((path) =>
    statSync(path, { throwIfNoEntry: false })?.isDirectory()
      ? readdirSync(path)
          .filter((name) => ENDINGS.test(name))
          .sort()
          .map((name) => join(path, name))
      : [path],
  );

/** The last good copy of a registry; it is named by the address, so that another registry does not inherit it. */
export const registryCopy = (cache: string, url: string): string =>
  join(cache, `anchors-${createHash('sha256').update(url).digest('hex').slice(0, 16)}.pem`);

/** When the copy was fetched; undefined: there is none. */
export const fetchedAt = (copy: string): Date | undefined => statSync(copy, { throwIfNoEntry: false })?.mtime;

/** The operator's trust store over files and a registry; files are read again when they change, within a second. */
export function createAnchorStore({ rule, base, cache, http, clock }: AnchorStoreOptions): AnchorStore {
  let looked = Number.NEGATIVE_INFINITY;
  let read: { stamp: string; store: TrustStore } | undefined;
  let tried: { url: string; at: number } | undefined;

  const look = ({ files = [], registry }: AnchorsRule): TrustStore => {
    const problems: string[] = [];
    const all = filesOf(files.map((file) => resolve(base, file)));
    if (registry) {
      const copy = registryCopy(cache, registry);
      const at = fetchedAt(copy);
      if (!at) problems.push(`${registry} was not fetched yet`);
      else if (clock().getTime() - at.getTime() > STALE_MS)
        problems.push(`${registry} was last fetched on ${at.toISOString()}: too long ago to count`);
      else all.push(copy);
    }
    const stamps = all.map((file) => {
      const { mtimeMs, size, ino } = statSync(file, { throwIfNoEntry: false }) ?? {};
      return [file, mtimeMs, size, ino];
    });
    const stamp = JSON.stringify([stamps, registry, problems]);
    if (read?.stamp === stamp) return read.store;
    const { anchors, crls, problems: unread } = readAnchors(all);
    for (const anchor of anchors) if (registry && anchor.from === registryCopy(cache, registry)) anchor.from = registry;
    const bySubject = Map.groupBy(anchors, ({ certificate }) => certificate.subject);
    const configured = files.length > 0 || registry !== undefined;
    read = { stamp, store: { configured, anchors, bySubject, crls, problems: [...problems, ...unread] } };
    return read.store;
  };

  let last: AnchorsRule | undefined;
  return {
    store: () => {
      const now = rule() ?? {};
      if (!read || now !== last || performance.now() - looked >= LOOK_MS) {
        looked = performance.now();
        last = now;
        return look(now);
      }
      return read.store;
    },
    refresh: async () => {
      const { registry } = rule() ?? {};
      if (!registry) return undefined;
      const copy = registryCopy(cache, registry);
      const now = clock();
      const age = now.getTime() - (fetchedAt(copy)?.getTime() ?? Number.NEGATIVE_INFINITY);
      if (age < REFRESH_MS) return undefined;
      if (tried?.url === registry && Math.abs(now.getTime() - tried.at) < RETRY_MS) return undefined;
      tried = { url: registry, at: now.getTime() };
      try {
        const { status, bytes } = await http(registry, {
          accept: 'application/x-pem-file, application/pem-certificate-chain, text/plain',
          maxBytes: MAX_BUNDLE_BYTES,
          timeoutMs: 30_000,
        });
        if (status !== 200) return `The registry ${registry} answers ${status}; its last copy goes on`;
        const text = Buffer.from(bytes).toString('latin1');
        const usable = pemBlocks(text, 'CERTIFICATE').filter((der) => readCertificate(der) !== undefined);
        if (usable.length === 0)
          return `The registry ${registry} serves no certificate in PEM form; its last copy goes on`;
        if (!existsSync(cache)) mkdirSync(cache, { recursive: true, mode: 0o700 });
        writeFileSync(`${copy}.new`, text, 'latin1');
        utimesSync(`${copy}.new`, now, now);
        renameSync(`${copy}.new`, copy);
        looked = Number.NEGATIVE_INFINITY;
        return undefined;
      } catch (error) {
        return `The registry ${registry} could not be asked, its last copy goes on: ${messageOf(error)}`;
      }
    },
  };
}
