import type { Reader } from '../catalogue/database.ts';
import type { Row } from '../catalogue/schema.ts';
import { documentOf } from './body.ts';

/** What an entry may say of its object, as the object has it. Undefined: there is nothing here to compare with. */
type Said = Record<string, string | number | undefined>;

/**
 * Compares what a log's entry says of an object with the object itself, which is held by now. What others filter by
 * must be true, or a log could hide or misplace what it carries. What an entry leaves out is no fault.
 *
 * @param stored digest under which the statement is held: another than the want's when the bytes are a re-encoding
 * @returns a sentence about the first difference, or undefined
 */
export async function entryMismatch(
  db: Reader,
  want: Row<'want'>,
  stored: string = want.digest,
): Promise<string | undefined> {
  const entry = await db
    .selectFrom('entry')
    .select('bytes')
    .where('origin', '=', want.origin)
    .where('idx', '=', want.idx)
    .executeTakeFirst();
  const object = await db.selectFrom('object').selectAll().where('digest', '=', want.digest).executeTakeFirst();
  if (!entry || !object) return undefined;
  if (object.kind !== want.kind) return `The entry says ${want.kind}; the object is of the kind ${object.kind}`;
  const hints = JSON.parse(Buffer.from(entry.bytes).toString('utf8')) as Record<string, unknown>;
  const said: Said = { ...(await read(db, object, stored)), size: object.size };
  for (const [name, value] of Object.entries(said)) {
    const hint = hints[name];
    if (hint === undefined || value === undefined || same(name, hint, value)) continue;
    return `The entry says ${name} ${JSON.stringify(hint)?.slice(0, 120)}; the object has ${JSON.stringify(value).slice(0, 120)}`;
  }
  return undefined;
}

/** Times are compared as times: 00:00:00Z and 00:00:00.000Z are one. */
const same = (name: string, hint: unknown, value: string | number): boolean =>
  hint === value || (name.startsWith('valid') && Date.parse(String(hint)) === Date.parse(String(value)));

async function read(db: Reader, object: Row<'object'>, digest: string): Promise<Said> {
  switch (object.kind) {
    case 'listing': {
      const row = await db.selectFrom('version').selectAll().where('digest', '=', digest).executeTakeFirst();
      return row ? { id: row.subject, type: row.type, validFrom: row.valid_from, validUntil: row.valid_until } : {};
    }
    case 'evidence': {
      const row = await db.selectFrom('evidence').selectAll().where('digest', '=', digest).executeTakeFirst();
      return row ? { id: row.about, type: row.type, validFrom: row.valid_from, validUntil: row.valid_until } : {};
    }
    case 'withdrawal': {
      const row = await db.selectFrom('withdrawal').selectAll().where('digest', '=', digest).executeTakeFirst();
      return row ? { id: row.subject } : {};
    }
    case 'label': {
      const row = await db.selectFrom('label').selectAll().where('digest', '=', digest).executeTakeFirst();
      const id = String(documentOf(object.bytes).id);
      return row ? { id, about: row.about, label: `${row.scheme}:${row.level}`, validUntil: row.valid_until } : {};
    }
  }
}
