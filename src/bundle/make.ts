import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import manifestOfKontor from '../../package.json' with { type: 'json' };
import { chainOf, reachOf } from '../catalogue/chain.ts';
import type { Database, Reader } from '../catalogue/database.ts';
import { type OwnStatus, statusListUrl } from '../catalogue/own-status.ts';
import type { Row } from '../catalogue/schema.ts';
import { type SettleDeps, settle } from '../catalogue/settle.ts';
import { readAddedFile, readAddedShapes } from '../compliance/added-shapes.ts';
import { isUnowned } from '../credentials/control.ts';
import { digestOf } from '../credentials/digest.ts';
import type { Contexts } from '../credentials/jsonld/contexts.ts';
import type { ResolveDid, Resolved } from '../credentials/keys/did.ts';
import { soon } from '../credentials/soon.ts';
import type { StatusLists } from '../credentials/status/status.ts';
import { Problem } from '../errors.ts';
import { FORMAT, MAX_BUNDLE_BYTES, type Manifest, type PartInfo, partOf, signedBytes, writeBundle } from './format.ts';
import { inTurn } from './in-turn.ts';
import { shapesDigests } from './judged-by.ts';
import { logProofs, nodeOf } from './log-proof.ts';
import { contextsOf } from './used-contexts.ts';

export interface BundlerDeps {
  database: Database;
  settle: SettleDeps;
  contexts: Contexts;
  /** Folder of shapes, and every folder that schemes are read from. */
  shapesDir: string;
  schemeDirs: string[];
  /** Folder of the SHACL shapes that the operator added; it need not be there. */
  addedDir: string;
  /** Lists that no copy is held of yet. */
  statusLists: StatusLists;
  ownStatus: OwnStatus;
  didDocument: { id: string };
  /** DID documents of the nodes whose logs are followed. */
  resolveDid: ResolveDid;
  /** Signs with the node's key. */
  sign: (bytes: Uint8Array) => Uint8Array;
  /** Signs the newest head of the own log. */
  publish: () => Promise<void>;
}

/** Labels of other nodes that go into a bundle. */
const MAX_LABELS = 20;
/** For the DID document of a node whose log carries the listing: others wait meanwhile. */
const PATIENCE_MS = 2_000;

/**
 * Makes the evidence bundle of a current listing: everything that its decisions rest on, as it is held now. Undefined
 * where nothing is held under the key.
 *
 * @throws Problem `not-found` where the listing does not count any more, `too-large` where its chain is too long,
 *   `unavailable` where too many are asked for at once
 */
export type Bundler = (key: string) => Promise<Uint8Array<ArrayBuffer> | undefined>;

