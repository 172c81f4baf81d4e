import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { DidDocument } from '../credentials/keys/did.ts';
import { wrongUsage } from './failure.ts';
import { parseObject, readFile } from './input.ts';

/**
 * DID documents by their id, from a file or from all JSON files of a folder, its sub-folders too.
 *
 * @throws Failure when there is none
 */
export function readDidDocuments(path: string): Map<string, DidDocument> {
  const folder = statSync(path, { throwIfNoEntry: false })?.isDirectory();
  const files = folder
    ? readdirSync(path, { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.json'))
        .map((name) => join(path, name))
    : [path];
  const documents = new Map<string, DidDocument>();
  for (const file of files) {
    const document = parseObject(readFile(file), file);
    if (typeof document.id === 'string' && document.id.startsWith('did:'))
      documents.set(document.id, document as DidDocument);
  }
  if (documents.size === 0)
    throw wrongUsage(`${path} holds no DID document.`, 'A DID document is a JSON file whose "id" is the DID.');
  return documents;
}
