import type { Database } from '../catalogue/database.ts';

/**
 * How many logs not known before a peer may bring up in a day (UTC). Each costs a DID document to fetch and a row for
 * ever, and anybody can make a thousand of them in a minute. The logs of our own peers are not counted.
 */
export interface Admission {
  /** Whether this node may look into the origin now. Uses up one of the peer's day for one not met before. */
  admit(peer: string, origin: string): Promise<boolean>;
}

export function createAdmission(deps: { database: Database; clock(): Date; perDay: number }): Admission {
  const { database, clock, perDay } = deps;
  /** Counted today, and perhaps not held yet because its key cannot be had. */
  const counted = new Map<string, string>();

  return {
    admit: async (peer, origin) => {
      const held = await database.read
        .selectFrom('log')
        .select('origin')
        .where('origin', '=', origin)
        .executeTakeFirst();
      if (held) return true;
      const day = clock().toISOString().slice(0, 10);
      if (counted.get(origin) === day) return true;
      const admitted = await database.transaction(async (tx) => {
        const name = `new-origins:${peer}`;
        const row = await tx.selectFrom('meta').select('value').where('name', '=', name).executeTakeFirst();
        const before = row ? (JSON.parse(row.value) as { day: string; count: number }) : { day, count: 0 };
        const count = before.day === day ? before.count + 1 : 1;
        if (count > perDay) return false;
        const value = JSON.stringify({ day, count });
        await tx
          .insertInto('meta')
          .values({ name, value })
          .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
          .execute();
        return true;
      });
      if (admitted) {
        for (const [name, on] of counted) if (on !== day) counted.delete(name);
        counted.set(origin, day);
      }
      return admitted;
    },
  };
}
