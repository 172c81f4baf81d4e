import type { Code } from '../../errors.ts';

/** The texts of the label, federation, help and error pages. See en.ts for the rules. */
const some = (count: number, one: string, more: string) =>
  `${count.toLocaleString('en-GB')} ${count === 1 ? one : more}`;

export const labels = {
  title: 'Labels',
  lead: 'A label is a signed statement by a catalogue node about one version of one listing. It says which criteria are met, and on what each rests.',
  marks: 'How to read the marks',
  marksText:
    'The filled steps are the level reached, out of all levels of the scheme. The edge and the sign are the basis: the weakest part of what the label rests on.',
  schemes: 'Schemes decided here',
  papers: 'Certificates, reports and codes of conduct',
  papersText:
    'A level holds where somebody on the trust list signed for it, about this very service, and it is in force. What only the provider says is shown as claimed and gives no level.',
  noLevels: 'none: it gives no label',
  none: 'This node decides no label scheme.',
  open: 'Criteria and evidence',
  proves: 'What it proves',
  not: 'What it does not prove',
  levels: 'Levels',
  parts: { services: 'Services', participants: 'Participants' } as Record<string, string>,
  level: 'Level',
  name: 'Name',
  demands: 'Demands',
  decided: 'Decided here',
  isDecided: 'yes',
  notDecided: 'no',
  notYet: 'not yet',
  notYetBecause: 'Nobody on the list below may sign it',
  levelDemand: (count: number, kind: string) => `${count} by ${kind}`,
  demand: {
    declaration: 'declared',
    certification: 'certified',
    'not-required': 'not asked',
    'not-applicable': 'retired',
  } as Record<string, string>,
  demandNoun: { declaration: 'signed declaration', certification: 'certification' } as Record<string, string>,
  criteria: (count: number) => some(count, 'criterion', 'criteria'),
  criterion: 'Criterion',
  tableLabel: 'Criteria and what each level demands',
  counted: (parts: string[], retired: string[]) =>
    `${parts.join(', ')}.${retired.length > 0 ? ` Numbers that are retired are not listed: ${retired.join(', ')}.` : ''}`,
  part: (name: string, count: number) => `${name}: ${count}`,
  sources: 'Official sources',
  asOf: (day: string) => `as of ${day}`,
  evidence: 'What counts as evidence here',
  evidenceText: [
    "Declared: a statement in the provider's signed self-description. Shown as claimed.",
    'A registration number counts once a notary on the list below has signed it. Shown as verified.',
    'Certified: a credential by a certification body or auditor. Verified where the body is on the list below for that scheme, attested where it is not.',
    'A certificate that has ended, and a body whose mandate has ended, count for nothing. Shown as lapsed.',
  ],
  vouch: 'Who may vouch',
  vouchText: 'The operator of this node keeps this list. Another node may keep another, and reach another level.',
  vouchNone:
    "The trust list of this node is empty: third parties' statements are shown as attested, and none as verified.",
  vouchNobody:
    'Nobody on the trust list of this node may vouch here: nothing is verified until the operator names somebody.',
  vouchColumns: { who: 'Who', role: 'For what', since: 'Since', until: 'Until' },
  role: {
    'registration-number': 'Registration numbers',
    certificate: 'Certificates',
    'assessment-body': 'Certificates, as an accredited assessment body',
    'clearing-house': 'Labels, as a Gaia-X clearing house',
  },
  any: 'all schemes',
  openEnded: 'no end set',
  rules: 'Rules file',
  byOperator: 'Added by the operator of this node; Kontor ships no such file.',
  edition: 'Edition',
};

export const federation = {
  title: 'Federation',
  lead: 'Every catalogue keeps a log of its own acts. This node reads the logs below, checks every byte against their signed heads, and judges every listing anew.',
  alone: 'This node follows no other catalogue.',
  map: 'Who follows whom',
  mapLabel: (count: number) =>
    `Map of ${some(count, 'catalogue', 'catalogues')} and who reads whose log. The table below says the same in words.`,
  legend: {
    following: 'in step',
    behind: 'behind',
    stale: 'silent',
    unreachable: 'not reachable',
    unverified: 'not verifiable',
    forked: 'told two stories',
  },
  arrow:
    'An arrow points to the catalogue that reads. Lines between others are seen from here, because each offers the logs it has read.',
  more: (count: number) => `${some(count, 'catalogue', 'catalogues')} more in the table.`,
  thisNode: 'this node',
  blocked: 'This node signs nothing and takes nothing in.',
  caught: 'What went wrong, and what was done',
  logs: 'Catalogues',
  peers: 'Where this node pulls from',
  peersText:
    'A peer only carries. It needs no trust: what it sends is checked against the signatures of those who wrote it.',
  columns: {
    node: 'Catalogue',
    state: 'State',
    fresh: 'Last sign of life',
    position: 'Position',
    behind: 'Behind by',
    listings: 'Listings',
    labels: 'Labels',
    pending: 'Waiting',
    refused: 'Refused, and why',
  },
  peerColumns: {
    url: 'Address',
    success: 'Last success',
    error: 'Trouble',
    next: 'Next try',
    traffic: 'Received',
    source: 'Named by',
  },
  source: { policy: 'policy file', operator: 'operator' },
  states: {
    bootstrapping: 'reading in',
    following: 'in step',
    stale: 'silent',
    unreachable: 'not reachable',
    unverified: 'not verifiable',
    forked: 'told two stories',
  },
  behind: (count: number) => (count === 0 ? 'nothing' : some(count, 'entry', 'entries')),
  never: 'never',
  none: 'none',
  refused: (count: number, why: string) => `${count.toLocaleString('en-GB')}: ${why}`,
  requests: (count: number) => some(count, 'request', 'requests'),
  failures: (count: number) => `${some(count, 'try', 'tries')} in a row failed`,
  blamed: (peer: string) => `${peer} was caught.`,
  blamedDone: 'What it sent was thrown away.',
  fork: (origin: string) => `${origin} signed two stories.`,
  forkDone:
    'What was done: it is followed no further; its labels are suspended; listings it carried stand, because their providers signed them.',
  position: 'Own log',
  root: 'Root',
  heads: 'Signed heads',
  checkpoint: 'Signed checkpoint',
};

