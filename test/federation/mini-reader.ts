import { createHash, createPublicKey, verify } from 'node:crypto';

/**
 * A stranger's reader: written from the specifications alone (C2SP tlog-tiles, tlog-checkpoint, tlog-cosignature,
 * RFC 6962, did:web, Multikey) and sharing no code with the project. Given the URL of a log, it proves everything that
 * the log serves from the key in did.json.
 */
const sha = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest();
const leafHash = (entry: Uint8Array) => sha(Buffer.from([0]), entry);
const nodeHash = (left: Buffer, right: Buffer): Buffer => sha(Buffer.from([1]), left, right);

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

function base58(text: string): Buffer {
  let value = 0n;
  for (const letter of text) value = value * 58n + BigInt(ALPHABET.indexOf(letter));
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex');
}

async function get(url: string): Promise<Buffer> {
  const response = await fetch(url);
  if (response.status !== 200) throw new Error(`${url}: ${response.status}`);
  return Buffer.from(await response.arrayBuffer());
}

/** 1234067 -> x001/x234/067 */
function path(index: number): string {
  const digits = String(index)
    .padStart(Math.ceil(String(index).length / 3) * 3, '0')
    .match(/.{3}/g)!;
  return digits.map((part, i) => (i < digits.length - 1 ? `x${part}` : part)).join('/');
}

const tree = (hashes: Buffer[]): Buffer => {
  if (hashes.length === 1) return hashes[0]!;
  let k = 1;
  while (k * 2 < hashes.length) k *= 2;
  return nodeHash(tree(hashes.slice(0, k)), tree(hashes.slice(k)));
};

/** Reads and proves a log; throws at the first thing that does not hold. */
export async function readWholeLog(base: string, epoch = 1, prefix = `${base}/catalogue/${epoch}`) {
  const document = JSON.parse((await get(`${base}/.well-known/did.json`)).toString());
  const multikey = base58(document.verificationMethod[0].publicKeyMultibase.slice(1));
  if (multikey[0] !== 0xed || multikey[1] !== 0x01) throw new Error('not an Ed25519 Multikey');
  const raw = multikey.subarray(2);
  const key = createPublicKey({
    key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]),
    format: 'der',
    type: 'spki',
  });

  const note = (await get(`${prefix}/checkpoint`)).toString('utf8');
  const cut = note.indexOf('\n\n');
  const text = note.slice(0, cut + 1);
  const [origin, size, root] = text.split('\n');
  const expected = `${new URL(base).host}/catalogue/${epoch}`;
  if (origin !== expected) throw new Error(`origin ${origin}`);
  const lines = note
    .slice(cut + 2)
    .split('\n')
    .filter(Boolean);
  const signatureOf = (type: number) => {
    const id = sha(Buffer.from(`${origin}\n`), Buffer.from([type]), raw).subarray(0, 4);
    for (const line of lines) {
      const [, name, encoded] = line.split(' ');
      const bytes = Buffer.from(encoded!, 'base64');
      if (name === origin && bytes.subarray(0, 4).equals(id)) return bytes.subarray(4);
    }
    throw new Error(`no signature of type ${type}`);
  };
  if (!verify(null, Buffer.from(text), key, signatureOf(1))) throw new Error('signature');
  const stamped = signatureOf(4);
  const at = Number(stamped.readBigUInt64BE(0));
  if (!verify(null, Buffer.from(`cosignature/v1\ntime ${at}\n${text}`), key, stamped.subarray(8)))
    throw new Error('cosignature');

  const count = Number(size);
  const entries: Buffer[] = [];
  const leaves: Buffer[] = [];
  for (let n = 0; n * 256 < count; n++) {
    const width = Math.min(256, count - n * 256);
    const name = `${path(n)}${width < 256 ? `.p/${width}` : ''}`;
    const bundle = await get(`${prefix}/tile/entries/${name}`);
    for (let offset = 0; offset < bundle.length; ) {
      const length = bundle.readUInt16BE(offset);
      entries.push(bundle.subarray(offset + 2, offset + 2 + length));
      offset += 2 + length;
    }
    const tile = await get(`${prefix}/tile/0/${name}`);
    if (tile.length !== width * 32) throw new Error('tile length');
    for (let i = 0; i < width; i++) leaves.push(tile.subarray(i * 32, i * 32 + 32));
  }
  if (entries.length !== count || !entries.every((entry, i) => leafHash(entry).equals(leaves[i]!)))
    throw new Error('entries');
  const found = count === 0 ? sha() : tree(leaves);
  if (found.toString('base64') !== root) throw new Error('root');

  /** Tile level 1 and above: each hash is the root of a full tile below. */
  const full = Math.floor(count / 256);
  if (full > 0) {
    const width = Math.min(256, full);
    const tile = await get(`${prefix}/tile/1/000${width < 256 ? `.p/${width}` : ''}`);
    for (let i = 0; i < width; i++) {
      if (!tile.subarray(i * 32, i * 32 + 32).equals(tree(leaves.slice(i * 256, i * 256 + 256))))
        throw new Error('tile level 1');
    }
  }

  /** An inclusion proof made of the tiles and folded up again, for one entry. */
  const includes = (index: number): boolean => {
    const fold = (low: number, high: number): Buffer => {
      if (high - low === 1) return leafHash(entries[index]!);
      let k = 1;
      while (k * 2 < high - low) k *= 2;
      return index < low + k
        ? nodeHash(fold(low, low + k), tree(leaves.slice(low + k, high)))
        : nodeHash(tree(leaves.slice(low, low + k)), fold(low + k, high));
    };
    return fold(0, count).toString('base64') === root;
  };
  return {
    origin,
    size: count,
    root: root!,
    at,
    note,
    entries: entries.map((entry) => entry.toString('utf8')),
    includes,
  };
}
