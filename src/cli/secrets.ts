import { holdsPrivateKey } from '../credentials/private-key.ts';
import { wrongUsage } from './failure.ts';
import type { Input } from './input.ts';
import { kontor } from './printed-command.ts';

/** What must never leave this machine, and what would only come back. */

const jsonOf = (bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
};

/**
 * A key file named by mistake goes nowhere.
 *
 * @throws Failure with exit code 2
 */
export function refusePrivateKey({ name, bytes }: Pick<Input, 'name' | 'bytes'>): void {
  if (holdsPrivateKey(bytes))
    throw wrongUsage(
      `${name}: This is a private key; it was not sent.`,
      'Name the signed credential instead; keep the key to yourself.',
    );
}

/** Whether this is a claim in JSON that nobody signed yet. What else it may be is for a node to say. */
export function isUnsigned({ bytes, mediaType }: Pick<Input, 'bytes' | 'mediaType'>): boolean {
  if (mediaType !== 'application/vc') return false;
  const value = jsonOf(bytes);
  if (value === null || typeof value !== 'object' || Array.isArray(value) || 'proof' in value) return false;
  const types = [(value as { type?: unknown }).type].flat();
  return !types.includes('EnvelopedVerifiableCredential') && ('credentialSubject' in value || types[0] !== undefined);
}

export const signCommand = (name: string): string => `${kontor('sign', name, '--key')} KEY.json --out SIGNED.jwt`;

/** @throws Failure with exit code 2 and the command that signs it */
export function requireSigned(input: Input): void {
  if (isUnsigned(input))
    throw wrongUsage(
      `${input.name}: This is not signed, so nothing was done with it.`,
      `Next: ${signCommand(input.name)}`,
    );
}