/** What a code means for the one who meets it, and what to do. */
export const errorHelp: Record<Code, string> = {
  malformed:
    'The bytes are not what their media type says, or break a rule of the format. The failing check names the place. Mend the document and send it again.',
  'too-large':
    'The document exceeds the size this node takes. Leave large content out and refer to it by address and digest.',
  unsupported:
    'The media type, signature algorithm or credential version is not one this node reads. The answer names those it reads.',
  proof:
    'The signature does not fit the content and the key. Most often the document was changed after signing, or another key was used. Sign it again.',
  issuer:
    "The issuer's identity or key does not allow this statement: the key is not listed in its DID document for assertions, was not valid on that day, or the subject belongs to somebody else.",
  expired:
    'The credential is not yet valid, or no longer. Check the times in it and the clock of the machine that signed.',
  revoked: 'The issuer itself has revoked the credential. Ask the issuer for a new one.',
  suspended:
    'The issuer itself has suspended the credential for now. Ask the issuer; it can be sent again when that ends.',
  status:
    'The credential names a status list that cannot be used: it is of another issuer or for another purpose, too short, or not to be read. Where the operator refuses what is unknown, also a list that cannot be fetched. Unknown is never taken as good.',
  untrusted: 'Nobody on the trust list of this node stands behind the statement, and this kind needs somebody.',
  terms:
    'A term in the document is defined nowhere this node knows, or is mapped to a foreign meaning. Use the published vocabulary.',
  shape:
    'A value is missing, of the wrong kind or outside what is allowed. Each failing check shows the field, what was found and what is allowed.',
  'not-admitted':
    'The operator admits only named publishers, and this issuer is not among them. Ask the operator, or publish elsewhere.',
  outdated: 'A version with a later start of validity is already held. Set a later validFrom and sign again.',
  'key-unavailable':
    'The credential is kept until the key of its issuer can be fetched, and judged then. Make sure the DID document is reachable.',
  'status-unavailable':
    'The credential is kept until the status list that it names can be fetched, and judged then. Make sure the newest list is reachable and has not expired.',
  'bad-request': 'A parameter or value is not known. The answer names those that are.',
  unauthorized: 'This address needs a token of the operator.',
  forbidden: 'The token is good, but its role does not cover this act.',
  'not-found': 'There is nothing under this address. It may never have been, or may be held by another catalogue.',
  gone: 'There was something under this address, and its provider has ended it.',
  'method-not-allowed': 'The address exists but not with this method.',
  'rate-limited': 'More requests came than this node serves to one caller. Wait as long as Retry-After says.',
  unavailable: 'The node is starting, stopping or overloaded. Try again shortly.',
  internal: 'A fault of the node, not of the request. The operator finds it in the log by the time shown.',
};

export const help = {
  errorsTitle: 'What error codes mean',
  errorsLead: 'Every refusal names one of these codes, in the answer of the interface and on the pages.',
  status: 'HTTP status',
  checksTitle: 'Checks',
};

export const failure = {
  home: 'Search the catalogue',
  publish: 'Publish a credential',
  at: 'Asked at',
  code: 'Code',
  notFoundTitle: 'There is nothing here',
  notFound: 'The address leads to no page of this catalogue. Check it for typing errors, or search for what you need.',
  badTitle: 'This question is not understood',
  internalTitle: 'This node failed to answer',
  internal: 'The fault is ours and has been logged under the time below. Trying again is safe.',
  noCredential: 'No credential with this digest is held here.',
  noListing: 'No listing is held under this key. Other catalogues may hold it.',
  noProvider: 'No provider with this identifier is listed here.',
  noScheme: 'This node decides no label scheme of this name.',
  noCheck: 'No check has this id. The list of all checks is at /docs/checks.',
};