export function createBundler(deps: BundlerDeps): Bundler {
  const { database, contexts, shapesDir } = deps;
  return inTurn(async (key) => {
    const held = await gather(deps, key);
    if (!held) return undefined;
    const { at, version, name, claims, evidence, labels, decisions } = held;
    const files = new Files();

    const credential = async (kind: PartInfo['kind'], part: string, digest: string, anchored?: string | null) => {
      const object = await objectOf(database.read, digest);
      const under = await files.documents(database.read, digest);
      const chain = anchored ? (JSON.parse(anchored) as { anchor: string; subject: string }) : undefined;
      files.add(
        {
          name: part,
          kind,
          mediaType: object.media_type,
          readAt: object.first_seen,
          ...(under.length > 0 ? { under } : {}),
          ...(chain ? { anchored: { anchor: chain.anchor, subject: chain.subject } } : {}),
        },
        object.bytes,
      );
      return object.bytes;
    };

    const said = [await credential('listing', 'listing', version.digest, version.anchored)];
    for (const one of claims) said.push(await credential('claim', `claim/${one.digest}`, one.digest, one.anchored));
    for (const digest of evidence) said.push(await credential('evidence', `evidence/${digest}`, digest));
    files.add(
      { name: `did/${deps.settle.did}`, kind: 'did', of: deps.settle.did, readAt: at },
      JSON.stringify(deps.didDocument),
    );
    for (const label of labels) {
      const own = label.issuer === deps.settle.did;
      const bytes = await credential('label', `label/${label.digest}`, label.digest);
      said.push(bytes);
      if (own) await files.ownList(deps, label.digest, at);
    }
    await files.lists(deps, [version.digest, ...claims.map((one) => one.digest), ...evidence]);

    for (const [url, context] of contextsOf(said, contexts))
      files.add({ name: `context/${url}`, kind: 'context', of: url }, JSON.stringify(context));
    const sources = schemeFiles(deps.schemeDirs);
    for (const { id, digest } of deps.settle.schemes())
      files.add({ name: `scheme/${id}`, kind: 'scheme', of: id }, sources.get(digest) ?? '');
    files.add({ name: 'shapes', kind: 'shapes' }, JSON.stringify(shapesDigests(shapesDir)));
    for (const file of readAddedShapes(deps.addedDir))
      files.add(
        { name: `added/${file.name}/${file.kind}`, kind: 'added', of: file.kind, readAt: file.added },
        readAddedFile(deps.addedDir, file),
      );
    const { trust, publishers, authorities, status } = held.policy;
    files.add({ name: 'trust', kind: 'trust' }, JSON.stringify({ trust, publishers, authorities, status }));
    for (const { scheme, decision } of decisions)
      files.add({ name: `decision/${scheme}`, kind: 'decision', of: scheme }, decision);

    await deps.publish();
    const logged = [
      version.digest,
      ...labels.filter(({ issuer }) => issuer === deps.settle.did).map(({ digest }) => digest),
    ];
    for (const digest of logged)
      for (const proof of await logProofs(database.read, digest)) {
        const did = nodeOf(proof.origin) ?? '';
        const document = files.has(`did/${did}`)
          ? undefined
          : await soon<Resolved | undefined>(deps.resolveDid(did), PATIENCE_MS, () => undefined);
        if (document?.ok)
          files.add(
            { name: `did/${did}`, kind: 'did', of: did, readAt: (document.readAt ?? new Date(at)).toISOString() },
            JSON.stringify(document.value),
          );
        if (files.has(`did/${did}`))
          files.add({ name: `log/${proof.origin}/${proof.index}`, kind: 'log', of: digest }, JSON.stringify(proof));
      }

    const manifest: Manifest = {
      format: FORMAT,
      kontor: manifestOfKontor.version,
      node: deps.settle.did,
      at,
      listing: { key, id: version.subject, name, digest: version.digest },
      parts: files.infos,
    };
    const text = JSON.stringify(manifest);
    const value = Buffer.from(deps.sign(signedBytes(text))).toString('base64url');
    const bundle = Buffer.from(
      writeBundle({
        manifest: text,
        signature: { key: deps.settle.key.id, value },
        parts: Object.fromEntries(files.texts),
      }),
    );
    if (bundle.length > MAX_BUNDLE_BYTES) throw tooLarge();
    return bundle;
  });
}

const tooLarge = () =>
  new Problem('too-large', `What the decision rests on is larger than a bundle may be (${MAX_BUNDLE_BYTES} bytes)`);

/** Reads everything as of one moment, and settles the listing first, so that its decisions are of that moment. */
function gather({ database, settle: deps }: BundlerDeps, key: string) {
  return database.transaction(async (tx) => {
    const listing = await tx.selectFrom('listing').select(['digest', 'name']).where('key', '=', key).executeTakeFirst();
    if (!listing) return undefined;
    await settle(tx, key, deps);
    const now = deps.clock();
    const policy = deps.policy();
    const shown = await tx
      .selectFrom('listing')
      .select(['digest', 'name', 'state'])
      .where('key', '=', key)
      .executeTakeFirstOrThrow();
    const version = await tx
      .selectFrom('version')
      .selectAll()
      .where('digest', '=', shown.digest)
      .executeTakeFirstOrThrow();
    if (shown.state !== 'current')
      throw new Problem(
        'not-found',
        `The listing is ${shown.state}: nothing is decided about it any more that a bundle could prove`,
      );
    const chain = await chainOf(tx, version, policy, now);
    await reachOf(tx, chain);
    const claims = (
      await tx
        .selectFrom('version')
        .select(['digest', 'subject', 'issuer', 'anchored'])
        .where('subject', 'in', [...chain.depends])
        .where('state', '=', 'current')
        .where('digest', '!=', version.digest)
        .orderBy('key')
        .execute()
    ).filter(({ subject, issuer }) => !isUnowned(subject) || issuer === version.issuer);
    const evidence = [...new Set(chain.evidence.map(({ digest }) => digest))];
    const labels = await tx
      .selectFrom('label')
      .select(['digest', 'issuer'])
      .where('about', '=', version.digest)
      .where('state', '=', 'current')
      .where('valid_until', '>', now.toISOString())
      .orderBy('issuer')
      .orderBy('scheme')
      .execute();
    const others = labels.filter(({ issuer }) => issuer !== deps.did).slice(0, MAX_LABELS);
    const { size } = await tx
      .selectFrom('object')
      .select(({ fn }) => fn.sum<number>('size').as('size'))
      .where('digest', 'in', [version.digest, ...claims.map(({ digest }) => digest), ...evidence])
      .executeTakeFirstOrThrow();
    if (Number(size) > MAX_BUNDLE_BYTES / 2) throw tooLarge();
    const decisions = await tx
      .selectFrom('decision')
      .select(['scheme', 'decision'])
      .where('key', '=', key)
      .orderBy('scheme')
      .execute();
    return {
      at: now.toISOString(),
      version,
      name: shown.name,
      claims,
      evidence,
      labels: [...labels.filter(({ issuer }) => issuer === deps.did), ...others],
      decisions,
      policy,
    };
  });
}

