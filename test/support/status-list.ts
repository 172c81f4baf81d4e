import { gzipSync } from 'node:zlib';
import { signDataIntegrity, signJwt } from '../../src/credentials/issuing/sign.ts';
import { statusEntry, statusListDocument } from '../../src/credentials/issuing/status-list.ts';
import type { DidHost } from './did-host.ts';
import { contexts } from './verifying.ts';

/** A status list on a did:web host, which its issuer changes as a test says. */
export interface TestList {
  url: string;
  /** What a credential says to stand at the index. */
  entry: (index: number, change?: object) => { credentialStatus: object };
  /** Sets or clears an entry, and publishes the list anew. */
  set: (index: number, on?: boolean) => Promise<void>;
  /** Signs the list as it is and puts it to its address. */
  publish: (change?: ListChange) => Promise<void>;
  /** How often it was asked for. */
  asked: () => number;
}

export interface ListChange {
  purpose?: string | string[];
  /** In place of what was set: the bits, or what stands for them. */
  bits?: Uint8Array;
  encodedList?: string;
  ttl?: number;
  /** When the list was made. Default: a second after the last one. */
  from?: Date;
  until?: Date;
  id?: string;
  type?: string;
  signer?: DidHost;
  form?: 'jwt' | 'data-integrity';
  mediaType?: string;
}

export function statusList(host: DidHost, path: string, now: Date, standing: ListChange = {}): TestList {
  const url = host.url + path;
  const entries = new Set<number>();
  let made = now.getTime() - 3_600_000;
  const publish = async (change: ListChange = {}): Promise<void> => {
    const {
      signer = host,
      form = 'jwt',
      purpose = 'revocation',
      type = 'BitstringStatusList',
      ttl,
      ...more
    } = {
      ...standing,
      ...change,
    };
    made = more.from?.getTime() ?? made + 1_000;
    const at = new Date(made);
    const base = statusListDocument({ url, issuer: signer.did, set: entries, now: at });
    const { ttl: _ttl, ...subject } = base.credentialSubject as Record<string, unknown>;
    const packed = more.bits && `u${gzipSync(more.bits).toString('base64url')}`;
    const document = {
      ...base,
      id: more.id ?? url,
      type: ['VerifiableCredential', `${type}Credential`],
      ...(more.until ? { validUntil: more.until.toISOString() } : {}),
      credentialSubject: {
        ...subject,
        type,
        statusPurpose: purpose,
        encodedList: more.encodedList ?? packed ?? subject.encodedList,
        ...(ttl === undefined ? {} : { ttl }),
      },
    };
    const body =
      form === 'jwt'
        ? await signJwt(document, signer.key)
        : JSON.stringify(await signDataIntegrity(document, signer.key, contexts, { now: at }));
    host.files.set(path, {
      type: more.mediaType ?? (form === 'jwt' ? 'application/vc+jwt' : 'application/vc'),
      body,
    });
  };
  return {
    url,
    publish,
    set: async (index, on = true) => {
      if (on) entries.add(index);
      else entries.delete(index);
      await publish();
    },
    entry: (index, change = {}) => ({
      credentialStatus: {
        ...statusEntry(url, index),
        statusPurpose: [standing.purpose ?? 'revocation'].flat()[0],
        ...change,
      },
    }),
    asked: () => host.seen.filter((one) => one === path).length,
  };
}
