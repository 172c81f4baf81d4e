import { createHash, randomBytes } from 'node:crypto';
import type { Clocked, Database } from './database.ts';

/** How a token is kept: what was handed out once cannot be read back. */
export const tokenHash = (token: string): string => createHash('sha256').update(token).digest('base64url');

type Deps = Clocked & { database: Database };

/** Accepts an operator token from now on. */
export async function keepToken({ database, clock }: Deps, token: string, name: string): Promise<void> {
  const row = { hash: tokenHash(token), role: 'operator', name, at: clock().toISOString() };
  await database.transaction(async (tx) => {
    // One token a name: a new one takes the place of the old.
    await tx.deleteFrom('token').where('name', '=', name).execute();
    await tx
      .insertInto('token')
      .values(row)
      .onConflict((conflict) => conflict.column('hash').doNothing())
      .execute();
  });
}

/** Makes one more operator token. @returns the token, which can be shown this once */
export async function newToken(deps: Deps, name: string): Promise<string> {
  const token = `kontor_${randomBytes(24).toString('base64url')}`;
  await keepToken(deps, token, name);
  return token;
}

/** Makes the operator token of a node that has none yet; undefined where there is one. */
export async function firstToken(deps: Deps): Promise<string | undefined> {
  const one = await deps.database.read.selectFrom('token').select('hash').limit(1).executeTakeFirst();
  return one ? undefined : newToken(deps, 'first');
}
