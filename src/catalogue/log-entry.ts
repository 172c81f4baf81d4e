/**
 * One act of a node as its log holds it. The bytes of an entry are `JSON.stringify` of one of these, made once and
 * never re-serialised; at most 4 KB. Metadata are hints for filtering before a body is fetched: the body decides.
 * No free text and no personal data: bodies can be erased, entries cannot.
 */
export type LogEntry =
  | {
      op: 'put';
      kind: 'listing';
      id: string;
      digest: string;
      type: string;
      validFrom: string;
      validUntil: string;
      size: number;
    }
  | {
      op: 'put';
      kind: 'evidence';
      id: string;
      digest: string;
      type: string;
      validFrom: string;
      validUntil: string;
      size: number;
    }
  | {
      op: 'put';
      kind: 'label';
      id: string;
      digest: string;
      about: string;
      label: string;
      validUntil: string;
      size: number;
    }
  | { op: 'put'; kind: 'withdrawal'; id: string; digest: string; size: number }
  | { op: 'drop'; kind: 'listing' | 'label' | 'evidence'; digest: string; reason: string };