const objectOf = (db: Reader, digest: string): Promise<Pick<Row<'object'>, 'bytes' | 'media_type' | 'first_seen'>> =>
  db
    .selectFrom('object')
    .select(['bytes', 'media_type', 'first_seen'])
    .where('digest', '=', digest)
    .executeTakeFirstOrThrow();

/** The parts as they come together; what is there already is not added again. */
class Files {
  readonly infos: PartInfo[] = [];
  readonly texts: [string, string][] = [];
  readonly #names = new Set<string>();
  /** Names of DID documents by their digest. */
  readonly #documents = new Map<string, string>();

  has = (name: string): boolean => this.#names.has(name);

  add(info: Omit<PartInfo, 'digest' | 'base64'>, content: Uint8Array | string): void {
    if (this.has(info.name)) return;
    const part = partOf(info, content);
    this.#names.add(info.name);
    this.infos.push(part.info);
    this.texts.push([info.name, part.text]);
    if (info.kind === 'did') this.#documents.set(part.info.digest, info.name);
  }

  /** The DID documents by which something was verified; of one DID there may be several. */
  async documents(db: Reader, digest: string): Promise<string[]> {
    const rows = await db
      .selectFrom('signed_under')
      .innerJoin('did_document', 'did_document.digest', 'signed_under.document')
      .select(['did_document.digest', 'did', 'text', 'read_at'])
      .where('credential', '=', digest)
      .orderBy('did_document.digest')
      .execute();
    return rows.map((row) => this.document(row.did, row.text, row.read_at));
  }

  document(did: string, text: string, readAt: string): string {
    const digest = digestOf(Buffer.from(text));
    const known = this.#documents.get(digest);
    if (known) return known;
    let name = `did/${did}`;
    for (let more = 2; this.has(name); more++) name = `did/${did} ${more}`;
    this.add({ name, kind: 'did', of: did, readAt }, text);
    return name;
  }

  /** The status lists in which the credentials stand, as they were read last. */
  async lists({ database: { read: db }, statusLists }: BundlerDeps, digests: string[]): Promise<void> {
    const rows = await db
      .selectFrom('status_entry')
      .select('url')
      .distinct()
      .where('digest', 'in', digests)
      .orderBy('url')
      .execute();
    for (const { url } of rows) {
      const info = { name: `status/${url}`, kind: 'status', of: url } as const;
      const copy = await db.selectFrom('status_copy').selectAll().where('url', '=', url).executeTakeFirst();
      if (copy) {
        const under = await this.documents(db, copy.digest);
        this.add({ ...info, mediaType: copy.media_type, readAt: copy.read_at, under }, copy.bytes);
        continue;
      }
      // Taken a moment ago: the list that was asked for then is still at hand.
      const list = await statusLists.get(url);
      if (!list.ok || !list.value.received) continue;
      const { bytes, mediaType, documents } = list.value.received;
      const under = documents.map(({ document, readAt }) =>
        this.document(document.id, JSON.stringify(document), readAt.toISOString()),
      );
      this.add({ ...info, mediaType, readAt: list.value.readAt.toISOString(), under }, bytes);
    }
  }

  /** The node's own list in which a label stands, as it is served now. */
  async ownList(
    { database: { read: db }, ownStatus, settle: { did, url } }: BundlerDeps,
    label: string,
    at: string,
  ): Promise<void> {
    const place = await db.selectFrom('own_status').select('list').where('digest', '=', label).executeTakeFirst();
    const list = place && (await ownStatus(place.list, 'application/vc+jwt'));
    if (!place || !list) return;
    const address = statusListUrl(url, place.list);
    this.add(
      {
        name: `status/${address}`,
        kind: 'status',
        of: address,
        mediaType: list.mediaType,
        readAt: at,
        under: [`did/${did}`],
      },
      list.body,
    );
  }
}

/** Scheme files by digest. */
function schemeFiles(dirs: string[]): Map<string, Uint8Array> {
  const files = dirs
    .filter((dir) => existsSync(dir))
    .flatMap((dir) =>
      readdirSync(dir)
        .filter((name) => name.endsWith('.json'))
        .map((name) => readFileSync(join(dir, name))),
    );
  return new Map(files.map((bytes) => [digestOf(bytes), bytes]));
}
